"""``fuse``, ``jacobian`` and ``guidance`` write DICOM and NIfTI files, and no name of a patient by chance."""

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image

import fusion
import saliency
from fusion.__main__ import main as fuse_main
from saliency.__main__ import main
from tests.support.outgoing_slices import NAMES, PLACES, SEEDS, corners, dicom_slice

SIZE = (37, 31)
METHOD = ["--method", "weighted averaging"]
FOLDER = "Zyxwvut-Qwertine PID-7731-ZQ"
"""Folders are often called after a patient."""


@pytest.fixture
def case(tmp_path):
    """A pair in a folder called after the patient, and the DICOM file of its slice."""
    folder = tmp_path / FOLDER
    rng = np.random.default_rng(5)
    for part in ("mri", "pet"):
        (folder / part).mkdir(parents=True)
        Image.fromarray(rng.integers(0, 256, SIZE, dtype=np.uint8)).save(folder / part / f"{FOLDER}.png")
    (folder / "slice.dcm").write_bytes(dicom_slice())
    return folder


@pytest.fixture
def pair_words(case):
    return ["--first", case / "mri" / f"{FOLDER}.png", "--second", case / "pet" / f"{FOLDER}.png"]


@pytest.fixture
def pair(case):
    return fusion.read_pair(case / "mri" / f"{FOLDER}.png", case / "pet" / f"{FOLDER}.png")


def written(folder):
    return sorted(file.name for file in folder.iterdir() if file.is_file())


def run(command, *words):
    assert command([str(word) for word in words]) == 0


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def refused(capsys, *words, command):
    assert command([str(word) for word in words]) == 2
    return capsys.readouterr().err


def test_fuse_writes_what_is_seen_and_the_values(out, pair_words, pair, case, capsys):
    for name in ("fused.dcm", "fused.nii.gz", "fused.png"):
        words = [] if name.endswith("png") else ["--reference", case / "slice.dcm"]
        run(fuse_main, "fuse", *METHOD, *pair_words, *words, "--out", out / name)
    assert "look at the picture before it leaves" in capsys.readouterr().err
    seen = pydicom.dcmread(out / "fused.dcm").pixel_array
    factor = seen.shape[1] // SIZE[1]
    plain = np.asarray(Image.open(out / "fused.png"))
    assert np.array_equal(seen[: SIZE[0] * factor : factor, ::factor, 1], plain)
    fused = fusion.fuse(fusion.load("Weighted Averaging"), pair)
    image = nibabel.load(out / "fused.nii.gz")
    assert np.array_equal(np.asanyarray(image.dataobj)[..., 0].T, fused)
    for (row, col), (x, y, z) in corners(PLACES["oblique"]).items():
        assert image.affine @ [col, row, 0, 1] == pytest.approx([-x, -y, z, 1], abs=1e-4)


def test_jacobian_writes_maps_at_their_place(out, pair_words, pair, case):
    words = ["--pixel", "3,4", "--dicom", "--nifti", "--reference", case / "slice.dcm", "--out", out / "spot"]
    run(main, "jacobian", *METHOD, *pair_words, *words)
    assert written(out) == [
        "spot-first.dcm",
        "spot-first.nii.gz",
        "spot-second.dcm",
        "spot-second.nii.gz",
        "spot-seen.dcm",
        "spot.npz",
        "spot.png",
    ]
    found = saliency.jacobian(fusion.load("Weighted Averaging"), pair, (3, 4)).full()
    for name, values in zip(("first", "second"), found, strict=True):
        volume = highdicom.imread(out / f"spot-{name}.dcm").get_volume(dtype=np.float32)
        assert np.array_equal(volume.array[0], values)
        for (row, col), where in corners(PLACES["oblique"]).items():
            assert volume.map_indices_to_reference(np.array([[0, row, col]]))[0] == pytest.approx(where, abs=1e-6)
        image = nibabel.load(out / f"spot-{name}.nii.gz")
        assert np.array_equal(np.asanyarray(image.dataobj)[..., 0].T, values)
    seen = pydicom.dcmread(out / "spot-seen.dcm")
    assert "pixel row 3, column 4" in seen.DerivationDescription
    assert "right edge {}, lower edge {}".format(*seen.PatientOrientation) in seen.DerivationDescription


