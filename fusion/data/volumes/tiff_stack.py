"""TIFF stacks: several pictures of one size in a file are slices of a volume without a place in the patient."""

from __future__ import annotations

import logging
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from fusion.data.color import luminance
from fusion.data.decoding import (
    DEFLATE,
    UNCOMPRESSED,
    check_bands,
    check_length,
    opened,
    page_samples,
    pillow_keeps,
    pillow_samples,
)
from fusion.data.fill_values import fill_value, is_fill
from fusion.data.picture import MAX_PIXELS
from fusion.data.raw_scale import GREY, LUMINANCE
from fusion.data.volumes.file_stamp import check_stamp, stamp_of
from fusion.data.volumes.grid import Grid
from fusion.data.volumes.volume_files import MAX_VOXELS, VolumeFiles, named_modality
from fusion.data.volumes.voxel_reader import VoxelReader
from fusion.errors import InputError

_MICRONS = MappingProxyType(dict.fromkeys(("um", "µm", "micron", "\\u00B5m"), 0.001))
_MILLIMETRES = MappingProxyType({"mm": 1.0, "cm": 10.0, **_MICRONS})
_MASK = 4  # in a page's subfile type
_PLACELESS = "It says nothing of its place in the patient: left and right are not known."
_SILENT = logging.NullHandler()


@dataclass(frozen=True)
class TiffVoxels:
    """Slices in a TIFF.

    Attributes
    ----------
    file : str
    rows, cols : int
    is_contiguous : bool
        Whether one page stands for all slices, which lie behind each other.
    stamp : two int
        As in `stamp_of`.
    """

    file: str
    rows: int
    cols: int
    is_contiguous: bool
    stamp: tuple[int, int]

    def planes(self, indices: Sequence[int]) -> Iterator[NDArray[np.generic]]:
        """Each slice, (rows, cols), without holding more than one; NaN where it is the fill value."""
        logging.getLogger("tifffile").addHandler(_SILENT)
        path = Path(self.file)
        check_stamp(path, self.stamp)
        with tifffile.TiffFile(path) as tiff:
            for index in indices:
                page = tiff.pages.first if self.is_contiguous else tiff.pages[index].aspage()
                samples = _behind(tiff, page, index) if self.is_contiguous else _samples(path, page, index)
                values = samples.astype(np.float64)
                fill = fill_value(page)
                if fill is not None:
                    values[is_fill(samples, fill)] = np.nan
                yield luminance(values) if values.ndim == 3 else values


def tiff_header(file: Path) -> Mapping[str, object]:
    """Tell what a TIFF says of the stack in it, as `tiff_volume` takes it; nothing where it is one picture.

    Raises
    ------
    InputError
        Its pictures differ in size or stand for more than slices, or it has more than a volume's limit.
    """
    logging.getLogger("tifffile").addHandler(_SILENT)
    with tifffile.TiffFile(file) as tiff:
        first = tiff.pages.first
        rows, cols = int(first.imagelength), int(first.imagewidth)
        count = len(tiff.pages)
        if count > 1 and _is_other(first, tiff.pages[1].aspage()):  # a preview or a mask beside one picture
            return {}
        is_contiguous = count == 1
        if not is_contiguous:
            _check_chain(file, tiff)
        else:
            count = math.prod(tiff.series[0].shape) // math.prod(first.shape)
        if count < 2:
            return {}
        check_bands(file, first)
        _check_axes(file, tiff, count)
        _check_size(file, rows, cols, count)
        if is_contiguous:
            _check_contiguous(file, first, count)
        spacing, remarks = _spacing(tiff)
        is_color = first.samplesperpixel >= 3
        return {
            "kind": "tiff",
            "shape": [count, rows, cols],
            "is_contiguous": is_contiguous,
            "spacing": spacing,
            "unit": LUMINANCE if is_color else GREY,
            "stamp": stamp_of(file),
            "remarks": remarks,
        }


def tiff_volume(file: Path, header: Mapping[str, Any], reader: VoxelReader) -> VolumeFiles:
    """Tell which volume a TIFF stack is, from its header."""
    slices, rows, cols = header["shape"]
    affine = np.eye(4)
    affine[:3, :3] = np.fliplr(np.diag((header["spacing"] or [1.0] * 3)[::-1]))
    voxels = TiffVoxels(str(file.absolute()), rows, cols, header["is_contiguous"], header["stamp"])
    return VolumeFiles(
        files=(file,),
        grid=Grid((slices, rows, cols), affine, has_lengths=header["spacing"] is not None),
        unit=header["unit"],
        modality=named_modality(file),
        frame_of_reference=None,
        title=file.stem,
        source={"kind": "tiff", **asdict(voxels)},
        reader=reader,
        is_placed=False,
        remarks=tuple(header["remarks"]),
    )


