"""The derivative of single fused pixels, carried backwards through a `GridPlan` on what each needs of every map.

As in `saliency.network.blockwise`, for maps of any size. The slopes of the non-linear steps do not depend on the
pixel: they are kept for the pair, and a Jacobian is a walk backwards alone.

A sketch of this once answered in 24 to 93 ms in a busy server where 4 ms are computed. Run again beside other
work it took no more CPU time than alone, met no subnormal gradient and hardly a page fault (median 0 to 2 a
pixel), and mostly waited for a core, as what it replaces does longer. What does cost is a block of a new shape:
the slowest twentieth took 6 to 21 ms with blocks cut off near the picture's ends, 2 to 8 with one shape for all.
So all pixels of a plain network have blocks of one shape, which go on beyond the ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.geometry.window import Pixel, Shape
from saliency.network.grid_linearised import GridLinearised
from saliency.network.grid_plan import GridConvolution, GridTransposed, Resampled, Selection
from saliency.network.grid_spans import (
    EMPTY,
    Group,
    Span,
    groups_of,
)
from saliency.network.grid_steps_back import Rectangle, convolved_back, gathered_back, placed_at, resampled_back
from saliency.network.plan import INPUTS, Concatenation, Convolution, Expansion, Pointwise, WeightedSum

AT_ONCE = 16
"""Pixels whose whole gradients are carried back at a time, at most."""
TOGETHER = 256
"""Pixels carried back at a time, at most: more take more memory, and no less time each."""


Gradients = list[tuple[Tensor, Rectangle]]
"""Of one fused pixel for both inputs, (h, w), and where in them they lie; they are 0 elsewhere."""


def grid_jacobian(at: GridLinearised, pixel: Pixel) -> Gradients:
    """The gradients of one fused pixel."""
    return grid_jacobians(at, [pixel])[0]


def grid_jacobians(at: GridLinearised, pixels: Sequence[Pixel]) -> list[Gradients]:
    """The gradients of several fused pixels; those that need the same but for a shift are computed together.

    ``at`` is as it was found, not from `with_margins`.
    """
    if len(pixels) == 1 and at.goes_beyond:
        found = zip(at.single_walk.back(pixels[0]), at.plan.sizes, strict=False)
        return [[_inside(gradient, place, size) for (gradient, place), size in found]]
    kinds: dict[tuple[int, int], list[Pixel]] = {}
    for row, col in dict.fromkeys(pixels):
        kinds.setdefault((at.singles.of(0, row)[1], at.singles.of(1, col)[1]), []).append((row, col))
    each_found: dict[Pixel, Gradients] = {}
    for alike in kinds.values():
        for first in range(0, len(alike), AT_ONCE):
            together = alike[first : first + AT_ONCE]
            walk = _ScatteredWalk(at, together)
            parts = walk.back()
            for number, pixel in enumerate(together):
                each_found[pixel] = [
                    _inside(part[number], walk.place(each, number), at.plan.sizes[each])
                    for each, part in enumerate(parts)
                ]
    return [each_found[pixel] for pixel in pixels]


def _inside(gradient: Tensor, place: Rectangle, size: Shape) -> tuple[Tensor, Rectangle]:
    """The part of a gradient that lies in the image."""
    (top, bottom), (left, right) = place
    rows, cols = (max(top, 0), min(bottom, size[0])), (max(left, 0), min(right, size[1]))
    if (rows, cols) == place:
        return gradient, place
    return gradient[rows[0] - top : rows[1] - top, cols[0] - left : cols[1] - left], (rows, cols)


def grid_diagonal(at: GridLinearised, rows: Sequence[int], cols: Sequence[int]) -> tuple[Tensor, Tensor]:
    """J_k[i, j, i, j] at every pixel of evenly spaced rows and columns, for both inputs, (rows, cols) each.

    ``at`` comes from `with_margins`.
    """
    first, second = (at.fused.new_zeros(len(rows), len(cols)) for _ in range(INPUTS))
    places = [{place: number for number, place in enumerate(each)} for each in (rows, cols)]
    down, across = (groups_of(at.plan, axis, each, own=True) for axis, each in enumerate((rows, cols)))
    for some_rows, some_cols in _parts(down, across):
        found = _LatticeWalk(at, some_rows, some_cols).back()
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
    """From several fused pixels back to the inputs; ``spans`` are what the first of them needs of every map.

    A map's gradient is (pixels, C, h, w), on the rectangle of it that each pixel needs.
    """

    def __init__(self, at: GridLinearised, spans: tuple[Sequence[Span], Sequence[Span]], count: int) -> None:
        self._at, self._plan = at, at.plan
        self._rectangles = list(zip(*spans, strict=True))
        self._count = count

    def rectangle(self, number: int) -> Rectangle:
        """What the first pixel needs of a map."""
        return self._rectangles[number]

    def back(self) -> list[Tensor]:
        """The gradients for both inputs, (pixels, h, w)."""
        final = len(self._plan.channels) - 1
        found = {final: self._at.fused.new_ones(self._count, 1, 1, 1)}
        for number in range(final, INPUTS - 1, -1):
            gradient = found.pop(number, None)
            sources = self._plan.steps[number - INPUTS].sources
            if gradient is None or all(EMPTY in self.rectangle(each) for each in sources):
                continue  # nothing came from this map, or nothing is wanted of what made it
            for source, (part, where) in zip(sources, self._step_back(number, gradient), strict=True):
                wanted = self.rectangle(source)
                if EMPTY in wanted:
                    continue
                placed = placed_at(self._within_ends(number, part, where), where, wanted)
                found[source] = placed if source not in found else found[source] + placed
        return [self._of_input(found.get(number), number) for number in range(INPUTS)]

    def _within_ends(self, number: int, part: Tensor, where: Rectangle) -> Tensor:
        """What a step gives back, without what lies beyond the ends of its source where no slope of 0 ends it."""
        del number, where
        return part

    def _of_input(self, gradient: Tensor | None, number: int) -> Tensor:
        (top, bottom), (left, right) = self.rectangle(number)
        if gradient is None:
            return self._at.fused.new_zeros(self._count, bottom - top, right - left)
        return gradient[:, 0]

    def _step_back(self, number: int, gradient: Tensor) -> list[tuple[Tensor, Rectangle]]:
        """The gradients of a step's sources, and where they lie, given that of the map it makes."""
        step, here = self._plan.steps[number - INPUTS], self.rectangle(number)
        if isinstance(step, Convolution) and step.factors is not None:
            return [(gradient * step.factors, here)]  # nothing moves
        for inside in self._at.slopes[number - INPUTS] if not isinstance(step, Pointwise) else ():
            gradient = gradient * self._cut(inside, number)
        if isinstance(step, GridTransposed):
            return [gathered_back(step, gradient, here, self.rectangle(step.sources[0]))]
        if isinstance(step, Convolution | GridConvolution):
            return [convolved_back(step, gradient, here, self.rectangle(step.sources[0]))]
        if isinstance(step, Resampled):
            return [resampled_back(step, gradient, here)]
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
            parts = step.carried(gradient, [self._cut(each, number) for each in self._at.slopes[number - INPUTS]])
        return [(part, here) for part in parts]

    def _cut(self, slopes: Tensor, number: int) -> Tensor:
        """The slopes (h, w, C) of a map on every pixel's rectangle, (pixels, C, h, w)."""
        raise NotImplementedError


