"""The trivial rules that every network has to beat: copies, mean and maximum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from fusion.method.inference import check_inputs
from fusion.method.registry import methods

Rule = Callable[[Tensor, Tensor], Tensor]
"""What a rule and a network have in common: (x1, x2) -> y, all (N, 1, H, W)."""


@runtime_checkable
class Varied(Protocol):
    """A network that can also fuse in other ways with the same weights, for comparison."""

    def variants(self) -> Mapping[str, Rule]:
        """The other ways, by the name a table gives them after the network's own."""


def copy_first(first: Tensor, second: Tensor) -> Tensor:
    """What if the second image were ignored? ``first`` itself, (N, 1, H, W).

    Raises
    ------
    InputError
        The inputs are not two equal (N, 1, H, W); all four rules refuse that.

    Examples
    --------
    >>> copy_first(torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)).flatten().tolist()
    [0.0, 0.0]
    """
    check_inputs(first, second)
    return first


def copy_second(first: Tensor, second: Tensor) -> Tensor:
    """What if the first image were ignored? ``second`` itself, (N, 1, H, W).

    Examples
    --------
    >>> copy_second(torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)).flatten().tolist()
    [1.0, 1.0]
    """
    check_inputs(first, second)
    return second


def mean(first: Tensor, second: Tensor) -> Tensor:
    """Which image lies half-way? (x1 + x2) / 2, (N, 1, H, W), in the inputs' range.

    Examples
    --------
    >>> mean(torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)).flatten().tolist()
    [0.5, 0.5]
    """
    check_inputs(first, second)
    return (first + second) / 2


def maximum(first: Tensor, second: Tensor) -> Tensor:
    """Which image keeps the brighter pixel of the two? (N, 1, H, W), in the inputs' range.

    Examples
    --------
    >>> maximum(torch.tensor([[[[0.1, 0.9]]]]), torch.full((1, 1, 1, 2), 0.5)).flatten().tolist()
    [0.5, 0.8999999761581421]
    """
    check_inputs(first, second)
    return torch.maximum(first, second)


RULES: Mapping[str, Rule] = MappingProxyType(
    {"copy of first": copy_first, "copy of second": copy_second, "mean": mean, "maximum": maximum}
)
"""Every rule by the name a table gives it."""


def baselines() -> Mapping[str, Rule]:
    """What needs no training and belongs into every table: the rules, and the methods that learn nothing.

    A variant that differs in its gradient only gives the same picture and is left out.

    Examples
    --------
    >>> list(baselines())
    ['copy of first', 'copy of second', 'mean', 'maximum', 'Weighted Averaging']
    """
    untaught = [method for method in methods().values() if not method.trained and method.exact_gradient]
    return {**RULES, **{method.name: method.build().eval() for method in untaught}}
