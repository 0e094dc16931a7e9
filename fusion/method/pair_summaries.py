"""Networks that depend on a whole pair through a few numbers, and on what lies around beside that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor


class SummaryTerm(NamedTuple):
    """What is added to one of a pair's summaries.

    Attributes
    ----------
    number : int
        Which of them, from 0.
    value : 0-d tensor
        With its graph back to the inputs.
    """

    number: int
    value: Tensor


@runtime_checkable
class HasPairSummaries(Protocol):
    """A fusion network whose derivative has an expensive part that all fused pixels of a pair share.

    It first condenses a pair (1, 1, H, W) to a few numbers, its summaries e, and then fuses with these given:
    y = fuse_with(x1, x2, e(x1, x2)). By the chain rule ∂y/∂x = ∂y/∂x with e held + Σ ∂y/∂e_n · ∂e_n/∂x, so the
    summaries' own derivatives need to be found only once for a pair. They are asked for in steps, so that the
    memory of one step is needed at a time. Maps that the network computes of the pair and through which no
    derivative goes, such as regions, are found once as well.

    A network that has pair constants too (`fusion.method.pair_constants`) is differentiated with those fixed,
    and not by its summaries.
    """

    summary_count: int
    """How many numbers a pair is condensed to."""
    summary_steps: int
    """In how many steps."""

    def held_maps(self, first: Tensor, second: Tensor) -> Tensor:
        """What is constant around a pair (1, 1, H, W) but for jumps: (1, K, H, W), without a graph."""

    def summary_terms(self, step: int, first: Tensor, second: Tensor, maps: Tensor) -> Iterator[SummaryTerm]:
        """What a step adds to the summaries, one after the other; a term's graph is free once the next is asked.

        All terms of all steps add up to the summaries. A term that is constant around the pair may be left out
        where it is 0. Called with gradients enabled, and inputs that are differentiated for.
        """

    def fuse_with(self, first: Tensor, second: Tensor, maps: Tensor, summaries: Tensor) -> Tensor:
        """Fuse (1, 1, H, W) with the pair's ``maps`` and its ``summaries`` (1, summary_count) given."""

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse; maps and summaries are those of these inputs."""
