"""Which rows, or columns, of every map of a `GridPlan` a fused pixel needs: an interval of each, along one axis.

Rows and columns never mix in such a plan, so each axis is looked at by itself. Neighbouring pixels need intervals
that are alike but shifted, except near the picture's ends: pixels of one `Group` are computed together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import numpy as np

from saliency.network.grid_plan import Ends, GridConvolution, GridPlan, GridStep, GridTransposed, Resampled
from saliency.network.plan import INPUTS, Convolution

Span = tuple[int, int]
"""From the first row to the one after the last. Empty where both are equal."""
EMPTY: Span = (0, 0)
Signature = tuple[object, ...]
"""The same for places along an axis that need the same of every map but for a shift."""
Kernel = Convolution | GridConvolution | GridTransposed
"""Steps with a kernel that moves over a map."""


@dataclass(frozen=True)
class Group:
    """Pixels along one axis that need the same of every map but for a shift.

    Attributes
    ----------
    places : tuple of int
        Evenly spaced rows, or columns, of the fused image.
    spans : tuple of Span
        Of every map, what the first of them needs.
    shifts : tuple of int
        How much further the span of the next one lies, for every map.
    """

    places: tuple[int, ...]
    spans: tuple[Span, ...]
    shifts: tuple[int, ...]

    def cut(self, most: int) -> Iterator[Group]:
        """The group in parts of at most so many pixels."""
        for first in range(0, len(self.places), most):
            spans = zip(self.spans, self.shifts, strict=True)
            moved = tuple((start + first * shift, stop + first * shift) for (start, stop), shift in spans)
            yield Group(self.places[first : first + most], moved, self.shifts)


def groups_of(plan: GridPlan, axis: int, places: Sequence[int], *, own: bool) -> list[Group]:
    """The evenly spaced ``places`` in groups.

    Parameters
    ----------
    axis : 0 for rows, 1 for columns
    own : bool
        Whether only the derivative with respect to the inputs' pixel at the same place is asked for.
    """
    paces = paces_of(plan, axis)
    spans = {place: spans_of(plan, axis, place, own=own) for place in places}

    def signature(place: int) -> Signature:
        return _signature(plan, axis, place, spans[place], paces)

    found = []
    for _, members in groupby(places, signature):
        alike = tuple(members)
        step = alike[1] - alike[0] if len(alike) > 1 else 0
        # What is alike lies a whole number of rows apart; where nothing is needed any number will do.
        found.append(Group(alike, spans[alike[0]], tuple(int(step * pace) for pace in paces)))
    return found


def _signature(
    plan: GridPlan, axis: int, place: int, spans: Sequence[Span], paces: Sequence[Fraction]
) -> Signature:
    anchored = tuple(
        (start - place * pace, stop - start) if stop > start else None
        for (start, stop), pace in zip(spans, paces, strict=True)
    )
    return anchored, *_mixed(plan, axis, spans)


class SingleSpans:
    """What single pixels need of every map, for derivatives with respect to all of the inputs.

    Parameters
    ----------
    plan : GridPlan
    goes_beyond : bool
        Whether the spans go on beyond the picture's ends, so that every pixel's are alike; all maps then have the
        picture's size.
    """

    def __init__(self, plan: GridPlan, *, goes_beyond: bool = False) -> None:
        self._plan, self.goes_beyond = plan, goes_beyond
        self.paces = paces_of(plan, 0), paces_of(plan, 1)
        self._of_first = tuple(spans_of(plan, axis, 0, own=False, is_cut=False) for axis in (0, 1) if goes_beyond)
        self._known: dict[tuple[int, int], tuple[tuple[Span, ...], int]] = {}
        self._kinds: dict[tuple[int, Signature], int] = {}

    @property
    def margins(self) -> tuple[tuple[int, int], ...]:
        """How far the spans go beyond the ends of every map, in rows and in columns."""
        if not self.goes_beyond:
            return ((0, 0),) * len(self._plan.channels)
        down, across = ([max(-start, stop - 1, 0) for start, stop in spans] for spans in self._of_first)
        return tuple(zip(down, across, strict=True))

    def of(self, axis: int, place: int) -> tuple[Sequence[Span], int]:
        """The spans along one axis, and a number: the same for places that need the same but for a shift."""
        if self.goes_beyond:
            return [(start + place, stop + place) for start, stop in self._of_first[axis]], 0
        known = self._known.get((axis, place))
        if known is None:
            spans = spans_of(self._plan, axis, place, own=False)
            alike = axis, _signature(self._plan, axis, place, spans, self.paces[axis])
            known = self._known[axis, place] = spans, self._kinds.setdefault(alike, len(self._kinds))
        return known


def margins_of(plan: GridPlan, axis: int) -> tuple[int, ...]:
    """How far the spans of pixels' own places go beyond the ends of every map."""
    length, grid = plan.sizes[0][axis], grid_of(plan)
    places = {*range(min(grid, length)), *range(max(length - grid, 0), length)}
    found = [0] * len(plan.channels)
    for place in places:
        for number, (start, stop) in enumerate(spans_of(plan, axis, place, own=True)):
            beyond = max(-start, stop - plan.sizes[number][axis])
            found[number] = max(found[number], beyond)
    return tuple(found)


