"""The derivative of single fused pixels, carried backwards through a `GridPlan` on what each needs of every map.

As in `saliency.network.blockwise`, for networks whose maps change their size. The slopes of the non-linear steps
do not depend on the pixel: they are kept for the pair, and a Jacobian is a walk backwards alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.network.device import fastest_layout
from saliency.network.grid_plan import GridConvolution, GridPlan, GridTransposed, Resampled, Selection
from saliency.network.grid_spans import (
    EMPTY,
    Group,
    Kernel,
    Span,
    groups_of,
    margins_of,
    met,
    single_group,
    window_of,
    within,
)
from saliency.network.plan import INPUTS, Concatenation, Convolution, Expansion, Pointwise, Reach, WeightedSum

TOGETHER = 256
"""Pixels carried back at a time, at most: more take more memory, and no less time each."""
Rectangle = tuple[Span, Span]
"""Rows and columns of a map."""


@dataclass(frozen=True, eq=False)
class GridLinearised:
    """A network's derivative at one pair of inputs, ready to be carried backwards.

    Attributes
    ----------
    plan : GridPlan
    fused : Tensor (1, 1, H, W)
    slopes : for every step, for each of its sources, (h + 2m, w + 2n, C)
        Derivatives of the pointwise steps, 0 in a margin of m rows and n columns; of the others there are none,
        but, where there are margins, 1 inside the map for some that are not followed by a pointwise step.
    margins : for every map, (m, n)
    """

    plan: GridPlan
    fused: Tensor
    slopes: tuple[tuple[Tensor, ...], ...]
    margins: tuple[Reach, ...]


def grid_linearised(
    plan: GridPlan, inputs: Sequence[Tensor], kept_as: torch.dtype | None = None
) -> GridLinearised:
    """Run the plan on both inputs, (1, 1, H, W), and keep the non-linear steps' slopes, ``kept_as`` a type."""
    maps: dict[int, Tensor] = dict(enumerate(inputs))
    last = {source: number for number, step in enumerate(plan.steps) for source in step.sources}
    slopes: list[tuple[Tensor, ...]] = []
    for number, step in enumerate(plan.steps):
        values = [maps[source] for source in step.sources]
        if isinstance(step, Pointwise):
            made, found = step.with_slopes(values)
            slopes.append(tuple(_channels_last(each.to(kept_as or each.dtype)) for each in found))
        else:
            made = step.run(values)
            slopes.append(())
        maps[number + INPUTS] = made
        for source in set(step.sources):
            if last[source] == number:
                del maps[source]
    return GridLinearised(plan, made, tuple(slopes), ((0, 0),) * len(plan.channels))


def with_margins(at: GridLinearised) -> GridLinearised:
    """The same, ready for `grid_diagonal`."""
    plan = at.plan
    margins = tuple(zip(*(margins_of(plan, axis) for axis in (0, 1)), strict=True))
    slopes = []
    for number, (step, found) in enumerate(zip(plan.steps, at.slopes, strict=True), INPUTS):
        kept = list(found)
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


def slope_values(plan: GridPlan) -> int:
    """How many slopes are kept for a pair."""
    return sum(
        len(step.sources) * channels * rows * cols
        for step, channels, (rows, cols) in zip(
            plan.steps, plan.channels[INPUTS:], plan.sizes[INPUTS:], strict=True
        )
        if isinstance(step, Pointwise)
    )


def _channels_last(values: Tensor) -> Tensor:
    """(1, C, h, w) as (h, w, C)."""
    return values.contiguous(memory_format=fastest_layout(values))[0].permute(1, 2, 0)


def grid_jacobian(at: GridLinearised, pixel: tuple[int, int]) -> list[tuple[Tensor, Rectangle]]:
    """The gradient of one fused pixel for both inputs, (h, w), and where in them it lies; it is 0 elsewhere."""
    rows, cols = (single_group(at.plan, axis, place) for axis, place in enumerate(pixel))
    walk = _Walk(at, rows, cols)
    return [(part[0], walk.rectangle(number)) for number, part in enumerate(walk.back())]


