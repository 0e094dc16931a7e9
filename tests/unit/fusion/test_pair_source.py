"""Where a pair of volumes lies and whose it is: values at the voxels they were computed of, in every plane."""

import io
from functools import partial

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.uid import generate_uid

from fusion import InputError
from fusion.cli.volume_inputs import two_volumes
from fusion.data.outgoing.nifti_slice import nifti_slice
from fusion.data.outgoing.pair_source import pair_source, slice_grid
from fusion.data.outgoing.parametric_map import parametric_map
from fusion.data.outgoing.quantity import INPUT
from fusion.data.outgoing.source_slice import place_note
from fusion.data.outgoing.unnamed import unnamed
from fusion.data.swapped_pair import swapped
from fusion.data.volumes.volume_pair_files import VolumePairFiles
from tests.support.dicom_files import OBLIQUE, SPACING, STORED, series
from tests.support.outgoing_slices import NAMES, ORIGIN, read
from tests.support.volumes import as_nifti, volume

AXIAL = np.eye(3)[:, [2, 1, 0]]
ORDERS = {
    "oblique": OBLIQUE,
    "slices backwards": OBLIQUE * (-1, 1, 1),
    "axial": AXIAL,
    "rows and columns backwards": AXIAL * (1, -1, -1),
}
"""Directions of slices, rows and columns of the series."""


@pytest.fixture
def folders(tmp_path):
    """Two series of one patient and study on one grid, in folders of their own, and what changes in them."""

    def written(axes=OBLIQUE, second=None, frame=None, **more):
        frame = frame or generate_uid()
        tags = {"FrameOfReferenceUID": frame, "StudyInstanceUID": NAMES["StudyInstanceUID"]}
        tags |= {keyword: NAMES[keyword] for keyword in ("PatientID", "PatientName", "AccessionNumber")}
        paths = [tmp_path / each for each in ("mri", "pet")]
        series(paths[0], axes=axes, **tags, **more)
        series(paths[1], STORED[::-1].copy(), axes=axes, **{**tags, "PatientID": second or tags["PatientID"]})
        return paths

    return written


@pytest.fixture
def volumes_of(reader):
    """The two volumes of two folders, read by the processes that all tests of this file share."""
    return partial(two_volumes, same_space=False, reader=reader)


@pytest.fixture
def slice_of(volumes_of):
    """The volumes of two folders and one of their slices."""

    def slice_of(paths, plane, number, **options):
        files = volumes_of(*paths)
        return files, files.read_slice(plane, number, **options)

    return slice_of


