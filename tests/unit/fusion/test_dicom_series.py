"""DICOM series: voxels, units and geometry against SimpleITK, and what files say of patients."""

import itertools

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from fusion.data.volumes.found_volumes import find_volumes
from tests.support.dicom_files import (
    COLS,
    OBLIQUE,
    ROWS,
    SHAPE,
    SLICES,
    STORED,
    dataset,
    enhanced,
    put,
    save,
    series,
    sitk_volume,
)
from tests.support.opened_volumes import only

AXIAL = np.eye(3)[:, ::-1]
TURNS = [
    np.array(signs) * np.eye(3)[:, list(order)]
    for order in itertools.permutations(range(3))
    for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, -1))
]


def assert_as_sitk(volume, files):
    voxels, affine = sitk_volume(files)
    np.testing.assert_array_equal(volume.voxels, voxels.astype(np.float32))
    np.testing.assert_allclose(volume.grid.affine, affine, atol=1e-4)


@pytest.mark.parametrize(
    "axes", [OBLIQUE, *TURNS], ids=lambda axes: "".join(f"{each:.0f}" for each in axes.ravel())
)
def test_series_is_placed_as_simpleitk_places_it(tmp_path, reader, axes):
    files = series(tmp_path / "s", axes=axes)
    found = only(files[::-1], reader)
    assert (found.grid.shape, found.unit, found.modality, found.is_placed) == (SHAPE, "grey level", "MRI", True)
    assert_as_sitk(found.read(), files)


def test_slices_alone_are_those_of_the_volume(tmp_path, reader):
    found = only(series(tmp_path / "s"), reader)
    whole = found.read().voxels
    for index in range(SLICES):
        np.testing.assert_array_equal(found.read_slice(index), whole[index])


def test_each_slice_has_its_own_scale(tmp_path, reader):
    slopes, intercepts = [0.5, 1.25, 2, 3.5, 0.125], [-10, 0, 3, 4.5, -0.25]
    files = series(tmp_path / "s", modality="CT", RescaleSlope=slopes, RescaleIntercept=intercepts)
    found = only(files, reader)
    assert found.unit == "HU"
    expected = STORED * np.array(slopes)[:, None, None] + np.array(intercepts)[:, None, None]
    np.testing.assert_array_equal(found.read().voxels, expected.astype(np.float32))


def test_twelve_signed_bits_beside_foreign_ones(tmp_path, reader):
    values = np.random.default_rng(8).integers(-2048, 2048, SHAPE)
    foreign = np.random.default_rng(9).integers(0, 16, SHAPE) << 12  # overlays lie in the bits that are not stored
    stored = ((values & 0xFFF) | foreign).astype(np.uint16).view(np.int16)
    files = series(tmp_path / "s", stored, BitsStored=12)
    np.testing.assert_array_equal(only(files, reader).read().voxels, values.astype(np.float32))


def test_padding_is_no_value(tmp_path, reader):
    stored = STORED.astype(np.int16)
    stored[2, 1:3] = -2000
    stored[0, 0, 0] = -1998
    files = series(tmp_path / "s", stored, "CT", RescaleSlope=1, RescaleIntercept=-1024)
    for file in files:
        content = pydicom.dcmread(file)
        put(content, PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1998)
        content["PixelPaddingValue"].VR = content["PixelPaddingRangeLimit"].VR = "SS"
        content.save_as(file)
    voxels = only(files, reader).read().voxels
    np.testing.assert_array_equal(np.isnan(voxels), stored < -1997)
    np.testing.assert_array_equal(voxels[1], stored[1].astype(np.float32) - 1024)


def test_white_at_the_lowest_is_turned_round_where_values_have_no_unit(tmp_path, reader):
    files = series(tmp_path / "mr", PhotometricInterpretation="MONOCHROME1")
    found = only(files, reader)
    np.testing.assert_array_equal(found.read().voxels, -STORED.astype(np.float32))
    assert any("MONOCHROME1" in remark for remark in found.remarks)
    ct = series(
        tmp_path / "ct",
        modality="CT",
        PhotometricInterpretation="MONOCHROME1",
        RescaleSlope=1,
        RescaleIntercept=-1024,
    )
    np.testing.assert_array_equal(only(ct, reader).read().voxels, STORED.astype(np.float32) - 1024)


def test_enhanced_file(tmp_path, reader):
    slopes = [0.5, 1.25, 2, 3.5, 0.125]
    file = save(enhanced(slopes=slopes), tmp_path / "e")
    found = only([file], reader)
    volume = found.read()
    np.testing.assert_array_equal(volume.voxels, (STORED * np.array(slopes)[:, None, None] + 1).astype(np.float32))
    np.testing.assert_allclose(volume.grid.affine, sitk_volume([file])[1], atol=1e-4)
    np.testing.assert_array_equal(found.read_slice(3), volume.voxels[3])


@pytest.mark.parametrize("gap", [3.0, -3.0])
def test_nm_slices_lie_behind_the_first_or_before_it(tmp_path, reader, gap):
    content = dataset(STORED, "NM", SeriesInstanceUID=generate_uid(), FrameOfReferenceUID=generate_uid())
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [1, 2, 3], [1, 0, 0, 0, 1, 0]
    put(
        content,
        DetectorInformationSequence=Sequence([detector]),
        PixelSpacing=[0.75, 0.5],
        SpacingBetweenSlices=gap,
        SliceVector=list(range(1, SLICES + 1)),
    )
    found = only([save(content, tmp_path / "nm")], reader)
    assert (found.modality, found.unit) == ("SPECT", "counts")
    first = 3 if gap > 0 else 3 + gap * (SLICES - 1)
    np.testing.assert_allclose(
        found.grid.affine, [[0, 0, 0.5, 1], [0, 0.75, 0, 2], [3, 0, 0, first], [0, 0, 0, 1]]
    )
    np.testing.assert_array_equal(found.read().voxels, STORED[:: 1 if gap > 0 else -1].astype(np.float32))


