"""A network's summaries of a pair and their derivatives, found step by step, kept from one step to the next.

What they are for says `fusion.method.pair_summaries`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from fusion.method.pair_summaries import HasPairSummaries

Told = Callable[[int, int], None]
"""Hears of each step: how many are done, and of how many."""
Pictures = tuple[Tensor, Tensor]
"""Both inputs, (1, 1, H, W)."""


def no_matter(_done: int, _total: int) -> None:
    """Nobody hears."""


@dataclass(frozen=True, eq=False)
class SummarySlopes:
    """What a network condenses one pair to, and how that changes with either input. Right for no other pair.

    Attributes
    ----------
    maps : tensor (1, K, H, W)
        What the network holds constant around it.
    values : tensor (1, n)
        The summaries.
    slopes : tensor (2, n, H, W)
        slopes[k, m, i, j] = ∂e_m / ∂x_k[i, j].
    """

    maps: Tensor
    values: Tensor
    slopes: Tensor

    def carried(self, by_summaries: Tensor) -> Tensor:
        """What a derivative by the summaries, (n,), is by both inputs: (2, H, W)."""
        return _carried(self.slopes, by_summaries)

    def fused(self, network: HasPairSummaries, first: Tensor, second: Tensor) -> Tensor:
        """The fused image of the pair; autograd takes the summaries' derivatives from here.

        ``network`` may be a rearranged copy of the one that the slopes are of.
        """
        summaries: Tensor = _Summaries.apply(first, second, self.values, self.slopes)  # type: ignore[no-untyped-call]
        return network.fuse_with(first, second, self.maps, summaries)


class SlopeSteps:
    """The way to a pair's `SummarySlopes`: a step that was begun and given up is done anew, those before stay.

    Parameters
    ----------
    network : HasPairSummaries
    inputs : two tensors (1, 1, H, W)
        Of the network's type.
    """

    def __init__(self, network: HasPairSummaries, inputs: Pictures) -> None:
        first = inputs[0]
        with torch.no_grad():
            self._maps = network.held_maps(*inputs).detach()
        self._inputs = inputs
        self._values = first.new_zeros(1, network.summary_count)
        self._slopes = first.new_zeros(2, network.summary_count, *first.shape[-2:])
        self._done, self._total = 0, network.summary_steps
        self._lock = Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return sum(each.nbytes for each in (*self._inputs, self._maps, self._values, self._slopes))

    @property
    def is_over(self) -> bool:
        """Whether every step is done."""
        return self._done == self._total

    def finished(self, network: HasPairSummaries, told: Told = no_matter) -> SummarySlopes:
        """The slopes, after all steps that were not done yet; two threads never do the same."""
        with self._lock:
            told(self._done, self._total)
            while not self.is_over:
                self._step(network)
                told(self._done, self._total)
        return SummarySlopes(self._maps, self._values, self._slopes)

    def put(self, slopes: SummarySlopes) -> bool:
        """Take for found what was found before; False where its shapes are others."""
        with self._lock:
            own = self._maps, self._values, self._slopes
            given = slopes.maps, slopes.values, slopes.slopes
            if any(one.shape != other.shape for one, other in zip(own, given, strict=True)):
                return False
            self._maps, self._values, self._slopes = (each.to(self._values) for each in given)
            self._done = self._total
        return True

    def _step(self, network: HasPairSummaries) -> None:
        """One more step; it may be given up at any of torch's operations, those that add up among them."""
        values, slopes = self._values.clone(), self._slopes.clone()
        for number, value, gradients in self._found(network):
            values[0, number] += value
            for place, gradient in gradients:
                slopes[place, number] += gradient
        self._values, self._slopes, self._done = values, slopes, self._done + 1

    def _found(self, network: HasPairSummaries) -> list[tuple[int, Tensor, list[tuple[int, Tensor]]]]:
        """Every term of the next step: of which summary, its value, and its derivatives by the inputs it knows."""
        found = []
        with torch.inference_mode(False), torch.enable_grad():
            first, second = leaves = [each.clone().requires_grad_() for each in self._inputs]
            for number, value in network.summary_terms(self._done, first, second, self._maps):
                gradients = torch.autograd.grad(value, leaves, retain_graph=True, allow_unused=True)
                known = [(place, each[0, 0]) for place, each in enumerate(gradients) if each is not None]
                found.append((number, value.detach(), known))
        return found


def _carried(slopes: Tensor, by_summaries: Tensor) -> Tensor:
    found: Tensor = torch.matmul(by_summaries, slopes.flatten(2))  # einsum takes thirty times that
    return found.view(2, *slopes.shape[2:])


class _Summaries(torch.autograd.Function):
    """The values that were found, as a function of the pair with the derivatives that were found."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, values: Tensor, slopes: Tensor) -> Tensor:  # noqa: ANN401
        del first, second
        ctx.slopes = slopes
        return values.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_summary: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401
        first, second = _carried(ctx.slopes, by_summary[0])
        return first[None, None], second[None, None], None, None

    @staticmethod
    def jvp(ctx: Any, first: Tensor, second: Tensor, _values: None, _slopes: None) -> Tensor:  # noqa: ANN401
        changes = torch.stack((first[0, 0], second[0, 0]))
        return torch.einsum("kij,knij->n", changes, ctx.slopes)[None]
