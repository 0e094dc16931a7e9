"""Do the two inputs lead together or in turn? Correlations of the two guidance images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError

NO_CORRELATION = (
    "No correlation is given: both guidance images are estimated by the same passes, so their errors go together "
    "and would pass for a relation between them. Exact guidance has one."
)
"""Why estimated guidance is not correlated, for the user."""


@dataclass(frozen=True)
class Correlation:
    """Correlation of two sets of values.

    Attributes
    ----------
    pearson, spearman : float or None
        In [−1, 1]; None where a set is constant or has fewer than two values: no correlation is defined.
    count : int
        How many pixels went in.
    """

    pearson: float | None
    spearman: float | None
    count: int

    def __str__(self) -> str:
        """Both numbers, to be written beside a scatterplot.

        Examples
        --------
        >>> str(Correlation(0.5, None, 3))
        'Pearson +0.500, Spearman undefined'
        """
        both = (("Pearson", self.pearson), ("Spearman", self.spearman))
        return ", ".join(f"{name} undefined" if r is None else f"{name} {r:+.3f}" for name, r in both)


def correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> Correlation:
    """Do two images rise and fall together, pixel by pixel? Linear (Pearson) and by rank (Spearman).

    Parameters
    ----------
    first, second : float arrays of equal shape
        The guidance images, or the same window of both; pixels that are NaN in either are left out.

    Raises
    ------
    InputError
        The shapes differ.

    Examples
    --------
    >>> found = correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, -9.0]))
    >>> round(found.pearson, 3), found.spearman
    (-0.887, -1.0)
    """
    if first.shape != second.shape:
        raise InputError(f"A correlation takes two equal sizes, not {first.shape} and {second.shape}.")
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both].astype(np.float64), second[both].astype(np.float64)
    return Correlation(_pearson(a, b), _pearson(_ranks(a), _ranks(b)), int(a.size))


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    if a.size < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.clip(_direction(a) @ _direction(b), -1, 1))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places in order, equal values at the middle of theirs; SciPy's own takes half a second to load."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    places: NDArray[np.float64] = (np.cumsum(sizes) - (sizes - 1) / 2)[group]
    return places


def _direction(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations from the mean, of length 1; scaled first, so that tiny values do not vanish when squared."""
    scaled = values / np.abs(values).max()
    deviations = scaled - scaled.mean()
    direction: NDArray[np.float64] = deviations / np.linalg.norm(deviations)
    return direction
