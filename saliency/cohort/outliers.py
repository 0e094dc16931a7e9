"""Which slices are unlike the others? Tukey's rule, within a network, a place and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from saliency.cohort.case_bootstrap import quartiles
from saliency.cohort.cohort_row import CohortRow

FENCE = 1.5
"""Interquartile ranges beyond the quartiles from which on a value is an outlier (Tukey 1977)."""
LEAST = 8
"""Values below which quartiles tell of no outlier."""
NARROWEST = 0.01
"""Of the median's size, what an interquartile range is taken for at least: figures that hardly differ, such as
rank correlations of nearly −1, would else lie out by thousands of ranges."""
UNRANKED = ("differences",)
"""Errors that are rounding as long as the check passes; where it does not, ``checks_failed`` tells."""
RULE = (
    f"Outlier: a figure more than {FENCE:g} interquartile ranges below the first or above the third quartile of "
    f"the same network, place and figure, of {LEAST} values or more; a range counts as {NARROWEST:.0%} of the "
    "median at least. Sorted by how many ranges it lies beyond."
)
"""The rule, for the reader."""


@dataclass(frozen=True)
class Outlying:
    """A row, and how far it lies out.

    Attributes
    ----------
    row : CohortRow
    figure : str
        The one that lies out farthest; empty where none does.
    ranges : float
        Interquartile ranges beyond the nearer quartile; 0 where none lies out.
    """

    row: CohortRow
    figure: str = ""
    ranges: float = 0.0


def outliers_first(rows: Sequence[CohortRow]) -> list[Outlying]:
    """All rows, those that lie out farthest first; the others in their order."""
    groups: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for place, row in enumerate(rows):
        for figure, value in row.figures.items():
            if value is not None and figure not in UNRANKED:
                groups.setdefault((row.network, row.measured.place, figure), []).append((place, value))
    found = [Outlying(row) for row in rows]
    for (_, _, figure), group in groups.items():
        for place, ranges in _beyond(group):
            if ranges > found[place].ranges:
                found[place] = Outlying(rows[place], figure, ranges)
    return sorted(found, key=lambda each: -each.ranges)


def _beyond(group: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Places of outliers in a group, with their distance."""
    if len(group) < LEAST:
        return []
    low, median, high = quartiles([value for _, value in group])
    span = max(high - low, NARROWEST * abs(median))
    if span == 0:
        return []
    far = [(place, max(low - value, value - high) / span) for place, value in group]
    return [(place, ranges) for place, ranges in far if ranges > FENCE]
