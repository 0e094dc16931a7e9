"""Results that leave as DICOM and NIfTI, read again by pydicom, highdicom, nibabel, dcmtk and dicom3tools."""

import io
import json
import shutil
import subprocess
from dataclasses import replace

import highdicom
import nibabel
import numpy as np
import pytest

from fusion import InputError
from fusion.data.outgoing.dicom_headers import IDENTIFIERS
from fusion.data.outgoing.nifti_slice import nifti_slice
from fusion.data.outgoing.origin import NOTICE, ResultOrigin
from fusion.data.outgoing.parametric_map import parametric_map
from fusion.data.outgoing.quantity import FUSED, GUIDANCE, INPUT, JACOBIAN
from fusion.data.outgoing.reference_slice import reference_slice
from fusion.data.outgoing.secondary_capture import secondary_capture, with_margin
from fusion.data.outgoing.source_slice import SourceSlice, place_note
from fusion.data.volumes.grid import Grid
from tests.support.outgoing_slices import (
    MORE_NAMES,
    NAMES,
    ORIGIN,
    PLACES,
    SEEDS,
    VALUES,
    H,
    W,
    corners,
    dicom_slice,
    everything,
    placed,
    read,
    source_image,
)

PICTURE = np.random.default_rng(1).integers(0, 256, (H, W, 3), dtype=np.uint8)


@pytest.mark.parametrize("place", PLACES)
def test_a_map_comes_back_bit_for_bit_and_at_its_place(place):
    content = parametric_map(VALUES, GUIDANCE, ORIGIN, placed(PLACES[place]))
    dataset = read(content)
    stored = np.frombuffer(dataset.FloatPixelData, "<f4").reshape(H, W)
    assert np.array_equal(stored.view(np.uint32), VALUES.view(np.uint32))
    volume = highdicom.imread(io.BytesIO(content)).get_volume(dtype=np.float32)
    assert np.array_equal(volume.array[0], VALUES)
    for (row, col), where in corners(PLACES[place]).items():
        assert volume.map_indices_to_reference(np.array([[0, row, col]]))[0] == pytest.approx(where, abs=1e-6)
    assert volume.spacing == pytest.approx(np.linalg.norm(PLACES[place][:3, :3], axis=0), abs=1e-6)
    assert volume.frame_of_reference_uid == "1.2.826.0.1.3680043.8.498.4444"


@pytest.mark.parametrize("place", PLACES)
def test_the_corners_of_a_map_lie_where_the_header_alone_says(place):
    """By the equation of DICOM C.7.6.2.1.1, without highdicom."""
    shared, each = _groups(read(parametric_map(VALUES, GUIDANCE, ORIGIN, placed(PLACES[place]))))
    orientation = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float)
    between_rows, between_cols = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    first = np.array(each.PlanePositionSequence[0].ImagePositionPatient, float)
    for (row, col), where in corners(PLACES[place]).items():
        found = first + orientation[:3] * between_cols * col + orientation[3:] * between_rows * row
        assert found == pytest.approx(where, abs=1e-6)


def _groups(dataset):
    return dataset.SharedFunctionalGroupsSequence[0], dataset.PerFrameFunctionalGroupsSequence[0]


@pytest.mark.parametrize("place", PLACES)
def test_nifti_comes_back_bit_for_bit_and_its_corners_at_their_places(place, tmp_path):
    (tmp_path / "map.nii.gz").write_bytes(nifti_slice(VALUES, ORIGIN, placed(PLACES[place]), None))
    image = nibabel.load(tmp_path / "map.nii.gz")
    array = np.asanyarray(image.dataobj)
    assert array.dtype == np.float32
    assert array.shape == (W, H, 1)
    for (row, col), (x, y, z) in corners(PLACES[place]).items():
        assert array[col, row, 0] == VALUES[row, col]
        assert image.affine @ [col, row, 0, 1] == pytest.approx([-x, -y, z, 1], abs=1e-4)  # of float32
        assert image.get_qform() @ [col, row, 0, 1] == pytest.approx([-x, -y, z, 1], abs=1e-4)
    assert np.array_equal(array[..., 0].T, VALUES)
    assert (image.header["sform_code"], image.header["qform_code"]) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_nifti_without_a_place_says_so():
    for spacing, unit in (((0.5, 0.75), "mm"), (None, "unknown")):
        image = nibabel.Nifti1Image.from_bytes(_unzipped(nifti_slice(VALUES, ORIGIN, None, spacing)))
        assert (image.header["sform_code"], image.header["qform_code"]) == (0, 0)
        assert image.header.get_zooms()[:2] == (spacing or (1, 1))[::-1]
        assert image.header.get_xyzt_units()[0] == unit
        assert place_note(None, spacing).startswith("The file has no place in a patient")
    assert place_note(placed(PLACES["axial"]), None) == ""


