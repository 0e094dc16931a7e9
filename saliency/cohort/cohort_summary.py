"""What a cohort says: distributions by network, and differences between networks on the same slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from saliency.cohort.case_bootstrap import CaseMean, case_mean, paired_difference, quartiles
from saliency.cohort.case_figures import MEANINGS
from saliency.cohort.cohort_row import CohortRow

FEW = 10
"""Cases below which an interval is to be read with care."""
CAUTION = (
    "Shares by guidance and by full rows differ: guidance knows a fused pixel's own two input pixels only. "
    "Intervals draw whole cases, not slices; with fewer than "
    f"{FEW} cases they are too narrow. Many figures are compared: one interval in twenty misses by chance."
)
"""What a reader has to know of every figure."""


@dataclass(frozen=True)
class Distribution:
    """A figure of one network at one place.

    Attributes
    ----------
    place, figure, network : str
    low, median, high : float
        Quartiles over slices.
    mean : CaseMean
        Over cases.
    """

    place: str
    figure: str
    network: str
    low: float
    median: float
    high: float
    mean: CaseMean


@dataclass(frozen=True)
class PairedDifference:
    """A figure of one network less that of another, on the slices that both have.

    Attributes
    ----------
    place, figure, network, other : str
    mean : CaseMean
        Of the differences, over cases.
    """

    place: str
    figure: str
    network: str
    other: str
    mean: CaseMean

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        low, high = self.mean.low, self.mean.high
        return low is not None and high is not None and (low > 0 or high < 0)


@dataclass(frozen=True)
class CohortSummary:
    """Distributions, and differences between networks."""

    distributions: tuple[Distribution, ...]
    differences: tuple[PairedDifference, ...]


Values = dict[tuple[str, str], float]
"""A figure by case and slice."""


def cohort_summary(
    rows: Sequence[CohortRow], seed: int = 0, chosen: tuple[str, str] | None = None
) -> CohortSummary:
    """What do all rows say together? Place by place and figure by figure, in the order of `MEANINGS`.

    Parameters
    ----------
    rows : sequence of CohortRow
    seed : int
        Of the bootstrap's draws.
    chosen : (place, figure) or None
        Of this one alone: a page shows one, and all take seconds.
    """
    held: dict[tuple[str, str], dict[str, Values]] = {}
    places = list(dict.fromkeys(row.measured.place for row in rows))
    for row in rows:
        for figure, value in row.figures.items():
            if value is not None:
                networks = held.setdefault((row.measured.place, figure), {})
                networks.setdefault(row.network, {})[row.unit] = value
    wanted = [(place, figure) for place in places for figure in MEANINGS] if chosen is None else [chosen]
    groups = [group for group in wanted if group in held]
    return CohortSummary(
        tuple(each for group in groups for each in _distributions(*group, held[group], seed)),
        tuple(each for group in groups for each in _differences(*group, held[group], seed)),
    )


def _distributions(place: str, figure: str, networks: dict[str, Values], seed: int) -> Iterator[Distribution]:
    for network, values in networks.items():
        mean = case_mean(((case, value) for (case, _), value in values.items()), seed=seed)
        if mean is not None:
            yield Distribution(place, figure, network, *quartiles(list(values.values())), mean)


def _differences(place: str, figure: str, networks: dict[str, Values], seed: int) -> Iterator[PairedDifference]:
    for network, other in combinations(networks, 2):
        mean = paired_difference(networks[network], networks[other], seed=seed)
        if mean is not None:
            yield PairedDifference(place, figure, network, other, mean)
