"""NIfTI files: what their headers say of the volumes in them, and the values of their slices."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fusion.data.raw_scale import GREY
from fusion.data.volumes.file_stamp import check_stamp, stamp_of
from fusion.data.volumes.grid import Affine, Grid
from fusion.data.volumes.inflated import Inflated
from fusion.data.volumes.volume_files import MAX_VOXELS, VolumeFiles, named_modality
from fusion.data.volumes.voxel_reader import VoxelReader
from fusion.errors import InputError

MAX_VOLUMES = 1024
"""In one file, each of which is listed."""
_MILLIMETRES = MappingProxyType({"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0})
_SMALL = 64 * 2**20  # bytes
_MOST_INFLATED = 200
_SPACES = MappingProxyType({3: "Talairach", 4: "MNI152"})
"""The coordinate systems that a form's code names."""


@dataclass(frozen=True)
class NiftiVoxels:
    """Where the voxels of one volume lie in a NIfTI file.

    Attributes
    ----------
    file : str
    dtype : str
        NumPy's name for a value in the file, byte order included.
    offset : int
        Of the first value, in bytes of the file as it is once inflated.
    rows, cols : int
    slope, intercept : float
        From values in the file to what they mean.
    stamp : two int
        As in `stamp_of`.
    """

    file: str
    dtype: str
    offset: int
    rows: int
    cols: int
    slope: float
    intercept: float
    stamp: tuple[int, int]

    def planes(self, indices: Sequence[int]) -> Iterator[NDArray[np.generic]]:
        """Each slice, (rows, cols), without holding more than one."""
        check_stamp(Path(self.file), self.stamp)
        dtype = np.dtype(self.dtype)
        size = self.rows * self.cols * dtype.itemsize
        is_alone = len(indices) == 1 and _is_compressed(Path(self.file))
        with nullcontext(self._inflated) if is_alone else _opened(Path(self.file)) as file:
            for index in indices:
                file.seek(self.offset + index * size)
                stored = np.frombuffer(_exactly(file, size), dtype).reshape(self.rows, self.cols)
                is_plain = self.slope == 1 and self.intercept == 0
                yield stored if is_plain else stored.astype(np.float64) * self.slope + self.intercept
            if not is_alone:
                file.read(1)  # at the end of a compressed file its checksum is compared

    @cached_property
    def _inflated(self) -> Inflated:
        """The file for slices alone, which come in any order."""
        return Inflated(Path(self.file), self.offset)


def nifti_header(file: Path) -> Mapping[str, object]:
    """Tell what a NIfTI file's header says, as `nifti_volumes` takes it.

    Raises
    ------
    InputError
        Its values are no numbers, it has more than a volume's limit, or its place makes no sense.
    """
    import nibabel

    image: Any = nibabel.load(file)
    header, stored = image.header, image.dataobj
    dtype, shape = header.get_data_dtype(), [int(side) for side in header.get_data_shape()]
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise InputError(f"{file} holds {_kind(dtype)}; save grey levels, one number a voxel.")
    _check_shape(file, shape)
    offset = int(stored.offset)  # of the file: nibabel forgets its header's
    if offset < 0:
        raise InputError(f"{file} is damaged: its voxels begin before the file; export it again.")
    _check_length(file, offset + math.prod(shape) * dtype.itemsize)
    affine, space, is_placed, remarks = _place(file, header)
    return {
        "kind": "nifti",
        "shape": [*shape, 1, 1, 1][: max(3, len(shape))],
        "affine": affine.tolist(),
        "has_lengths": is_placed or all(map(_is_length, header["pixdim"][1:4])),
        "space": space,
        "is_placed": is_placed,
        "dtype": dtype.str,
        "offset": offset,
        "slope": float(stored.slope),
        "intercept": float(stored.inter),
        "stamp": stamp_of(file),
        "remarks": remarks,
    }


