"""The derivative of a `GridPlan`'s network at one pair: its slopes, which are the same for every fused pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.network.device import fastest_layout
from saliency.network.grid_plan import GridPlan
from saliency.network.grid_spans import Kernel, SingleSpans, margins_of
from saliency.network.parts import Parts, Progress, finished
from saliency.network.plan import INPUTS, Pointwise, Reach
from saliency.network.single_walk import SingleWalk


@dataclass(frozen=True, eq=False)
class GridLinearised:
    """A network's derivative at one pair of inputs, ready to be carried backwards.

    Attributes
    ----------
    plan : GridPlan
    fused : Tensor (1, 1, H, W)
    slopes : for every step, for each of its sources, (h + 2m, w + 2n, C)
        Derivatives of the pointwise steps, 0 in a margin of m rows and n columns; of those that have two values
        only whether it is the upper one, and nothing in a margin (`with_margins` makes numbers of them). Of the
        other steps there are none, but, by `with_margins`, 1 inside the map for some that are not followed by a
        pointwise step.
    margins : for every map, (m, n)
    goes_beyond : bool
        Whether what single pixels need is looked for in the margins, too; all maps then have the picture's size.
    """

    plan: GridPlan
    fused: Tensor
    slopes: tuple[tuple[Tensor, ...], ...]
    margins: tuple[Reach, ...]
    goes_beyond: bool = False

    @cached_property
    def singles(self) -> SingleSpans:
        """What single pixels need of every map."""
        return SingleSpans(self.plan, goes_beyond=self.goes_beyond)

    @cached_property
    def single_walk(self) -> SingleWalk:
        """The walk back from any one pixel; where the spans go beyond the ends."""
        spans = self.singles.of(0, 0)[0], self.singles.of(1, 0)[0]
        return SingleWalk(self.plan, self.slopes, self.margins, spans)


def grid_linearised(
    plan: GridPlan, inputs: Sequence[Tensor], kept_as: torch.dtype | None = None
) -> GridLinearised:
    """Run the plan on both inputs, (1, 1, H, W), and keep the non-linear steps' slopes, ``kept_as`` a type."""
    return finished(linearised_in_steps(plan, inputs, kept_as))


def linearised_in_steps(
    plan: GridPlan, inputs: Sequence[Tensor], kept_as: torch.dtype | None = None
) -> Parts[GridLinearised]:
    """The same, step by step."""
    maps: dict[int, Tensor] = dict(enumerate(inputs))
    last = {source: number for number, step in enumerate(plan.steps) for source in step.sources}
    slopes: list[tuple[Tensor, ...]] = []
    for number, step in enumerate(plan.steps):
        values = [maps[source] for source in step.sources]
        if isinstance(step, Pointwise):
            made, found = step.with_kept_slopes(values)
            slopes.append(tuple(channels_last(as_kept(each, kept_as)) for each in found))
        else:
            made = step.run(values)
            slopes.append(())
        maps[number + INPUTS] = made
        for source in set(step.sources):
            if last[source] == number:
                del maps[source]
        yield Progress(number, len(plan.steps))
    return GridLinearised(plan, made, tuple(slopes), ((0, 0),) * len(plan.channels))


def with_margins(at: GridLinearised) -> GridLinearised:
    """The same, ready for `grid_diagonal`."""
    plan = at.plan
    margins = tuple(zip(*(margins_of(plan, axis) for axis in (0, 1)), strict=True))
    slopes = []
    for number, (step, found) in enumerate(zip(plan.steps, at.slopes, strict=True), INPUTS):
        kept = [step.slopes_of(each, at.fused.dtype) if isinstance(step, Pointwise) else each for each in found]
        if isinstance(step, Kernel) and _leaves_the_map(plan, number):
            kept.append(at.fused.new_ones(*plan.sizes[number], 1))
        slopes.append(tuple(_within_margin(each, margins[number]) for each in kept))
    return GridLinearised(plan, at.fused, tuple(slopes), margins)


def _leaves_the_map(plan: GridPlan, number: int) -> bool:
    """Whether a gradient of a map beyond its ends is not cut by a slope of 0."""
    return any(number in step.sources and not isinstance(step, Pointwise) for step in plan.steps)


def _within_margin(values: Tensor, margin: Reach) -> Tensor:
    """(h, w, C) with zeros around."""
    rows, cols = margin
    return F.pad(values, (0, 0, cols, cols, rows, rows))


def as_kept(slopes: Tensor, kept_as: torch.dtype | None) -> Tensor:
    """Slopes as they are kept: of a type, or which of two values they have."""
    return slopes if kept_as is None or slopes.dtype == torch.bool else slopes.to(kept_as)


def slope_bytes(plan: GridPlan, each: int, margins: Sequence[Reach] | None = None) -> int:
    """How many bytes the slopes take that are kept for a pair, ``each`` where a byte is not enough."""
    return sum(
        (1 if isinstance(step, Pointwise) and step.has_two_slopes else each) * count
        for step, count in zip(plan.steps, _slopes(plan, margins or ((0, 0),) * len(plan.channels)), strict=True)
    )


def slope_values(plan: GridPlan) -> int:
    """How many slopes are kept for a pair."""
    return sum(_slopes(plan, ((0, 0),) * len(plan.channels)))


def _slopes(plan: GridPlan, margins: Sequence[Reach]) -> list[int]:
    """How many every step has."""
    return [
        len(step.sources) * channels * (rows + 2 * down) * (cols + 2 * across)
        if isinstance(step, Pointwise)
        else 0
        for step, channels, (rows, cols), (down, across) in zip(
            plan.steps, plan.channels[INPUTS:], plan.sizes[INPUTS:], margins[INPUTS:], strict=True
        )
    ]


def channels_last(values: Tensor) -> Tensor:
    """(1, C, h, w) as (h, w, C)."""
    return values.contiguous(memory_format=fastest_layout(values))[0].permute(1, 2, 0)
