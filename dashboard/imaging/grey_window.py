"""The window of grey levels in which a picture is shown: below it the palette's first colour, above it the last.

It changes what is shown, never what a network is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.palettes import PALETTES, palette

IMAGES = ("first", "second", "fused")
LEAST = 1 / 255
"""Width of the narrowest window, in parts of the scaled range."""


@dataclass(frozen=True)
class Levels:
    """A window from ``low`` to ``high`` of the range in which 0 is the image's smallest value and 1 its largest.

    Attributes
    ----------
    low, high : float
        ``high`` is at least `LEAST` above ``low``; both may lie outside of [0, 1].
    palette : str
        One of `PALETTES`.
    """

    low: float = 0.0
    high: float = 1.0
    palette: str = PALETTES[0]

    def colors(self) -> NDArray[np.uint8]:
        """The colour of each of 256 grey levels, uint8 (256, 3).

        Examples
        --------
        >>> Levels(0.2, 0.4).colors()[[0, 51, 77, 102, 255], 0].tolist()
        [0, 0, 130, 255, 255]
        """
        place = (np.arange(256) / 255 - self.low) / (self.high - self.low)
        return palette(self.palette)[np.floor(place.clip(0, 1) * 255 + 0.5).astype(np.uint8)]

    def shown(self, bytes_: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Grey levels (H, W) in the palette's colours; of a picture in colour (H, W, 3) each channel windowed."""
        if self == Levels():
            return bytes_
        if bytes_.ndim == 2:
            return self.colors()[bytes_]
        return Levels(self.low, self.high).colors()[:, 0][bytes_]


def read_levels(text: str) -> Mapping[str, Levels]:
    """The windows that an address names: ``first:0.2:0.4:hot-iron,fused:0:0.5:grey``.

    Raises
    ------
    ValueError
        It names none; the sentence says what it has to be.

    Examples
    --------
    >>> read_levels("second:0.1:0.6:inverse")["second"]
    Levels(low=0.1, high=0.6, palette='inverse')
    >>> read_levels("second:0.6:0.1:inverse")
    Traceback (most recent call last):
    ValueError: is a list of image:low:high:palette
    """
    found = {}
    for part in filter(None, text.split(",")):
        try:
            image, low, high, name = part.split(":")
            levels = Levels(float(low), float(high), name)
        except ValueError:
            raise ValueError("is a list of image:low:high:palette") from None
        if image not in IMAGES or name not in PALETTES or not _is_window(levels):
            raise ValueError("is a list of image:low:high:palette")
        found[image] = levels
    return MappingProxyType(found)


def _is_window(levels: Levels) -> bool:
    """Whether it has numbers of a sensible size in their order; NaN has none."""
    return levels.low >= -10 and levels.high <= 10 and levels.high - levels.low >= 0.99 * LEAST
