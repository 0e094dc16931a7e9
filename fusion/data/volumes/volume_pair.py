"""Two volumes of one patient in one space, and the pairs of slices that networks read of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusion.data.normalisation import Normalisation, of_slice
from fusion.data.pairs import ImagePair
from fusion.data.raw_scale import RawScale
from fusion.data.volumes.opened_volumes import extent_of
from fusion.data.volumes.planes import Plane, PlaneName, plane_of
from fusion.data.volumes.resampling import are_alike, resampled
from fusion.data.volumes.slice_origin import SliceOrigin
from fusion.data.volumes.volume import Volume
from fusion.errors import InputError

Scaling = Literal["slice", "volume"] | Normalisation
"""From which to which value slices are scaled: the slice's own, the volume's, or a fixed window."""
BY_SLICE: tuple[Scaling, Scaling] = ("slice", "slice")
"""As in the paper."""


@dataclass(frozen=True, eq=False)
class VolumePair:
    """Two volumes that belong together; whoever makes it has made sure of that, and says why.

    Attributes
    ----------
    first : Volume
        The anatomical one, on whose grid both are seen.
    second : Volume
        The functional one; interpolated linearly where it lies on another grid.
    names : tuple of two str
        The modalities.
    title : str
        What a person calls the pair.
    space : str
        Why they belong together, as in `fusion.data.volumes.common_space`.
    is_placed : bool
        Whether both lie at known places in the patient; else voxels of one index belong together.
    whole : callable, optional
        Tells the smallest and largest value of both, where that is known or not all slices are at hand.
    """

    first: Volume
    second: Volume
    names: tuple[str, str]
    title: str = ""
    space: str = ""
    is_placed: bool = True
    whole: Callable[[], tuple[Normalisation, Normalisation]] | None = None

    @cached_property
    def _has_one_grid(self) -> bool:
        return not self.is_placed or are_alike(self.first.grid, self.second.grid)

    @cached_property
    def extent(self) -> tuple[Normalisation, Normalisation]:
        """From the smallest to the largest value of each volume."""
        if self.whole is not None:
            return self.whole()
        first, second = (
            whole_range(extent_of(volume), name) for volume, name in zip(self._volumes, self.names, strict=True)
        )
        return first, second

    @property
    def _volumes(self) -> tuple[Volume, Volume]:
        return self.first, self.second

    def plane(self, name: PlaneName) -> Plane:
        """Where the axial, coronal or sagittal slices lie."""
        return plane_of(self.first.grid, name)

    def slice(self, plane: PlaneName, number: int, scaling: tuple[Scaling, Scaling] = BY_SLICE) -> ImagePair:
        """Tell which two images slice ``number`` (from 1) of that plane shows.

        Pixels at which a volume has no value count as the lowest value.

        Raises
        ------
        InputError
            There is no such slice; one of the volumes lies wholly outside it, or is constant in it.
        """
        lies = self.plane(plane)
        levels = self._levels(lies, number)
        for name, each in zip(self.names, levels, strict=True):
            if not np.isfinite(each).any():
                raise InputError(f"{name} has no value anywhere in {lies.words(number)}; choose another slice.")
        scaled = self._scaled(levels, scaling, lies.words(number))
        origin = self._origin(lies, number, levels, scaled)
        first, second = (_image(*each) for each in zip(levels, scaled, strict=True))
        _, row_spacing, spacing = lies.grid.spacing if lies.grid.has_lengths else (None, None, None)
        return ImagePair(
            first=first,
            second=second,
            title=" · ".join(part for part in (self.title, lies.words(number)) if part),
            names=self.names,
            spacing=spacing,
            row_spacing=row_spacing,
            raw=(self._raw(0, scaled[0]), self._raw(1, scaled[1])),
            levels=levels,
            origin=origin,
            remarks=self._remarks(),
        )

    def _levels(self, lies: Plane, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both slices in their units, NaN where there is no value."""
        first = lies.picture(self.first.voxels, number)
        if self._has_one_grid:
            return first, lies.picture(self.second.voxels, number)
        return first, resampled(self.second, lies.grid, lies.index(number))

    def _scaled(
        self, levels: tuple[NDArray[np.float32], NDArray[np.float32]], scaling: tuple[Scaling, Scaling], where: str
    ) -> tuple[Normalisation, Normalisation]:
        found = []
        for at, (how, values) in enumerate(zip(scaling, levels, strict=True)):
            if isinstance(how, Normalisation):
                found.append(how)
            elif how == "volume":
                found.append(self.extent[at])
            else:
                found.append(_of_slice(values, f"{self.names[at]} has", where))
        return found[0], found[1]

    def _origin(
        self,
        lies: Plane,
        number: int,
        levels: tuple[NDArray[np.float32], NDArray[np.float32]],
        scaled: tuple[Normalisation, Normalisation],
    ) -> SliceOrigin:
        first, second = (float(np.isnan(each).mean()) for each in levels)
        return SliceOrigin(
            plane=lies,
            number=number,
            names=self.names,
            grids=(self.first.grid, self.second.grid),
            interpolated=None if self._has_one_grid else 1,
            outside=(first, second),
            scaled=scaled,
            units=(self.first.unit, self.second.unit),
            space=self.space or "The volumes were taken to belong together",
            whole=lambda: self.extent,
        )

    def _raw(self, at: int, scaled: Normalisation) -> RawScale:
        return RawScale(scaled.low, scaled.high, self._volumes[at].unit)

    def _remarks(self) -> tuple[str, ...]:
        return tuple(
            f"{name}: {remark}"
            for name, volume in zip(self.names, self._volumes, strict=True)
            for remark in volume.remarks
        )


def _of_slice(values: NDArray[np.float32], has: str, where: str) -> Normalisation:
    finite = values[np.isfinite(values)]
    if finite.min() == finite.max():
        raise InputError(f"{has} the same value everywhere in {where} and cannot be scaled; choose another slice.")
    return of_slice(finite)


def whole_range(extent: tuple[float, float], name: str) -> Normalisation:
    """From the smallest to the largest value of a volume; InputError where it has one value only."""
    low, high = extent
    if not low < high:
        raise InputError(f"{name} has the same value everywhere and cannot be scaled; choose another volume.")
    return Normalisation("volume", low, high)


def _image(levels: NDArray[np.float32], scaled: Normalisation) -> NDArray[np.float32]:
    return np.nan_to_num(scaled.image(levels), nan=0.0)