def _is_other(first: tifffile.TiffPage, second: tifffile.TiffPage) -> bool:
    return second.shape != first.shape or bool(second.subfiletype & _MASK)


def _check_chain(file: Path, tiff: tifffile.TiffFile) -> None:
    """Refuse a file in which pages follow that cannot be read: tifffile leaves them out."""
    last, form = tiff.pages[len(tiff.pages) - 1].aspage(), tiff.tiff
    tiff.filehandle.seek(last.offset)
    (tags,) = struct.unpack(form.tagnoformat, tiff.filehandle.read(form.tagnosize))
    tiff.filehandle.seek(last.offset + form.tagnosize + tags * form.tagsize)
    (following,) = struct.unpack(form.offsetformat, tiff.filehandle.read(form.offsetsize))
    told = math.prod(tiff.series[0].shape) // math.prod(tiff.pages.first.shape)
    if following or (len(tiff.series) == 1 and told != len(tiff.pages)):
        raise InputError(f"{file} is cut short: pictures of its stack are missing; copy or export it again.")


def _check_axes(file: Path, tiff: tifffile.TiffFile, count: int) -> None:
    """Refuse stacks of several channels or moments, and pages that are not alike."""
    series = tiff.series[0]
    axes = [axis for axis, side in zip(series.axes, series.shape, strict=True) if side > 1 and axis not in "YXS"]
    if len(axes) > 1 or "C" in axes:
        told = " × ".join(str(side) for side in series.shape)
        raise InputError(
            f"{file} holds {told} values ({series.axes}), more than a stack; save one as a file of its own."
        )
    shapes = {tiff.pages[index].aspage().shape for index in range(min(count, len(tiff.pages)))}
    if shapes != {tiff.pages.first.shape}:
        raise InputError(f"{file} holds pictures of several sizes; save the ones to use as files of their own.")


def _check_size(file: Path, rows: int, cols: int, count: int) -> None:
    if rows * cols > MAX_PIXELS or rows * cols * count > MAX_VOXELS:
        raise InputError(
            f"{file} has {count:,} slices of {cols} × {rows} pixels, more than the limits of {MAX_PIXELS:,} "
            f"pixels and {MAX_VOXELS:,} voxels; crop or shrink it."
        )


def _check_contiguous(file: Path, page: tifffile.TiffPage, count: int) -> None:
    size = math.prod(page.shape) * page.dtype.itemsize if page.dtype is not None else 0
    if page.compression != UNCOMPRESSED or not size:
        raise InputError(f"{file} is compressed in a way that is not read; save it without compression.")
    if file.stat().st_size < page.dataoffsets[0] + count * size:
        raise InputError(f"{file} is cut short: it has not the {count:,} slices it speaks of; export it again.")


def _spacing(tiff: tifffile.TiffFile) -> tuple[list[float] | None, list[str]]:
    """Millimetres from a slice, row and column to the next, where ImageJ has noted them, and what to say."""
    noted = tiff.imagej_metadata or {}
    scale = _MILLIMETRES.get(str(noted.get("unit", "")))
    page = tiff.pages.first
    per_unit = [page.tags.valueof(name) for name in ("YResolution", "XResolution")]
    sides = [noted.get("spacing"), *(each and each[1] / each[0] for each in per_unit if each is None or each[0])]
    if scale is not None and len(sides) == 3 and all(side and math.isfinite(side) for side in sides):
        return [abs(float(side)) * scale for side in sides if side], [_PLACELESS]
    return None, [_PLACELESS, "It has no spacing: lengths are told in pixels."]


def _samples(path: Path, page: tifffile.TiffPage, index: int) -> NDArray[Any]:
    """Samples of a page: from tifffile where it undoes the compression, from Pillow where that loses nothing."""
    check_bands(path, page)
    if page.compression == UNCOMPRESSED or page.compression in DEFLATE:
        with path.open("rb") as file:
            check_length(path, file, page)
        samples = page_samples(page)
        return -samples.astype(np.float64) if page.photometric == 0 else samples
    if (page.bitspersample == 8 and page.sampleformat == 1) or pillow_keeps(page):
        with path.open("rb") as file, opened(path, file, MAX_PIXELS) as image:
            image.seek(index)
            image.load()
            return pillow_samples(image)
    raise InputError("It is compressed in a way that is not read; save it without compression.")


def _behind(tiff: tifffile.TiffFile, page: tifffile.TiffPage, index: int) -> NDArray[Any]:
    """Samples of a slice that lies behind the first one's."""
    assert page.dtype is not None
    size = math.prod(page.shape) * page.dtype.itemsize
    tiff.filehandle.seek(page.dataoffsets[0] + index * size)
    found = tiff.filehandle.read(size)
    dtype = page.dtype.newbyteorder(tiff.byteorder)
    samples: NDArray[Any] = np.frombuffer(found, dtype).reshape(page.shape)
    return -samples.astype(np.float64) if page.photometric == 0 else samples
