"""The values of DICOM slices: decoded as their transfer syntax asks, then scaled slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.data.volumes.file_stamp import check_stamp
from fusion.errors import InputError

_JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")  # on cut files pyjpegls is busy for half a minute
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"  # of which no decoder reads 12 bit
_PLAIN = tuple(f"1.2.840.10008.1.2{rest}" for rest in ("", ".1", ".1.99", ".2"))
_DECODERS = MappingProxyType({**dict.fromkeys(_JPEG_2000, "pylibjpeg"), **dict.fromkeys(_JPEG_LS, "gdcm")})
"""Which of several installed decoders is asked, where it is not left to pydicom."""


@dataclass(frozen=True)
class DicomVoxels:
    """Where the slices of one volume lie in DICOM files.

    Attributes
    ----------
    files : sequence of str
    slices : sequence of (int, int, float, float)
        Number of the file, of the frame in it, slope and intercept, in the order of the volume.
    rows, cols : int
    stamps : sequence of two int
        Of each file, as in `stamp_of`.
    paddings : sequence of (two int or None)
        For each file the lowest and highest stored value that stands for no data.
    is_negated : bool
        Whether values change their sign, so that high is bright.
    """

    files: Sequence[str]
    slices: Sequence[tuple[int, int, float, float]]
    rows: int
    cols: int
    stamps: Sequence[tuple[int, int]]
    paddings: Sequence[tuple[int, int] | None]
    is_negated: bool = False

    def planes(self, indices: Sequence[int]) -> Iterator[NDArray[np.generic]]:
        """Each slice, (rows, cols), without holding more than one; NaN where it is padding."""
        wanted = [self.slices[index] for index in indices]
        for number, group in groupby(wanted, key=lambda each: each[0]):
            frames = list(group)
            check_stamp(Path(self.files[number]), self.stamps[number])
            planes = _frames(self.files[number], [frame for _, frame, _, _ in frames])
            for stored, (_, _, slope, intercept) in zip(planes, frames, strict=True):
                if stored.shape != (self.rows, self.cols):
                    raise InputError("Its header and its pixels differ in size; export it again.")
                yield self._values(stored, slope, intercept, self.paddings[number])

    def _values(
        self, stored: NDArray[Any], slope: float, intercept: float, padding: tuple[int, int] | None
    ) -> NDArray[np.generic]:
        sign = -1 if self.is_negated else 1
        values = stored.astype(np.float64) * (sign * slope) + sign * intercept
        if padding is not None:
            low, high = padding
            values[(stored >= low) & (stored <= high)] = np.nan
        return values


def check_syntax(file: Path, dataset: Any) -> None:  # noqa: ANN401  (elements of any kind)
    """Refuse a file that is compressed in a way for which there is no decoder: InputError."""
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or syntax in _PLAIN:
        return
    from pydicom.pixels import get_decoder

    try:
        is_read = get_decoder(syntax).is_available
    except NotImplementedError:
        is_read = False
    if not is_read or (syntax == _JPEG_EXTENDED and dataset.get("BitsStored") != 8):
        name = syntax.name if syntax.name != syntax else "of its maker's own"
        raise InputError(f"{file} is compressed in a way that is not read ({name}); export it uncompressed.")


def _frames(file: str, numbers: Sequence[int]) -> Iterator[NDArray[Any]]:
    """Stored values of some frames, one after the other."""
    from pydicom import config, dcmread
    from pydicom.filereader import read_file_meta_info
    from pydicom.pixels import iter_pixels
    from pydicom.uid import UID

    config.settings.reading_validation_mode = config.IGNORE
    syntax = UID(str(read_file_meta_info(file).get("TransferSyntaxUID", "")))
    source = dcmread(file) if syntax.is_deflated else file  # which pydicom does not read by frames
    yield from iter_pixels(source, indices=numbers, raw=True, decoding_plugin=_DECODERS.get(syntax, ""))
