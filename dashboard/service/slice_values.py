"""Values along the slices of a case at any pixel: those of both files and of the fused image."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from fusion.data.raw_scale import RawScale
from fusion.data.windowed_pair import file_levels
from saliency.geometry.window import Pixel, check_pixel

MOST_BYTES = 2**29
"""Of the slices of a case that are held."""
PLANES = 3
"""The first input, the second, the fused image."""


@dataclass(eq=False)
class SliceStack:
    """The slices of a case, as far as they are read and fused. It goes on growing.

    Attributes
    ----------
    values : float32 (slices, 3, H, W)
        Both inputs in the unit of their files, and the fused image; NaN where there is no value.
    scales : list of (RawScale or None, RawScale or None)
        Of each slice's inputs; None where it is not read.
    failures : mapping of int to str
        Why a slice has none.
    """

    values: NDArray[np.float32]
    scales: list[tuple[RawScale | None, RawScale | None] | None]
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Slices that are there, or have failed."""
        return len(self.failures) + sum(each is not None for each in self.scales)

    def at(self, pixel: Pixel, plane: int) -> list[float | None]:
        """The values of one of the three at a pixel, a slice each; None where there is none."""
        return [self._value(place, pixel, plane) for place in range(len(self.scales))]

    def units(self) -> tuple[str, str]:
        """Of both inputs, as the first slice that is read has them."""
        scales = next((each for each in self.scales if each is not None), (None, None))
        first, second = ("" if each is None else each.unit for each in scales)
        return first, second

    def _value(self, place: int, pixel: Pixel, plane: int) -> float | None:
        scales, value = self.scales[place], float(self.values[(place, plane, *pixel)])
        if scales is None or not math.isfinite(value):
            return None
        scale = scales[plane] if plane < len(scales) else None
        return value if scale is None else scale.rounded(value)


VALUES = JobKind(
    "values along slices",
    kept=1,
    progress=lambda found: (found.done, len(found.scales)),
    is_complete=lambda found: found.done == len(found.scales),
)


class SliceValues:
    """Stacks of slices as jobs of a service's queue; who asks keeps them going."""

    def __init__(self, service: SaliencyService) -> None:
        self._service = service
        service.resting.append(partial(service.jobs.let_go, VALUES))

    def ask(self, pair_id: str, network: str, pixel: Pixel, page: str) -> dict[str, Any]:
        """The values at a pixel along the slices of the case of a pair, as far as they are, ready for JSON.

        Raises
        ------
        InputError
            The case has one picture, its slices are too large to be held, or the pixel is none of theirs.
        """
        self._service.network_pool.refuse_unmeasured(network)
        slices = self._service.catalogue.slices(pair_id)
        pair = self._service.catalogue.pair(pair_id)
        check_pixel(pixel, pair.shape)
        refuse(len(slices), pair.shape)
        key = slices[0], self._service.network_pool.name_of(network)
        task = Task(lambda: self._stacked(slices, pair_id, pair.shape, network), network)
        state = self._service.jobs.ask(VALUES, page, {key: task})[key]
        _, left = self._service.jobs.told(VALUES, key)
        return self._told(slices, pair_id, pixel, state) | {"names": pair.names, "left": left}

    def _told(
        self, slices: tuple[str, ...], pair_id: str, pixel: Pixel, state: JobState[SliceStack]
    ) -> dict[str, Any]:
        stack = state.value
        none: list[None] = [None] * len(slices)
        planes = [none] * PLANES if stack is None else [stack.at(pixel, plane) for plane in range(PLANES)]
        return {
            "slices": [self._service.catalogue.entry(each).slice for each in slices],
            "present": slices.index(pair_id),
            "pixel": pixel,
            "values": planes,
            "units": ("", "") if stack is None else stack.units(),
            "done": 0 if stack is None else stack.done,
            "failed": 0 if stack is None else len(stack.failures),
            "failure": state.failure,
        }

    def _stacked(
        self, slices: tuple[str, ...], first: str, shape: tuple[int, int], network: str
    ) -> Iterator[SliceStack]:
        """Slice by slice, those near ``first`` first."""
        stack = SliceStack(np.full((len(slices), PLANES, *shape), np.nan, np.float32), [None] * len(slices))
        at = slices.index(first)
        for place in sorted(range(len(slices)), key=lambda each: abs(each - at)):
            try:
                pair = self._service.catalogue.read_aside(slices[place])
                stack.values[place] = self._planes(slices[place], pair, shape, network)
                stack.scales[place] = pair.raw
            except InputError as error:
                stack.failures[place] = str(error)
            yield stack

    def _planes(self, slice_id: str, pair: ImagePair, shape: tuple[int, int], network: str) -> NDArray[np.float32]:
        if pair.shape != shape:
            raise InputError("The slice has another size.")
        fused = self._service.open_aside(slice_id, pair, network).fused
        levels = [file_levels(pair, index) for index in (0, 1)]
        return np.stack([*levels, fused]).astype(np.float32)


def refuse(count: int, shape: tuple[int, int]) -> None:
    """Raise InputError where slices are no series, or take too much memory.

    Examples
    --------
    >>> refuse(400, (1024, 1024))
    Traceback (most recent call last):
    fusion.errors.InputError: The slices of this case take 5.0 GB together, more than 0.5; look at them one by one.
    """
    if count < 2:
        raise InputError("This case has one picture; there is nothing along slices.")
    if (needed := PLANES * 4 * count * math.prod(shape)) > MOST_BYTES:
        raise InputError(
            f"The slices of this case take {needed / 1e9:.1f} GB together, more than "
            f"{MOST_BYTES / 1e9:.1f}; look at them one by one."
        )
