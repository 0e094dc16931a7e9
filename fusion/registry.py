"""Which fusion methods exist: a method is one file in ``fusion/networks`` with one ``@register`` line."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from torch import nn

from fusion.errors import InputError

Network = TypeVar("Network", bound=type[nn.Module])


@dataclass(frozen=True)
class Method:
    """What the project knows of a fusion method without building it.

    Attributes
    ----------
    name : str
        The name people choose it by, e.g. ``"MaskNet"``.
    reference : str
        The paper it comes from.
    summary : str
        One sentence a reader of the dashboard understands.
    build : callable
        Makes the untrained network.
    trained : bool
        Whether it needs a checkpoint before it means anything.
    gamma_ssim, gamma_l2 : float
        Weight of the first image in the two losses (paper, Table 1).
    order : int
        Place in lists; equal places are sorted by name.
    """

    name: str
    reference: str
    summary: str
    build: Callable[[], nn.Module]
    trained: bool = True
    gamma_ssim: float = 0.5
    gamma_l2: float = 0.5
    order: int = 100

    @property
    def slug(self) -> str:
        """The name as a file's stem and a word of an address, e.g. ``"weighted-averaging"``."""
        words = "".join(c if c.isalnum() else " " for c in self.name.lower()).split()
        return "-".join(words)


def register(
    *,
    name: str,
    reference: str,
    summary: str,
    trained: bool = True,
    gamma_ssim: float = 0.5,
    gamma_l2: float = 0.5,
    order: int = 100,
) -> Callable[[Network], Network]:
    """Make a network class known under ``name``; see `Method` for what each word means."""

    def attach(network: Network) -> Network:
        network.method = Method(  # type: ignore[attr-defined]  # the class carries its own card
            name, reference, summary, network, trained, gamma_ssim, gamma_l2, order
        )
        return network

    return attach


@cache
def methods() -> Mapping[str, Method]:
    """Which methods are there? Every registered class of ``fusion.networks``, by name, in listing order."""
    package = importlib.import_module("fusion.networks")
    found: dict[str, Method] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"fusion.networks.{module_info.name}")
        for value in vars(module).values():
            method = vars(value).get("method") if isinstance(value, type) else None
            if isinstance(method, Method):
                found[method.name] = method
    ordered = sorted(found.values(), key=lambda method: (method.order, method.name))
    return MappingProxyType({method.name: method for method in ordered})


def names() -> tuple[str, ...]:
    """What is every registered method called? In listing order.

    Examples
    --------
    >>> names()[0]
    'Weighted Averaging'
    """
    return tuple(methods())


def find(name: str) -> Method:
    """Which method does ``name`` mean? Case, spaces and dashes do not matter.

    Raises
    ------
    InputError
        The name is not known; the sentence lists the known ones, nearest first.

    Examples
    --------
    >>> find("masknet").name
    'MaskNet'
    """
    by_slug = {_key(method.name): method for method in methods().values()}
    if _key(name) in by_slug:
        return by_slug[_key(name)]
    near = difflib.get_close_matches(_key(name), by_slug, n=len(by_slug), cutoff=0.0)
    known = ", ".join(by_slug[key].name for key in near)
    raise InputError(f"There is no fusion method called {name!r}; choose one of: {known}.")


def _key(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
