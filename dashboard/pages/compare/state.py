"""The parameters of Compare's address: those of Explore, which mean the same, and its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.components.choices import one_of
from dashboard.components.url_state import State, known, listed, read

SCALES = ("shared", "own")
MOST = 7
"""Networks side by side."""
AT_FIRST = 4
"""Networks side by side where the address names none."""


@dataclass(frozen=True)
class CompareState(State):
    """What can be chosen on Compare; every field is a parameter of the address.

    Attributes
    ----------
    networks : tuple of str
        One column each, from left to right; empty for some to begin with, Explore's ``network`` first.
    scales : str
        ``"shared"``: colours mean the same in every column; ``"own"``: each column from its own largest value.
    difference : tuple of two str
        Which network less which other; empty for the first two columns.
    """

    networks: tuple[str, ...] = ()
    scales: str = "shared"
    difference: tuple[str, ...] = ()


def read_compare(
    query: str, default: CompareState, usable: tuple[str, ...]
) -> tuple[CompareState, tuple[str, ...]]:
    """The state an address asks for, and a sentence for each word that could not be used.

    Parameters
    ----------
    query : str
    default : CompareState
    usable : tuple of str
        The networks that can be compared, the best to begin with first.

    Examples
    --------
    >>> state, problems = read_compare("?networks=maskNet,Nought&row=3", CompareState(), ("DeepFuse",))
    >>> state.networks, state.row, problems
    (('MaskNet',), 3, ('The address asks for the network Nought, which is not known.',))
    """
    more = {"networks": listed, "scales": one_of(SCALES), "difference": listed}
    state, problems = read(query, default, more)
    networks, unknown = known(state.networks, usable)
    if not networks:
        networks = _to_begin_with(state.network, usable)
    if len(networks) > MOST:
        problems += (f"The address names {len(networks)} networks; the first {MOST} are shown.",)
    difference = state.difference if len(state.difference) == 2 else ()
    problems += tuple(f"The address asks for the network {name[:40]}, which is not known." for name in unknown)
    return replace(state, networks=networks[:MOST], difference=difference), problems


def _to_begin_with(network: str, usable: tuple[str, ...]) -> tuple[str, ...]:
    first = (network,) if network in usable else ()
    return (*first, *(name for name in usable if name not in first))[:AT_FIRST]