def nifti_volumes(file: Path, header: Mapping[str, Any], reader: VoxelReader) -> list[VolumeFiles]:
    """Tell which volumes a NIfTI file holds, from its header; several in time or direction are one each."""
    cols, rows, slices = header["shape"][:3]
    count = math.prod(header["shape"][3:])
    dtype = np.dtype(header["dtype"])
    stem = file.name[: -len(".nii.gz")] if file.suffix.lower() == ".gz" else file.stem
    found = []
    for number in range(count):
        voxels = NiftiVoxels(
            str(file.absolute()),
            header["dtype"],
            header["offset"] + number * slices * rows * cols * dtype.itemsize,
            rows,
            cols,
            header["slope"],
            header["intercept"],
            header["stamp"],
        )
        found.append(
            VolumeFiles(
                files=(file,),
                grid=Grid(
                    (slices, rows, cols), _patient_affine(np.array(header["affine"])), header["has_lengths"]
                ),
                unit=GREY,
                modality=named_modality(file),
                frame_of_reference=header["space"],
                title=stem if count == 1 else f"{stem}, volume {number + 1} of {count}",
                source={"kind": "nifti", **asdict(voxels)},
                reader=reader,
                is_placed=header["is_placed"],
                remarks=tuple(header["remarks"]),
            )
        )
    return found


def _patient_affine(affine: Affine) -> Affine:
    """From NIfTI's (col, row, slice) in right-anterior-superior axes to ours."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine[:, [2, 1, 0, 3]]


def _place(file: Path, header: Any) -> tuple[Affine, str | None, bool, list[str]]:  # noqa: ANN401  (nibabel is untyped)
    """The affine in mm, the coordinate system it names, whether there is any, and what to say of it."""
    scale = np.diag([_MILLIMETRES.get(header.get_xyzt_units()[0], 1.0)] * 3 + [1.0])
    (sform, sform_code), (qform, qform_code) = header.get_sform(coded=True), header.get_qform(coded=True)
    if sform_code > 0:
        said = [] if qform_code > 0 else ["It has no qform; its place is its sform's."]
        affine, code, is_placed = sform, int(sform_code), True
    elif qform_code > 0:
        affine, code, is_placed = qform, int(qform_code), True
        said = ["It has no sform; its place is its qform's."]
    else:
        affine, code, is_placed = np.diag([*_spacing(header), 1.0]), 0, False
        said = ["It has neither sform nor qform: the place in the patient and left and right are not known."]
    affine = scale @ np.asarray(affine, np.float64)
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-12:
        raise InputError(f"{file} has an affine that makes no sense (voxels without extent); export it again.")
    return affine, _SPACES.get(code), is_placed, said


def _spacing(header: Any) -> list[float]:  # noqa: ANN401  (nibabel is untyped)
    return [abs(float(side)) if _is_length(side) else 1.0 for side in header["pixdim"][1:4]]


def _is_length(side: float) -> bool:
    return math.isfinite(side) and side != 0


def _check_shape(file: Path, shape: Sequence[int]) -> None:
    if not shape or min(shape) < 1:
        raise InputError(f"{file} has no voxels; export it again.")
    if math.prod(shape[:3]) > MAX_VOXELS:
        told = " × ".join(str(side) for side in shape[:3])
        raise InputError(f"{file} has {told} voxels, more than the limit of {MAX_VOXELS:,}; crop or shrink it.")
    if math.prod(shape[3:]) > MAX_VOLUMES:
        raise InputError(
            f"{file} holds {math.prod(shape[3:]):,} volumes, more than the limit of {MAX_VOLUMES:,}; "
            "save the ones to use as files of their own."
        )


def _check_length(file: Path, needed: int) -> None:
    """Refuse a file of too few bytes, and one that inflates as no picture does."""
    size = file.stat().st_size
    if not _is_compressed(file) and size < needed:
        raise InputError(f"{file} is cut short; copy or export it again.")
    if needed > _SMALL and needed > _MOST_INFLATED * size:
        raise InputError(f"{file} would inflate {needed // size:,}-fold, as no picture does; export it again.")


def _kind(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "c":
        return "complex numbers"
    return "colours" if dtype.kind == "V" else f"numbers of {8 * dtype.itemsize} bit"


def _is_compressed(file: Path) -> bool:
    return file.suffix.lower() == ".gz"


def _opened(file: Path) -> IO[bytes]:
    if _is_compressed(file):
        return gzip.open(file)  # type: ignore[return-value]  # reads as a file does
    return file.open("rb")


def _exactly(file: IO[bytes] | Inflated, size: int) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise EOFError("fewer bytes than the header says")
    return found