@pytest.mark.parametrize("axes", ORDERS)
def test_each_value_lies_at_the_voxel_that_it_was_computed_of(folders, axes, volumes_of):
    """Found from the files alone: which voxel lies at the place that the map says?"""
    files = volumes_of(*folders(ORDERS[axes]))
    stored = files.first.read().voxels
    to_voxel = np.linalg.inv(files.first.grid.affine)
    for plane, number in (("axial", 2), ("coronal", 3), ("sagittal", 1)):
        pair = files.read_slice(plane, number)
        values = pair.levels[0]
        content = parametric_map(values, INPUT, ORIGIN, pair_source(pair))
        found = highdicom.imread(io.BytesIO(content)).get_volume(dtype=np.float32)
        assert np.array_equal(found.array[0], values)
        rows, cols = values.shape
        for row, col in ((0, 0), (0, cols - 1), (rows - 1, 0), (rows - 1, cols - 1), (rows // 2, cols // 3)):
            place = found.map_indices_to_reference(np.array([[0, row, col]]))[0]
            index = (to_voxel @ [*place, 1])[:3]
            assert index == pytest.approx(np.rint(index), abs=1e-5)
            assert stored[tuple(np.rint(index).astype(int))] == values[row, col]


def test_a_slice_as_its_series_has_it_refers_to_one_file_of_each(folders, volumes_of):
    paths = folders(AXIAL * (-1, 1, 1))
    files = volumes_of(*paths)
    heights = [
        (dataset.SOPInstanceUID, float(dataset.ImagePositionPatient[2]))
        for dataset in (pydicom.dcmread(file) for path in paths for file in path.iterdir())
    ]
    for number in (1, 2, 5):
        source = pair_source(files.read_slice("axial", number))
        here = {uid for uid, height in heights if height == pytest.approx(source.grid.affine[2, 3])}
        assert {image.instance for image in source.images} == here
        assert len(here) == 2


def test_a_slice_across_refers_to_the_whole_series(folders, slice_of):
    _, pair = slice_of(folders(AXIAL), "coronal", 3)
    assert len(pair_source(pair).images) == 2 * len(STORED)


def test_of_an_interpolated_volume_the_slices_around_are_referred_to(folders, tmp_path, slice_of):
    frame = generate_uid()
    paths = folders(AXIAL, frame=frame)
    other = tmp_path / "other"
    tags = {keyword: NAMES[keyword] for keyword in ("PatientID", "StudyInstanceUID")}
    series(other, axes=AXIAL, origin=(-11.3, 7.45, 3.7), FrameOfReferenceUID=frame, **tags)
    _, pair = slice_of((paths[0], other), "axial", 2)
    assert pair.origin.interpolated == 1
    own, *rest = pair_source(pair).images
    assert own.series not in {image.series for image in rest}
    heights = {
        dataset.SOPInstanceUID: float(dataset.ImagePositionPatient[2])
        for dataset in map(pydicom.dcmread, other.iterdir())
    }
    at = pair_source(pair).grid.affine[2, 3]
    below = max(height for height in heights.values() if height < at)
    above = min(height for height in heights.values() if height > at)
    assert sorted(heights[image.instance] for image in rest) == [below, above]
    assert pair_source(swapped(pair)).images == (own, *rest)


def test_the_patients_names_are_known_and_kept_only_where_asked(folders, slice_of):
    _, pair = slice_of(folders(), "axial", 2)
    source = pair_source(pair)
    assert source.patient["PatientID"] == NAMES["PatientID"]
    plain, kept = (
        parametric_map(pair.levels[0], INPUT, ORIGIN, source, identifiers=asked) for asked in (False, True)
    )
    assert NAMES["PatientID"].encode() not in plain
    assert read(kept).PatientID == NAMES["PatientID"]
    assert read(kept).StudyInstanceUID == NAMES["StudyInstanceUID"]
    assert read(plain).FrameOfReferenceUID == read(kept).FrameOfReferenceUID == source.frame_of_reference


def test_exchanged_inputs_lie_where_they_lay(folders, slice_of):
    _, pair = slice_of(folders(), "sagittal", 1)
    one, other = pair_source(pair), pair_source(swapped(pair))
    assert np.array_equal(one.grid.affine, other.grid.affine)
    assert one.images == other.images


def test_a_pair_without_its_words_lies_where_it_lay(folders, slice_of):
    _, pair = slice_of(folders(), "coronal", 2)
    bare = unnamed(pair)
    assert bare.content_hash == pair.content_hash
    assert np.array_equal(slice_grid(bare.origin).affine, slice_grid(pair.origin).affine)


def test_a_spacing_that_the_person_corrects_leaves_no_place(folders, slice_of):
    _, pair = slice_of(folders(), "axial", 2, spacing=SPACING[1] * 2)
    assert pair_source(pair) is None


def test_a_file_that_is_gone_is_told(folders, slice_of):
    paths = folders()
    _, pair = slice_of(paths, "axial", 2)
    for file in paths[0].iterdir():
        file.write_bytes(b"no longer DICOM")
    with pytest.raises(InputError, match="cannot be read as DICOM"):
        pair_source(pair)


def test_volumes_of_a_template_lie_in_its_space(tmp_path, slice_of):
    import nibabel

    paths = []
    for number, name in enumerate(("mri", "pet")):
        image = as_nifti(volume(number))
        image.set_sform(image.affine, 4)
        paths.append(tmp_path / f"{name}.nii.gz")
        nibabel.save(image, paths[-1])
    files, pair = slice_of(paths, "axial", 2)
    source = pair_source(pair)
    assert source.images == ()
    assert source.frame_of_reference == "MNI152"
    import gzip

    back = nibabel.Nifti1Image.from_bytes(gzip.decompress(nifti_slice(pair.levels[0], ORIGIN, source, None)))
    assert (back.header["sform_code"], back.header["qform_code"]) == (4, 4)
    place = back.affine @ [0, 0, 0, 1]
    whole = nibabel.load(paths[0])
    index = np.rint(np.linalg.inv(whole.affine) @ place).astype(int)[:3]
    assert whole.get_fdata(dtype=np.float32)[tuple(index)] == pair.levels[0][0, 0]
    assert highdicom.imread(
        io.BytesIO(parametric_map(pair.levels[0], INPUT, ORIGIN, source))
    ).FrameOfReferenceUID.is_valid
    assert place_note(source, None) == ""
    assert isinstance(files, VolumePairFiles)


def test_files_of_two_patients_name_nobody(folders, tmp_path, slice_of):
    paths = folders()
    _, pair = slice_of(paths, "axial", 2)
    for file in paths[1].iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PatientID = "another"
        dataset.save_as(file)
    assert pair_source(pair).patient == {}
