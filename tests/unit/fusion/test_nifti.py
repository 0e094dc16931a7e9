"""NIfTI volumes against SimpleITK and nibabel: orders and directions of axes, scales, units, bad headers."""

import gzip
import itertools

import nibabel
import numpy as np
import pytest
import SimpleITK

from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.nifti import nifti_header
from fusion.errors import InputError
from tests.support.dicom_files import OBLIQUE, sitk_affine
from tests.support.opened_volumes import only, refusal

STORED = np.random.default_rng(0).integers(-3000, 3000, (7, 6, 5)).astype(np.int16)  # columns, rows, slices
EVERY_TURN = [
    np.array(signs) * np.eye(3)[:, list(order)]
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]


def write(file, values=STORED, affine=None, *, sform=1, qform=1, **fields):
    affine = np.diag([0.5, 0.75, 3, 1]) if affine is None else affine
    image = nibabel.Nifti1Image(values, affine)
    image.set_sform(affine, sform)
    image.set_qform(affine, qform)
    for name, value in fields.items():
        image.header[name] = value
    nibabel.save(image, file)
    return file


@pytest.mark.parametrize("turn", [OBLIQUE, *EVERY_TURN])
def test_volume_is_placed_as_simpleitk_places_it(tmp_path, reader, turn):
    affine = np.eye(4)
    affine[:3] = np.column_stack([turn * [0.5, 0.75, 3], [-11.5, 7.25, 3.5]])
    file = write(tmp_path / "v.nii", affine=affine)
    volume = only([file], reader).read()
    image = SimpleITK.ReadImage(str(file))
    np.testing.assert_array_equal(volume.voxels, SimpleITK.GetArrayFromImage(image).astype(np.float32))
    np.testing.assert_allclose(volume.grid.affine, sitk_affine(image), atol=1e-4)


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", "<u2", "<i4", ">f4", "<f8", "<i8"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_values_are_scaled_as_nibabel_scales_them(tmp_path, reader, dtype, suffix):
    values = np.abs(STORED).astype(dtype) % 200
    image = nibabel.Nifti1Image(values.astype(dtype), np.eye(4), dtype=np.dtype(dtype))
    image.header.set_slope_inter(0.25, -7)
    file = tmp_path / f"v{suffix}"
    nibabel.save(image, file)
    found = only([file], reader)
    expected = np.asarray(nibabel.load(file).dataobj).astype(np.float32).T
    np.testing.assert_array_equal(found.read().voxels, expected)
    for index in (3, 0, 4):
        np.testing.assert_array_equal(found.read_slice(index), expected[index])


def test_slope_of_zero_means_no_scale(tmp_path, reader):
    file = write(tmp_path / "v.nii", scl_slope=0, scl_inter=5)
    np.testing.assert_array_equal(only([file], reader).read().voxels, STORED.T.astype(np.float32))


def test_sform_goes_before_qform_and_a_missing_one_is_said(tmp_path, reader):
    file = write(tmp_path / "both.nii")
    image = nibabel.load(file)
    image.set_qform(np.diag([0.5, 0.75, 3, 1]) + np.eye(4, k=3), 1)
    nibabel.save(image, file)
    assert only([file], reader).grid.affine[0, 3] == 0
    assert only([file], reader).remarks == ()
    no_sform = only([write(tmp_path / "q.nii", sform=0)], reader)
    no_qform = only([write(tmp_path / "s.nii", qform=0)], reader)
    neither = only([write(tmp_path / "n.nii", sform=0, qform=0)], reader)
    np.testing.assert_allclose(no_sform.grid.affine, no_qform.grid.affine, atol=1e-6)
    assert no_sform.is_placed
    assert no_sform.remarks == ("It has no sform; its place is its qform's.",)
    assert no_qform.remarks == ("It has no qform; its place is its sform's.",)
    assert not neither.is_placed
    assert "left and right are not known" in neither.remarks[0]
    assert neither.grid.spacing == pytest.approx((3, 0.75, 0.5))


@pytest.mark.parametrize(("unit", "millimetres"), [("mm", 1), ("meter", 1000), ("micron", 0.001)])
def test_places_are_millimetres_whatever_the_file_counts_in(tmp_path, reader, unit, millimetres):
    image = nibabel.Nifti1Image(STORED, np.diag([0.5, 0.75, 3, 1]))
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "v.nii")
    assert only([tmp_path / "v.nii"], reader).grid.spacing == pytest.approx(np.array([3, 0.75, 0.5]) * millimetres)


def test_a_named_space_is_the_frame_of_reference(tmp_path, reader):
    codes = {1: None, 2: None, 3: "Talairach", 4: "MNI152"}
    for code, space in codes.items():
        assert only([write(tmp_path / f"{code}.nii", sform=code)], reader).frame_of_reference == space


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_each_volume_of_a_series_in_time_is_one(tmp_path, reader, suffix):
    values = np.random.default_rng(1).integers(0, 9, (7, 6, 5, 3)).astype(np.int16)
    found = find_volumes([write(tmp_path / f"fmri{suffix}", values)], reader)
    assert [each.title for each in found] == [f"fmri, volume {number} of 3" for number in (1, 2, 3)]
    for number, each in enumerate(found):
        np.testing.assert_array_equal(each.read().voxels, values[..., number].T.astype(np.float32))
        np.testing.assert_array_equal(each.read_slice(2), values[..., 2, number].T.astype(np.float32))


