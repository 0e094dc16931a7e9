"""The parameters of Regions' address: pair and light as on Explore, networks, region and ring."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.components.url_state import State, known, listed, read
from dashboard.pages.regions.region_result import MOST_RING
from saliency.defaults import RING


@dataclass(frozen=True)
class RegionState(State):
    """What can be chosen on Regions; every field is a parameter of the address.

    Attributes
    ----------
    networks : tuple of str
        Which are asked about the region; empty where nobody chose.
    region : str
        As in `dashboard.pages.regions.uploads.mask_of`; empty for none.
    ring : float
        Width of the ring around it in pixels.
    """

    networks: tuple[str, ...] = ()
    region: str = ""
    ring: float = RING


def read_regions(query: str, default: RegionState, usable: Sequence[str]) -> tuple[RegionState, tuple[str, ...]]:
    """The state an address asks for, and a sentence for each word that could not be used.

    Examples
    --------
    >>> state, problems = read_regions("?region=disk:9,9,3&networks=masknet,Nought", RegionState(), ["MaskNet"])
    >>> state.region, state.networks, problems
    ('disk:9,9,3', ('MaskNet',), ('The address asks for the network Nought, which cannot be used here.',))
    """
    more: dict[str, Callable[[str], Any]] = {"networks": listed, "region": str, "ring": _ring}
    state, problems = read(query, default, more)
    named, unknown = known(state.networks, usable)
    networks = tuple(name for name in named if name in usable)
    unknown += [name for name in named if name not in usable]
    problems += tuple(
        f"The address asks for the network {name[:40]}, which cannot be used here." for name in unknown
    )
    return replace(state, networks=networks), problems


def _ring(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 < value <= MOST_RING):
        raise ValueError
    return value