def test_nifti_of_sheared_pixels_keeps_the_shear_and_claims_no_rotation():
    sheared = PLACES["axial"].copy()
    sheared[:3, 1] += 0.3 * sheared[:3, 2]
    image = nibabel.Nifti1Image.from_bytes(_unzipped(nifti_slice(VALUES, ORIGIN, placed(sheared), None)))
    assert image.header["qform_code"] == 0
    for (row, col), (x, y, z) in corners(sheared).items():
        assert image.affine @ [col, row, 0, 1] == pytest.approx([-x, -y, z, 1], abs=1e-4)
    with pytest.raises(InputError, match="sheared"):
        parametric_map(VALUES, GUIDANCE, ORIGIN, placed(sheared))


def test_slices_that_lie_aside_of_each_other_leave_the_pixels_of_one_where_they_are():
    """A tilted gantry: half a millimetre down for each slice of 3.3 mm."""
    tilted = PLACES["rows run backwards"].copy()
    tilted[:3, 0] += 0.5 * tilted[:3, 1] / np.linalg.norm(tilted[:3, 1])
    content = parametric_map(VALUES, GUIDANCE, ORIGIN, placed(tilted))
    volume = highdicom.imread(io.BytesIO(content)).get_volume(dtype=np.float32)
    assert np.array_equal(volume.array[0], VALUES)
    for (row, col), where in corners(tilted).items():
        assert volume.map_indices_to_reference(np.array([[0, row, col]]))[0] == pytest.approx(where, abs=1e-6)


def _unzipped(content):
    import gzip

    return gzip.decompress(content)


def test_nifti_says_where_it_comes_from():
    content = nifti_slice(VALUES, ORIGIN, placed(PLACES["axial"]), None)
    assert content == nifti_slice(VALUES, ORIGIN, placed(PLACES["axial"]), None)
    (extension,) = nibabel.Nifti1Image.from_bytes(_unzipped(content)).header.extensions
    facts = json.loads(extension.get_content())
    assert facts["network"] == {"name": "MaskNet", "weights_sha256": "cd" * 32}
    assert facts["notice"] == NOTICE


@pytest.mark.parametrize("quantity", [GUIDANCE, JACOBIAN, FUSED, INPUT])
def test_a_map_says_what_its_values_are(quantity):
    dataset = read(parametric_map(VALUES, quantity, ORIGIN, placed(PLACES["axial"])))
    (mapping,) = _groups(dataset)[0].RealWorldValueMappingSequence
    (unit,) = mapping.MeasurementUnitsCodeSequence
    assert unit.CodingSchemeDesignator == "UCUM"
    assert unit.CodeValue in ("{ratio}", "[arb'U]")  # never "1", which tells a reader nothing
    assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1, 0)
    assert mapping.DoubleFloatRealWorldValueFirstValueMapped == VALUES.min()
    assert mapping.DoubleFloatRealWorldValueLastValueMapped == VALUES.max()
    assert dataset.ContentLabel == quantity.code


@pytest.mark.parametrize("constant", [0.0, -2.5])
def test_a_constant_map_is_one(constant):
    content = parametric_map(np.full((H, W), constant, np.float32), GUIDANCE, ORIGIN, placed(PLACES["axial"]))
    assert (highdicom.imread(io.BytesIO(content)).get_volume().array == constant).all()


def test_a_picture_comes_back_as_it_is_seen():
    dataset = read(secondary_capture(PICTURE, ORIGIN, None))
    assert np.array_equal(dataset.pixel_array, PICTURE)
    assert np.array_equal(
        highdicom.imread(io.BytesIO(secondary_capture(PICTURE, ORIGIN, None))).get_frame(1), PICTURE
    )
    assert (dataset.PhotometricInterpretation, dataset.BitsStored) == ("RGB", 8)
    assert not dataset.PatientOrientation
    assert "PixelSpacing" not in dataset


