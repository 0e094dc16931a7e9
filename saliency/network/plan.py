"""A network written down: the list of steps that lead from both inputs to the fused image.

Known steps are convolutions that keep the picture's size, weighted sums, concatenations of channels, and
functions that treat every pixel alike. From such a list one reads which part of every feature map a fused
pixel needs. It can be run on a shrinking window (`saliency.network.shrinking`), and its derivative can be
carried backwards where it matters only (`saliency.network.blockwise`). `saliency.network.tracing` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.network.device import fastest_layout
from saliency.network.kink import Kink

Reach = tuple[int, int]
"""How far something goes in rows and in columns."""
INPUTS = 2
"""Maps 0 and 1 are the two inputs; step k makes map k + 2."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution of stride 1, padded with zeros so that the picture keeps its size."""

    sources: tuple[int, ...]
    weight: Tensor
    bias: Tensor | None
    dilation: Reach
    groups: int

    def run(self, values: Sequence[Tensor], padding: Reach | None = None) -> Tensor:
        """Convolve the one source; by default padded so that it keeps its size."""
        return F.conv2d(
            values[0],
            self.weight,
            self.bias,
            padding=self.reach if padding is None else padding,
            dilation=self.dilation,
            groups=self.groups,
        )

    @cached_property
    def reach(self) -> Reach:
        """How far an output pixel sees."""
        rows, cols = (
            (size - 1) * step // 2 for size, step in zip(self.weight.shape[2:], self.dilation, strict=True)
        )
        return rows, cols

    @property
    def factors(self) -> Tensor | None:
        """(C, 1, 1) where each channel is but multiplied by a number of its own."""
        is_scale = self.weight.shape[1:] == (1, 1, 1) and self.groups == self.weight.shape[0]
        return self.weight[:, 0] if is_scale else None

    @property
    def stride(self) -> Reach:
        """One output a pixel."""
        return 1, 1

    @property
    def padding(self) -> Reach:
        """Rows and columns of zeros on each side."""
        return self.reach

    @cached_property
    def transposed(self) -> Tensor:
        """The weights of the convolution that carries gradients back."""
        return transposed(self.weight, self.groups)


