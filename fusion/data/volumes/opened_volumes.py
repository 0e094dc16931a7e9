"""The volumes that were read last, so that the next slice of one is at hand."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from fusion.data.volumes.volume import Volume
from fusion.data.volumes.volume_files import VolumeFiles

MOST_BYTES = 4 * 2**30
"""Of all voxels together, which lie in mapped files: memory holds what of them is looked at."""


KEPT_IN_PART = 8
"""Volumes of which single slices are kept."""


def extent_of(volume: Volume) -> tuple[float, float]:
    """The smallest and the largest value of a volume, a slice at a time."""
    low, high = np.inf, -np.inf
    for plane in volume.voxels:
        values = plane[np.isfinite(plane)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return low, high


class PartOfVolume:
    """A volume of which slices are decoded when they are needed, into a mapped file that is no larger.

    Parameters
    ----------
    files : VolumeFiles
    """

    def __init__(self, files: VolumeFiles) -> None:
        self._files = files
        with tempfile.TemporaryFile(prefix="fusevis-") as file:
            self._voxels: NDArray[np.float32] = np.memmap(file, np.float32, "w+", shape=files.grid.shape)
        self._is_there = np.zeros(files.grid.shape[0], dtype=bool)
        self._turn = Lock()
        shown = self._voxels.view()
        shown.flags.writeable = False
        told = files.unit, files.modality, files.frame_of_reference, files.title, files.remarks
        self._volume = Volume(shown, files.grid, *told)

    def with_slices(self, span: range) -> Volume:
        """The volume, right at these slices of its file; raises as `VolumeFiles.read_slice`."""
        with self._turn:
            for index in span:
                if not self._is_there[index]:
                    self._voxels[index] = self._files.read_slice(index)
                    self._is_there[index] = True
        return self._volume


class OpenedVolumes:
    """Reads volumes when they are first asked for and forgets those that were not asked for longest.

    Several threads may ask; one volume is decoded at a time.

    Parameters
    ----------
    most : int
        Bytes that all volumes together may take; the latest is kept even where it is larger.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[VolumeFiles, Volume] = OrderedDict()
        self._parts: OrderedDict[VolumeFiles, PartOfVolume] = OrderedDict()
        self._extents: dict[VolumeFiles, tuple[float, float]] = {}
        self._lock, self._turn = Lock(), Lock()

    def __contains__(self, files: VolumeFiles) -> bool:
        """Whether a whole volume is at hand."""
        with self._lock:
            return files in self._kept

    def volume(self, files: VolumeFiles) -> Volume:
        """What these files hold; raises as `VolumeFiles.read`, and what fails is tried again the next time."""
        found = self._at_hand(files)
        if found is not None:
            return found
        with self._turn:
            found = self._at_hand(files)
            return self._keep(files, files.read()) if found is None else found

    def part(self, files: VolumeFiles, span: range) -> Volume:
        """The volume, right at these slices of its file, without reading the others."""
        found = self._at_hand(files)
        if found is not None:
            return found
        with self._lock:
            part = self._parts.setdefault(files, PartOfVolume(files))
            self._parts.move_to_end(files)
            while len(self._parts) > KEPT_IN_PART:
                self._parts.popitem(last=False)
        return part.with_slices(span)

    def extent(self, files: VolumeFiles) -> tuple[float, float]:
        """The smallest and the largest value of a volume, which is read for it the first time."""
        if files not in self._extents:
            self._extents[files] = extent_of(self.volume(files))
        return self._extents[files]

    def _at_hand(self, files: VolumeFiles) -> Volume | None:
        with self._lock:
            if files in self._kept:
                self._kept.move_to_end(files)
            return self._kept.get(files)

    def _keep(self, files: VolumeFiles, volume: Volume) -> Volume:
        with self._lock:
            self._kept[files] = volume
            self._parts.pop(files, None)
            while len(self._kept) > 1 and sum(each.voxels.nbytes for each in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        return volume
