"""Damaged files of volumes: whatever bytes change, files open or are a sentence, in time and within memory."""

import io
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from fusion.data.volumes.found_volumes import find_volumes
from fusion.errors import InputError
from tests.support.dicom_files import STORED, enhanced, save, series

LARGE = np.kron(STORED, np.ones((1, 12, 12), np.uint16))


def dicom(folder, syntax=None):
    (file,) = series(folder, LARGE[:1], "CT", RescaleSlope=2, RescaleIntercept=-1024)
    return compressed(file, syntax).read_bytes()


def compressed(file, syntax):
    content = pydicom.dcmread(file)
    if syntax == DeflatedExplicitVRLittleEndian:
        content.file_meta.TransferSyntaxUID = syntax
    elif syntax is not None:
        content.compress(syntax)
    content.save_as(file, enforce_file_format=True)
    return file


def nifti(folder, suffix):
    file = folder / f"v{suffix}"
    nibabel.save(nibabel.Nifti1Image(LARGE.T.astype(np.int16), np.diag([1, 2, 3, 1])), file)
    return file.read_bytes()


def tiff(**options):
    content = io.BytesIO()
    tifffile.imwrite(content, LARGE, photometric="minisblack", **options)
    return content.getvalue()


KINDS = {
    "plain": ("", dicom),
    "deflated": ("", lambda folder: dicom(folder, DeflatedExplicitVRLittleEndian)),
    "rle": ("", lambda folder: dicom(folder, RLELossless)),
    "jpeg2000": ("", lambda folder: dicom(folder, JPEG2000Lossless)),
    "jpeg_ls": ("", lambda _: Path(get_testdata_file("MR_small_jpeg_ls_lossless.dcm")).read_bytes()),
    "enhanced": ("", lambda folder: save(enhanced(slopes=[1, 2, 3, 4, 5]), folder / "e").read_bytes()),
    "nifti": (".nii", lambda folder: nifti(folder, ".nii")),
    "packed": (".nii.gz", lambda folder: nifti(folder, ".nii.gz")),
    "pages": (".tif", lambda _: tiff(compression="zlib")),
    "shaped": (".tif", lambda _: tiff(truncate=True)),
}
ANYWHERE = st.floats(0, 1, exclude_max=True)
PLACE = ANYWHERE | ANYWHERE.map(lambda part: part**3)  # most often in the header
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), PLACE, st.binary(min_size=1, max_size=4)),
        st.tuples(st.just("insert"), PLACE, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("delete"), PLACE, st.integers(1, 40)),
        st.tuples(st.just("cut"), PLACE, st.none()),
    ),
    min_size=1,
    max_size=4,
)


def changed(content, changes):
    """Bytes after changes, which leave a DICOM file's preamble whole: without it nothing is looked at."""
    content = bytearray(content)
    first = 132 if content[128:132] == b"DICM" else 0
    for kind, part, value in changes:
        at = first + int(part * (len(content) - first))
        if kind == "set":
            content[at : at + len(value)] = value
        elif kind == "insert":
            content[at:at] = value
        elif kind == "delete":
            del content[at : at + value]
        else:
            del content[at + 1 :]
    return bytes(content)


def opened_or_refused(file, reader):
    """What comes of a file; anything but volumes and sentences is raised."""
    found = find_volumes([file], reader)
    told = [each.reason for each in found.refused]
    for volume in found[:3]:
        for read in (volume.read, lambda volume=volume: volume.read_slice(volume.grid.shape[0] - 1)):
            try:
                read()
            except InputError as error:
                told.append(str(error))
    assert all("\n" not in sentence and sentence.endswith(".") for sentence in told), told
    return "refused" if told else "opened" if found else "passed over"


@pytest.fixture(scope="module", params=KINDS)
def kind(request, tmp_path_factory):
    """A file's ending, the folder for what is made of it, and its bytes."""
    suffix, content = KINDS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    return suffix, folder, content(folder)


@pytest.mark.slow
@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES)
def test_changed_bytes_are_a_volume_or_a_sentence(kind, reader, changes):
    suffix, folder, content = kind
    file = folder / f"changed{suffix}"
    file.write_bytes(changed(content, changes))
    opened_or_refused(file, reader)


def test_unchanged_files_open(kind, reader):
    suffix, folder, content = kind
    file = folder / f"unchanged{suffix}"
    file.write_bytes(content)
    assert opened_or_refused(file, reader) == "opened"
