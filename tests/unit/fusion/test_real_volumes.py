"""Real files that travel in packages: every transfer syntax, Enhanced CT, a DICOMDIR, Siemens DTI, NIfTI."""

from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.data import get_testdata_file

from fusion.data.volumes.found_volumes import find_volumes
from tests.support.dicom_files import put, sitk_affine
from tests.support.opened_volumes import only

NIBABEL = Path(nibabel.__file__).parent
MR_SMALL = ("", "_RLE", "_bigendian", "_expb", "_implicit", "_jp2klossless", "_jpeg_ls_lossless", "_padded")
PLACED = {
    "JPEG-LL.dcm": 0,  # lossless, any predictor
    "JPGLosslessP14SV1_1s_1f_8b.dcm": 0,  # lossless, the common predictor
    "JPEGLSNearLossless_08.dcm": 0,
    "JPEGLSNearLossless_16.dcm": 0,
    "JPEG2000.dcm": 1,  # decoders round differently
    "image_dfl.dcm": 0,
}


def real(name):
    return Path(get_testdata_file(name, download=False))


def with_place(name, folder):
    content = pydicom.dcmread(real(name))
    put(content, ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=[1, 0, 0, 0, 1, 0], PixelSpacing=[1, 1])
    content.save_as(folder / name)
    return folder / name


def sitk_voxels(file):
    image = SimpleITK.ReadImage(str(file))
    return SimpleITK.GetArrayFromImage(image).astype(np.float32), sitk_affine(image)


@pytest.mark.parametrize("name", [f"MR_small{syntax}.dcm" for syntax in MR_SMALL])
def test_mr_in_every_syntax(reader, name):
    found = only([real(name)], reader)
    voxels, affine = sitk_voxels(real(name))
    np.testing.assert_array_equal(found.read().voxels, voxels)
    np.testing.assert_array_equal(found.read().voxels, only([real("MR_small.dcm")], reader).read().voxels)
    np.testing.assert_allclose(found.grid.affine[:3, 1:], affine[:3, 1:], atol=1e-4)
    assert found.grid.spacing[0] == pytest.approx(0.8)  # the slice's thickness, which SimpleITK takes as 1


@pytest.mark.parametrize("name", ["CT_small.dcm", "J2K_pixelrep_mismatch.dcm", "examples_overlay.dcm"])
def test_slices_of_one_file(reader, name):
    found = only([real(name)], reader)
    np.testing.assert_array_equal(found.read().voxels, sitk_voxels(real(name))[0])
    assert found.unit == ("grey level" if name.startswith("examples") else "HU")


def test_large_mr_and_its_lossless_copy(reader):
    plain, packed = (only([real(name)], reader) for name in ("MR2_UNCR.dcm", "MR2_J2KR.dcm"))
    assert plain.grid.shape == (1, 1024, 1024)
    np.testing.assert_array_equal(plain.read().voxels, packed.read().voxels)
    np.testing.assert_array_equal(plain.read().voxels, sitk_voxels(real("MR2_UNCR.dcm"))[0])


@pytest.mark.parametrize("name", PLACED)
def test_syntaxes_of_files_without_a_place(tmp_path, reader, name):
    """They are refused as they are, and once a place is written into them their values are another reader's."""
    assert "says nothing of where its slices lie" in find_volumes([real(name)], reader).refused[0].reason
    placed = with_place(name, tmp_path)
    voxels = only([placed], reader).read().voxels
    np.testing.assert_allclose(voxels, sitk_voxels(placed)[0], rtol=0, atol=PLACED[name])


@pytest.mark.parametrize("name", ["JPEGLSNearLossless_08.dcm", "JPEGLSNearLossless_16.dcm"])
def test_jpeg_ls_by_another_decoder(tmp_path, reader, name):
    expected = pydicom.pixels.pixel_array(real(name), decoding_plugin="pyjpegls")
    voxels = only([with_place(name, tmp_path)], reader).read().voxels
    np.testing.assert_array_equal(voxels[0], expected)


def test_padding_of_a_ct_is_no_value(reader):
    found = only([real("693_UNCR.dcm")], reader)
    voxels, stored = found.read().voxels, pydicom.dcmread(real("693_UNCR.dcm"))
    padded = stored.pixel_array == stored.PixelPaddingValue
    assert padded.any()
    np.testing.assert_array_equal(np.isnan(voxels[0]), padded)
    np.testing.assert_array_equal(voxels[0][~padded], sitk_voxels(real("693_UNCR.dcm"))[0][0][~padded])
    assert any("names no frame of reference" in remark for remark in found.remarks)


