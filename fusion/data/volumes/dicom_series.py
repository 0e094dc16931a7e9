"""Which volumes do DICOM files make? One a series, or several where it holds several acquisitions."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np

from fusion.data.raw_scale import GREY
from fusion.data.volumes.dicom_header import DicomHeader
from fusion.data.volumes.dicom_voxels import DicomVoxels
from fusion.data.volumes.frame_headers import FrameHeader
from fusion.data.volumes.grid import Grid
from fusion.data.volumes.slice_stack import ROUNDING, stacked
from fusion.data.volumes.standardized_uptake import Uptake, uptake
from fusion.data.volumes.volume_files import MAX_VOXELS, RefusedFiles, VolumeFiles
from fusion.data.volumes.voxel_reader import VoxelReader
from fusion.errors import InputError

log = logging.getLogger(__name__)
_NO_FRAME_OF_REFERENCE = (
    "It names no frame of reference, so that only you can say whether another volume lies in the same place."
)
_TURNED = 1e-3
"""By how much directions, and spacings as a part, of slices in one volume may differ."""

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class _Slice:
    """A frame with the file that it is in."""

    file: Path
    header: DicomHeader
    frame: FrameHeader


def dicom_volumes(
    headers: Sequence[tuple[Path, DicomHeader]], reader: VoxelReader
) -> tuple[list[VolumeFiles], list[RefusedFiles]]:
    """Tell which volumes DICOM files make, from their headers, and which make none."""
    volumes: list[VolumeFiles] = []
    refused: list[RefusedFiles] = []
    for series in _grouped(headers, lambda each: each[1].series or each[0]):
        slices, remarks = _slices(series)
        try:
            _check_series(slices)
            parts = _parts(slices)
        except InputError as error:
            refused.append(_refused(slices, error))
            continue
        if len(parts) > 1:
            remarks = (*remarks, f"Its series holds {len(parts)} volumes, each of which is listed.")
        for number, part in enumerate(parts):
            try:
                suffix = f", volume {number + 1} of {len(parts)}" if len(parts) > 1 else ""
                volumes.append(_volume(part, suffix, remarks, reader))
            except InputError as error:
                refused.append(_refused(part, error))
    return volumes, refused


def _slices(series: Sequence[tuple[Path, DicomHeader]]) -> tuple[list[_Slice], tuple[str, ...]]:
    """Every frame of a series once, and what to say of copies."""
    once = {_identity(file, header): (file, header) for file, header in reversed(series)}
    found = [_Slice(file, header, frame) for file, header in reversed(once.values()) for frame in header.frames]
    copies = len(series) - len(once)
    told = f"{copies} copies of its files were" if copies > 1 else "A copy of one of its files was"
    return found, (f"{told} passed over.",) if copies else ()


def _identity(file: Path, header: DicomHeader) -> Hashable:
    """Equal for copies of a file; a number that slices at several places share says nothing."""
    return header.instance or file, tuple(frame.position for frame in header.frames)


def _check_series(slices: Sequence[_Slice]) -> None:
    if len({each.header.patient for each in slices}) > 1:
        raise InputError("holds slices of several patients; separate them.")
    lost = sum(each.frame.position is None or each.frame.orientation is None for each in slices)
    if lost:
        which = "its slices" if lost == len(slices) else f"{lost:,} of its {len(slices):,} slices"
        raise InputError(
            f"says nothing of where {which} lie in the patient; export it with its geometry, or as PNG."
        )
    if any(each.frame.spacing is None for each in slices):
        raise InputError("has no pixel spacing; export it with its geometry, or as PNG.")


def _parts(slices: Sequence[_Slice]) -> list[list[_Slice]]:
    """The volumes of a series: one matrix, orientation and spacing each, and one slice at a place."""
    alike: list[list[_Slice]] = []
    for each in slices:
        found = next((group for group in alike if _are_alike(group[0], each)), None)
        if found is None:
            alike.append([each])
        else:
            found.append(each)
    return [part for group in alike for part in _apart(group)]


def _are_alike(one: _Slice, other: _Slice) -> bool:
    """Whether two slices may lie in one volume; directions are compared as coarsely as scanners write them."""
    same = [(_kind(each), each.frame.orientation, each.frame.spacing) for each in (one, other)]
    (kind, turned, spacing), (other_kind, other_turned, other_spacing) = same
    assert turned is not None
    assert other_turned is not None
    return (
        kind == other_kind
        and np.allclose(turned, other_turned, rtol=0, atol=_TURNED)
        and np.allclose(spacing or (), other_spacing or (), rtol=_TURNED, atol=0)
    )


def _kind(each: _Slice) -> Hashable:
    header = each.header
    units = header.rescale_type, header.uptake.get("Units"), header.is_inverse
    return header.rows, header.cols, header.frame_of_reference, units


def _apart(slices: list[_Slice]) -> list[list[_Slice]]:
    """Slices at one place, told apart by what was acquired; left together where nothing tells them apart."""
    most = _most_at_one_place(slices)
    if most == 1:
        return [slices]
    count = len(slices[0].frame.acquisition)
    for keys in (*combinations(range(count), 1), *combinations(range(count), 2)):
        parts = _grouped(slices, partial(_acquired, keys))
        if len(parts) == most and all(_most_at_one_place(part) == 1 for part in parts):
            return parts
    return [slices]


def _acquired(keys: Sequence[int], each: _Slice) -> Hashable:
    return tuple(each.frame.acquisition[key] for key in keys)


def _most_at_one_place(slices: Iterable[_Slice]) -> int:
    places = np.array([each.frame.position for each in slices])
    return max(Counter(map(tuple, np.rint(places / ROUNDING).tolist())).values())


def _volume(slices: Sequence[_Slice], suffix: str, remarks: tuple[str, ...], reader: VoxelReader) -> VolumeFiles:
    header = slices[0].header
    stack = stacked([each.frame for each in slices], header.thickness)
    ordered = [slices[index] for index in stack.order]
    grid = Grid((len(slices), header.rows, header.cols), stack.affine)
    if len(slices) * header.rows * header.cols > MAX_VOXELS:
        raise InputError(f"has more than {MAX_VOXELS:,} voxels; crop or shrink it.")
    unit = _unit(ordered)
    is_negated = header.is_inverse and unit.unit == GREY
    files = tuple(dict.fromkeys(each.file for each in ordered))
    return VolumeFiles(
        files=files,
        grid=grid,
        unit=unit.unit,
        modality=header.modality,
        frame_of_reference=header.frame_of_reference or None,
        title=header.title + suffix,
        source={"kind": "dicom", **asdict(_voxels(ordered, files, unit.factor, is_negated=is_negated))},
        reader=reader,
        patient_key=header.patient,
        remarks=(*remarks, *stack.remarks, *unit.remarks, *_said(ordered, is_negated=is_negated)),
    )


def _voxels(slices: Sequence[_Slice], files: Sequence[Path], factor: float, *, is_negated: bool) -> DicomVoxels:
    number = {file: index for index, file in enumerate(files)}
    headers = {each.file: each.header for each in slices}
    header = slices[0].header
    return DicomVoxels(
        [str(file.absolute()) for file in files],
        [
            (number[each.file], each.frame.number, factor * each.frame.slope, factor * each.frame.intercept)
            for each in slices
        ],
        header.rows,
        header.cols,
        [headers[file].stamp for file in files],
        [headers[file].padding for file in files],
        is_negated,
    )


def _unit(slices: Sequence[_Slice]) -> Uptake:
    header = slices[0].header
    if header.modality == "PET":
        return uptake([each.header.uptake for each in slices])
    if header.modality == "SPECT":
        return Uptake("counts")
    if header.modality == "CT" and header.rescale_type != "HU":
        return Uptake(header.rescale_type or GREY, remarks=("The file names no Hounsfield units.",))
    return Uptake("HU" if header.modality == "CT" else GREY)


def _said(slices: Sequence[_Slice], *, is_negated: bool) -> Iterator[str]:
    """What a person should know about how slices were read."""
    header = slices[0].header
    if not header.frame_of_reference:
        yield _NO_FRAME_OF_REFERENCE
    if len(slices) < header.slices_said:
        yield f"The file says that there are {header.slices_said} slices; {len(slices)} are here."
    if is_negated:
        yield "Its lowest value is white (MONOCHROME1): values are negated, so that high is bright."


def _refused(slices: Sequence[_Slice], error: InputError) -> RefusedFiles:
    log.debug("a series makes no volume", exc_info=True)
    files = tuple(dict.fromkeys(each.file for each in slices))
    return RefusedFiles(files, f"{slices[0].header.title} {error}")


def _grouped(items: Iterable[_Item], key: Callable[[_Item], Hashable]) -> list[list[_Item]]:
    """Items that share a key, in the order in which keys came."""
    groups: dict[Hashable, list[_Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.values())
