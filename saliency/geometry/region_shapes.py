"""Regions written as text: ``disk:ROW,COL,RADIUS``, ``rect:ROW,COL,ROW,COL``, ``outline:ROW,COL,ROW,COL,…``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fusion.errors import InputError
from saliency.geometry.masks import Mask, disk, outline, rectangle
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
    >>> int(drawn("rect:10,20,11,22", (64, 48)).sum())
    6
    """
    kind, _, rest = text.strip().partition(":")
    if kind not in _SHAPES:
        raise InputError(f"{text[:40]!r} is no region. {HINT}")
    return _SHAPES[kind](_numbers(rest, kind), shape)


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


_SHAPES: Mapping[str, Callable[[Numbers, Shape], Mask]] = {"disk": _disk, "rect": _rectangle, "outline": _outline}


def _numbers(text: str, kind: str) -> Numbers:
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError:
        raise InputError(f"{kind}: takes numbers with commas between them, not {text[:40]!r}. {HINT}") from None