def transposed(weight: Tensor, groups: int) -> Tensor:
    """The weights of the convolution that carries gradients back: channels exchanged, kernels rotated."""
    outputs, inputs, *size = weight.shape
    grouped = weight.reshape(groups, outputs // groups, inputs, *size)
    rotated = grouped.transpose(1, 2).reshape(groups * inputs, outputs // groups, *size).flip(2, 3)
    return rotated.contiguous(memory_format=fastest_layout(rotated))


@dataclass(frozen=True)
class WeightedSum:
    """Each source times a number, added up, and a number more."""

    sources: tuple[int, ...]
    factors: tuple[float, ...]
    offset: float = 0.0

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Add up, without the products and sums that change nothing."""
        total = values[0] if self.factors[0] == 1 else values[0] * self.factors[0]
        for factor, value in zip(self.factors[1:], values[1:], strict=True):
            total = total.add(value, alpha=factor)
        return total + self.offset if self.offset else total


@dataclass(frozen=True)
class Concatenation:
    """The channels of all sources, one after the other."""

    sources: tuple[int, ...]

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Join along the channels."""
        return torch.cat(list(values), dim=1)


@dataclass(frozen=True)
class Expansion:
    """The one channel of a map, repeated: what a product of a mask and a map of many channels does."""

    sources: tuple[int, ...]
    channels: int

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Repeat, without copying."""
        return values[0].expand(-1, self.channels, -1, -1)


@dataclass(frozen=True, eq=False)
class Pointwise:
    """A function of one or two maps that treats every pixel alike."""

    sources: tuple[int, ...]
    function: Callable[..., Tensor]

    slope: SlopeFunction | None = None

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """The function's values."""
        return self.function(*values)

    def with_slopes(self, values: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The function's values, and its derivative with respect to each source, pixel by pixel."""
        if self.slope is not None:
            result = self.function(*values)
            return result, [self.slope(values[0], result)]
        with torch.enable_grad():
            leaves = [each.detach().requires_grad_() for each in values]
            result = self.function(*leaves)
            slopes = torch.autograd.grad(result, leaves, torch.ones_like(result))
        return result.detach(), list(slopes)

    def with_kept_slopes(self, values: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """As `with_slopes`; of a slope that has two values is told whether it is the upper one, a byte each."""
        if isinstance(self.slope, Kink):
            result = self.function(*values)
            return result, [result > 0]
        return self.with_slopes(values)

    def slopes_of(self, kept: Tensor, dtype: torch.dtype) -> Tensor:
        """The slopes themselves, of what `with_kept_slopes` told."""
        if isinstance(self.slope, Kink) and kept.dtype == torch.bool:
            return self.slope.slopes(kept, dtype)
        return kept

    def carried(self, gradient: Tensor, kept: Sequence[Tensor]) -> list[Tensor]:
        """The sources' gradients, given that of the map it makes and what is kept of the slopes."""
        if isinstance(self.slope, Kink) and kept[0].dtype == torch.bool:
            return [self.slope.carried(gradient, kept[0])]
        return [gradient * each for each in kept]

    @property
    def has_two_slopes(self) -> bool:
        """Whether its slope has two values, so that a byte is enough for each."""
        return isinstance(self.slope, Kink)


SlopeFunction = Callable[[Tensor, Tensor], Tensor]
"""The derivative of a function of one map, from what it is given and the value it has."""


Step = Convolution | WeightedSum | Concatenation | Expansion | Pointwise


@dataclass(frozen=True, eq=False)
class Plan:
    """What a network does, step by step; the last step makes the fused image.

    Attributes
    ----------
    steps : tuple of steps
        Step k makes map k + 2 out of earlier maps. The weights are the network's own tensors, not copies.
    channels : tuple of int
        Of every map, the two inputs included.
    """

    steps: tuple[Step, ...]
    channels: tuple[int, ...]

    @cached_property
    def last_uses(self) -> tuple[tuple[int, ...], ...]:
        """For every step, the maps that no later step needs."""
        last = {source: number for number, step in enumerate(self.steps) for source in step.sources}
        return tuple(
            tuple({source for source in step.sources if last[source] == number})
            for number, step in enumerate(self.steps)
        )

    @cached_property
    def to_output(self) -> tuple[Reach, ...]:
        """How far each map's pixels act on the fused image, at most."""
        reaches = [(0, 0)] * len(self.channels)
        for number, step in reversed(list(enumerate(self.steps, INPUTS))):
            for source in step.sources:
                reaches[source] = _larger(reaches[source], _plus(reaches[number], reach_of(step)))
        return tuple(reaches)

    @cached_property
    def to_inputs(self) -> tuple[Reach, ...]:
        """How far each map's pixels see in the inputs, at most."""
        reaches = [(0, 0)] * INPUTS
        for step in self.steps:
            farthest = [reaches[source] for source in step.sources]
            widest = (max(rows for rows, _ in farthest), max(cols for _, cols in farthest))
            reaches.append(_plus(widest, reach_of(step)))
        return tuple(reaches)

    @cached_property
    def radius(self) -> int:
        """How far a fused pixel sees, in rows or columns."""
        return max(self.to_inputs[-1])

    @cached_property
    def leaves_the_image(self) -> frozenset[int]:
        """Maps whose gradient, when carried back to them, is not cut at the image's border by a slope of 0."""
        return frozenset(
            source
            for step in self.steps
            if not isinstance(step, Pointwise)
            for source in step.sources
            if source >= INPUTS and not isinstance(self.steps[source - INPUTS], Pointwise)
        )


def reach_of(step: Step) -> Reach:
    """How far an output pixel of one step sees in its sources."""
    return step.reach if isinstance(step, Convolution) else (0, 0)


def _plus(one: Reach, other: Reach) -> Reach:
    return one[0] + other[0], one[1] + other[1]


def _larger(one: Reach, other: Reach) -> Reach:
    return max(one[0], other[0]), max(one[1], other[1])
