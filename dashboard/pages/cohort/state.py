"""The parameters of Cohort's address: pair and light as on Explore, networks, slices, place and figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from typing_extensions import TypedDict

from dashboard.components.choices import one_of
from dashboard.components.stored_values import stored
from dashboard.components.url_state import State, known, listed, read
from saliency.cohort.case_figures import MEANINGS, WHOLE

MOST = 50
"""Slices of a case at most."""
AT_FIRST = 4
"""Slices of a case where the address says nothing."""
PAPERS = ("Weighted Averaging", "FunFuseAn", "MaskNet", "DeepFuse", "DeepPedestrian")
"""The networks of the paper, which are chosen where the address names none."""


@dataclass(frozen=True)
class CohortState(State):
    """What can be chosen on Cohort; every field is a parameter of the address.

    Attributes
    ----------
    networks : tuple of str
        Which are measured; empty for those of the paper.
    slices : int
        Of each case, evenly spaced, at most.
    place, figure : str
        Whose distribution is shown; the figure is one of `MEANINGS`.
    """

    networks: tuple[str, ...] = ()
    slices: int = AT_FIRST
    place: str = WHOLE
    figure: str = "rows_share"


@stored
class CohortChoice(TypedDict):
    """What was asked to be measured: the collection of ``pair``, ``slices`` of each case."""

    pair: str
    networks: list[str]
    slices: int


def read_cohort(query: str, default: CohortState, usable: Sequence[str]) -> tuple[CohortState, tuple[str, ...]]:
    """The state an address asks for, and a sentence for each word that could not be used.

    Examples
    --------
    >>> state, problems = read_cohort("?networks=masknet&slices=99", CohortState(), ["MaskNet"])
    >>> state.networks, state.slices, problems
    (('MaskNet',), 4, ('The address has slices=99, which cannot be used; 4 is shown instead.',))
    """
    more: dict[str, Callable[[str], Any]] = {
        "networks": listed,
        "slices": _slices,
        "place": str,
        "figure": one_of(tuple(MEANINGS)),
    }
    state, problems = read(query, default, more)
    named, unknown = known(state.networks, usable)
    unknown += [name for name in named if name not in usable]
    problems += tuple(
        f"The address asks for the network {name[:40]}, which cannot be used here." for name in unknown
    )
    networks = tuple(name for name in named if name in usable) or tuple(each for each in PAPERS if each in usable)
    return replace(state, networks=networks), problems


def _slices(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MOST:
        raise ValueError
    return value
