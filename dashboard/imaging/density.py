"""How many pixels lie where in the scatterplot: all of them, however many, as one small picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.downsampling import extremes

SIDE = 360
"""Dots along each axis."""
BAND = 2**18
"""Pixels counted at a time."""


@dataclass(frozen=True, eq=False)
class Density:
    """The grey dots of a scatterplot.

    Attributes
    ----------
    x, y : list of two floats
        What the axes span.
    dots : uint8 (side, side, 4)
        One dot where at least one pixel lies, denser where many do; y grows upwards.
    """

    x: list[float]
    y: list[float]
    dots: NDArray[np.uint8]


def density(first: NDArray[np.float32], second: NDArray[np.float32]) -> Density:
    """The scatterplot of guidance 1 (x) against guidance 2 (y), of every pixel."""
    x, y = axis_range(first), axis_range(second)
    return Density(x, y, dots(first, second, x, y))


def axis_range(values: NDArray[np.float32]) -> list[float]:
    """What an axis spans: all values and a little room."""
    low, high = extremes(values)
    margin = 0.04 * (high - low) or 0.5
    return [low - margin, high + margin]


def dots(
    first: NDArray[np.float32], second: NDArray[np.float32], x: list[float], y: list[float], side: int = SIDE
) -> NDArray[np.uint8]:
    """Every pixel as a grey dot on transparent ground, uint8 (side, side, 4); where many lie it is denser."""
    counts = np.zeros(side * side, dtype=np.intp)
    across, up = first.ravel(), second.ravel()
    for start in range(0, across.size, BAND):  # float64 copies of a large image would take a gigabyte
        part = slice(start, start + BAND)
        columns, rows = _places(across[part], x, side), _places(up[part], y, side)
        is_inside = (columns >= 0) & (rows >= 0)
        counts += np.bincount(rows[is_inside] * side + columns[is_inside], minlength=side * side)
    opacity = np.where(counts > 0, 110 + 145 * np.log1p(counts) / max(np.log1p(counts.max()), 1e-9), 0)
    image = np.full((side, side, 4), 0x8A, dtype=np.uint8)
    image[..., 3] = opacity.reshape(side, side)[::-1].astype(np.uint8)
    return image


def _places(values: NDArray[np.float32], span: list[float], side: int) -> NDArray[np.intp]:
    """Which of ``side`` equal parts of an axis each value lies in; −1 outside."""
    low, high = span
    position = (values.astype(np.float64) - low) * (side / (high - low))
    is_inside = (position >= 0) & (position <= side)
    return np.where(is_inside, np.minimum(np.nan_to_num(position), side - 1), -1).astype(np.intp)
