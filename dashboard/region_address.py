"""The words of Regions' address: pair and light as on Explore, and which networks, which region, which ring."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.address import State, read
from dashboard.region_found import MOST_RING
from fusion import InputError, find
from saliency.regions import RING


@dataclass(frozen=True)
class RegionState(State):
    """What can be chosen on Regions; every field is a word of the address.

    Attributes
    ----------
    networks : tuple of str
        Which are asked about the region; empty for all that can be.
    region : str
        As in `dashboard.region_words.mask_of`; empty for none.
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
    more: dict[str, Callable[[str], Any]] = {"networks": _parts, "region": str, "ring": _ring}
    state, problems = read(query, default, more)
    networks, unknown = _known([name.strip() for name in state.networks], usable)
    problems += tuple(
        f"The address asks for the network {name[:40]}, which cannot be used here." for name in unknown
    )
    return replace(state, networks=networks or tuple(usable)), problems


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _known(parts: Sequence[str], usable: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The networks that ``parts`` name; a name may hold commas, so that it takes several of them."""
    known: list[str] = []
    unknown: list[str] = []
    start = 0
    while start < len(parts):
        for stop in range(len(parts), start, -1):
            name = _found(", ".join(parts[start:stop]))
            if name in usable:
                known.append(name)
                break
        else:
            stop = start + 1
            unknown += [parts[start]] if parts[start] else []
        start = stop
    return tuple(dict.fromkeys(known)), unknown


def _found(name: str) -> str:
    try:
        return find(name).name
    except InputError:
        return ""


def _ring(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 < value <= MOST_RING):
        raise ValueError
    return value
