"""Two volumes that belong together, still in their files, and the slices that can be opened of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

from fusion.data.normalisation import Normalisation
from fusion.data.pairs import ImagePair
from fusion.data.picture import MAX_PIXELS
from fusion.data.volumes.opened_volumes import OpenedVolumes
from fusion.data.volumes.planes import PLANES, STACK, Plane, PlaneName, plane_of
from fusion.data.volumes.resampling import needed_slices
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.volume_pair import BY_SLICE, Scaling, VolumePair, whole_range
from fusion.errors import InputError

SMALL = 2**25
"""Voxels of both volumes that are decoded at once, in a second or two."""
FEW = 8
"""Slices of a file that are decoded for one that is shown; else the whole volume is."""


@dataclass(frozen=True, eq=False)
class VolumePairFiles:
    """Where two volumes that belong together lie; nothing is decoded before a slice is read.

    Attributes
    ----------
    first, second : VolumeFiles
        The anatomical and the functional one.
    names : tuple of two str
        The modalities.
    title : str
        What a person calls the pair, e.g. ``"P001"``.
    space : str
        Why they belong together, see `fusion.data.volumes.common_space`.
    group : str
        The folder that it stands for, as of `PairFiles`.
    opened : OpenedVolumes
        Where what is read is kept.
    """

    first: VolumeFiles
    second: VolumeFiles
    names: tuple[str, str]
    title: str
    space: str
    group: str = ""
    opened: OpenedVolumes = field(default_factory=OpenedVolumes, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether both volumes are read, so that a slice is there at once."""
        return self.first in self.opened and self.second in self.opened

    @property
    def is_placed(self) -> bool:
        """Whether both files say where the voxels lie in the patient."""
        return self.first.is_placed and self.second.is_placed

    @cached_property
    def planes(self) -> tuple[Plane, ...]:
        """In which ways its slices can be seen; of volumes without a place only as they lie in the files."""
        return tuple(plane_of(self.first.grid, name) for name in (PLANES if self.is_placed else (STACK,)))

    def plane(self, name: PlaneName | None = None) -> Plane:
        """Where the slices of that plane lie, or of the first of `planes`.

        Raises
        ------
        InputError
            The files do not say where that plane is.
        """
        found = next((each for each in self.planes if name in (None, each.name)), None)
        if found is None:
            raise InputError(f"{self.title} does not say where its voxels lie: it has slices, but no {name} ones.")
        return found

    def read(self) -> VolumePair:
        """Both volumes; raises as `VolumeFiles.read`."""
        first, second = (self.opened.volume(each) for each in (self.first, self.second))
        return VolumePair(first, second, self.names, self.title, self.space, self.is_placed, self.extent)

    def extent(self) -> tuple[Normalisation, Normalisation]:
        """From the smallest to the largest value of both volumes, which are read for it."""
        first, second = (
            whole_range(self.opened.extent(files), name)
            for files, name in zip((self.first, self.second), self.names, strict=True)
        )
        return first, second

    def _with_slice(self, lies: Plane, number: int) -> VolumePair:
        """Both volumes; of large ones only the slices of their files that are looked at, where those are few."""
        both = self.first, self.second
        spans = [needed_slices(each.grid, lies.grid, lies.index(number)) for each in both]
        is_small = sum(math.prod(each.grid.shape) for each in both) <= SMALL
        if is_small or self.is_open or max(map(len, spans)) > FEW or not self.is_placed:
            return self.read()
        first, second = (self.opened.part(each, span) for each, span in zip(both, spans, strict=True))
        return VolumePair(first, second, self.names, self.title, self.space, whole=self.extent)

    def read_slice(
        self,
        plane: PlaneName | None,
        number: int,
        *,
        scaling: tuple[Scaling, Scaling] = BY_SLICE,
        max_pixels: int = MAX_PIXELS,
        spacing: float | None = None,
    ) -> ImagePair:
        """Tell which two images a slice shows; see `VolumePair.slice`, also for what it raises.

        Parameters
        ----------
        plane, number, scaling
            As there.
        max_pixels : int
            A slice of more is refused before anything is decoded.
        spacing : float, optional
            Millimetres per pixel, where the files are known to be wrong.
        """
        lies = self.plane(plane)
        rows, cols = lies.grid.shape[1:]
        if rows * cols > max_pixels:
            raise InputError(
                f"{self.title} has slices of {cols} × {rows} pixels, more than {max_pixels:,}; crop it."
            )
        lies.index(number)
        pair = self._with_slice(lies, number).slice(lies.name, number, scaling)
        found = self._with_files(pair)
        return found if spacing is None else replace(found, spacing=spacing, row_spacing=spacing)

    def _with_files(self, pair: ImagePair) -> ImagePair:
        """The pair, which knows the files that it is from: what is made of it refers to them."""
        files = tuple(
            each.files if each.source.get("kind") == "dicom" else () for each in (self.first, self.second)
        )
        origin = pair.origin and replace(
            pair.origin, frame_of_reference=self.first.frame_of_reference, files=(files[0], files[1])
        )
        return replace(pair, origin=origin)
