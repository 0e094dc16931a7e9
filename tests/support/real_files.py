"""Real DICOM files that travel in packages, each a case of two series, and what SimpleITK reads in them.

The first series of a case has the pixels of its files as they are, in their own transfer syntax; the second has
them turned by half a turn, uncompressed. Both have UIDs of their own, so that the cases are told apart.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import nibabel
import numpy as np
import pydicom
import SimpleITK
from pydicom.data import get_testdata_file
from pydicom.pixels import pixel_array
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

_NICOM = Path(nibabel.__file__).parent / "nicom" / "tests" / "data"
SYNTAXES = ("", "_RLE", "_bigendian", "_expb", "_implicit", "_jp2klossless", "_jpeg_ls_lossless", "_padded")
"""Endings of a slice of 64 × 64 pixels in every transfer syntax that there is."""
CASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{f"small{ending}": (f"MR_small{ending}.dcm",) for ending in SYNTAXES},
        "siemens": ("0.dcm", "1.dcm"),
        "jpeg2000": ("slicethickness_empty_string.dcm",),
        "philips": ("philips_mprage.dcm.gz",),
        "enhanced": ("eCT_Supplemental.dcm",),
    }
)
"""Files by the name of their case: MRI, of Siemens two slices of a DTI, of Philips an Enhanced file, then a CT."""
SOME_FRAMES = slice(80, 88)
"""Of the 176 of Philips' file, whose pixels were set to 0 before it was published: made ones stand there."""


def content_of(name: str) -> bytes:
    """What a file holds, unpacked."""
    file = _NICOM / name
    content = (file if file.exists() else Path(get_testdata_file(name, download=False))).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


def write_cases(root: Path, names: Sequence[str] = tuple(CASES)) -> Path:
    """The cases as a folder of folders."""
    for name in names:
        files = CASES[name]
        _write(root / name / "one", [content_of(file) for file in files], is_turned=False)
        plain = ("MR_small.dcm",) if name.startswith("small") else files
        _write(root / name / "other", [content_of(file) for file in plain], is_turned=True)
    return root


def _write(folder: Path, contents: Sequence[bytes], *, is_turned: bool) -> None:
    folder.mkdir(parents=True)
    series = generate_uid()
    for number, content in enumerate(contents):
        found = pydicom.dcmread(io.BytesIO(content))
        if not any(found.PixelData):
            _fill(found)
        found.SeriesInstanceUID, found.SOPInstanceUID = series, generate_uid()
        found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
        if is_turned:
            found.PixelData = np.flip(pixel_array(found, raw=True), (-2, -1)).tobytes()
            found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        found.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def _fill(found: pydicom.Dataset) -> None:
    """Leave some frames and make their pixels."""
    found.PerFrameFunctionalGroupsSequence = found.PerFrameFunctionalGroupsSequence[SOME_FRAMES]
    found.NumberOfFrames = len(found.PerFrameFunctionalGroupsSequence)
    shape = found.NumberOfFrames, found.Rows, found.Columns
    found.PixelData = np.random.default_rng(0).integers(0, 4096, shape).astype(np.uint16).tobytes()


def by_sitk(folder: Path) -> SimpleITK.Image:
    """A series from the right to the left, from front to back, from the feet up, as SimpleITK reads it."""
    files = sorted(map(str, folder.iterdir()))
    if len(files) == 1:
        return SimpleITK.DICOMOrient(SimpleITK.ReadImage(files[0]), "LPS")
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    return SimpleITK.DICOMOrient(reader.Execute(), "LPS")


def index_of(image: SimpleITK.Image, plane: str, number: int, pixel: tuple[int, int]) -> tuple[int, int, int]:
    """Which voxel of such an image radiologists see at a pixel of a slice, the first one 1."""
    (row, col), at, top = pixel, number - 1, image.GetSize()[2] - 1
    return {"axial": (col, row, at), "coronal": (col, at, top - row), "sagittal": (at, col, top - row)}[plane]
