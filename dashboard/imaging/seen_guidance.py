"""Guidance as far as it is computed, to look at: what is not computed has no value, and is never filled in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.cache.disk import Images
from dashboard.imaging.downsampling import strongest
from saliency import Guidance
from saliency.geometry.window import Window

Known = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SeenGuidance:
    """Both guidance images of a moment, which do not grow any more.

    Attributes
    ----------
    first, second : float32 (h, w)
        NaN where they are not known, and where the network itself yields NaN.
    known : bool (h, w)
        Where both are computed; a block of a reduced image, where every pixel of it is.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    known: Known

    @property
    def images(self) -> Images:
        """Both."""
        return self.first, self.second

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.first.nbytes + self.second.nbytes + self.known.nbytes


def seen(G: Guidance, step: int) -> SeenGuidance:
    """Guidance of the whole image, reduced by ``step``: a block is known once it is what it will be in the end.

    Examples
    --------
    >>> image = np.array([[1, -2, 3, 4]], dtype=np.float32)
    >>> found = seen(Guidance(image, image, np.array([[True, True, True, False]]), 3, 4), step=2)
    >>> found.first.tolist(), found.known.tolist()
    ([[-2.0, nan]], [[True, False]])
    """
    known = all_known(G.known, step)
    first, second = (np.where(known, strongest(image, step), np.float32(np.nan)) for image in (G.first, G.second))
    return SeenGuidance(first, second, known)


def seen_in(G: Guidance, area: Window) -> SeenGuidance:
    """Every pixel of the guidance inside ``area``."""
    known = G.known[area.slices].copy()  # before the values: a pixel is noted as known after them
    first, second = (np.where(known, image[area.slices], np.float32(np.nan)) for image in (G.first, G.second))
    return SeenGuidance(first, second, known)


def all_known(known: Known, step: int) -> Known:
    """Which blocks of ``step`` × ``step`` pixels are known as a whole; the last blocks hold what is left.

    Examples
    --------
    >>> all_known(np.array([[True, True, False], [True, True, True]]), 2).tolist()
    [[True, False]]
    """
    if step == 1:
        return known.copy()
    rows = np.logical_and.reduceat(known, np.arange(0, known.shape[0], step), axis=0)
    found: Known = np.logical_and.reduceat(rows, np.arange(0, known.shape[1], step), axis=1)
    return found
