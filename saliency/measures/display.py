"""Derivatives as positions on a colour scale: shared limits, power law, three readings of the sign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError
from saliency.defaults import GAMMA_RANGE, MODES


def scaled(
    values: NDArray[np.floating], limit: float, gamma: float = 1.0, mode: str = "signed"
) -> NDArray[np.float64]:
    """Where on its colour scale does each derivative lie? (|value| / limit)^γ, with its sign where shown.

    Parameters
    ----------
    values : float, any shape
        Signed derivatives. NaN stays NaN.
    limit : float
        The size shown at the end of the scale, from `shared_limit`; larger ones stop there. Where it is 0
        (both maps are zero) everything lies at 0.
    gamma : float in [0.1, 2]
        Acts on the size; below 1 it lifts weak influence.
    mode : str
        ``"signed"``, ``"magnitude"`` or ``"fusevis"``.

    Returns
    -------
    float64, in [−1, 1] for ``"signed"`` and in [0, 1] else

    Raises
    ------
    InputError
        An unknown mode or a γ out of range.

    Examples
    --------
    >>> scaled(np.array([-4.0, 0.0, 1.0]), limit=4.0, gamma=0.5).tolist()
    [-1.0, 0.0, 0.5]
    >>> scaled(np.array([-4.0, 0.0, 1.0]), limit=4.0, mode="fusevis").tolist()
    [0.0, 0.0, 0.25]
    """
    check_display(mode, gamma)
    shown = _shown(np.asarray(values, dtype=np.float64), mode)
    if not limit > 0:
        return np.where(np.isnan(shown), np.nan, 0.0)
    return np.sign(shown) * np.minimum(np.abs(shown) / limit, 1) ** gamma


def shared_limit(first: NDArray[np.floating], second: NDArray[np.floating], mode: str = "signed") -> float:
    """How far must one scale reach so that both modalities fit on it and compare?

    The largest size that ``mode`` shows in either map, NaN and infinities left out; 0 where neither shows
    anything.

    Examples
    --------
    >>> shared_limit(np.array([-3.0, 1.0]), np.array([2.0]))
    3.0
    >>> shared_limit(np.array([-3.0, 1.0]), np.array([2.0]), mode="fusevis")
    2.0
    """
    check_display(mode)
    sizes = [np.abs(_shown(np.asarray(values, dtype=np.float64), mode)) for values in (first, second)]
    return max(float(np.max(size, initial=0.0, where=np.isfinite(size))) for size in sizes)


def check_display(mode: str, gamma: float = 1.0) -> None:
    """Refuse an unknown mode or a γ out of range, naming what there is."""
    if mode not in MODES:
        raise InputError(f"There is no display {mode!r}; choose one of: {', '.join(MODES)}.")
    low, high = GAMMA_RANGE
    if not low <= gamma <= high:
        raise InputError(f"γ goes from {low} to {high:g}; {gamma:g} lies outside.")


def _shown(values: NDArray[np.float64], mode: str) -> NDArray[np.float64]:
    if mode == "signed":
        return values
    return np.abs(values) if mode == "magnitude" else np.maximum(values, 0)
