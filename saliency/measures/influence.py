"""One pixel's Jacobian in a few numbers: who decided, and from how far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError
from saliency.derivatives.jacobian import Jacobian


@dataclass(frozen=True)
class Influence:
    """How much of a fused pixel's sensitivity each input holds.

    Attributes
    ----------
    total_first, total_second : float
        Σ |J_k| over all input pixels: how far y can move when every pixel of that input moves by one unit.
        Not finite where the network yields NaN or infinity.
    share_first, share_second : float or None
        Parts of the sum of both, adding to 1; None where neither input matters or the sum is not finite.
    radius_first, radius_second : float or None
        Radius in pixels (Euclidean) around the principal pixel that holds 90 % of the input's total; None
        where that total is 0 or not finite.
    """

    total_first: float
    total_second: float
    share_first: float | None
    share_second: float | None
    radius_first: float | None
    radius_second: float | None


def influence(J: Jacobian, held: float = 0.9) -> Influence:
    """Which input decides this fused pixel, and how far around it does ``held`` of that come from?

    Parameters
    ----------
    J : Jacobian
    held : float
        The part of each total that the radii hold, above 0 and at most 1.

    Raises
    ------
    InputError
        ``held`` lies outside that range.

    Examples
    --------
    >>> import fusion
    >>> from saliency.derivatives.jacobian import jacobian
    >>> found = influence(jacobian(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (0, 0)))
    >>> found.share_first, found.radius_first
    (0.5, 0.0)
    """
    if not 0 < held <= 1:
        raise InputError(f"The part that a radius holds lies above 0 and up to 1; {held} does not.")
    strengths = [np.abs(values.astype(np.float64)) for values in (J.first, J.second)]
    totals = [float(strength.sum()) for strength in strengths]
    both = sum(totals)
    shares = [total / both if 0 < both < np.inf else None for total in totals]
    distance = _distance_from(J)
    radii = [radius_holding(strength, distance, held) for strength in strengths]
    return Influence(totals[0], totals[1], shares[0], shares[1], radii[0], radii[1])


def _distance_from(J: Jacobian) -> NDArray[np.float64]:
    rows, cols = np.indices(J.first.shape)
    distance: NDArray[np.float64] = np.hypot(rows + J.area.top - J.pixel[0], cols + J.area.left - J.pixel[1])
    return distance


def radius_holding(strength: NDArray[np.float64], distance: NDArray[np.float64], held: float) -> float | None:
    """Smallest distance within which at least ``held`` of ``strength`` (≥ 0) lies; None where none is.

    Nor is there one where any of it is not finite.
    """
    order = np.argsort(distance, axis=None, kind="stable")
    reached = np.cumsum(strength.ravel()[order])
    if not 0 < reached[-1] < np.inf:
        return None
    # Rounding in the running sum must not push the answer one ring out.
    first = int(np.searchsorted(reached, held * reached[-1] * (1 - 1e-12)))
    return float(distance.ravel()[order[first]])
