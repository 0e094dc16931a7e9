"""The DICOM file that says where a pair's slice lies, whole, without its place and damaged."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion import InputError
from fusion.data.outgoing.reference_slice import reference_slice
from fusion.data.outgoing.secondary_capture import secondary_capture
from tests.support.outgoing_slices import NAMES, ORIGIN, PLACES, H, W, dicom_slice, read

GOOD_SLICE = dicom_slice()
PICTURE = np.zeros((H, W, 3), np.uint8)


def test_a_reference_file_says_where_the_slice_lies(write):
    for matrix in PLACES.values():
        found = reference_slice(write(dicom_slice(matrix), ".dcm"))
        assert found.grid.shape == (1, H, W)
        assert found.grid.affine[:, 1:] == pytest.approx(matrix[:, 1:], abs=1e-6)
        assert np.abs(found.grid.affine[:, 0]) == pytest.approx(np.abs(matrix[:, 0]), abs=1e-6)
        assert {keyword: found.patient[keyword] for keyword in NAMES} == NAMES
        assert NAMES["PatientName"] not in repr(found)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no DICOM", "cannot be read as DICOM"),
        (dicom_slice()[:300], "cannot be read as DICOM|has no "),
        (dicom_slice(leave_out=["ImagePositionPatient"]), "no ImagePositionPatient"),
        (dicom_slice(leave_out=["PixelSpacing", "Rows"]), "no Rows and no PixelSpacing"),
        (dicom_slice(NumberOfFrames=7), "several slices"),
        (dicom_slice(ImageOrientationPatient=[1, 0, 0, 1, 0, 0]), "a place that cannot be"),
        (dicom_slice(PixelSpacing=[0, 0]), "a place that cannot be"),
    ],
)
def test_what_says_no_place_is_refused(write, content, sentence):
    with pytest.raises(InputError, match=sentence):
        reference_slice(write(content, ".dcm"))


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.integers(132, len(GOOD_SLICE) - 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=5
    )
)
def test_a_damaged_file_is_a_slice_or_a_sentence(tmp_path_factory, changes):
    content = bytearray(GOOD_SLICE)
    for place, put in changes:
        content[place : place + len(put)] = put
    file = tmp_path_factory.getbasetemp() / "damaged.dcm"
    file.write_bytes(content)
    found = _slice_or_sentence(file)
    if isinstance(found, str):
        assert found.startswith(str(file))
        return
    assert found.grid.shape[0] == 1
    for identifiers in {False, bool(found.patient)}:
        assert read(secondary_capture(PICTURE, ORIGIN, found, identifiers=identifiers)).StudyInstanceUID.is_valid


def _slice_or_sentence(file):
    try:
        return reference_slice(file)
    except InputError as error:
        return str(error)
