"""Guidance RGB: both guidance images and the fused image in one picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError


def guidance_rgb(
    first: NDArray[np.float32], second: NDArray[np.float32], fused: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where does which input lead, and how bright is it there? Red: guidance 1; green: 2; blue: fused.

    Each channel is min–max scaled by itself to [0, 1] (paper, Section 3.2.3), so red and green do not
    compare in size. A constant channel becomes 0, as does what is NaN (not computed yet).

    Returns
    -------
    float32 (H, W, 3) in [0, 1]

    Raises
    ------
    InputError
        The three images differ in size.

    Examples
    --------
    >>> ramp = np.array([[0.0, 0.5, 2.0]], dtype=np.float32)
    >>> guidance_rgb(ramp, -ramp, 0 * ramp)[0].tolist()
    [[0.0, 1.0, 0.0], [0.25, 0.75, 0.0], [1.0, 0.0, 0.0]]
    """
    if not first.shape == second.shape == fused.shape:
        raise InputError(f"Guidance RGB takes three equal sizes: {first.shape}, {second.shape}, {fused.shape}.")
    return np.stack([_unit_range(channel) for channel in (first, second, fused)], axis=-1)


def _unit_range(channel: NDArray[np.float32]) -> NDArray[np.float32]:
    finite = channel[np.isfinite(channel)].astype(np.float64)
    if finite.size == 0 or finite.min() == finite.max():
        return np.zeros(channel.shape, dtype=np.float32)
    scaled = (channel.astype(np.float64) - finite.min()) / (finite.max() - finite.min())
    finite_only: NDArray[np.float64] = np.nan_to_num(scaled, posinf=0, neginf=0)
    return finite_only.astype(np.float32)
