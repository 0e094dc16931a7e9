"""The volumes that were read last, so that the next slice of one is at hand."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from fusion.data.volumes.volume import Volume
from fusion.data.volumes.volume_files import VolumeFiles

MOST_BYTES = 4 * 2**30
"""Of all voxels together, which lie in mapped files: memory holds what of them is looked at."""


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
        self._lock, self._turn = Lock(), Lock()

    def __contains__(self, files: VolumeFiles) -> bool:
        """Whether a volume is at hand."""
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

    def _at_hand(self, files: VolumeFiles) -> Volume | None:
        with self._lock:
            if files in self._kept:
                self._kept.move_to_end(files)
            return self._kept.get(files)

    def _keep(self, files: VolumeFiles, volume: Volume) -> Volume:
        with self._lock:
            self._kept[files] = volume
            while len(self._kept) > 1 and sum(each.voxels.nbytes for each in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
        return volume