def test_guidance_without_a_place_is_a_picture_and_nifti_that_says_so(out, pair_words, capsys):
    run(main, "guidance", *METHOD, *pair_words, "--dicom", "--nifti", "--out", out / "g")
    assert [name for name in written(out) if name.endswith(".dcm")] == ["g-seen.dcm"]
    said = capsys.readouterr().err
    assert "has no place in a patient, which a Parametric Map needs" in said
    assert "no place in a patient and no spacing" in said
    assert nibabel.load(out / "g-first.nii.gz").header["sform_code"] == 0


def test_no_name_leaves_by_chance(out, pair_words, case):
    for command, words in ((main, ("jacobian", "--pixel", "3,4")), (main, ("guidance",))):
        stem = out / words[0]
        run(command, *words, *METHOD, *pair_words, *_all(case), "--out", stem)
    run(fuse_main, "fuse", *METHOD, *pair_words, "--reference", case / "slice.dcm", "--out", out / "f.dcm")
    seeds = [*SEEDS, *FOLDER.split(" ")]
    for file in out.iterdir():
        if file.suffix == ".dcm":
            content = file.read_bytes() + str(pydicom.dcmread(file)).encode()
        elif file.suffix == ".gz":
            content = _unzipped(file)
        else:
            continue
        found = [seed for seed in seeds if seed.encode() in content and seed != NAMES["StudyInstanceUID"]]
        assert found == [], file.name


def _all(case):
    return ["--dicom", "--nifti", "--reference", case / "slice.dcm"]


def _unzipped(file):
    import gzip

    return gzip.decompress(file.read_bytes())


def test_names_stay_where_they_are_asked_for(out, pair_words, case, capsys):
    run(main, "guidance", *METHOD, *pair_words, *_all(case), "--keep-identifiers", "--out", out / "g")
    assert "as --keep-identifiers asks" in capsys.readouterr().err
    for name in ("seen", "first", "second"):
        dataset = pydicom.dcmread(out / f"g-{name}.dcm")
        assert {keyword: str(dataset[keyword].value) for keyword in NAMES} == NAMES
    for file in out.glob("*.nii.gz"):
        assert not [seed for seed in SEEDS if seed.encode() in _unzipped(file)]


def test_what_cannot_be_written_is_refused_before_anything_is_computed(out, pair_words, case, capsys, write_slice):
    guidance = ["guidance", *METHOD, *pair_words, "--out", out / "g"]
    reference = ["--reference", case / "slice.dcm"]
    assert "go with --dicom or --nifti" in refused(capsys, *guidance, *reference, command=main)
    assert "no names to keep" in refused(capsys, *guidance, "--dicom", "--keep-identifiers", command=main)
    other = ["--dicom", "--reference", write_slice(shape=(40, 31))]
    assert "37 × 31 pixels (rows × columns)" in refused(capsys, *guidance, *other, command=main)
    missing = ["--dicom", "--reference", case / "none.dcm"]
    assert "No such file" in refused(capsys, *guidance, *missing, command=main)
    fuse = ["fuse", *METHOD, *pair_words]
    assert ".png, .dcm (DICOM) or .nii.gz" in refused(capsys, *fuse, "--out", out / "f.nii", command=fuse_main)
    assert "go with an --out" in refused(capsys, *fuse, *reference, "--out", out / "f.png", command=fuse_main)
    assert written(out) == []


@pytest.fixture
def write_slice(tmp_path):
    def write(**options):
        file = tmp_path / "other.dcm"
        file.write_bytes(dicom_slice(**options))
        return file

    return write
