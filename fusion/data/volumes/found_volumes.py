"""Which volumes do files hold? Told from headers; no pixel is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import overload

from fusion.data.decoding import TIFF_STARTS
from fusion.data.volumes.dicom_header import DicomHeader
from fusion.data.volumes.dicom_series import dicom_volumes
from fusion.data.volumes.nifti import nifti_volumes
from fusion.data.volumes.tiff_stack import tiff_volume
from fusion.data.volumes.volume_files import RefusedFiles, VolumeFiles
from fusion.data.volumes.voxel_reader import Answer, VoxelReader

_NAMES = (".nii", ".nii.gz", ".dcm", ".dicom", ".ima")


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
    given = [file for file in map(Path, files) if _may_be_volume(file)]
    answers = list(reader.headers(given))
    named, refused = _named_by_directories(answers)
    known = {file.resolve() for file in given}
    answers += reader.headers([file for file in named if file.resolve() not in known])
    refused += [RefusedFiles((file,), answer["refused"]) for file, answer in answers if "refused" in answer]
    series = [
        (file, DicomHeader.of(answer["header"])) for file, answer in answers if answer.get("kind") == "dicom"
    ]
    volumes, broken = dicom_volumes(series, reader)
    for file, answer in answers:
        if answer.get("kind") == "nifti":
            volumes += nifti_volumes(file, answer, reader)
        elif answer.get("kind") == "tiff":
            volumes.append(tiff_volume(file, answer, reader))
    return FoundVolumes(tuple(volumes), (*refused, *broken))


def _named_by_directories(answers: Iterable[tuple[Path, Answer]]) -> tuple[list[Path], list[RefusedFiles]]:
    """The files that DICOMDIRs name, and which of these name files that are not there."""
    named: list[Path] = []
    refused = []
    for directory, answer in answers:
        if answer.get("kind") == "dicomdir":
            files = [directory.parent.joinpath(*parts) for parts in answer["files"]]
            there = [file for file in files if file.is_file()]
            named += there
            if lost := len(files) - len(there):
                told = f"{directory} names {lost:,} files that are not there; copy the whole folder."
                refused.append(RefusedFiles((directory,), told))
    return list(dict.fromkeys(named)), refused


def _may_be_volume(file: Path) -> bool:
    """Whether a file is called a volume or starts like one; one that cannot be opened is passed over."""
    if not file.is_file():
        return False
    if file.name.lower().endswith(_NAMES):
        return True
    try:
        with file.open("rb") as opened:
            start = opened.read(132)
    except OSError:
        return False
    return start[128:] == b"DICM" or start[:4] in TIFF_STARTS
