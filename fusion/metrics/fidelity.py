"""VIF: how much of what an eye could learn from the inputs it can still learn from the fused image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from fusion.metrics.levels import GreyLevels, require_side
from fusion.metrics.value import UndefinedError

FidelityMap = NDArray[np.float64]
SIDES = (17, 9, 5, 3)
"""Sides of the Gaussian windows, finest scale first; each one's σ is a fifth of its side."""
LEAST = 41
"""The smallest side that leaves a whole window at the coarsest scale."""
NOISE = 2.0
"""Variance of the noise of seeing, in grey levels squared."""
_TINY = 1e-10


def visual_information_fidelity(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """VIF: how much of each input's visible information is left? Without unit, a sum over both inputs.

    For each input Σ log(1 + g² s² / (v + 2)) / Σ log(1 + s² / 2) over the pixels of four scales: s² is the
    input's local variance, the fused image is locally g times the input plus noise of variance v, and 2 is the
    variance of the eye's own noise in squared grey levels (Sheikh & Bovik 2006, *IEEE Transactions on Image
    Processing* 15, in the pixel domain as in their public program; summed over inputs as fusion papers do).
    Windows are Gaussians of 17, 9, 5 and 3 pixels, taken where they lie inside; each scale is smoothed by its
    window and halved.

    Pitfalls: a fused image of more contrast than the input exceeds 1, so that the sum is not bounded by 2. It
    is not symmetric: the input is the reference. The noise variance makes it depend on the range: images in
    [0, 1] give other figures. A copy has 1 from its own input already. Not to be confused with VIFF (Han, Cai,
    Cao & Xu 2013), whose name many tables give to this sum.

    Raises
    ------
    UndefinedError
        A side is below 41 pixels, or an input is constant and has nothing to be preserved.

    Examples
    --------
    >>> rows = np.arange(64.0)[:, None]
    >>> first, second = 2 * rows + 0 * rows.T, rows + rows.T
    >>> round(visual_information_fidelity(first, second, first), 3)
    1.263
    """
    require_side(fused, LEAST)
    fine = fused
    sources = [first, second]
    kept, there = [0.0, 0.0], [0.0, 0.0]
    for scale, side in enumerate(SIDES):
        if scale:
            fine = _blurred(fine, side)[::2, ::2]
            sources = [_blurred(source, side)[::2, ::2] for source in sources]
        seen = _spread(fine, side)
        for number, source in enumerate(sources):
            more, whole = _information(_spread(source, side), seen, source, fine, side)
            kept[number] += more
            there[number] += whole
    if min(there) == 0:
        raise UndefinedError(f"the {'second' if there[0] else 'first'} image is constant")
    return sum(part / whole for part, whole in zip(kept, there, strict=True))


class _Spread(NamedTuple):
    mean: FidelityMap
    variance: FidelityMap


def _spread(image: GreyLevels, side: int) -> _Spread:
    mean = _blurred(image, side)
    return _Spread(mean, np.maximum(_blurred(image**2, side) - mean**2, 0))


def _information(
    source: _Spread, seen: _Spread, image: GreyLevels, fused: GreyLevels, side: int
) -> tuple[float, float]:
    """What one scale tells of the input through the fused image, and what it tells without it."""
    shared = _blurred(image * fused, side) - source.mean * seen.mean
    flat, dull = source.variance < _TINY, seen.variance < _TINY
    gain = shared / (source.variance + _TINY)
    noise = seen.variance - gain * shared
    variance = np.where(flat, 0, source.variance)
    unlike = gain < 0
    gain = np.where(flat | dull | unlike, 0, gain)
    noise = np.where(dull, 0, np.where(flat | unlike, seen.variance, noise))
    kept = np.log1p(gain**2 * variance / (np.maximum(noise, _TINY) + NOISE)).sum()
    return float(kept), float(np.log1p(variance / NOISE).sum())


def _blurred(image: GreyLevels, side: int) -> FidelityMap:
    """The image smoothed by a Gaussian window, where all of the window lies inside."""
    offsets = np.arange(side) - side // 2
    weights = np.exp(-0.5 * (offsets / (side / 5)) ** 2)
    weights /= weights.sum()
    reach = side // 2
    rows = correlate1d(image, weights, axis=0)[reach:-reach]
    columns: FidelityMap = correlate1d(rows, weights, axis=1)[:, reach:-reach]
    return columns
