"""As much of a large image as a screen can show, by rules a reader can be told, and exact windows of it.

Pictures are reduced to the mean of each block, as seen from further away. Derivatives are not: a mean would
cancel what has two signs and dim what is thin. A block shows its strongest derivative with its sign, so that
no bright spot is lost; dark parts between bright ones are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from saliency.geometry.window import Pixel, Shape, Window

WHOLE = 1024 * 1024
"""Pixels of an image that is always sent whole."""
FIGURE_SIDE = 768
"""Largest side of a reduced picture inside a Plotly figure."""


def step_for(shape: Shape, side: int, aspect: float = 1.0) -> int:
    """How many pixels of an image one pixel of a picture of at most ``side`` stands for, along each axis.

    1 where the image is small enough to be sent whole, or where ``side`` is 0: no limit. Pixels that are drawn
    ``aspect`` times as high as wide are reduced as their longer side allows, as far as that gives no more pixels
    than are sent whole: else rows that can be told apart would be blended. See js/imaging/blocks.js.

    Examples
    --------
    >>> step_for((4096, 4096), 300), step_for((1024, 1024), 300), step_for((4096, 100), 0)
    (14, 1, 1)
    >>> step_for((400, 3000), 300), step_for((400, 3000), 300, 5.0), step_for((3000, 400), 300, 0.2)
    (10, 2, 2)
    """
    rows, cols = shape
    if side <= 0 or rows * cols <= WHOLE:
        return 1
    shown = max(rows * aspect, cols) / max(aspect, 1.0)  # in pixels' longer sides
    fewest = max(math.ceil(shown / side), math.ceil(math.sqrt(rows * cols / WHOLE)))
    return min(fewest, math.ceil(max(shape) / side))


def block_edges(area: Window, step: int) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the blocks that show ``area``, pixel centres on whole numbers.

    The last blocks reach beyond the area where its sides are no multiples of ``step``.

    Examples
    --------
    >>> block_edges(Window(2, 9, 0, 4), 4)
    (-0.5, 3.5, 9.5, 1.5)
    """
    rows, cols = (-(-length // step) * step for length in area.shape)
    return area.left - 0.5, area.left + cols - 0.5, area.top + rows - 0.5, area.top - 0.5


def mean(image: NDArray[Any], step: int) -> NDArray[Any]:
    """The mean of every block of ``step`` × ``step`` pixels; the last blocks hold what is left.

    Parameters
    ----------
    image : uint8 (H, W) or (H, W, 3), or float32 (H, W)
        The result has the same dtype.

    Examples
    --------
    >>> mean(np.array([[0, 1, 8], [2, 3, 8]], dtype=np.float32), 2).tolist()
    [[1.5, 8.0]]
    """
    return image if step == 1 else np.asarray(Image.fromarray(image).reduce(step))


def strongest(values: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The value of largest size, with its sign, of every block of ``step`` × ``step`` pixels.

    NaN (no slope) counts for nothing; a block of NaN alone stays NaN.

    Examples
    --------
    >>> strongest(np.array([[1, -2, 0], [np.nan, 0, 0.5]], dtype=np.float32), 2).tolist()
    [[-2.0, 0.5]]
    """
    if step == 1:
        return values
    high, low = (_reduced(_reduced(values, step, better).T, step, better).T for better in (np.fmax, np.fmin))
    return np.where(high >= -low, high, low)


def _reduced(values: NDArray[np.float32], step: int, better: np.ufunc) -> NDArray[np.float32]:
    """``better`` of every ``step`` rows; of the last rows, of what is left."""
    full = len(values) // step
    whole_blocks = values[: full * step].reshape(full, step, values.shape[1])
    parts = [better.reduce(whole_blocks, axis=1)]
    if full * step < len(values):
        parts.append(better.reduce(values[full * step :], axis=0, keepdims=True))
    return np.concatenate(parts)


def strongest_in(values: NDArray[np.float32], area: Window, shape: Shape, step: int) -> NDArray[np.float32]:
    """`strongest` of an image of ``shape`` that is 0 outside ``area`` and ``values`` inside."""
    rows, cols = (
        slice(start // step, -(-stop // step))
        for start, stop in ((area.top, area.bottom), (area.left, area.right))
    )
    blocks = Window(rows.start * step, rows.stop * step, cols.start * step, cols.stop * step)
    inside = np.zeros(blocks.shape, dtype=np.float32)
    inside[area.within(blocks)] = values
    reduced = np.zeros((-(-shape[0] // step), -(-shape[1] // step)), dtype=np.float32)
    reduced[rows, cols] = strongest(inside, step)
    return reduced


def window_around(pixel: Pixel, side: int, shape: Shape) -> Window:
    """The part of the image within ``side`` pixels centred on ``pixel``.

    Examples
    --------
    >>> window_around((1, 10), 5, (20, 12))
    Window(top=0, bottom=4, left=8, right=12)
    """
    half = side // 2
    (row, col), (height, width) = pixel, shape
    return Window(max(row - half, 0), min(row + half + 1, height), max(col - half, 0), min(col + half + 1, width))


def extremes(values: NDArray[np.float32]) -> tuple[float, float]:
    """Smallest and largest finite value; (0, 0) where there is none."""
    finite = np.isfinite(values)
    if not finite.any():
        return 0.0, 0.0
    low = np.min(values, where=finite, initial=np.inf)
    return float(low), float(np.max(values, where=finite, initial=-np.inf))


def limits(ranges: tuple[tuple[float, float], tuple[float, float]]) -> dict[str, float]:
    """Where the colour scale of both images ends in each display, as `saliency.measures.display.shared_limit`.

    Examples
    --------
    >>> limits(((-3.0, 1.0), (0.0, 2.0)))
    {'signed': 3.0, 'magnitude': 3.0, 'fusevis': 2.0}
    """
    size = max(max(abs(low), abs(high)) for low, high in ranges)
    return {"signed": size, "magnitude": size, "fusevis": max(0.0, *(high for _, high in ranges))}