class _LatticeWalk(_Walk):
    """From the fused pixels of a group of rows and one of columns."""

    def __init__(self, at: GridLinearised, rows: Group, cols: Group) -> None:
        self._rows, self._cols = rows, cols
        self._counts = len(rows.places), len(cols.places)
        super().__init__(at, (rows.spans, cols.spans), self._counts[0] * self._counts[1])

    def _cut(self, slopes: Tensor, number: int) -> Tensor:
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


class _ScatteredWalk(_Walk):
    """From fused pixels anywhere that need the same of every map but for a shift."""

    def __init__(self, at: GridLinearised, pixels: Sequence[Pixel]) -> None:
        row, col = pixels[0]
        super().__init__(at, (at.singles.of(0, row)[0], at.singles.of(1, col)[0]), len(pixels))
        self._beside = [(each[0] - row, each[1] - col) for each in pixels]
        self._meets_ends = at.goes_beyond and any(self._is_near_ends(pixel) for pixel in pixels)

    def _is_near_ends(self, pixel: Pixel) -> bool:
        """Whether something of what a pixel needs lies beyond the ends of maps of the picture's size."""
        margins = self._at.margins[:INPUTS]
        reach = max(rows for rows, _ in margins), max(cols for _, cols in margins)
        return any(
            not each <= place < length - each
            for place, length, each in zip(pixel, self._plan.sizes[0], reach, strict=True)
        )

    def place(self, number: int, pixel: int) -> Rectangle:
        """What one of the pixels needs of a map."""
        (top, bottom), (left, right) = self.rectangle(number)
        down, across = self._shift(number, pixel)
        return (top + down, bottom + down), (left + across, right + across)

    def _shift(self, number: int, pixel: int) -> tuple[int, int]:
        """How much further a pixel's rectangle lies than the first one's; a whole number of rows and columns."""
        if self._at.goes_beyond:
            return self._beside[pixel]
        down, across = self._beside[pixel]
        rows, cols = self._at.singles.paces
        return int(down * rows[number]), int(across * cols[number])

    def _within_ends(self, number: int, part: Tensor, where: Rectangle) -> Tensor:
        is_moved = isinstance(self._plan.steps[number - INPUTS], Convolution)
        return part * self._inside(where) if is_moved and self._meets_ends else part

    def _inside(self, where: Rectangle) -> Tensor:
        """1 in the picture, 0 beyond its ends, on every pixel's rectangle."""
        masks = []
        for shifts in self._beside:
            rows, cols = (
                [float(0 <= place < length) for place in range(start + shift, stop + shift)]
                for (start, stop), shift, length in zip(where, shifts, self._plan.sizes[0], strict=True)
            )
            masks.append(torch.outer(self._at.fused.new_tensor(rows), self._at.fused.new_tensor(cols)))
        return torch.stack(masks)[:, None]

    def _cut(self, slopes: Tensor, number: int) -> Tensor:
        (top, bottom), (left, right) = self.rectangle(number)
        beyond, beside = self._at.margins[number]
        top, bottom, left, right = top + beyond, bottom + beyond, left + beside, right + beside
        if self._count == 1:
            return slopes[top:bottom, left:right].permute(2, 0, 1)[None]
        (height, width, channels), (down, across, step) = slopes.shape, slopes.stride()
        rows, cols = bottom - top, right - left
        everywhere = slopes.as_strided(
            (height - rows + 1, width - cols + 1, rows, cols, channels), (down, across, down, across, step)
        )
        shifts = [self._shift(number, pixel) for pixel in range(self._count)]
        places = torch.tensor([(top + one, left + other) for one, other in shifts], device=slopes.device)
        return everywhere[places[:, 0], places[:, 1]].permute(0, 3, 1, 2)
