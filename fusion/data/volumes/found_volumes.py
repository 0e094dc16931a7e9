"""Which volumes do files hold? Told from headers; no pixel is decoded."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import overload

from fusion.data.volumes.nifti import nifti_volumes
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.data.volumes.voxel_reader import VoxelReader

log = logging.getLogger(__name__)
_NIFTI = (".nii", ".nii.gz")


@dataclass(frozen=True)
class RefusedFiles:
    """Files that are of a volume's kind and make none that can be used.

    Attributes
    ----------
    files : tuple of Path
    reason : str
        One sentence that says what is wrong and what to do.
    """

    files: tuple[Path, ...]
    reason: str


@dataclass(frozen=True, eq=False)
class FoundVolumes(Sequence[VolumeFiles]):
    """The volumes found among files; itself a sequence of them.

    Attributes
    ----------
    volumes : tuple of VolumeFiles
        In the order of the files given.
    refused : tuple of RefusedFiles
        What could have been a volume, with the reason why it is none.
    """

    volumes: tuple[VolumeFiles, ...] = ()
    refused: tuple[RefusedFiles, ...] = ()

    @overload
    def __getitem__(self, index: int) -> VolumeFiles: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[VolumeFiles, ...]: ...
    def __getitem__(self, index: int | slice) -> VolumeFiles | tuple[VolumeFiles, ...]:
        return self.volumes[index]

    def __len__(self) -> int:
        return len(self.volumes)

    def __iter__(self) -> Iterator[VolumeFiles]:
        return iter(self.volumes)


def find_volumes(files: Sequence[str | PathLike[str]], reader: VoxelReader | None = None) -> FoundVolumes:
    """Tell which volumes files hold.

    DICOM series (by content, whatever the files are called) and multi-frame files, NIfTI (``.nii``, ``.nii.gz``)
    and TIFF stacks. Other files, and pictures of one page, are passed over.

    Parameters
    ----------
    files : sequence of paths
        Of one batch: slices of a series in two batches are two volumes, or none.
    reader : VoxelReader, optional
        The processes that read; those of another search may be used again.

    Returns
    -------
    FoundVolumes
        A sequence of `VolumeFiles`; what is damaged or makes no volume is in its ``refused``. Never raises for
        what a file holds.
    """
    reader = reader or VoxelReader()
    wanted = [file for file in map(Path, files) if _may_be_volume(file)]
    volumes: list[VolumeFiles] = []
    refused: list[RefusedFiles] = []
    for file, header in reader.headers(wanted):
        if "refused" in header:
            refused.append(RefusedFiles((file,), header["refused"]))
        elif header.get("kind") == "nifti":
            volumes += nifti_volumes(file, header, reader)
    return FoundVolumes(tuple(volumes), tuple(refused))


def _may_be_volume(file: Path) -> bool:
    return file.name.lower().endswith(_NIFTI)
