"""Which fusion methods exist: a method is one file in ``fusion/networks`` with one ``@register`` line."""

from __future__ import annotations

import difflib
import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from torch import nn

from fusion.errors import InputError

Network = TypeVar("Network", bound=type[nn.Module])
UNBOUNDED = (-math.inf, math.inf)


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
    bounds : tuple of two float
        The least and the greatest value a fused pixel can have for inputs in [0, 1]; infinite where the
        network sets no bound.
    exact_gradient : bool
        Whether autograd gives the derivative of the fused image. A method that holds some of its factors
        constant on purpose says False.
    trainer : str
        The module whose ``train(args, method)`` does what ``python -m fusion train`` asks for; empty for the
        objective and schedule that the networks of the FuseVis paper share.
    weights : str
        The name of the method whose trained weights it uses; empty for its own.
    """

    name: str
    reference: str
    summary: str
    build: Callable[[], nn.Module]
    trained: bool = True
    gamma_ssim: float = 0.5
    gamma_l2: float = 0.5
    order: int = 100
    bounds: tuple[float, float] = UNBOUNDED
    exact_gradient: bool = True
    trainer: str = ""
    weights: str = ""

    @property
    def slug(self) -> str:
        """The name as a file's stem and a word of an address, e.g. ``"weighted-averaging"``."""
        return _slug(self.name)

    @property
    def weights_slug(self) -> str:
        """The stem of the files with its weights and card: its own, or those of the method it shares them with."""
        return _slug(self.weights or self.name)


def register(
    *,
    name: str,
    reference: str,
    summary: str,
    trained: bool = True,
    gamma_ssim: float = 0.5,
    gamma_l2: float = 0.5,
    order: int = 100,
    bounds: tuple[float, float] = UNBOUNDED,
    exact_gradient: bool = True,
    trainer: str = "",
    weights: str = "",
) -> Callable[[Network], Network]:
    """Make a network class known under ``name``; see `Method` for what each word means."""
    if "," in name:
        raise ValueError(f"Lists of methods have commas between the names; {name!r} cannot hold one.")

    def attach(network: Network) -> Network:
        network.method = Method(  # type: ignore[attr-defined]  # the class carries its own card
            name,
            reference,
            summary,
            network,
            trained,
            gamma_ssim,
            gamma_l2,
            order,
            bounds,
            exact_gradient,
            trainer,
            weights,
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
                _refuse_twin(method, found)
                found[method.name] = method
    ordered = sorted(found.values(), key=lambda method: (method.order, method.name))
    return MappingProxyType({method.name: method for method in ordered})


def _refuse_twin(method: Method, found: Mapping[str, Method]) -> None:
    """Two methods of one name would overwrite each other's weights: a programming error."""
    for other in found.values():
        if other is not method and _key(other.name) == _key(method.name):
            raise ValueError(f"Two fusion methods are called {other.name!r} and {method.name!r}.")


def names() -> tuple[str, ...]:
    """What is every registered method called? In listing order.

    Examples
    --------
    >>> names()[0]
    'Weighted Averaging'
    """
    return tuple(methods())


def is_registered(name: str) -> bool:
    """Whether ``name`` means a registered method; as in `find`, case, spaces and dashes do not matter.

    Examples
    --------
    >>> is_registered("masknet"), is_registered("my_net.py:MyNet")
    (True, False)
    """
    return _key(name) in {_key(known) for known in methods()}


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
    if name in methods():  # as the pages ask, at every pixel
        return methods()[name]
    by_slug = {_key(method.name): method for method in methods().values()}
    if _key(name) in by_slug:
        return by_slug[_key(name)]
    near = difflib.get_close_matches(_key(name), by_slug, n=len(by_slug), cutoff=0.0)
    near.sort(key=lambda key: not key.startswith(_key(name)))  # who begins a name means that one
    known = ", ".join(by_slug[key].name for key in near)
    raise InputError(f"There is no fusion method called {name!r}; choose one of: {known}.")


def _slug(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return "-".join(words)


def _key(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
