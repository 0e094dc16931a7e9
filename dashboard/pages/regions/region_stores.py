"""What Regions' stores hold, as the browser sends it back."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from dashboard.components.stored_values import stored
from fusion import InputError

TypedNumber = float | str | None
"""A number field: its number, or what stands there while somebody types."""


def ring_width(typed: TypedNumber) -> float:
    """The ring's width that was typed; InputError where it is no number.

    Examples
    --------
    >>> ring_width(5)
    5.0
    """
    if not isinstance(typed, int | float):
        raise InputError("The ring's width is a number of pixels, for example 5.")
    return float(typed)


@stored
class RegionView(TypedDict):
    """The pair that stands on the page; ``aspect``: how much higher than wide a pixel is."""

    pair: str
    height: int
    width: int
    aspect: float


@stored
class RegionChoice(TypedDict):
    """What is asked for: ``region`` holds its words, empty for none; ``anyway`` networks that may take long."""

    pair: str
    networks: list[str]
    region: str
    ring: TypedNumber
    anyway: NotRequired[list[str]]


@stored
class AlongChoice(RegionChoice):
    """A region carried along slices, from the ``first`` to the ``last``, counted from 1."""

    first: TypedNumber
    last: TypedNumber
