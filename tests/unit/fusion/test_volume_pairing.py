"""Which volumes of a folder are paired, and what their slices are called."""

from functools import partial

import numpy as np
import pytest
import tifffile
from PIL import Image

import fusion
from fusion import InputError
from fusion.data.same_pictures import contents
from fusion.data.volumes.common_space import common_space
from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.planes import native_plane
from fusion.data.volumes.volume_pairing import pair_volumes
from tests.support.dicom_files import OBLIQUE, series
from tests.support.volumes import volume, write_nifti

MNI = 4
SMALL = {"shape": (4, 6, 5), "spacing": (2.0, 1.0, 1.0)}
AXIAL = np.eye(3)[[2, 1, 0]]
HEAD = {"axes": AXIAL, "FrameOfReferenceUID": "1.2.3"}


def values(seed, shape=(3, 6, 7)):
    return np.random.default_rng(seed).integers(0, 4096, shape).astype(np.uint16)


def two(root, code=MNI, names=("mri/P001.nii.gz", "pet/P001.nii.gz")):
    for seed, name in enumerate(names):
        write_nifti(volume(seed, **SMALL), root / name, code=code)
    return root


@pytest.fixture
def collection_of(reader):
    """The pairs of a folder, read by the processes that all tests of this file share."""
    return partial(fusion.read_collection, reader=reader)


def titles(collection):
    return [f"{each.group}: {each.title}" for each in collection]


def test_volumes_of_one_name_in_one_space_are_listed_slice_by_slice(tmp_path, collection_of):
    found = collection_of(two(tmp_path / "study"))
    assert titles(found)[:5] == [*(f"study: P001 · axial/{n}" for n in range(1, 5)), "study: P001 · coronal/1"]
    assert len(found) == 4 + 6 + 5
    assert {each.case for each in found} == {"P001"}
    assert found[0].names == ("MRI", "PET")
    pair = found[2].read()
    assert pair.title == "P001 · axial slice 3"
    assert "Both lie in MNI152 space." in pair.sentences
    assert (pair.spacing, pair.row_spacing) == (1, 1)


def test_what_is_not_known_to_lie_in_one_space_needs_somebody_who_knows(tmp_path, collection_of):
    two(tmp_path, code=1)
    with pytest.raises(InputError, match=r"neither names a frame of reference; if you know .* --same-space"):
        collection_of(tmp_path)
    found = collection_of(tmp_path, same_space=True)
    assert (
        "They were declared to lie in one space; neither names a frame of reference." in found[0].read().sentences
    )


def test_volumes_that_do_not_say_where_they_lie_are_paired_voxel_by_voxel_or_not_at_all(tmp_path, collection_of):
    two(tmp_path, code=0)
    found = collection_of(tmp_path, same_space=True)
    assert titles(found) == [f"{tmp_path.name}: P001/{n}" for n in range(1, 5)]
    pair = found[0].read()
    assert pair.origin.plane.letters == {}
    assert pair.sentences[0] == "Slice 1 of 4."
    write_nifti(volume(1, shape=(4, 6, 4)), tmp_path / "pet/P001.nii.gz", code=0)
    with pytest.raises(InputError, match="have not the same rows, columns and slices"):
        collection_of(tmp_path, same_space=True)


def test_volumes_apart_are_refused_even_where_somebody_says_that_they_belong_together(tmp_path, collection_of):
    two(tmp_path, code=1)
    write_nifti(volume(1, centre=(900, 0, 0), **SMALL), tmp_path / "pet/P001.nii.gz")
    with pytest.raises(InputError, match="do not overlap anywhere"):
        collection_of(tmp_path, same_space=True)