def grid_diagonal(at: GridLinearised, rows: Sequence[int], cols: Sequence[int]) -> tuple[Tensor, Tensor]:
    """J_k[i, j, i, j] at every pixel of evenly spaced rows and columns, for both inputs, (rows, cols) each.

    ``at`` comes from `with_margins`.
    """
    first, second = (at.fused.new_zeros(len(rows), len(cols)) for _ in range(INPUTS))
    places = [{place: number for number, place in enumerate(each)} for each in (rows, cols)]
    down, across = (groups_of(at.plan, axis, each, own=True) for axis, each in enumerate((rows, cols)))
    for some_rows, some_cols in _parts(down, across):
        found = _Walk(at, some_rows, some_cols).back()
        top, left = places[0][some_rows.places[0]], places[1][some_cols.places[0]]
        size = len(some_rows.places), len(some_cols.places)
        for image, part in zip((first, second), found, strict=True):
            image[top : top + size[0], left : left + size[1]] = part.reshape(size)
    return first, second


def _parts(down: Sequence[Group], across: Sequence[Group]) -> Iterator[tuple[Group, Group]]:
    """Every group of rows with every one of columns, none of more than `TOGETHER` pixels."""
    for rows, cols in product(down, across):
        for narrow in cols.cut(TOGETHER):
            for low in rows.cut(max(1, TOGETHER // len(narrow.places))):
                yield low, narrow


class _Walk:
    """From the fused pixels of a group of rows and one of columns back to the inputs.

    A map's gradient is (pixels, C, h, w), on the rectangle of it that each pixel needs.
    """

    def __init__(self, at: GridLinearised, rows: Group, cols: Group) -> None:
        self._at, self._plan = at, at.plan
        self._rows, self._cols = rows, cols
        self._counts = len(rows.places), len(cols.places)

    def rectangle(self, number: int) -> Rectangle:
        """What the first pixel needs of a map."""
        return self._rows.spans[number], self._cols.spans[number]

    def back(self) -> list[Tensor]:
        """The gradients for both inputs, (pixels, h, w)."""
        down, across = self._counts
        final = len(self._plan.channels) - 1
        found = {final: self._at.fused.new_ones(down * across, 1, 1, 1)}
        for number in range(final, INPUTS - 1, -1):
            gradient = found.pop(number, None)
            sources = self._plan.steps[number - INPUTS].sources
            if gradient is None or all(EMPTY in self.rectangle(each) for each in sources):
                continue  # nothing came from this map, or nothing is wanted of what made it
            for source, (part, where) in zip(sources, self._step_back(number, gradient), strict=True):
                wanted = self.rectangle(source)
                if EMPTY in wanted:
                    continue
                placed = placed_at(part, where, wanted)
                found[source] = placed if source not in found else found[source] + placed
        return [self._of_input(found.get(number), number) for number in range(INPUTS)]

    def _of_input(self, gradient: Tensor | None, number: int) -> Tensor:
        (top, bottom), (left, right) = self.rectangle(number)
        down, across = self._counts
        if gradient is None:
            return self._at.fused.new_zeros(down * across, bottom - top, right - left)
        return gradient[:, 0]

    def _step_back(self, number: int, gradient: Tensor) -> list[tuple[Tensor, Rectangle]]:
        """The gradients of a step's sources, and where they lie, given that of the map it makes."""
        step, here = self._plan.steps[number - INPUTS], self.rectangle(number)
        if isinstance(step, Convolution) and step.factors is not None:
            return [(gradient * step.factors, here)]  # nothing moves
        for inside in self._at.slopes[number - INPUTS] if not isinstance(step, Pointwise) else ():
            gradient = gradient * self._cut(inside, number)
        if isinstance(step, GridTransposed):
            return [_gathered_back(step, gradient, here, self.rectangle(step.sources[0]))]
        if isinstance(step, Convolution | GridConvolution):
            return [_convolved_back(step, gradient, here, self.rectangle(step.sources[0]))]
        if isinstance(step, Resampled):
            return [_resampled_back(step, gradient, here)]
        if isinstance(step, WeightedSum):
            parts = [gradient if factor == 1 else gradient * factor for factor in step.factors]
        elif isinstance(step, Concatenation):
            parts = list(torch.split(gradient, [self._plan.channels[source] for source in step.sources], dim=1))
        elif isinstance(step, Expansion):
            parts = [gradient.sum(dim=1, keepdim=True)]
        elif isinstance(step, Selection):
            after = self._plan.channels[step.sources[0]] - step.first - step.count
            parts = [F.pad(gradient, (0, 0, 0, 0, step.first, after))]
        else:
            parts = [gradient * self._cut(slopes, number) for slopes in self._at.slopes[number - INPUTS]]
        return [(part, here) for part in parts]

    def _cut(self, slopes: Tensor, number: int) -> Tensor:
        """The slopes (h, w, C) of a map on every pixel's rectangle, (pixels, C, h, w)."""
        (top, bottom), (left, right) = self.rectangle(number)
        (down, across), (height, width, channel) = self._counts, slopes.stride()
        sizes = (down, across, slopes.shape[2], bottom - top, right - left)
        strides = (self._rows.shifts[number] * height, self._cols.shifts[number] * width, channel, height, width)
        rows, cols = self._at.margins[number]
        last = bottom + (down - 1) * self._rows.shifts[number], right + (across - 1) * self._cols.shifts[number]
        if min(top + rows, left + cols) < 0 or last[0] + rows > len(slopes) or last[1] + cols > slopes.shape[1]:
            raise IndexError("A pixel's span goes beyond the margins; see with_margins.")
        first = slopes.storage_offset() + (top + rows) * height + (left + cols) * width
        view = slopes.as_strided(sizes, strides, first)
        return view.reshape(-1, *sizes[2:]) if down * across > 1 else view[0]


def _convolved_back(
    step: Convolution | GridConvolution, gradient: Tensor, here: Rectangle, wanted: Rectangle
) -> tuple[Tensor, Rectangle]:
    """Through a convolution, to what is wanted of its source at least."""
    seen = tuple(
        (start * stride - padding, (stop - 1) * stride - padding + (size - 1) * dilation + 1)
        for (start, stop), stride, padding, size, dilation in zip(
            here, step.stride, step.padding, step.weight.shape[2:], step.dilation, strict=True
        )
    )
    if step.stride == (1, 1) and _is_part(wanted, (seen[0], seen[1])):
        return _correlated(step, gradient, here, wanted), wanted
    carried = F.conv_transpose2d(
        gradient.contiguous(memory_format=fastest_layout(gradient)),
        step.weight,
        stride=step.stride,
        dilation=step.dilation,
        groups=step.groups,
    )
    return carried, (seen[0], seen[1])


def _gathered_back(
    step: GridTransposed, gradient: Tensor, here: Rectangle, wanted: Rectangle
) -> tuple[Tensor, Rectangle]:
    """Through a transposed convolution: each source pixel gathers from where it was spread to."""
    reached = []
    for axis, (start, stop) in enumerate(wanted):
        stride, padding, extent = window_of(step, axis)
        reached.append((start * stride - padding, (stop - 1) * stride - padding + extent))
    gradient = placed_at(gradient, here, (reached[0], reached[1]))
    gathered = F.conv2d(
        gradient.contiguous(memory_format=fastest_layout(gradient)),
        step.weight,
        stride=step.stride,
        dilation=step.dilation,
        groups=step.groups,
    )
    return gathered, wanted


def _is_part(wanted: Rectangle, seen: Rectangle) -> bool:
    """Whether less is wanted than the outputs see."""
    return any(one[0] > other[0] and one[1] < other[1] for one, other in zip(wanted, seen, strict=True))


def _correlated(
    step: Convolution | GridConvolution, gradient: Tensor, here: Rectangle, wanted: Rectangle
) -> Tensor:
    """Through a convolution of stride 1, to what is wanted and nothing else."""
    acting = tuple(
        (start + padding - (size - 1) * dilation, stop + padding)
        for (start, stop), padding, size, dilation in zip(
            wanted, step.padding, step.weight.shape[2:], step.dilation, strict=True
        )
    )
    gradient = placed_at(gradient, here, (acting[0], acting[1])).contiguous(memory_format=fastest_layout(gradient))
    return F.conv2d(gradient, step.transposed, dilation=step.dilation, groups=step.groups)


def _resampled_back(step: Resampled, gradient: Tensor, here: Rectangle) -> tuple[Tensor, Rectangle]:
    """Through a resampled map: rows and columns mixed the other way round. Beyond its ends nothing was made."""
    inside, there = [], []
    for matrix, span, ends in zip(step.matrices, here, step.needed, strict=True):
        inside.append(within(span, len(matrix)))
        there.append(met(ends, span))
    gradient = placed_at(gradient, here, (inside[0], inside[1]))
    rows, cols = (step.mixing(axis, slice(*inside[axis]), slice(*there[axis]), gradient) for axis in (0, 1))
    return rows.T @ (gradient @ cols), (there[0], there[1])


def placed_at(values: Tensor, here: Rectangle, there: Rectangle) -> Tensor:
    """Values (n, C, h, w) that lie at ``here``, cut or filled up with zeros to ``there``."""
    if here == there:
        return values
    ((top, bottom), (left, right)), ((first, last), (near, far)) = here, there
    if top <= first and last <= bottom and left <= near and far <= right:
        return values[..., first - top : last - top, near - left : far - left]
    return F.pad(values, (left - near, far - right, top - first, last - bottom))
