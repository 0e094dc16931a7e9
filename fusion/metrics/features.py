"""FMI: mutual information of small patches, each taken as a probability distribution."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fusion.metrics.levels import GreyLevels, require_side

Columns = NDArray[np.float64]
"""One column a patch, (9, patches): numpy sums much faster over the first axis than over a short last one."""
SIDE = 3
"""Side of a patch in pixels."""
PLACES = SIDE**2
_AT_ONCE = 1 << 13
"""Patches worked on together: few enough to stay in a core's cache, which is 1.7 times faster than 2¹⁶."""


def feature_mutual_information(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """FMI: how much do patches of the fused image tell about those of the inputs? Without unit, 0 to 1.

    Mean over all 3×3 patches and both inputs of 2 I(p; q) / (H(p) + H(q)) (Haghighat, Aghagolzadeh & Seyedarabi
    2011, *Computers and Electrical Engineering* 37; patch-wise as in Haghighat & Razian 2014, with the grey
    levels themselves as the feature, "FMI pixel"). p and q are the patches of input and fused image, less their
    minimum and divided by their sum (a constant patch is uniform), read column by column as distributions over
    their nine places. The joint distribution is φ times the extreme one of these margins, comonotone where p
    and q correlate positively, else countermonotone, plus 1 − φ times their product; φ is the correlation of p
    with q over that of the extreme distribution, at most 1. Two equal patches or distributions count 1.

    Pitfalls: gradients, edges or wavelet coefficients as the feature give other figures under the same name.
    The order in which a patch is read matters. Equal black patches count 1, so that dark ground lifts every
    method. φ is bounded by 1 here so that no probability is negative; the authors' program does not bound it.

    Raises
    ------
    UndefinedError
        A side is below 3 pixels.

    Examples
    --------
    >>> image = np.array([[0.0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 12]])
    >>> feature_mutual_information(image, image, image)
    1.0
    """
    require_side(fused, SIDE)
    total, count = 0.0, 0
    depth = max(_AT_ONCE // fused.shape[1], SIDE)
    for top in range(0, fused.shape[0] - SIDE + 1, depth):
        rows = slice(top, top + depth + SIDE - 1)
        seen = _patches(fused[rows])
        total += sum(float(_shared(_patches(source[rows]), seen).sum()) for source in (first, second))
        count += 2 * seen.shape[1]
    return total / count


def _patches(image: GreyLevels) -> Columns:
    """Every patch as a column of nine, (9, patches)."""
    windows = sliding_window_view(image, (SIDE, SIDE))
    return np.ascontiguousarray(windows.transpose(3, 2, 0, 1).reshape(PLACES, -1))


def _shared(patches: Columns, seen: Columns) -> NDArray[np.float64]:
    """2 I / (H + H) of each patch of the input with that of the fused image."""
    shares: NDArray[np.float64] = (patches == seen).all(axis=0).astype(np.float64)
    # A constant patch correlates with nothing and shares nothing, unless it meets its equal.
    alive = np.flatnonzero((shares == 0) & _varies(patches) & _varies(seen))
    p, q = _distributions(patches[:, alive]), _distributions(seen[:, alive])
    likeness = _correlation(p, q)
    q = np.where(likeness < 0, q[::-1], q)
    entropies = _surprise(p).sum(axis=0) + _surprise(q).sum(axis=0)
    mutual = _mutual(p, q, np.abs(likeness), entropies)
    # Patches with one bright pixel have no entropy: they agree where it is the same pixel.
    certain = entropies == 0
    shares[alive] = np.where(certain, (p == q).all(axis=0), 2 * mutual / np.where(certain, 1, entropies))
    return shares


def _varies(patches: Columns) -> NDArray[np.bool_]:
    varied: NDArray[np.bool_] = (patches != patches[0]).any(axis=0)
    return varied


def _distributions(patches: Columns) -> Columns:
    raised = patches - patches.min(axis=0)
    normalised: Columns = raised / raised.sum(axis=0)
    return normalised


def _correlation(p: Columns, q: Columns) -> NDArray[np.float64]:
    p, q = p - 1 / PLACES, q - 1 / PLACES
    alike: NDArray[np.float64] = (p * q).sum(axis=0) / np.sqrt((p**2).sum(axis=0) * (q**2).sum(axis=0))
    return alike


def _mutual(
    p: Columns, q: Columns, likeness: NDArray[np.float64], entropies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mutual information of φ · comonotone + (1 − φ) · p ⊗ q, in nats.

    The comonotone joint distribution of two margins of nine is a staircase of at most 17 cells. Off them the
    mixture is a multiple of the product, whose entropy is known: only the stairs have to be summed.
    """
    row, column, stairs = _staircase(p, q)
    places = np.arange(PLACES)
    means, squares = [places @ m for m in (p, q)], [places**2 @ m for m in (p, q)]
    spread = np.sqrt(np.maximum([s - m**2 for m, s in zip(means, squares, strict=True)], 0)).prod(axis=0)
    covariance = (stairs * row * column).sum(axis=0) - means[0] * means[1]
    possible = (covariance > 0) & (spread > 0)
    share = np.where(possible, likeness * spread / np.where(possible, covariance, 1), 0).clip(0, 1)
    rest = 1 - share
    product = rest * np.take_along_axis(p, row, axis=0) * np.take_along_axis(q, column, axis=0)
    on_stairs = (_surprise(product + share * stairs) - _surprise(product)).sum(axis=0)
    joint = rest * entropies + _surprise(rest) + on_stairs
    shared: NDArray[np.float64] = np.maximum(entropies - joint, 0)
    return shared


def _staircase(p: Columns, q: Columns) -> tuple[NDArray[np.intp], NDArray[np.intp], Columns]:
    """Row, column and probability of each cell of the comonotone joint distribution of p and q."""
    steps = np.concatenate((p.cumsum(axis=0), q.cumsum(axis=0)))
    order = steps.argsort(axis=0, kind="stable")
    of_p = order < PLACES
    row = of_p.cumsum(axis=0) - of_p
    column = np.arange(2 * PLACES)[:, None] - row
    heights = np.diff(np.take_along_axis(steps, order, axis=0), axis=0, prepend=0)
    return np.minimum(row, PLACES - 1), np.minimum(column, PLACES - 1), heights


def _surprise(probabilities: Columns) -> Columns:
    """−p ln p, 0 where p is 0."""
    return -probabilities * np.log(np.where(probabilities > 0, probabilities, 1))
