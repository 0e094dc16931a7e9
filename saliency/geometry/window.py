"""Which part of the inputs a fused pixel can depend on, and the tiles an image is computed in."""

from __future__ import annotations

from bisect import bisect
from itertools import pairwise, product
from operator import index
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError

Pixel = tuple[int, int]
Shape = tuple[int, int]

TILE = 320
"""Largest side of the tiles an image is cut into: MaskNet's graph, kept for guidance, then takes about 1 GB."""


class Window(NamedTuple):
    """A rectangle of an image: rows [top, bottom), columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The two slices that cut this window out of an (H, W) array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, other: Window) -> tuple[slice, slice]:
        """The two slices that cut this window out of an array that covers the larger window ``other``."""
        top, left = other.top, other.left
        return slice(self.top - top, self.bottom - top), slice(self.left - left, self.right - left)

    def moved(self, down: int, across: int) -> Window:
        """The same rectangle so many rows and columns further."""
        return Window(self.top + down, self.bottom + down, self.left + across, self.right + across)

    @property
    def shape(self) -> Shape:
        """Rows and columns of the window."""
        return self.bottom - self.top, self.right - self.left


def whole(shape: Shape) -> Window:
    """The window that is the whole image."""
    return Window(0, shape[0], 0, shape[1])


def around(area: Window, radius: int, stride: int, shape: Shape) -> Window:
    """The window that every fused pixel of ``area`` sees: ``radius`` more on each side, within the image.

    Its corner lies on the sampling grid of a strided network and its size is a multiple of the stride (or
    ends with the image), so that a crop is sampled as the full image is.

    Examples
    --------
    >>> around(Window(2, 3, 50, 51), radius=8, stride=1, shape=(64, 64))
    Window(top=0, bottom=11, left=42, right=59)
    >>> around(Window(30, 31, 50, 51), radius=8, stride=4, shape=(64, 62))
    Window(top=20, bottom=40, left=40, right=60)
    """
    top, bottom = _span(area.top, area.bottom, radius, stride, shape[0])
    left, right = _span(area.left, area.right, radius, stride, shape[1])
    return Window(top, bottom, left, right)


def _span(start: int, stop: int, radius: int, stride: int, length: int) -> tuple[int, int]:
    first = max(start - radius, 0) // stride * stride
    last = -(-(stop + radius) // stride) * stride
    return first, min(last, length)


def placed(values: NDArray[Any], area: Window, shape: Shape) -> NDArray[Any]:
    """An image of ``shape`` that holds ``values`` at ``area`` and 0 elsewhere.

    Examples
    --------
    >>> placed(np.ones((1, 2)), Window(0, 1, 1, 3), (2, 3)).tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """
    image = np.zeros(shape, dtype=values.dtype)
    image[area.slices] = values
    return image


def tiles_of(shape: Shape, largest: int = TILE) -> list[Window]:
    """The fewest tiles of at most ``largest`` rows and columns, of about equal size.

    Examples
    --------
    >>> tiles_of((300, 400))
    [Window(top=0, bottom=300, left=0, right=200), Window(top=0, bottom=300, left=200, right=400)]
    """
    rows, cols = (_cuts(length, -(-length // largest)) for length in shape)
    return [Window(*down, *across) for down, across in product(pairwise(rows), pairwise(cols))]


def tile_at(pixel: Pixel, shape: Shape, largest: int = TILE) -> Window:
    """That of `tiles_of` which holds a pixel.

    Examples
    --------
    >>> tile_at((299, 200), (300, 400))
    Window(top=0, bottom=300, left=200, right=400)
    """
    ends = []
    for place, length in zip(pixel, shape, strict=True):
        cuts = _cuts(length, -(-length // largest))
        number = bisect(cuts, place)
        ends += cuts[number - 1 : number + 1]
    return Window(*ends)


def _cuts(length: int, count: int) -> list[int]:
    return [length * part // count for part in range(count + 1)]


def single(pixel: Pixel) -> Window:
    """The window that holds one pixel."""
    row, col = pixel
    return Window(row, row + 1, col, col + 1)


def centred(pixel: Pixel, reach: int) -> Window:
    """The window that reaches so many pixels from one, wherever an image ends.

    Examples
    --------
    >>> centred((3, 0), 1)
    Window(top=2, bottom=5, left=-1, right=2)
    """
    return Window(pixel[0] - reach, pixel[0] + reach + 1, pixel[1] - reach, pixel[1] + reach + 1)


def common(one: Window, other: Window) -> Window:
    """What lies in both of two windows that overlap.

    Examples
    --------
    >>> common(Window(-1, 2, 0, 5), Window(0, 9, 2, 9))
    Window(top=0, bottom=2, left=2, right=5)
    """
    return Window(
        max(one.top, other.top),
        min(one.bottom, other.bottom),
        max(one.left, other.left),
        min(one.right, other.right),
    )


def check_pixel(pixel: Pixel, shape: Shape) -> Pixel:
    """``pixel`` as two ints inside an image of ``shape``; InputError saying what the image has otherwise.

    Examples
    --------
    >>> check_pixel((3, 0), (4, 4))
    (3, 0)
    """
    try:
        row, col = map(index, pixel)
    except (TypeError, ValueError) as error:
        raise InputError(f"A pixel is two whole numbers, a row and a column, not {pixel!r}.") from error
    if not (0 <= row < shape[0] and 0 <= col < shape[1]):
        raise InputError(
            f"Pixel (row {row}, column {col}) lies outside the image; "
            f"rows go from 0 to {shape[0] - 1}, columns from 0 to {shape[1] - 1}."
        )
    return row, col