def test_enhanced_ct_is_placed_as_highdicom_places_it(reader):
    file = real("eCT_Supplemental.dcm")
    found = only([file], reader)
    theirs = highdicom.imread(file).get_volume(apply_real_world_transform=False)
    ours = found.read()
    for index in np.ndindex(2, 2, 2):
        place = ours.grid.affine @ [*index, 1]
        other = np.rint(theirs.map_reference_to_indices(place[None, :3])[0]).astype(int)
        assert ours.voxels[index] == theirs.array[tuple(other)]
    np.testing.assert_allclose(np.sort(np.abs(theirs.spacing)), np.sort(ours.grid.spacing))
    assert (found.modality, found.unit) == ("CT", "grey level")


@pytest.mark.parametrize("name", ["emri_small.dcm", "emri_small_RLE.dcm", "emri_small_jpeg_2k_lossless.dcm"])
def test_enhanced_mr_without_places_is_refused(reader, name):
    (refused,) = find_volumes([real(name)], reader).refused
    assert refused.reason.startswith("MRI 301 says nothing of where its slices lie in the patient")


@pytest.mark.parametrize("name", ["examples_palette.dcm", "examples_rgb_color.dcm", "color3d_jpeg_baseline.dcm"])
def test_colours_are_refused(reader, name):
    assert "is in colour" in find_volumes([real(name)], reader).refused[0].reason


def test_directory(reader):
    """Two studies of one patient: localizers and a projected angiography in slices of their own, and a stack."""
    directory = Path(get_testdata_file("DICOMDIR", download=False))
    found = find_volumes([directory], reader)
    assert [each.grid.shape for each in found if each.title.startswith("CT 5")] == [(5, 16, 16)]
    assert len([each for each in found if each.title.startswith("MRI 700 ANGIO")]) == 7
    assert len({each.patient_key for each in found}) == 1
    for each in found:
        if each.grid.shape[0] == 1:
            voxels, affine = sitk_voxels(each.files[0])
            np.testing.assert_array_equal(each.read().voxels, voxels)
            np.testing.assert_allclose(each.grid.affine[:3, 1:], affine[:3, 1:], atol=1e-4)
    told = [each.reason for each in found.refused]
    assert sum("says nothing of where" in reason for reason in told) == 3
    assert any("lacks 161 slices, the first after slice 1 of 4" in reason for reason in told)


def test_jpeg_of_12_bits_is_refused(reader):
    (refused,) = find_volumes([real("JPGExtended.dcm")], reader).refused
    assert "is compressed in a way that is not read (JPEG Extended (Process 2 and 4))" in refused.reason


def test_truncated_file_and_its_neighbour(reader):
    found = find_volumes([real("MR_truncated.dcm"), real("CT_small.dcm")], reader)
    assert [each.modality for each in found] == ["CT"]
    assert "is cut short" in found.refused[0].reason


def test_siemens_dti(reader):
    """Two slices of one series, oblique by a few degrees."""
    files = [NIBABEL / "nicom" / "tests" / "data" / name for name in ("0.dcm", "1.dcm")]
    found = only(files, reader)
    for file, voxels in zip(found.files, found.read().voxels, strict=True):
        np.testing.assert_array_equal(voxels, sitk_voxels(file)[0][0])
    np.testing.assert_allclose(found.grid.affine[:3, 1:], sitk_voxels(found.files[0])[1][:3, 1:], atol=1e-4)
    last = found.grid.affine @ [1, 0, 0, 1]
    np.testing.assert_allclose(last[:3], pydicom.dcmread(found.files[1]).ImagePositionPatient, atol=1e-4)


@pytest.mark.parametrize("name", ["anatomical.nii", "standard.nii.gz", "example_nifti2.nii.gz"])
def test_nifti(reader, name):
    file = NIBABEL / "tests" / "data" / name
    image = nibabel.load(file)
    expected = np.asarray(image.dataobj).astype(np.float32).T.reshape(-1, *image.shape[2::-1])
    found = find_volumes([file], reader)
    assert len(found) == len(expected)
    for each, voxels in zip(found, expected, strict=True):
        np.testing.assert_array_equal(each.read().voxels, voxels)
        columns = each.grid.affine @ [1, 2, 3, 1]
        np.testing.assert_allclose(columns, np.diag([-1, -1, 1, 1]) @ image.affine @ [3, 2, 1, 1], atol=1e-4)


def test_values_by_a_table_are_refused(reader):
    assert "by a table (Modality LUT)" in find_volumes([real("mlut_18.dcm")], reader).refused[0].reason


def test_reports_and_structures_hold_no_picture(reader):
    for name in ("test-SR.dcm", "rtplan.dcm", "rtdose.dcm", "liver_1frame.dcm", "waveform_ecg.dcm"):
        assert "holds no picture" in find_volumes([real(name)], reader).refused[0].reason