def grid_of(plan: GridPlan) -> int:
    """How far apart pixels lie that all maps treat alike."""
    return math.lcm(*(pace.denominator for axis in (0, 1) for pace in paces_of(plan, axis)))


def paces_of(plan: GridPlan, axis: int) -> list[Fraction]:
    """By how many of its rows each map moves along when the fused image moves by one."""
    paces = [Fraction(1)] * len(plan.channels)
    for number, step in reversed(list(enumerate(plan.steps, INPUTS))):
        for source in step.sources:
            paces[source] = paces[number] * _pace(step, axis)
    return paces


def _pace(step: GridStep, axis: int) -> Fraction:
    if isinstance(step, Resampled):
        return step.ratio[axis]
    if isinstance(step, GridTransposed):
        return Fraction(1, step.stride[axis])
    return Fraction(step.stride[axis]) if isinstance(step, GridConvolution) else Fraction(1)


def spans_of(plan: GridPlan, axis: int, place: int, *, own: bool, is_cut: bool = True) -> tuple[Span, ...]:
    """What the fused pixel at ``place`` needs of every map: where it reaches and, with ``own``, its place acts.

    With ``own``, or where nothing ``is_cut``, spans go on beyond a map's ends, where there is nothing, so that
    most pixels' are alike.
    """
    spans = [EMPTY] * len(plan.channels)
    spans[-1] = (place, place + 1)
    limits = _acted_on(plan, axis, place) if own else None
    for number, step in reversed(list(enumerate(plan.steps, INPUTS))):
        needed = _needed(step, axis, spans[number])
        for source in step.sources:
            limit = (0, plan.sizes[source][axis]) if limits is None else limits[source]
            spans[source] = _both(spans[source], _common(needed, limit) if own or is_cut else needed)
    return tuple(spans)


def _acted_on(plan: GridPlan, axis: int, place: int) -> list[Span]:
    """Of every map, what the inputs' pixel at ``place`` acts on."""
    spans = [(place, place + 1)] * INPUTS
    for step in plan.steps:
        reached = EMPTY
        for source in step.sources:
            reached = _both(reached, _reached(step, axis, spans[source]))
        spans.append(reached)
    return spans


def _needed(step: GridStep, axis: int, span: Span) -> Span:
    """What the outputs of a step in ``span`` are made of, zeros around its source included."""
    if span[0] >= span[1]:
        return EMPTY
    if isinstance(step, Resampled):
        return met(step.needed[axis], span)
    if isinstance(step, Convolution | GridConvolution):
        return _seen(step, axis, span)
    return _seeing(step, axis, span) if isinstance(step, GridTransposed) else span


def _reached(step: GridStep, axis: int, span: Span) -> Span:
    """The outputs of a step that the sources in ``span`` are part of."""
    if span[0] >= span[1]:
        return EMPTY
    if isinstance(step, Resampled):
        return met(step.reached[axis], span)
    if isinstance(step, Convolution | GridConvolution):
        return _seeing(step, axis, span)
    return _seen(step, axis, span) if isinstance(step, GridTransposed) else span


def _seen(step: Kernel, axis: int, span: Span) -> Span:
    """The rows under the kernels that stand, ``stride`` rows apart, at those of ``span``."""
    stride, padding, extent = window_of(step, axis)
    return span[0] * stride - padding, (span[1] - 1) * stride - padding + extent


def _seeing(step: Kernel, axis: int, span: Span) -> Span:
    """The places of kernels that hold a row of ``span``."""
    stride, padding, extent = window_of(step, axis)
    start, stop = -((extent - 1 - padding - span[0]) // stride), (span[1] - 1 + padding) // stride + 1
    return (start, stop) if start < stop else EMPTY


def window_of(step: Kernel, axis: int) -> tuple[int, int, int]:
    """Stride, padding, and how many rows a kernel spans."""
    extent = (step.weight.shape[2 + axis] - 1) * step.dilation[axis] + 1
    return step.stride[axis], step.padding[axis], extent


def met(ends: Ends, span: Span) -> Span:
    """The columns of a matrix that its rows in ``span`` are made of."""
    inside = slice(*within(span, len(ends[0])))
    start, stop = min(ends[0][inside], default=0), max(ends[1][inside], default=0)
    return (start, stop) if start < stop else EMPTY


def within(span: Span, length: int) -> Span:
    """The part of a span that lies in a map of ``length`` rows."""
    return _common(span, (0, length))


def _common(one: Span, other: Span) -> Span:
    start, stop = max(one[0], other[0]), min(one[1], other[1])
    return (start, stop) if start < stop else EMPTY


def _both(one: Span, other: Span) -> Span:
    """The least span that holds both."""
    if one[0] >= one[1] or other[0] >= other[1]:
        return other if one[0] >= one[1] else one
    return min(one[0], other[0]), max(one[1], other[1])


def _mixed(plan: GridPlan, axis: int, spans: Sequence[Span]) -> Iterator[tuple[int, bytes]]:
    """How the rows of every resampled map are made of those that are needed."""
    for number, step in enumerate(plan.steps, INPUTS):
        if isinstance(step, Resampled):
            start, stop = within(spans[number], plan.sizes[number][axis])
            first, last = spans[step.sources[0]]
            part = step.matrices[axis][start:stop, max(first, 0) : last].numpy()
            yield start - spans[number][0], np.ascontiguousarray(part).tobytes()
