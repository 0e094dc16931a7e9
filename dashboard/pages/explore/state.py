"""What the page's stores hold, and the words in which browser and server tell each other of a view."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from dashboard.components.stored_values import stored


class View(TypedDict):
    """What the browser knows of a pair through a network.

    ``reason`` says why full images are computed, where they are; ``examined`` which points of its examination the
    network did not pass; ``remarks`` what is to be known of how the files were read. ``standing`` says whether the
    network was made for these modalities and knows this case, ``warning`` what of that keeps it from being judged
    like the others. ``is_changed`` tells that the pair is not as its files have it: its guidance is computed where
    somebody asks for it, and ``has_guidance`` whether that was done.
    """

    pair: str
    network: str
    title: str
    names: list[str]
    height: int
    width: int
    key: str
    spacing: float | None
    row_spacing: float | None
    aspect: float
    orientation: dict[str, str] | str | None
    raw: list[dict[str, Any] | None]
    reason: str
    examined: str
    remarks: str
    standing: str
    warning: str
    has_color: bool
    is_changed: bool
    has_guidance: bool


class MeasuringView(TypedDict):
    """A network of which is not known yet how far it sees: the browser waits and asks again."""

    pair: str
    network: str
    measuring: bool


class RefusedView(TypedDict):
    """A pair and a network that cannot be opened, with the sentence why: the browser keeps what it shows."""

    pair: str
    network: str
    refused: str


class Start(TypedDict):
    """The pixel that an address asks for; None is the centre."""

    row: int | None
    col: int | None


@stored
class Committed(TypedDict):
    """A pixel at which the pointer has come to rest, and every choice of how things are displayed.

    ``serial`` counts them: an answer that was lost can be asked for again. ``levels`` are the windows of
    grey levels as the address has them; see `dashboard.imaging.grey_window`.
    """

    pair: str
    network: str
    row: int
    col: int
    window: int
    gamma1: float
    gamma2: float
    display: str
    colormap: str
    color: bool
    light: bool
    serial: int
    levels: NotRequired[str]


@stored
class EnlargedPanel(Committed):
    """A committed pixel seen in an enlarged panel, which is named by its letter.

    ``percent`` is the error that the page allows guidance of a network that sees the whole image.
    """

    panel: str
    percent: NotRequired[float]


class ScatterDrawn(TypedDict):
    """Of which view and pixel the scatterplot's figure is."""

    pair: str
    network: str
    row: int
    col: int
    window: int