def test_a_frame_of_reference_pairs_series_wherever_they_lie(tmp_path, collection_of):
    series(tmp_path / "d" / "SE1", values(0), **HEAD)
    series(tmp_path / "d" / "SE2", values(1, (2, 4, 4)), "PT", **HEAD, spacing=(3.0, 1.0, 1.0))
    series(tmp_path / "d" / "SE3", values(2), "CT", axes=AXIAL)  # another frame of reference
    found = collection_of(tmp_path)
    assert titles(found)[0] == f"{tmp_path.name}: d · axial/1"
    assert found[0].names == ("MRI", "PET")
    assert len(found.unpaired) == 1
    pair = found[0].read()
    assert "Both have one frame of reference." in pair.sentences
    assert pair.origin.facts()["interpolation"] == "linear"


def test_two_series_in_one_folder_are_told_apart(tmp_path, collection_of):
    for name, modality, seed in (("a", "MR", 0), ("b", "PT", 1)):
        for file in series(tmp_path / name, values(seed), modality, **HEAD):
            file.rename(tmp_path / f"{name}{file.name}")
    found = collection_of(tmp_path)
    assert found[0].names == ("MRI", "PET")
    assert len({files for each in found for files in (each.volumes.first, each.volumes.second)}) == 2


def test_two_patients_are_never_paired(tmp_path, collection_of):
    series(tmp_path / "mri" / "1", values(0), **HEAD, PatientID="one")
    series(tmp_path / "pet" / "1", values(1), "PT", **HEAD, PatientID="two")
    with pytest.raises(InputError, match="are of two patients"):
        collection_of(tmp_path, same_space=True)


def test_no_name_or_number_of_a_patient_stands_in_titles(tmp_path, collection_of):
    for number, who in ((0, "P-4711"), (2, "P-4712")):
        series(tmp_path / "d" / who / "SE1", values(number), **HEAD, PatientID=who)
        series(tmp_path / "d" / who / "SE2", values(number + 1), "PT", **HEAD, PatientID=who)
    found = collection_of(tmp_path / "d")
    assert {each.title.partition(" ·")[0] for each in found} == {"Patient 1", "Patient 2"}
    told = " ".join([*titles(found), *found[0].read().sentences, str(found[0].read().origin.facts())])
    assert "471" not in told
    assert "Muster" not in told
    assert titles(collection_of(tmp_path / "d" / "P-4711"))[0].startswith("Patient 1: ")


def test_the_only_anatomical_and_the_only_functional_volume_of_a_folder_are_paired(tmp_path, collection_of):
    two(tmp_path, names=("sub-1/anat/sub-1_T1w.nii.gz", "sub-1/pet/sub-1_trc-x_pet.nii.gz"))
    two(tmp_path, names=("sub-2/anat/sub-2_T1w.nii.gz", "sub-2/pet/sub-2_trc-x_pet.nii.gz"))
    found = collection_of(tmp_path)
    assert {each.case for each in found} == {"sub-1", "sub-2"}
    assert {(each.first.name[:5], each.second.name[:5]) for each in found} == {("sub-1",) * 2, ("sub-2",) * 2}


def test_stacks_and_pictures_stand_beside_volumes(tmp_path, collection_of):
    for seed, name in enumerate(("mri", "pet")):
        two(tmp_path)
        Image.fromarray(values(seed, (6, 7)).astype(np.uint8)).save(tmp_path / name / "25001.png")
        tifffile.imwrite(tmp_path / name / "stack.tif", values(seed, (5, 6, 7)), photometric="minisblack")
    found = collection_of(tmp_path)
    cases = {each.title.partition("/")[0] for each in found}
    assert cases == {"25001", "stack", "P001 · axial", "P001 · coronal", "P001 · sagittal"}
    stack = next(each for each in found if each.title == "stack/2")
    np.testing.assert_array_equal(stack.read().levels[0], values(0, (5, 6, 7))[1])


def test_what_is_damaged_is_told_and_the_rest_is_there(tmp_path, collection_of):
    two(tmp_path)
    (tmp_path / "mri" / "P002.nii.gz").write_bytes(b"nonsense")
    found = collection_of(tmp_path)
    assert len(found) == 15
    assert len(found.refused) == 1
    assert "P002" in found.refused[0]