def test_names_tell_the_modality(tmp_path, reader):
    (tmp_path / "pet").mkdir()
    assert only([write(tmp_path / "case1_T1w.nii")], reader).modality == "MRI"
    assert only([write(tmp_path / "pet" / "0001.nii.gz")], reader).modality == "PET"


def test_infinite_and_missing_values_are_none(tmp_path, reader):
    values = STORED.astype(np.float32)
    values[0, 0, 0], values[1, 0, 0], values[2, 0, 0] = np.nan, np.inf, -np.inf
    volume = only([write(tmp_path / "v.nii", values)], reader).read()
    assert np.isnan(volume.voxels[0, 0, :3]).all()
    assert np.isfinite(volume.voxels).sum() == values.size - 3
    assert "Infinite voxels, 2, count as without a value." in volume.remarks


def test_a_volume_without_any_value_is_refused(tmp_path, reader):
    found = only([write(tmp_path / "v.nii", np.full((3, 3, 3), np.nan, np.float32))], reader)
    with pytest.raises(InputError, match=r"^v: every voxel is without a value; choose another one\.$"):
        found.read()


def test_headers_that_make_no_sense_are_refused(tmp_path, reader):
    assert "makes no sense" in refusal(_with_affine(tmp_path / "flat.nii", np.diag([1, 1, 0, 1])), reader)
    assert "makes no sense" in refusal(_with_affine(tmp_path / "nan.nii", np.diag([1, np.nan, 1, 1])), reader)
    assert "complex numbers" in refusal(write(tmp_path / "c.nii", STORED.astype(np.complex64)), reader)
    colors = np.zeros((4, 4, 4), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    assert "colours" in refusal(write(tmp_path / "rgb.nii", colors), reader)


def _with_affine(file, affine):
    content = bytearray(nibabel.Nifti1Image(STORED, np.eye(4)).to_bytes())
    content[280:328] = np.asarray(affine[:3], "<f4").tobytes()
    file.write_bytes(content)
    return file


def test_a_file_cut_short_is_refused(tmp_path, reader):
    file = write(tmp_path / "v.nii")
    file.write_bytes(file.read_bytes()[:-1])
    assert "cut short" in refusal(file, reader)
    file.write_bytes(file.read_bytes()[:100])
    assert "damaged or cut short" in refusal(file, reader)
    noise = np.random.default_rng(2).integers(0, 256, (64, 64, 40), np.uint8)
    packed = write(tmp_path / "v.nii.gz", noise)
    packed.write_bytes(packed.read_bytes()[:-40])
    found = only([packed], reader)
    for read in (found.read, lambda: found.read_slice(39)):
        with pytest.raises(InputError, match="damaged or cut short"):
            read()


def test_a_compressed_file_with_another_checksum_is_refused(tmp_path, reader):
    file = write(tmp_path / "v.nii", np.zeros((64, 64, 40), np.int16))
    content = bytearray(gzip.compress(file.read_bytes(), 0))  # plain blocks: a changed byte still inflates
    content[-100] ^= 1
    packed = tmp_path / "v.nii.gz"
    packed.write_bytes(content)
    with pytest.raises(InputError, match="damaged or cut short"):
        only([packed], reader).read()


def _with_sides(file, sides, *, tail=b""):
    """A header that speaks of a volume of these sides, in front of few bytes."""
    content = bytearray(nibabel.Nifti1Image(STORED, np.eye(4)).to_bytes())
    content[40:56] = np.array([len(sides), *sides, *[1] * (7 - len(sides))], "<i2").tobytes()
    content += tail
    file.write_bytes(gzip.compress(bytes(content), 1) if file.suffix == ".gz" else bytes(content))
    return file


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_bombs_are_refused_from_their_header(tmp_path, reader, suffix):
    assert "more than the limit" in refusal(_with_sides(tmp_path / f"a{suffix}", [32767, 32767, 32767]), reader)
    assert "volumes, more than the limit" in refusal(_with_sides(tmp_path / f"b{suffix}", [2, 2, 2, 3000]), reader)
    told = refusal(_with_sides(tmp_path / f"c{suffix}", [800, 800, 800], tail=bytes(2**20)), reader)
    assert ("cut short" if suffix == ".nii" else "-fold, as no picture does") in told


def test_headers_are_told_by_the_function_itself(tmp_path):
    header = nifti_header(write(tmp_path / "v.nii"))
    assert header["shape"] == [7, 6, 5]
    with pytest.raises(InputError, match="complex"):
        nifti_header(write(tmp_path / "c.nii", STORED.astype(np.complex64)))