@pytest.mark.parametrize(
    ("place", "sides"),
    [("axial", ["L", "P"]), ("coronal", ["L", "H"]), ("columns run backwards", None), ("sagittal", None)],
)
def test_a_picture_says_which_sides_of_the_patient_it_shows(place, sides):
    from highdicom.spatial import get_closest_patient_orientation

    found = list(read(secondary_capture(PICTURE, ORIGIN, placed(PLACES[place]))).PatientOrientation)
    letters = [each.value for each in get_closest_patient_orientation(PLACES[place])]
    assert [each[0] for each in found] == [letters[2], letters[1]]
    assert sides is None or found == sides


def test_the_margin_names_the_network_and_leaves_the_picture_whole():
    framed = with_margin(PICTURE, ORIGIN)
    factor = framed.shape[1] // W
    assert np.array_equal(framed[: H * factor : factor, ::factor], PICTURE)
    margin = framed[H * factor :]
    assert (margin[0] == 255).all()
    assert (margin < 64).any()  # something is written
    assert (framed[:, -1][H * factor :] == 255).all()  # and not cut off
    wide = with_margin(np.zeros((40, 1000), np.uint8), ORIGIN)
    assert wide.shape[1] == 1000


@pytest.mark.parametrize("kind", ["capture", "map"])
def test_the_header_says_that_it_is_derived_by_whom_and_what_for(kind):
    source = placed(PLACES["oblique"], images=(source_image(),), is_lossy=True)
    dataset = read(_made(kind, source))
    assert dataset.ImageType[0] == "DERIVED"
    assert dataset.ContentQualification == "RESEARCH"
    assert NOTICE in dataset.ImageComments
    assert NOTICE in dataset.DerivationDescription
    assert "MaskNet" in dataset.DerivationDescription
    (network,) = dataset.ContributingEquipmentSequence
    assert (network.ManufacturerModelName, network.SoftwareVersions) == ("MaskNet", "cd" * 32)
    assert dataset.SoftwareVersions[0] == f"FuseVis {ORIGIN.version}"
    assert dataset.LossyImageCompression == "01"
    (reference,) = dataset.SourceImageSequence
    assert reference.ReferencedSOPInstanceUID == source_image().instance
    others = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert others[0].StudyInstanceUID == source_image().study != dataset.StudyInstanceUID


def _made(kind, source, **options):
    if kind == "capture":
        return secondary_capture(PICTURE, ORIGIN, source, **options)
    return parametric_map(VALUES, GUIDANCE, ORIGIN, source, **options)


def test_each_file_has_uids_of_its_own_and_a_pair_one_study():
    files = [read(_made(kind, placed(PLACES["axial"]))) for kind in ("capture", "map", "capture", "map")]
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID"):
        assert len({file[keyword].value for file in files}) == len(files)
    assert len({file.StudyInstanceUID for file in files}) == 1
    other = read(secondary_capture(PICTURE, replace(ORIGIN, images="ef" * 32), None))
    assert other.StudyInstanceUID != files[0].StudyInstanceUID


def test_images_of_two_studies_are_referred_to_in_their_studies():
    images = (source_image("1.2.3", 1), source_image("1.2.4", 2), source_image("1.2.3", 3))
    dataset = read(parametric_map(VALUES, GUIDANCE, ORIGIN, placed(PLACES["axial"], images=images)))
    others = dataset.StudiesContainingOtherReferencedInstancesSequence
    assert {each.StudyInstanceUID: len(each.ReferencedSeriesSequence) for each in others} == {
        "1.2.3": 2,
        "1.2.4": 1,
    }
    (derived,) = _groups(dataset)[1].DerivationImageSequence
    assert {each.ReferencedSOPInstanceUID for each in derived.SourceImageSequence} == {
        each.instance for each in images
    }


def test_no_image_of_an_archive_is_made_up():
    dataset = read(parametric_map(VALUES, GUIDANCE, ORIGIN, placed(PLACES["axial"])))
    assert not _groups(dataset)[1].DerivationImageSequence
    for keyword in (
        "SourceImageSequence",
        "ReferencedSeriesSequence",
        "StudiesContainingOtherReferencedInstancesSequence",
    ):
        assert keyword not in dataset