def test_slices_of_one_volume_are_told_apart_by_number(tmp_path, collection_of):
    found = collection_of(two(tmp_path))
    assert len({contents(each) for each in found}) == len(found)


def test_the_latest_volumes_are_kept(tmp_path, collection_of):
    found = collection_of(two(tmp_path))
    volumes = found[0].volumes
    assert not volumes.is_open
    found[0].read()
    assert volumes.is_open
    assert found[1].volumes is volumes
    assert volumes.read().first is volumes.read().first


def test_nothing_is_decoded_before_a_slice_is_read(tmp_path, reader, monkeypatch):
    two(tmp_path)
    volumes = find_volumes(sorted(tmp_path.rglob("*.gz")), reader)
    paired = pair_volumes(tmp_path, volumes)
    assert [plane.count for plane in paired.pairs[0].planes] == [4, 6, 5]
    assert common_space(volumes[0], volumes[1]) == "Both lie in MNI152 space"
    with pytest.raises(InputError, match=r"There is no axial slice 5; the slices are 1 to 4"):
        paired.pairs[0].read_slice("axial", 5)
    with pytest.raises(InputError, match="more than 10; crop it"):
        paired.pairs[0].read_slice("axial", 1, max_pixels=10)
    assert not paired.pairs[0].is_open


@pytest.mark.parametrize("plane", ["axial", "coronal"])
def test_slices_of_large_volumes_are_read_one_by_one_and_are_the_same(tmp_path, collection_of, monkeypatch, plane):
    series(tmp_path / "d" / "SE1", values(0, (5, 6, 7)), axes=OBLIQUE, FrameOfReferenceUID="1.2.3")
    series(tmp_path / "d" / "SE2", values(1, (4, 5, 5)), "PT", axes=OBLIQUE, FrameOfReferenceUID="1.2.3")
    volumes = collection_of(tmp_path)[0].volumes
    whole = collection_of(tmp_path)[0].volumes
    native = native_plane(volumes.first.grid)
    monkeypatch.setattr("fusion.data.volumes.volume_pair_files.SMALL", 0)
    whole.read()
    for number in (2, 3, 2):
        found, expected = volumes.read_slice(native, number), whole.read_slice(native, number)
        np.testing.assert_array_equal(found.levels[0], expected.levels[0])
        np.testing.assert_array_equal(found.levels[1], expected.levels[1])
        assert found.sentences == expected.sentences
    assert not volumes.is_open
    middle = volumes.plane(plane).count // 2
    assert volumes.read_slice(plane, middle, scaling=("volume", "volume")).sentences
    assert volumes.is_open


def test_two_of_one_modality_are_paired_where_they_lie_voxel_on_voxel(tmp_path, collection_of):
    two(tmp_path / "a", names=("t1.nii.gz", "t2.nii.gz"))
    found = collection_of(tmp_path / "a")
    assert found[0].names == ("t1", "t2")
    write_nifti(volume(1, shape=(4, 6, 6)), tmp_path / "a" / "t2.nii.gz", code=MNI)
    with pytest.raises(InputError, match=r"a volume of MRI \(t1\), a volume of MRI \(t2\)"):
        collection_of(tmp_path / "a")
    two(tmp_path / "b", names=("one/t1.nii.gz", "other/t1.nii.gz"))
    assert collection_of(tmp_path / "b")[0].names == ("1: t1", "2: t1")


def test_a_volume_of_one_slice_is_seen_in_its_own_plane_alone(tmp_path, collection_of):
    for seed, name in enumerate(("mri/1.nii.gz", "pet/1.nii.gz")):
        write_nifti(volume(seed, shape=(1, 6, 5)), tmp_path / name, code=MNI)
    found = collection_of(tmp_path)
    assert [each.title for each in found] == ["1 · axial/1"]
    with pytest.raises(InputError, match="1 has no coronal slices; there are: axial"):
        found[0].volumes.plane("coronal")
