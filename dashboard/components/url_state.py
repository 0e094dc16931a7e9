"""The state of the page as parameters of its address, so that a link or a reload reopens the same view."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from dashboard.components.choices import CHOICES, ChoiceParser, flag, index, one_of
from fusion import InputError, find
from fusion.comma_list import comma_separated

MANNERS = ("follow", "drag")


@dataclass(frozen=True)
class State:
    """What can be chosen on Explore; every field is a parameter of the address.

    Attributes
    ----------
    row, col : int or None
        The principal pixel; None is the centre.
    window : int
        Side of the window box in pixels, odd.
    gamma1, gamma2 : float in [0.1, 2]
        Power law of the Jacobian and of the guidance images.
    """

    pair: str = "phantom-1"
    network: str = "MaskNet"
    row: int | None = None
    col: int | None = None
    window: int = 31
    gamma1: float = 0.3
    gamma2: float = 0.5
    display: str = "magnitude"
    colormap: str = "viridis"
    manner: str = "follow"
    color: bool = False
    zooms: bool = True
    light: bool = False


Chosen = TypeVar("Chosen", bound=State)
"""What can be chosen on a page: `State`, with more fields where the page has more choices."""


def read(
    query: str, default: Chosen, more: Mapping[str, ChoiceParser] = MappingProxyType({})
) -> tuple[Chosen, tuple[str, ...]]:
    """The state an address asks for, and a sentence for each word that could not be used.

    ``more`` reads the parameters that a page has besides those of `State`.

    Examples
    --------
    >>> state, problems = read("?pair=phantom-2&gamma1=7&window=21", State())
    >>> state.pair, state.gamma1, state.window, problems
    ('phantom-2', 0.3, 21, ('The address has gamma1=7, which cannot be used; 0.3 is shown instead.',))
    """
    asked = dict(parse_qsl(query.removeprefix("?")))
    state, problems = default, []
    parsers = {**_PARSERS, **more}
    for field in fields(default):
        if field.name not in asked:
            continue
        try:
            state = replace(state, **{field.name: parsers[field.name](asked[field.name])})
        except ValueError:
            kept = getattr(default, field.name)
            problems.append(
                f"The address has {field.name}={asked[field.name][:40]}, which cannot be used; "
                f"{kept if kept is not None else 'the centre'} is shown instead."
            )
    return state, tuple(problems)


def listed(text: str) -> tuple[str, ...]:
    """The names in a list with commas, none empty and none twice.

    Examples
    --------
    >>> listed("MaskNet, DeepFuse,,MaskNet")
    ('MaskNet', 'DeepFuse')
    """
    return tuple(dict.fromkeys(comma_separated(text)))


def known(names: Iterable[str], own: Collection[str] = ()) -> tuple[tuple[str, ...], list[str]]:
    """Networks' names as lists write them, none twice, and those that are neither registered nor among ``own``.

    Examples
    --------
    >>> known(["masknet", "Nought", "Mine"], own=["Mine"])
    (('MaskNet', 'Mine'), ['Nought'])
    """
    found, unknown = [], []
    for name in names:
        try:
            found.append(name if name in own else find(name).name)
        except InputError:
            unknown.append(name)
    return tuple(dict.fromkeys(found)), unknown


def check(parameters: Mapping[str, Any], *names: str) -> None:
    """Refuse what no page of ours sends; InputError names the first of ``names`` that cannot be used.

    Examples
    --------
    >>> check({"window": 31, "gamma1": 0.5}, "window", "gamma1")
    """
    for name in names:
        value = parameters.get(name)
        try:
            if isinstance(value, str) != (_PARSERS[name](str(value)).__class__ is str):
                raise ValueError
        except (ValueError, KeyError):
            raise InputError(f"{name} cannot be {str(value)[:40]!r}; reload the page.") from None


_PARSERS: Mapping[str, ChoiceParser] = {
    **CHOICES,
    "pair": str,
    "network": str,
    "row": index,
    "col": index,
    "manner": one_of(MANNERS),
    "zooms": flag,
    "light": flag,
}
