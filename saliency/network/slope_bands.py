"""The slopes of a whole picture, found a band of rows at a time, so that few maps are held in float64.

A band's steps are done a few rows at a time, too: a pointer that moves need not wait for a whole map, and a
convolution of few rows is up to twice as fast, as what it unfolds stays in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from saliency.geometry.window import Shape, Window, around, common
from saliency.network.device import fastest_layout
from saliency.network.grid_linearised import GridLinearised, as_kept, channels_last
from saliency.network.grid_plan import GridPlan
from saliency.network.grid_spans import SingleSpans
from saliency.network.parts import Parts, Progress
from saliency.network.plan import INPUTS, Convolution, Plan, Pointwise, Reach
from saliency.network.shrinking import Located, convolved, cut, cut_to_common, exact_window

BAND_BYTES = 96 * 2**20
"""What a band's maps may take that are held at a time."""
PART_BYTES = 4 * 2**20
"""What a part of a step may take: a convolution's unfolded source, or a pointwise step's map."""
LEAST_ROWS = 16
"""Of a band: narrower ones compute more beside themselves than in them."""


def on_grid(plan: Plan, shape: Shape) -> GridPlan:
    """The plan for images of one size, as plans are that change the size of maps."""
    return GridPlan(plan.steps, plan.channels, (shape,) * len(plan.channels))


def margins_beyond(plan: GridPlan) -> tuple[Reach, ...]:
    """How far what pixels at the picture's ends need goes beyond them, of every map."""
    return SingleSpans(plan, goes_beyond=True).margins


def linearised_in_bands(plan: Plan, inputs: Sequence[Tensor], kept_as: torch.dtype) -> Parts[GridLinearised]:
    """What `grid_linearised` gives of a plan whose maps all have the picture's size, with margins.

    Parameters
    ----------
    plan : Plan
    inputs : two tensors (1, 1, H, W)
        Of the type of the plan's weights, which need not be that of the slopes that are kept.
    kept_as : dtype
    """
    shape = inputs[0].shape[2], inputs[0].shape[3]
    grid = on_grid(plan, shape)
    margins = margins_beyond(grid)
    found = _Slopes(_empty(plan, inputs[0], kept_as, margins), margins, kept_as, shape)
    fused, bands = torch.empty_like(inputs[0]), list(bands_of(plan, shape))
    for number, band in enumerate(bands):
        seen = around(band, plan.radius, 1, shape)
        maps: dict[int, Located] = {each: (image[..., *seen.slices], seen) for each, image in enumerate(inputs)}
        for step in range(len(plan.steps)):
            for _ in _stepped(plan, step, maps, band, found):
                yield Progress(number * len(plan.steps) + step, len(bands) * len(plan.steps))
        values, where = maps.popitem()[1]
        fused[..., *band.slices] = values[..., *band.within(where)]
    return GridLinearised(grid, fused, found.slopes, margins, goes_beyond=True)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """For every step, for each of its sources, (H, W, C) with margins, to be filled."""

    slopes: tuple[tuple[Tensor, ...], ...]
    margins: Sequence[Reach]
    kept_as: torch.dtype
    shape: Shape

    def fill(self, number: int, found: Sequence[Tensor], where: Window, band: Window) -> None:
        """Keep what lies in a band of what was found of a step."""
        inside = common(where, band)
        if inside.top >= inside.bottom:
            return
        rows, cols = self.margins[number + INPUTS]
        place = slice(inside.top + rows, inside.bottom + rows), slice(inside.left + cols, inside.right + cols)
        for whole, part in zip(self.slopes[number], found, strict=True):
            whole[place] = channels_last(as_kept(part, self.kept_as)[..., *inside.within(where)])


def _stepped(plan: Plan, number: int, maps: dict[int, Located], band: Window, slopes: _Slopes) -> Iterator[None]:
    """Do a step where its sources are exact, a few rows at a time."""
    step, shape = plan.steps[number], slopes.shape
    values, window = cut_to_common([maps[source] for source in step.sources])
    where = exact_window(step, window, shape)
    if isinstance(step, Convolution | Pointwise):
        made = _unfilled(values[0], plan.channels[number + INPUTS], where.shape)
        for rows in _in_parts(where, _row_bytes(step, values[0])):
            if isinstance(step, Convolution):
                seen = common(around(rows, max(step.reach), 1, shape), window)
                part = cut(convolved(step, cut((values[0], window), seen), seen, shape), rows)
            else:
                part, found = step.with_kept_slopes([cut((each, window), rows) for each in values])
                slopes.fill(number, found, rows, band)
            made[..., *rows.within(where)] = part
            yield
    else:
        made = step.run(values)
        yield
    maps[number + INPUTS] = made, where
    for source in plan.last_uses[number]:
        del maps[source]


def _unfilled(like: Tensor, channels: int, size: Shape) -> Tensor:
    """A map to be filled."""
    return torch.empty(
        (1, channels, *size), dtype=like.dtype, device=like.device, memory_format=fastest_layout(like)
    )


def _row_bytes(step: Convolution | Pointwise, values: Tensor) -> int:
    """What a row takes while a step is done: of a convolution's source unfolded, or of a pointwise step's map."""
    held = step.weight[0].numel() * step.groups if isinstance(step, Convolution) else values.shape[1]
    return held * values.shape[3] * values.element_size()


def _in_parts(where: Window, row_bytes: int) -> Iterator[Window]:
    """A window a few rows at a time."""
    rows = max(1, PART_BYTES // row_bytes)
    for top in range(where.top, where.bottom, rows):
        yield where._replace(top=top, bottom=min(top + rows, where.bottom))


def bands_of(plan: Plan, shape: Shape) -> Iterator[Window]:
    """The picture in bands of rows, of about equal height."""
    most = max(LEAST_ROWS, BAND_BYTES // _band_row_bytes(plan, shape))
    rows = math.ceil(shape[0] / math.ceil(shape[0] / most))
    for top in range(0, shape[0], rows):
        yield Window(top, min(top + rows, shape[0]), 0, shape[1])


def band_bytes(plan: Plan, shape: Shape) -> int:
    """About what is held while a band is computed, in float64."""
    rows = next(bands_of(plan, shape)).shape[0] + 2 * plan.radius
    return _band_row_bytes(plan, shape) * min(rows, shape[0])


def _band_row_bytes(plan: Plan, shape: Shape) -> int:
    """What a row of all maps takes that are held at a time, in float64."""
    held, widest = dict(enumerate(plan.channels[:INPUTS])), 0
    for number, last in enumerate(plan.last_uses):
        held[number + INPUTS] = plan.channels[number + INPUTS]
        widest = max(widest, sum(held.values()))
        for source in last:
            del held[source]
    return 8 * widest * shape[1]


def _empty(
    plan: Plan, like: Tensor, kept_as: torch.dtype, margins: Sequence[Reach]
) -> tuple[tuple[Tensor, ...], ...]:
    """For every step, for each of its sources, (H, W, C) with margins, to be filled; none for linear steps."""
    height, width = like.shape[2:]
    found: list[tuple[Tensor, ...]] = []
    for step, channels, (rows, cols) in zip(plan.steps, plan.channels[INPUTS:], margins[INPUTS:], strict=True):
        sources = step.sources if isinstance(step, Pointwise) else ()
        size = height + 2 * rows, width + 2 * cols, channels
        kind = torch.bool if isinstance(step, Pointwise) and step.has_two_slopes else kept_as
        found.append(tuple(like.new_zeros(size, dtype=kind) for _ in sources))
    return tuple(found)
