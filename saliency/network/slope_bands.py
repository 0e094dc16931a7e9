"""The slopes of a whole picture, found a band of rows at a time, so that few maps are held in float64."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from saliency.geometry.window import Shape, Window, around
from saliency.network.grid_linearised import GridLinearised, as_kept, channels_last
from saliency.network.grid_plan import GridPlan
from saliency.network.grid_spans import SingleSpans
from saliency.network.plan import INPUTS, Convolution, Plan, Pointwise, Reach
from saliency.network.shrinking import run_on_window

BAND_BYTES = 96 * 2**20
"""What a band's widest convolution may take, unfolded."""
LEAST_ROWS = 16
"""Of a band: narrower ones compute more beside themselves than in them."""


def on_grid(plan: Plan, shape: Shape) -> GridPlan:
    """The plan for images of one size, as plans are that change the size of maps."""
    return GridPlan(plan.steps, plan.channels, (shape,) * len(plan.channels))


def margins_beyond(plan: GridPlan) -> tuple[Reach, ...]:
    """How far what pixels at the picture's ends need goes beyond them, of every map."""
    return SingleSpans(plan, goes_beyond=True).margins


def linearised_in_bands(plan: Plan, inputs: Sequence[Tensor], kept_as: torch.dtype) -> GridLinearised:
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
    fused, slopes = torch.empty_like(inputs[0]), _empty(plan, inputs[0], kept_as, margins)
    for band in bands_of(plan, shape):
        seen = around(band, plan.radius, 1, shape)

        def keep(number: int, found: Sequence[Tensor], where: Window, band: Window = band) -> None:
            rows, cols = margins[number + INPUTS]
            place = slice(band.top + rows, band.bottom + rows), slice(cols, cols + band.right)
            for whole, part in zip(slopes[number], found, strict=True):
                whole[place] = channels_last(as_kept(part, kept_as)[..., *band.within(where)])

        crops = [each[..., *seen.slices] for each in inputs]
        values, where = run_on_window(plan, crops, seen, shape, keep)
        fused[..., *band.slices] = values[..., *band.within(where)]
    return GridLinearised(grid, fused, slopes, margins, goes_beyond=True)


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


def bands_of(plan: Plan, shape: Shape) -> Iterator[Window]:
    """The picture in bands of rows."""
    rows = max(LEAST_ROWS, BAND_BYTES // _row_bytes(plan, shape))
    for top in range(0, shape[0], rows):
        yield Window(top, min(top + rows, shape[0]), 0, shape[1])


def band_bytes(plan: Plan, shape: Shape) -> int:
    """About what is held while a band is computed, in float64."""
    rows = next(bands_of(plan, shape)).shape[0] + 2 * plan.radius
    return 2 * _row_bytes(plan, shape) * min(rows, shape[0])


def _row_bytes(plan: Plan, shape: Shape) -> int:
    """What a row of the widest convolution takes, unfolded, in float64."""
    widest = max((each.weight[0].numel() for each in plan.steps if isinstance(each, Convolution)), default=1)
    return 8 * widest * shape[1]
