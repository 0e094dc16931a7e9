"""A network as one with pair summaries: the numbers to which it condenses whole maps, found while it runs.

A researcher's network says nothing of them; one with squeeze-excitation, instance or group normalisation has them.
With these held what is left may be local. Whether it is, and whether their derivatives are autograd's, is looked
at where they are used (`saliency.receptive_field.locality`, `saliency.derivatives.low_rank`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from fusion.method.pair_summaries import HasPairSummaries, SummaryTerm
from saliency.network.network_copy import copied
from saliency.network.reductions import OtherReductionsError, Reduction, Reductions

logger = logging.getLogger(__name__)

SIDE = 32
"""Rows and columns of the picture on which a network is watched."""


class FoundSummaries(nn.Module):
    """What `fusion.method.pair_summaries` asks for, of a network that knows nothing of it; a pair at a time.

    Parameters
    ----------
    network : Module
    seen : sequence of Reduction
        What it was seen to do, at every size.
    """

    def __init__(self, network: nn.Module, seen: Sequence[Reduction]) -> None:
        super().__init__()
        self.network, self._seen = network, tuple(seen)
        self.summary_steps = len(self._seen)
        self.summary_count = sum(self._sizes())

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse; all is computed of these inputs."""
        with Reductions():
            fused: Tensor = self.network(first, second)
        return fused

    def held_maps(self, first: Tensor, second: Tensor) -> Tensor:
        """None: (1, 0, H, W)."""
        del second
        return first.new_zeros(1, 0, *first.shape[-2:])

    def summary_terms(self, step: int, first: Tensor, second: Tensor, maps: Tensor) -> Iterator[SummaryTerm]:
        """Every number of one reduction, its derivative by way of earlier ones included."""
        del maps
        with Reductions() as reductions:
            self.network(first, second)
        self._refuse_others(reductions)
        made = reductions.made[step]
        if not made.requires_grad:  # computed in no_grad, say: constant, for autograd
            made = made + 0 * first[0, 0, 0, 0]
        for number, value in enumerate(made.flatten(), sum(self._sizes()[:step])):
            yield SummaryTerm(number, value)

    def fuse_with(self, first: Tensor, second: Tensor, maps: Tensor, summaries: Tensor) -> Tensor:
        """Fuse what may be a part of the pair."""
        del maps
        parts = summaries[0].split(self._sizes())
        held = [part.view(each.shape) for part, each in zip(parts, self._seen, strict=True)]
        with Reductions(held) as reductions:
            fused: Tensor = self.network(first, second)
        self._refuse_others(reductions)
        return fused

    def _sizes(self) -> list[int]:
        return [each.shape.numel() for each in self._seen]

    def _refuse_others(self, reductions: Reductions) -> None:
        if tuple(reductions.seen) != self._seen:
            raise OtherReductionsError("The network condenses this picture to other numbers than noise.")


def found_summaries(network: nn.Module) -> FoundSummaries | None:
    """A copy of ``network`` with the summaries that are seen on noise; None where there are none to see.

    Examples
    --------
    >>> class Brightened(nn.Module):
    ...     def forward(self, first, second):
    ...         return first + second.mean((2, 3), keepdim=True)
    >>> found_summaries(Brightened()).summary_count
    1
    >>> found_summaries(nn.Bilinear(1, 1, 1)) is None
    True
    """
    generator = torch.Generator().manual_seed(6)
    try:
        with torch.inference_mode(False), torch.no_grad():
            own = copied(network).requires_grad_(False)
            weight = next(own.parameters(), torch.empty(0))
            images = [torch.rand(1, 1, SIDE, SIDE, generator=generator).to(weight) for _ in range(2)]
            with Reductions() as reductions:
                own(*images)
    except Exception:  # whatever somebody's network raises on a small picture
        logger.debug("%s could not be watched", type(network).__name__, exc_info=True)
        return None
    return FoundSummaries(own, reductions.seen) if reductions.seen else None


class HeldSummaries(nn.Module):
    """A network with pair summaries whose summaries are constants of the pair (`fusion.method.pair_constants`).

    This is not the network's derivative: it leaves out that another picture has other summaries. In return it may
    be local.
    """

    def __init__(self, network: HasPairSummaries) -> None:
        super().__init__()
        self.network = network

    def forward(self, first: Tensor, second: Tensor, constants: Tensor | None = None) -> Tensor:
        """Fuse (N, 1, H, W), one by one, as only one has its summaries."""
        constants = self.pair_constants(first, second) if constants is None else constants
        count = self.network.summary_count
        maps, summaries = constants[:, :-count], constants[:, -count:, 0, 0]
        singly = zip(*(each.split(1) for each in (first, second, maps, summaries)), strict=True)
        return torch.cat([self.network.fuse_with(*each) for each in singly])

    def pair_constants(self, first: Tensor, second: Tensor) -> Tensor:
        """The maps that are held, then each summary at every pixel: (N, K, H, W)."""
        singly = zip(first.split(1), second.split(1), strict=True)
        found = [_constants(self.network, *each) for each in singly]
        return found[0] if len(found) == 1 else torch.cat(found)


def _constants(network: HasPairSummaries, first: Tensor, second: Tensor) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        one, other = (each.detach().clone().requires_grad_() for each in (first, second))
        maps = network.held_maps(one, other).detach()
        values = first.new_zeros(network.summary_count)
        for step in range(network.summary_steps):
            for number, value in network.summary_terms(step, one, other, maps):
                values[number] += value.detach()
    everywhere = values[None, :, None, None].expand(-1, -1, *first.shape[-2:])  # takes no memory
    return torch.cat((maps, everywhere), dim=1) if maps.shape[1] else everywhere
