"""Share maps: which input leads at each pixel, on one scale from 0 to 1 that compares between pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError

TINY = 1e-3
"""Part of the largest strength below which a pixel's share means nothing, unless told otherwise."""


@dataclass(frozen=True, eq=False)
class ShareMap:
    """Which input leads at each pixel.

    Attributes
    ----------
    share : float32 (H, W)
        |J_1| / (|J_1| + |J_2|) in [0, 1]: 1 where only the first input matters, 0 where only the second;
        NaN where not ``known``.
    known : bool (H, W)
        Where |J_1| + |J_2| is finite and above ``floor``.
    floor : float
        The strength that both together have to exceed.
    """

    share: NDArray[np.float32]
    known: NDArray[np.bool_]
    floor: float


def share_map(first: NDArray[np.floating], second: NDArray[np.floating], tiny: float = TINY) -> ShareMap:
    """Which input leads at each pixel? Unlike guidance RGB, where each channel has its own scale.

    Parameters
    ----------
    first, second : float (H, W)
        Guidance images, signed; or the all-pixel sums Σ_j |J_k[i, j]| that `saliency.region_rows` gives
        as ``totals`` (for whole images with a region that is the whole image).
    tiny : float
        A pixel is masked where both strengths together are at most this part of the largest such sum in
        the picture: a share of next to nothing is noise.

    Raises
    ------
    InputError
        The sizes differ, or ``tiny`` lies outside [0, 1).

    Examples
    --------
    >>> found = share_map(np.array([[3.0, 0.0, 1e-9]]), np.array([[-1.0, 2.0, 1e-9]]))
    >>> found.share.tolist()
    [[0.75, 0.0, nan]]
    """
    if first.shape != second.shape:
        raise InputError(f"A share map takes two equal sizes, not {first.shape} and {second.shape}.")
    if not (math.isfinite(tiny) and 0 <= tiny < 1):
        raise InputError(f"The part of the largest strength that is masked lies in [0, 1); {tiny} does not.")
    strength = np.abs(first.astype(np.float64))
    both = strength + np.abs(second.astype(np.float64))
    finite = np.isfinite(both)
    floor = tiny * float(both[finite].max(initial=0.0))
    known = finite & (both > floor)
    share = np.full(both.shape, np.nan, dtype=np.float32)
    share[known] = strength[known] / both[known]
    return ShareMap(share, known, floor)
