"""Gaussian blur of an image, and how it changes with the blur's width: what blurred baselines are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

TRUNCATE = 4.0
"""A kernel ends after so many standard deviations of the widest blur."""


def reach_of(widest: float) -> int:
    """How far a blurred pixel sees, in pixels, for blurs up to a standard deviation of ``widest``.

    Examples
    --------
    >>> reach_of(1.2)
    5
    """
    return int(np.ceil(TRUNCATE * widest))


def blurred(
    image: NDArray[np.floating], sigma: float, reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """An image blurred with a standard deviation of ``sigma`` pixels, and its derivative with respect to sigma.

    Beyond its border the image is continued by its mirror image. The kernel is the sampled Gaussian, cut off
    after ``reach`` pixels and scaled to the sum 1, so that a flat image stays as it is.

    Parameters
    ----------
    image : (H, W)
    sigma : float
        0 or more; at 0 the image is returned with a derivative of 0, the limit of both.
    reach : int
        From `reach_of`; the same for every sigma that is to be compared.

    Examples
    --------
    >>> values, slope = blurred(np.eye(3), 0, reach=5)
    >>> bool((values == np.eye(3)).all() and not slope.any())
    True
    """
    precise = np.asarray(image, dtype=np.float64)
    if sigma == 0:
        return precise.copy(), np.zeros_like(precise)
    kernel, kernel_slope = _kernel(sigma, reach)
    rows, rows_slope = (correlate1d(precise, each, axis=0, mode="reflect") for each in (kernel, kernel_slope))
    values = correlate1d(rows, kernel, axis=1, mode="reflect")
    slope = correlate1d(rows_slope, kernel, axis=1, mode="reflect")
    return values, slope + correlate1d(rows, kernel_slope, axis=1, mode="reflect")


def _kernel(sigma: float, reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The scaled Gaussian k at −reach … reach, and ∂k/∂σ: with k = e / Σe, that is k · (d²/σ³ − Σ k·d²/σ³)."""
    squares = np.arange(-reach, reach + 1, dtype=np.float64) ** 2
    kernel = np.exp(-squares / (2 * sigma**2))
    kernel /= kernel.sum()
    return kernel, kernel * (squares - kernel @ squares) / sigma**3
