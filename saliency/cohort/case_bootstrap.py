"""How sure is a mean over cases? Bootstrap intervals that draw whole cases, so that slices stay together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
"""Of the intervals."""
RESAMPLES = 10_000
"""Draws; where there are no more different ones than this, each is made once and nothing is left to chance."""


@dataclass(frozen=True)
class CaseMean:
    """A mean over cases and its interval.

    Attributes
    ----------
    mean : float
        Of the cases' means: a case counts once, however many slices it has.
    low, high : float or None
        Percentile interval; None where there is one case only.
    cases, slices : int
        How many went in.
    """

    mean: float
    low: float | None
    high: float | None
    cases: int
    slices: int


def case_mean(
    values: Iterable[tuple[str, float]], level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> CaseMean | None:
    """What is the mean over cases, and how far may it be off? None where there is no value.

    Slices of one case are nearly the same picture. So cases are drawn, with replacement, and a case's slices
    come as their mean (Efron & Tibshirani 1993, percentile interval; Davison & Hinkley 1997, 3.8: clusters).
    With few cases such an interval is too narrow rather than too wide.

    Parameters
    ----------
    values : iterable of (case, value)
        One of each slice.
    level : float
        Between 0 and 1.
    resamples, seed : int
        Draws, and how they begin; n cases with nⁿ no more than ``resamples`` are all drawn, without chance.

    Examples
    --------
    >>> case_mean([("a", 1.0), ("a", 3.0), ("b", 4.0)])
    CaseMean(mean=3.0, low=2.075, high=3.925, cases=2, slices=3)
    """
    held: dict[str, list[float]] = {}
    for case, value in values:
        held.setdefault(case, []).append(value)
    if not held:
        return None
    means = np.array([np.mean(held[case]) for case in sorted(held)])  # not as they came in: draws are by place
    slices = sum(map(len, held.values()))
    if len(means) < 2:
        return CaseMean(float(means.mean()), None, None, len(means), slices)
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = np.quantile(_drawn_means(means, resamples, seed), tails)
    return CaseMean(float(means.mean()), float(low), float(high), len(means), slices)


def _drawn_means(means: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    count = len(means)
    if count**count <= resamples:
        drawn = np.array(list(product(range(count), repeat=count)))
    else:
        drawn = np.random.default_rng(seed).integers(count, size=(resamples, count))
    found: NDArray[np.float64] = means[drawn].mean(axis=1)
    return found


def paired_difference(
    first: Mapping[tuple[str, str], float],
    second: Mapping[tuple[str, str], float],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> CaseMean | None:
    """How far does the first network's figure lie above the second's, on the same slices?

    Parameters
    ----------
    first, second : mapping of (case, slice) to float
        Slices that one of them lacks are left out.

    Examples
    --------
    >>> paired_difference({("a", "1"): 2.0, ("b", "1"): 5.0}, {("a", "1"): 1.0, ("b", "1"): 3.0}).mean
    1.5
    """
    both = [key for key in first if key in second]
    return case_mean([(key[0], first[key] - second[key]) for key in both], level, resamples, seed)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median and third quartile of values, one at least.

    Examples
    --------
    >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
    (2.0, 3.0, 4.0)
    """
    low, median, high = np.quantile(values, (0.25, 0.5, 0.75))
    return float(low), float(median), float(high)
