"""Regions written as text: ``disk:ROW,COL,RADIUS``, ``rect:ROW,COL,ROW,COL``, ``outline:ROW,COL,ROW,COL,…``.

``brush:RADIUS,ROW,COL,…`` is what a round brush paints along a line. Regions are put together with `` + `` and
taken away with `` - `` between them, from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fusion.errors import InputError
from saliency.geometry.masks import Mask, brushed, check_region, disk, outline, rectangle
from saliency.geometry.window import Shape

HINT = "Write disk:ROW,COL,RADIUS, rect:ROW,COL,ROW,COL or outline:ROW,COL,ROW,COL,ROW,COL…, or draw."
Numbers = tuple[float, ...]


def drawn(text: str, shape: Shape) -> Mask:
    """Which pixels of an image of ``shape`` does a written region mean? bool (H, W).

    Raises
    ------
    InputError
        The text is no region; the sentence says how one is written.

    Examples
    --------
    >>> int(drawn("rect:10,20,11,22", (64, 48)).sum()), int(drawn("rect:0,0,3,3 - disk:1,1,0", (64, 48)).sum())
    (6, 15)
    """
    return combined(text, lambda part: _single(part, shape))


def combined(text: str, mask_of: Callable[[str], Mask]) -> Mask:
    """Which pixels do regions mean that are put together and taken away? ``mask_of`` knows what each one means.

    Raises
    ------
    InputError
        As ``mask_of`` does, or where nothing is left.
    """
    first, *more = re.split(r"\s([+-])\s", text.strip())
    found = mask_of(first).copy()
    for sign, part in zip(more[::2], more[1::2], strict=True):
        if sign == "+":
            found |= mask_of(part)
        else:
            found &= ~mask_of(part)
    return check_region(found, (found.shape[0], found.shape[1]), "What is left of the region")


def _single(text: str, shape: Shape) -> Mask:
    kind, _, rest = text.strip().partition(":")
    if kind not in _SHAPES:
        raise InputError(f"{text[:40]!r} is no region. {HINT}")
    return _SHAPES[kind](numbers(rest, kind), shape)


def _disk(values: Numbers, shape: Shape) -> Mask:
    if len(values) != 3:
        raise InputError("A disk is three numbers: disk:ROW,COL,RADIUS.")
    return disk((values[0], values[1]), values[2], shape)


def _rectangle(values: Numbers, shape: Shape) -> Mask:
    if len(values) != 4:
        raise InputError("A rectangle is two opposite corners: rect:ROW,COL,ROW,COL.")
    return rectangle((values[0], values[1]), (values[2], values[3]), shape)


def _outline(values: Numbers, shape: Shape) -> Mask:
    if len(values) % 2:
        raise InputError("An outline is a row and a column for each corner: outline:ROW,COL,ROW,COL,ROW,COL…")
    return outline(list(zip(values[::2], values[1::2], strict=True)), shape)


def _brush(values: Numbers, shape: Shape) -> Mask:
    if len(values) < 3 or not len(values) % 2:
        raise InputError("A brush's stroke is its radius and points: brush:RADIUS,ROW,COL,ROW,COL…")
    return brushed(list(zip(values[1::2], values[2::2], strict=True)), values[0], shape)


_SHAPES: Mapping[str, Callable[[Numbers, Shape], Mask]] = {
    "disk": _disk,
    "rect": _rectangle,
    "outline": _outline,
    "brush": _brush,
}


def numbers(text: str, kind: str) -> Numbers:
    """The numbers of a written region of a ``kind``; InputError where it has other words."""
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError:
        raise InputError(f"{kind}: takes numbers with commas between them, not {text[:40]!r}. {HINT}") from None
