"""The parameters of Compare's address: those of Explore, which mean the same, and its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.components.choices import ChoiceParser, one_of
from dashboard.components.url_state import State, known, listed, read

SCALES = ("shared", "own")
CELLS: Mapping[str, str] = {"actual": "≥ 1:1", "whole": "All at once"}
"""How large the pictures are: at least a pixel of the screen for each of theirs, or so that all of them fit."""
ROWS: Mapping[str, str] = {
    "fused": "Fused",
    "guidance": "Guidance",
    "rgb": "RGB",
    "jacobian": "Jacobian",
    "difference": "Difference",
    "guidance-difference": "Guidance difference",
    "scatter": "Scatterplot",
    "figures": "Figures",
    "zooms": "Zooms",
}
"""What can be ticked; zooms stand beside the pictures of the other rows."""
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
    rows : tuple of str
        Which of `ROWS` are shown.
    reference : str
        The network that the others are compared with; empty for the first column.
    cells : str
        One of `CELLS`.
    """

    networks: tuple[str, ...] = ()
    scales: str = "shared"
    rows: tuple[str, ...] = ("fused", "guidance", "jacobian")
    reference: str = ""
    cells: str = "actual"


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
    more: Mapping[str, ChoiceParser] = {
        "networks": listed,
        "scales": one_of(SCALES),
        "rows": _rows,
        "reference": str,
        "cells": one_of(tuple(CELLS)),
    }
    state, problems = read(query, default, more)
    networks, unknown = known(state.networks, usable)
    if not networks:
        networks = _to_begin_with(state.network, usable)
    if len(networks) > MOST:
        left_out = ", ".join(networks[MOST:])
        problems += (f"{MOST} networks stand side by side at most: {left_out[:200]} of the address is left out.",)
    problems += tuple(f"The address asks for the network {name[:40]}, which is not known." for name in unknown)
    reference = state.reference if state.reference in networks[:MOST] else ""
    return replace(state, networks=networks[:MOST], reference=reference), problems


def _rows(text: str) -> tuple[str, ...]:
    rows = listed(text)
    if not rows or set(rows) - set(ROWS):
        raise ValueError
    return tuple(row for row in ROWS if row in rows)


def _to_begin_with(network: str, usable: tuple[str, ...]) -> tuple[str, ...]:
    first = (network,) if network in usable else ()
    return (*first, *(name for name in usable if name not in first))[:AT_FIRST]
