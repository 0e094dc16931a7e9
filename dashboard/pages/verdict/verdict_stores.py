"""What Verdict's stores hold, as the browser sends it back."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from dashboard.components.stored_values import stored

PlaceWords = list[str | int]
"""A pair's id and a region's words, or no words and the row and the column of a pixel."""


@stored
class VerdictView(TypedDict):
    """A pair through a network that stands on the page; ``aspect``: how much higher than wide a pixel is."""

    pair: str
    network: str
    height: int
    width: int
    aspect: float


@stored
class MeasuredView(TypedDict):
    """A network of which is not known yet how far it sees: the browser waits and asks again."""

    pair: str
    network: str
    measuring: bool


@stored
class AskedRows(TypedDict):
    """What was asked of the rows of a ``place``: the networks to ``compute`` and to ``cancel``."""

    place: PlaceWords
    compute: list[str]
    cancel: list[str]


@stored
class RowsShown(TypedDict):
    """What decides how the table looks: its place, whose details are open, and how far each row is."""

    place: PlaceWords
    opened: str
    rows: list[list[Any]]


@stored
class Looks(TypedDict):
    """What is chosen for the cards, by its word in the address."""

    which: str
    display: str
    colormap: str
    window: str
    gamma1: float
    shares: str
