"""Volumes on the command line: a slice of two, what is refused, and what ``inspect`` says."""

import json

import numpy as np
import pytest
from PIL import Image

from fusion.__main__ import main
from fusion.data.volumes.planes import plane_of
from saliency.__main__ import main as saliency
from tests.support.dicom_files import series
from tests.support.training_helpers import refused
from tests.support.volumes import resampled_by_sitk, volume, write_nifti

MRI = volume(1, shape=(5, 30, 26), spacing=(3.0, 1.0, 1.0))
PET = volume(2, "PET", shape=(4, 14, 12), spacing=(4.0, 2.0, 2.0))
MEAN = ["--method", "weighted averaging"]


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    root = tmp_path_factory.mktemp("head")
    write_nifti(MRI, root / "mri.nii.gz")
    write_nifti(PET, root / "pet.nii")
    return root


def two(head, *more):
    return ["--first", str(head / "mri.nii.gz"), "--second", str(head / "pet.nii"), *more]


def fused(head, out, *more):
    assert main(["fuse", *MEAN, *two(head, "--slice", "3", "--same-space", *more), "--out", str(out)]) == 0
    return np.asarray(Image.open(out), float)


def scaled(levels, low=None, high=None):
    low, high = np.nanmin(levels) if low is None else low, np.nanmax(levels) if high is None else high
    return np.nan_to_num((levels - low) / (high - low)).clip(0, 1)


def mean(a, b):
    return 255 * (a**2 + b**2) / np.where(a + b > 0, a + b, 1)


@pytest.mark.parametrize("name", ["axial", "coronal"])
def test_fuse_takes_a_slice_of_two_volumes(head, tmp_path, capsys, name):
    plane = plane_of(MRI.grid, name)
    found = fused(head, tmp_path / "out.png", "--plane", name)
    a = scaled(plane.picture(MRI.voxels, 3))
    b = scaled(plane.picture(resampled_by_sitk(PET, MRI), 3))
    assert np.abs(found - mean(a, b)).max() <= 0.51
    told = capsys.readouterr()
    assert f"MRI and PET of mri + pet · {name} slice 3" in told.out
    assert "was interpolated linearly on the grid of MRI" in told.err


def test_inputs_are_scaled_and_swapped_as_told(head, tmp_path, capsys):
    plane = plane_of(MRI.grid, "axial")
    found = fused(head, tmp_path / "out.png", "--scale-first=-50,200", "--scale-second=volume", "--swap")
    a = scaled(plane.picture(MRI.voxels, 3), -50, 200)
    b = scaled(plane.picture(resampled_by_sitk(PET, MRI), 3), PET.voxels.min(), PET.voxels.max())
    assert np.abs(found - mean(a, b)).max() <= 0.51
    assert "PET and MRI of mri + pet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--same-space"], "5 axial slices; name one with --slice"),
        (["--slice", "3"], "neither names a frame of reference"),
        (["--slice", "6", "--same-space"], "no axial slice 6; the slices are 1 to 5"),
    ],
)
def test_what_cannot_be_a_pair_is_refused_in_a_sentence(head, tmp_path, capsys, more, sentence):
    assert sentence in refused(capsys, "fuse", *MEAN, *two(head, *more), "--out", str(tmp_path / "out.png"))


def test_a_picture_beside_a_volume_is_refused(head, tmp_path, capsys):
    Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(tmp_path / "pet.png")
    paths = ["--first", str(head / "mri.nii.gz"), "--second", str(tmp_path / "pet.png"), "--slice", "1"]
    told = refused(capsys, "fuse", *MEAN, *paths, "--out", str(tmp_path / "out.png"))
    assert "give two volumes or two pictures" in told
    paths = ["--first", str(tmp_path / "pet.png"), "--second", str(tmp_path / "pet.png"), "--slice", "1"]
    assert "for volumes" in refused(capsys, "fuse", *MEAN, *paths, "--out", str(tmp_path / "out.png"))


