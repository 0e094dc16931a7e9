"""The walk back from one fused pixel where all pixels need the same but for a shift: laid out once for all.

What does not depend on the pixel is found beforehand: what is needed of every map, where what comes from several
steps lies in it, and how convolutions are carried back. A third of a small network's Jacobian was spent on that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.geometry.window import Pixel
from saliency.network.device import fastest_layout
from saliency.network.grid_plan import GridPlan, GridStep
from saliency.network.grid_spans import EMPTY, Span
from saliency.network.grid_steps_back import Rectangle, is_small, seen_by, spread
from saliency.network.plan import INPUTS, Concatenation, Convolution, Expansion, Pointwise, Reach, WeightedSum

Back = Callable[[Tensor, Pixel], Sequence[Tensor]]
"""From the gradient of a map (1, C, h, w), and the pixel, to the parts of its sources' gradients."""
Beside = tuple[int, int, int, int]
"""Columns on the left and right, rows above and below that a part lacks of what is wanted."""


class _StepBack(NamedTuple):
    """A step carried back: the map it makes, its sources with what a part lacks, where parts lie that moved."""

    number: int
    back: Back
    sources: tuple[tuple[int, Beside | None], ...]
    moved: Rectangle | None


class SingleWalk:
    """Of a plan whose maps all have the picture's size, with slopes that go on beyond its ends.

    Parameters
    ----------
    plan : GridPlan
    slopes : for every step, for each of its sources, (H + 2m, W + 2n, C)
    margins : for every map, (m, n)
    spans : (rows, columns) of every map
        What the fused pixel (0, 0) needs, beyond the ends, too.
    """

    def __init__(
        self,
        plan: GridPlan,
        slopes: Sequence[Sequence[Tensor]],
        margins: Sequence[Reach],
        spans: tuple[Sequence[Span], Sequence[Span]],
    ) -> None:
        self._plan, self._slopes, self._margins = plan, slopes, margins
        self._wanted: list[Rectangle] = list(zip(*spans, strict=True))
        self._like = next(each.weight for each in plan.steps if isinstance(each, Convolution))
        self._reach = max(max(margin) for margin in margins[:INPUTS])
        last = len(plan.channels) - 1
        numbers = (number for number in range(last, INPUTS - 1, -1) if EMPTY not in self._wanted[number])
        self._steps = [self._laid_out(number) for number in numbers]
        self._begin = last, self._like.new_ones(1, 1, 1, 1)

    def back(self, pixel: Pixel) -> list[tuple[Tensor, Rectangle]]:
        """The gradients for both inputs, (h, w), and where in them they lie; some of it beyond the ends."""
        last, one = self._begin
        found, ends, meets_ends = {last: one}, (self._reach, self._reach), self._meets_ends(pixel)
        for number, back, sources, moved in self._steps:
            parts = back(found.pop(number), pixel)
            if moved is not None and meets_ends:
                parts = [part * self._cut(self._inside, moved, ends, pixel) for part in parts]
            for (source, beside), part in zip(sources, parts, strict=True):
                placed = part if beside is None else F.pad(part, beside)
                found[source] = placed if source not in found else found[source] + placed
        return [(self._of_input(found.get(each), each), self._place(each, pixel)) for each in range(INPUTS)]

    def _meets_ends(self, pixel: Pixel) -> bool:
        """Whether something of what a pixel needs may lie beyond the ends."""
        (row, col), (height, width), reach = pixel, self._plan.sizes[0], self._reach
        return not (reach <= row < height - reach and reach <= col < width - reach)

    @cached_property
    def _inside(self) -> Tensor:
        """1 in the picture, 0 in a margin around it, (H + 2m, W + 2m, 1)."""
        return F.pad(self._like.new_ones(*self._plan.sizes[0]), (self._reach,) * 4)[..., None]

    def _of_input(self, gradient: Tensor | None, number: int) -> Tensor:
        (top, bottom), (left, right) = self._wanted[number]
        return self._like.new_zeros(bottom - top, right - left) if gradient is None else gradient[0, 0]

    def _place(self, number: int, pixel: Pixel) -> Rectangle:
        (top, bottom), (left, right) = self._wanted[number]
        return (top + pixel[0], bottom + pixel[0]), (left + pixel[1], right + pixel[1])

    def _laid_out(self, number: int) -> _StepBack:
        step, here = self._plan.steps[number - INPUTS], self._wanted[number]
        is_moved = isinstance(step, Convolution)
        there = seen_by(step, here) if isinstance(step, Convolution) and step.factors is None else here
        sources = tuple((source, _beside(there, self._wanted[source])) for source in step.sources)
        return _StepBack(number, self._back(number, step, here), sources, there if is_moved else None)

    def _back(self, number: int, step: GridStep, here: Rectangle) -> Back:
        """How the gradient of the map that a step makes is carried back through it."""
        if isinstance(step, Convolution):
            return _convolution(step, here)
        if isinstance(step, Pointwise):
            return self._pointwise(number, step, here)
        if isinstance(step, WeightedSum):
            factors = step.factors
            return lambda gradient, _: [gradient if each == 1 else gradient * each for each in factors]
        if isinstance(step, Concatenation):
            channels = [self._plan.channels[source] for source in step.sources]
            return lambda gradient, _: torch.split(gradient, channels, dim=1)
        if isinstance(step, Expansion):
            return lambda gradient, _: [gradient.sum(dim=1, keepdim=True)]
        raise TypeError(f"{type(step).__name__} is no step of a plan whose maps all have the picture's size.")

    def _pointwise(self, number: int, step: Pointwise, here: Rectangle) -> Back:
        slopes, margin = self._slopes[number - INPUTS], self._margins[number]

        def back(gradient: Tensor, pixel: Pixel) -> Sequence[Tensor]:
            return step.carried(gradient, [self._cut(each, here, margin, pixel) for each in slopes])

        return back

    def _cut(self, values: Tensor, here: Rectangle, margin: Reach, pixel: Pixel) -> Tensor:
        """Values (H + 2m, W + 2n, C) where a rectangle lies for a pixel, (1, C, h, w)."""
        (top, bottom), (left, right) = here
        down, across, channel = values.stride()
        first = (top + pixel[0] + margin[0]) * down + (left + pixel[1] + margin[1]) * across
        size = 1, values.shape[2], bottom - top, right - left
        return values.as_strided(size, (0, channel, down, across), values.storage_offset() + first)


def _beside(here: Rectangle, wanted: Rectangle) -> Beside | None:
    """What a part lacks; None where that is nothing."""
    ((top, bottom), (left, right)), ((first, last), (near, far)) = here, wanted
    return None if here == wanted else (left - near, far - right, top - first, last - bottom)


def _convolution(step: Convolution, here: Rectangle) -> Back:
    factors = step.factors
    if factors is not None:
        return lambda gradient, _: [gradient * factors]  # nothing moves
    (top, bottom), (left, right) = here
    pixels = (bottom - top) * (right - left)
    if pixels == 1 and len(step.weight) == 1 and step.dilation == (1, 1):
        return lambda gradient, _: [gradient * step.weight]
    small = is_small(step, pixels)
    # One channel is spread faster from channels that come first.
    layout = torch.contiguous_format if small and step.weight.shape[1] == 1 else fastest_layout(step.weight)
    return lambda gradient, _: [spread(step, gradient.contiguous(memory_format=layout), small)]