def test_a_map_needs_a_place_a_size_and_numbers():
    with pytest.raises(InputError, match="Secondary Capture or NIfTI"):
        parametric_map(VALUES, GUIDANCE, ORIGIN, None)
    with pytest.raises(InputError, match=r"has 37 × 31 pixels .* has 36 × 31"):
        parametric_map(VALUES, GUIDANCE, ORIGIN, placed(PLACES["axial"], (36, 31)))
    with pytest.raises(InputError, match="not finite"):
        parametric_map(np.full((H, W), np.nan, np.float32), GUIDANCE, ORIGIN, placed(PLACES["axial"]))


def test_a_slice_without_a_frame_of_reference_gets_one_that_nothing_else_has():
    source = SourceSlice(Grid((1, H, W), PLACES["axial"]))
    frames = {read(parametric_map(VALUES, GUIDANCE, ORIGIN, source)).FrameOfReferenceUID for _ in range(2)}
    assert len(frames) == 2


@pytest.mark.parametrize("kind", ["capture", "map"])
def test_no_name_of_the_patient_leaves_unless_it_is_asked_for(write, kind):
    source = reference_slice(write(dicom_slice(), ".dcm"))
    text = everything(_made(kind, source))
    found = [seed for seed in SEEDS if seed.encode() in text and seed != NAMES["StudyInstanceUID"]]
    assert found == []  # the study's UID stands in the references: only its archive can do something with it
    dataset = read(_made(kind, source))
    assert dataset.StudyInstanceUID != NAMES["StudyInstanceUID"]
    assert not any(dataset.get(keyword) for keyword in IDENTIFIERS if keyword != "StudyInstanceUID")


@pytest.mark.parametrize("kind", ["capture", "map"])
def test_names_stay_where_they_are_asked_for_and_nothing_else(write, kind):
    source = reference_slice(write(dicom_slice(), ".dcm"))
    content = _made(kind, source, identifiers=True)
    dataset = read(content)
    assert {keyword: str(dataset[keyword].value) for keyword in NAMES} == NAMES
    assert not [each for each in MORE_NAMES.values() if each.encode() in content]
    assert dataset.ReferencedSeriesSequence[0].SeriesInstanceUID == source.images[0].series


def test_names_in_another_script_and_odd_ones_stay_and_are_not_written_on_the_screen(write, recwarn, caplog):
    odd = {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "山田^太郎", "PatientID": "ZQ" * 40}
    with pytest.warns(UserWarning, match="exceeds the maximum"):  # the test's own file
        content = dicom_slice(**odd)
    source = reference_slice(write(content, ".dcm"))
    made = [_made(kind, source, identifiers=True) for kind in ("capture", "map")]
    assert not [each for each in recwarn if "ZQ" in str(each.message)]
    assert not caplog.records or all("ZQ" not in each.getMessage() for each in caplog.records)
    for content in made:
        assert str(read(content).PatientName) == "山田^太郎"


def test_nifti_holds_no_name_at_all(write):
    source = reference_slice(write(dicom_slice(), ".dcm"))
    content = _unzipped(nifti_slice(VALUES, ORIGIN, source, None))
    assert not [seed for seed in SEEDS if seed.encode() in content]


def test_a_network_may_be_called_anything():
    origin = ResultOrigin("My\\Net\n" + "é" * 100, "", "ab" * 32, "Fused")
    dataset = read(secondary_capture(PICTURE, origin, None))
    assert dataset.ContributingEquipmentSequence[0].ManufacturerModelName.startswith("My Net éé")
    assert len(dataset.SeriesDescription) == 63


@pytest.mark.parametrize("kind", ["capture", "map"])
@pytest.mark.parametrize("identifiers", [False, True])
def test_other_programs_find_no_fault(write, tmp_path, kind, identifiers):
    source = reference_slice(write(dicom_slice(), ".dcm"))
    file = tmp_path / "out.dcm"
    file.write_bytes(_made(kind, source, identifiers=identifiers))
    programs = [each for each in ("dcmdump", "dciodvfy") if shutil.which(each)]
    if not programs:
        pytest.skip("Neither dcmdump (Debian's dcmtk) nor dciodvfy (dicom3tools) is installed: `make archive`.")
    for program in programs:
        done = subprocess.run([program, file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert not [line for line in done.stderr.splitlines() if line.startswith(("E:", "Error"))]