def test_a_series_is_named_by_its_folder_or_one_of_its_files(tmp_path, capsys):
    values = np.random.default_rng(0).integers(0, 999, (3, 12, 13)).astype(np.uint16)
    how = {"axes": np.eye(3)[[2, 1, 0]], "FrameOfReferenceUID": "1.2.3"}
    first = series(tmp_path / "mr", values, **how)
    second = series(tmp_path / "pt", values[:, ::-1].copy(), "PT", **how)
    pictures = []
    for one, two_ in ((first[0].parent, second[0].parent), (first[1], second[2])):
        out = tmp_path / "out.png"
        paths = ["--first", str(one), "--second", str(two_), "--slice", "2", "--out", str(out)]
        assert main(["fuse", *MEAN, *paths]) == 0
        pictures.append(np.asarray(Image.open(out)))
    np.testing.assert_array_equal(*pictures)
    assert "Both have one frame of reference." in capsys.readouterr().err
    for each in first:
        each.rename(second[0].parent / f"mr{each.name}")
    paths = ["--first", str(second[0].parent), "--second", str(second[0]), "--slice", "2"]
    assert "holds 2 volumes" in refused(capsys, "fuse", *MEAN, *paths, "--out", str(tmp_path / "out.png"))


def test_jacobian_of_a_slice_says_from_which(head, tmp_path):
    arguments = ["jacobian", *MEAN, *two(head, "--slice", "3", "--same-space"), "--pixel", "10,12"]
    assert saliency([*arguments, "--out", str(tmp_path / "j")]) == 0
    with np.load(tmp_path / "j.npz") as found:
        assert "axial slice 3" in str(found["pair"])
        facts = json.loads(str(found["volumes"]))
    assert (facts["plane"], facts["slice"], facts["interpolation"]) == ("axial", 3, "linear")
    assert facts["inputs"][1]["shape"] == [4, 14, 12]


def test_inspect_says_what_is_there_and_why_it_is_no_pair(head, capsys):
    assert main(["inspect", str(head / "mri.nii.gz"), str(head / "pet.nii")]) == 0
    told = capsys.readouterr().out
    assert "volume of MRI: mri" in told
    assert "26 × 30 × 5 voxels of 1 × 1 × 3 mm; unit: grey level" in told
    assert "taken in axial slices, shown with A at the top, P at the bottom, R at the left, L at the right" in told
    assert "No pair: mri (MRI) and pet (PET) are not known to lie in one space" in told
    assert main(["inspect", "--same-space", str(head)]) == 0
    assert "pair of volumes" in capsys.readouterr().out


def test_inspect_names_no_patient(tmp_path, capsys):
    values = np.random.default_rng(0).integers(0, 999, (3, 12, 13)).astype(np.uint16)
    series(tmp_path / "a" / "mr", values, PatientID="P-4711")
    assert main(["inspect", str(tmp_path / "a" / "mr" / "nothing")]) == 2
    assert main(["inspect", str(next((tmp_path / "a" / "mr").iterdir()))]) == 0
    told = capsys.readouterr().out
    assert "frame of reference: yes; patient: told apart" in told
    assert "4711" not in told
    assert "Muster" not in told


def test_guidance_of_every_slice_passes_over_what_is_there_and_tells_what_cannot_be(head, tmp_path, capsys):
    out = tmp_path / "g"
    words = ["guidance", *MEAN, *two(head, "--same-space"), "--every-slice", "--out", str(out)]
    assert saliency(words) == 0
    told = capsys.readouterr()
    written = {int(file.stem.removeprefix("g-")): file for file in tmp_path.glob("g-*.npz")}
    empty = {
        n
        for n in range(1, 6)
        if np.isnan(plane_of(MRI.grid, "axial").picture(resampled_by_sitk(PET, MRI), n)).all()
    }
    assert set(written) == set(range(1, 6)) - empty
    assert all(f"Slice {n}: PET has no value anywhere" in told.err for n in empty)
    assert f"{5 - len(empty)} of 5 slices are there." in told.out
    single = ["guidance", *MEAN, *two(head, "--same-space", "--slice", "3"), "--out", str(tmp_path / "one")]
    assert saliency(single) == 0
    with np.load(written[3]) as found, np.load(tmp_path / "one.npz") as expected:
        np.testing.assert_array_equal(found["first"], expected["first"])
    before = {n: file.stat().st_mtime_ns for n, file in written.items()}
    written[3].write_bytes(b"cut off")
    assert saliency(words) == 0
    after = {n: file.stat().st_mtime_ns for n, file in written.items()}
    assert {n for n in before if before[n] != after[n]} == {3}
    assert saliency([*words, "--slice", "2"]) == 2
