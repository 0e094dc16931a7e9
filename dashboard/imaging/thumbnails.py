"""A pair in a few pixels, to be recognised in a list: both inputs laid over each other."""

from __future__ import annotations

import io
from collections.abc import Callable
from threading import BoundedSemaphore

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.cache.lru import LRUCache
from dashboard.imaging.encoding import to_bytes
from fusion import ImagePair

SIDE = 72
"""Longer side in pixels."""
KEPT_BYTES = 32 * 2**20
"""Thumbnails held in memory: some thousands."""
KEPT = 10_000
AT_ONCE = 2
"""Pairs read at a time for thumbnails: the pictures a person looks at come before."""


def blended(pair: ImagePair, side: int = SIDE) -> NDArray[np.uint8]:
    """The mean of both inputs, in the colours of their files, brightened to its maximum; uint8 (h, w, 3).

    The longer side has ``side`` pixels, or the pair's where it has fewer. Where the pair's pixels are no squares
    they are drawn higher or wider.

    Examples
    --------
    >>> dark, light = np.zeros((4, 8), np.float32), np.ones((4, 8), np.float32)
    >>> blended(ImagePair(dark, light, "half"), 4)[:, :, 0].tolist()
    [[255, 255, 255, 255], [255, 255, 255, 255]]
    """
    first, second = (
        _reduced(to_bytes(image) if color is None else color, side, pair.aspect)
        for image, color in ((pair.first, pair.first_color), (pair.second, pair.second_color))
    )
    mean = (first + second) / 2
    return np.round(mean * (255 / max(float(mean.max()), 1.0))).astype(np.uint8)


def _reduced(pixels: NDArray[np.uint8], side: int, aspect: float) -> NDArray[np.float64]:
    """Colours of at most ``side`` pixels along each axis, in true proportions, float64 (h, w, 3) in [0, 255]."""
    drawn = pixels.shape[0] * max(1.0, aspect), pixels.shape[1] * max(1.0, 1 / aspect)
    scale = min(1.0, side / max(drawn))
    height, width = (max(1, round(length * scale)) for length in drawn)
    small = Image.fromarray(pixels).convert("RGB").resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def unreadable(side: int = SIDE) -> NDArray[np.uint8]:
    """What stands for a pair whose files cannot be read: hatched, as all that is unknown; uint8 (side, side)."""
    row, col = np.indices((side, side))
    return np.where((row + col) % 12 < 3, 140, 30).astype(np.uint8)


class Thumbnails:
    """Thumbnails as PNG, made once and kept in memory."""

    def __init__(self) -> None:
        self._made: LRUCache[bytes] = LRUCache(KEPT, len, KEPT_BYTES)
        self._turns = BoundedSemaphore(AT_ONCE)

    def of(self, name: str, read: Callable[[], ImagePair]) -> bytes:
        """The thumbnail of the pair called ``name``, which ``read`` reads; what that raises is not kept."""

        def make() -> bytes:
            with self._turns:
                return png(blended(read()))

        return self._made.get(name, make)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file's content of ``pixels``, uint8 (H, W) or (H, W, 3)."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=False)
    return buffer.getvalue()