def test_acquisitions_at_one_place_are_volumes_of_their_own(tmp_path, reader):
    both = np.concatenate([STORED, STORED[::-1]])
    files = series(tmp_path / "s", STORED, SeriesInstanceUID="1.2.3", EchoTime=30)
    files += series(tmp_path / "t", STORED[::-1], SeriesInstanceUID="1.2.3", EchoTime=90)
    frame = generate_uid()
    for file in files:
        content = pydicom.dcmread(file)
        content.FrameOfReferenceUID = frame
        content.save_as(file)
    found = find_volumes(files, reader)
    assert [each.title for each in found] == ["MRI 3 axial, volume 1 of 2", "MRI 3 axial, volume 2 of 2"]
    np.testing.assert_array_equal(np.concatenate([each.read().voxels for each in found]), both.astype(np.float32))


def test_a_tilted_gantry_shears_the_volume_and_is_said(tmp_path, reader):
    axes = AXIAL.copy()
    axes[:, 0] = [0, np.sin(0.2), np.cos(0.2)]
    found = only(series(tmp_path / "s", modality="CT", axes=axes), reader)
    np.testing.assert_allclose(found.grid.affine[:3, 0], 3 * axes[:, 0], atol=1e-6)
    assert any("11.5°" in remark for remark in found.remarks)


def test_nothing_shown_names_the_patient(tmp_path, reader):
    files = series(tmp_path / "s", SeriesDescription="Brain of ERIKA")
    found = only(files, reader)
    assert found.title == "MRI 3"
    assert not any(word in repr(found).casefold() for word in ("4711", "muster", "erika"))
    other = only(series(tmp_path / "t", PatientID="p-4711 ", PatientName="Other"), reader)
    assert (
        found.patient_key
        == other.patient_key
        != only(series(tmp_path / "u", PatientID="P-4712"), reader).patient_key
    )
    assert only(series(tmp_path / "v", PatientID="", PatientName=""), reader).patient_key == ""


def test_two_series_of_one_folder_are_two_volumes(tmp_path, reader):
    files = [*series(tmp_path, STORED), *series(tmp_path / "other", STORED[:3])]
    assert [each.grid.shape for each in find_volumes(files, reader)] == [SHAPE, (3, ROWS, COLS)]


def test_copies_of_slices_are_passed_over_and_said(tmp_path, reader):
    files = series(tmp_path / "s")
    copy = tmp_path / "copy"
    copy.write_bytes(files[2].read_bytes())
    found = only([*files, copy], reader)
    assert found.grid.shape == SHAPE
    assert "A copy of one of its files was passed over." in found.remarks


def test_slices_that_share_a_number_are_no_copies(tmp_path, reader):
    found = only(series(tmp_path / "s", SOPInstanceUID="1.2.3.4"), reader)
    np.testing.assert_array_equal(found.read().voxels, STORED)


def test_moments_of_an_enhanced_file_are_volumes_of_their_own(tmp_path, reader):
    content = enhanced(np.concatenate([STORED, STORED + 1]))
    frames = content.PerFrameFunctionalGroupsSequence
    for index, frame in enumerate(frames):
        moment = Dataset()
        moment.TemporalPositionIndex = 1 + index // SLICES
        frame.FrameContentSequence = Sequence([moment])
        frame.PlanePositionSequence = frames[index % SLICES].PlanePositionSequence
    found = find_volumes([save(content, tmp_path / "e")], reader)
    assert not found.refused
    for each, expected in zip(found, (STORED, STORED + 1), strict=True):
        np.testing.assert_array_equal(each.read().voxels, expected.astype(np.float32))
        np.testing.assert_array_equal(each.read_slice(4), expected[4].astype(np.float32))


def test_two_tags_together_tell_acquisitions_apart(tmp_path, reader):
    """Two echoes, each as magnitude and phase: neither the echo nor the type of image is enough."""
    files, frame = [], generate_uid()
    kinds = list(itertools.product((30, 90), ("M", "P")))
    for number, (echo, kind) in enumerate(kinds):
        tags = {"EchoTime": echo, "ImageType": ["ORIGINAL", "PRIMARY", kind], "FrameOfReferenceUID": frame}
        files += series(tmp_path / str(number), STORED + number, SeriesInstanceUID="1.2.3", **tags)
    found = find_volumes(files, reader)
    assert len(found) == 4
    for number, each in enumerate(found):
        np.testing.assert_array_equal(each.read().voxels, STORED + number)


def test_slices_that_a_pet_file_speaks_of_and_are_not_there_are_said(tmp_path, reader):
    found = only(series(tmp_path / "s", modality="PT", Units="BQML", NumberOfSlices=SLICES + 2), reader)
    assert "The file says that there are 7 slices; 5 are here." in found.remarks


def test_a_slice_alone_is_as_thick_as_it_says(tmp_path, reader):
    assert only(series(tmp_path / "s", STORED[:1], spacing=(4, 1, 1)), reader).grid.spacing[0] == 4
    bare = only(series(tmp_path / "t", STORED[:1], SliceThickness=None), reader)
    assert bare.grid.spacing[0] == pytest.approx(1)
    assert "It is one slice without a thickness, which is taken as 1 mm." in bare.remarks
