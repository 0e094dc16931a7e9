"""The part of an image around a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from saliency.geometry.window import Pixel


def windowed(values: NDArray[np.float32], pixel: Pixel, window: int) -> NDArray[np.float32]:
    """The part of an image (H, W) inside the window around ``pixel``, cut off at the image's border."""
    (row, col), half = pixel, window // 2
    return values[max(row - half, 0) : row + half + 1, max(col - half, 0) : col + half + 1]
