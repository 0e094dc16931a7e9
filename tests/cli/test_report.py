"""``python -m dashboard report`` and ``figures``: files without a browser, and what they refuse."""

import csv
import json

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
from pypdf import PdfReader

import saliency
from dashboard.__main__ import main
from dashboard.service.network_pool import NetworkPool
from saliency import Locality, guidance_stream
from saliency.receptive_field.locality import remember


@pytest.fixture
def words(pair_folder, random_checkpoints, tmp_path):
    return [
        "--pairs",
        str(pair_folder),
        "--checkpoints",
        str(random_checkpoints),
        "--cache",
        str(tmp_path / "cache"),
        "--dpi",
        "72",
    ]


def refusal(capsys, *arguments):
    try:
        code = main([str(each) for each in arguments])
    except SystemExit as ended:  # argparse
        code = ended.code
    rendered = capsys.readouterr()
    assert code == 2
    assert rendered.out == ""
    assert rendered.err.count("\n") == 1
    assert rendered.err.startswith("python -m dashboard")
    return rendered.err


def test_a_panels_values_from_two_files(capsys, tmp_path, pair_folder, random_checkpoints, world):
    files = [pair_folder / part / "wide.png" for part in ("mri", "pet")]
    out = tmp_path / "values.csv"
    assert (
        main(
            [
                "report",
                "--first",
                str(files[0]),
                "--second",
                str(files[1]),
                "--checkpoints",
                str(random_checkpoints),
                "--cache",
                str(tmp_path),
                "--networks",
                "deepfuse",
                "--pixel",
                "20,31",
                "--what",
                "panel",
                "--panel",
                "f",
                "--window",
                "11",
                "--out",
                str(out),
            ]
        )
        == 0
    )
    assert capsys.readouterr().out == f"wrote {out}\n"
    lines = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    rows = np.array([row[2] for row in list(csv.reader(lines))[1:]], dtype=np.float64)
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs["cases/wide"], (20, 31)).full()[0]
    assert np.array_equal(rows.astype(np.float32).reshape(11, 11), J[15:26, 26:37])


def test_a_report_shows_progress_once_and_computes_nothing_twice(capsys, tmp_path, words, monkeypatch):
    begun = []

    def counted(network, pair, **words):
        begun.append(network)
        return guidance_stream(network, pair, **words)

    monkeypatch.setattr("dashboard.service.pair_checks.guidance_stream", counted)
    out = tmp_path / "report.pdf"
    asked = ["report", *words, "--pair", "wide", "--networks", "DeepFuse,Weighted Averaging", "--out", str(out)]
    assert main(asked) == 0
    first = capsys.readouterr()
    assert "guidance, DeepFuse" in first.err
    assert "100%" in first.err
    assert len(PdfReader(out).pages) == 5
    assert len(begun) == 2
    assert main(asked) == 0
    assert "guidance" not in capsys.readouterr().err
    assert len(begun) == 2


def test_the_papers_figures_come_from_one_command(capsys, tmp_path, words):
    folder = tmp_path / "figures"
    assert (
        main(
            [
                "figures",
                *words,
                "--pair",
                "cases/wide",
                "--networks",
                "Weighted Averaging,DeepFuse",
                "--pixel",
                "20,31",
                "--pixel",
                "5,60",
                "--out",
                str(folder),
            ]
        )
        == 0
    )
    assert sorted(file.name for file in folder.iterdir()) == [f"figure-{number}.pdf" for number in range(4, 9)]
    shown = {
        4: ("MRI", "PET", "whole", "zoom 31 × 31"),
        5: ("Guidance MRI", "Guidance PET"),
        6: ("red MRI, green PET, blue fused",),
        7: ("Jacobian MRI", "Jacobian PET"),
        8: ("Scatterplot", "guidance MRI"),
    }
    for number, pieces in shown.items():
        (page,) = PdfReader(folder / f"figure-{number}.pdf").pages
        words = " ".join(page.extract_text().split())
        for piece in ("Weighted Averaging", "DeepFuse", "pixel row 5, column 60", *pieces):
            assert piece in words, (number, piece)


@pytest.mark.parametrize(
    ("added", "piece"),
    [
        (["--pair", "nobody"], "no pair called 'nobody'"),
        (["--pair", "zz-broken"], "zz-broken.png"),
        (["--pair", "wide", "--networks", "Nothing"], "no fusion method called 'Nothing'"),
        (["--pair", "wide", "--networks", "MaskNet"], "not installed"),
        (["--pair", "wide", "--pixel", "48,0"], "lies outside the image"),
        (["--pair", "wide", "--pixel", "1;2"], "is no pixel"),
        (["--pair", "wide", "--pixel", "1,2", "--pixel", "3,4"], "give --pixel once"),
        (["--pair", "wide", "--what", "panel"], "cannot be used for panel"),
        (["--pair", "wide", "--panel", "e"], "--panel goes with --what panel"),
        (["--pair", "wide", "--what", "explore", "--networks", "DeepFuse,MaskNet"], "use --what compare"),
        (["--pair", "wide", "--gamma1", "3"], "gamma1 is a number from 0.1 to 2"),
        (["--pair", "wide", "--dpi", "5000"], "from 72 to 1200"),
        (["--pair", "wide", "--window", "30"], "window is one of 11, 21"),
        (["--pair", "wide", "--format", "png"], "choose one of: pdf"),
        (["--pair", "wide", "--phantom", "3"], "Name one pair"),
        ([], "go together"),
        (["--pair", "wide", "--out", "nowhere/x.pdf"], "does not exist"),
        (["--pair", "wide", "--out", "x"], "--format pdf"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence(capsys, tmp_path, monkeypatch, words, added, piece):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    given = ["report", *words, "--networks", "DeepFuse", "--out", "report.pdf", *added]
    assert piece in refusal(capsys, *given)
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"cache"}


def test_figures_need_a_place_for_their_folder(capsys, tmp_path, words):
    asked = ["figures", *words, "--pair", "wide", "--networks", "DeepFuse", "--out"]
    assert "does not exist; make it first" in refusal(capsys, *asked, tmp_path / "nowhere" / "figures")
    (tmp_path / "taken").write_text("")
    assert "is a file" in refusal(capsys, *asked, tmp_path / "taken")


@pytest.mark.parametrize("word", ["report", "figures"])
def test_help_names_every_choice(capsys, word):
    with pytest.raises(SystemExit) as ended:
        main([word, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for flag in ("--pairs", "--phantom", "--networks", "--pixel", "--format", "--dpi", "--gamma1", "--out"):
        assert flag in said


def test_estimated_guidance_is_exported_with_its_error_where_that_is_allowed(tmp_path, words, monkeypatch):
    get = NetworkPool.get

    def of_one_that_sees_everything(pool, name):
        found = get(pool, name)
        remember(found.network, Locality(0, is_local=False, reason="It sees everything."))
        return found

    monkeypatch.setattr(NetworkPool, "get", of_one_that_sees_everything)
    out = tmp_path / "guidance.csv"
    asked = ["report", *words, "--pair", "wide", "--networks", "DeepFuse", "--what", "panel", "--panel", "c"]
    assert main([*asked, "--out", str(out), "--within", "20"]) == 0
    line, told, *_ = out.read_text().splitlines()
    (error,) = json.loads(told.removeprefix("# "))["guidance_errors"]
    assert error["network"] == "DeepFuse"
    assert f"± {error['largest']:.2g}, estimated: the largest error at {error['pixels']} pixels" in line


def test_a_panel_for_a_hospital(capsys, tmp_path, words):
    from tests.support.outgoing_slices import PLACES, corners, dicom_slice

    (tmp_path / "slice.dcm").write_bytes(dicom_slice(shape=(48, 72)))
    command = ["report", *words, "--pair", "wide", "--networks", "deepfuse", "--what", "panel", "--panel", "e"]
    reference = ["--reference", str(tmp_path / "slice.dcm")]
    seen, values, nifti = (tmp_path / name for name in ("seen.dcm", "values.dcm", "values.nii.gz"))
    assert main([*command, "--out", str(seen)]) == 0
    assert "look at the picture before it leaves" in capsys.readouterr().err
    assert pydicom.dcmread(seen).PhotometricInterpretation == "RGB"
    assert main([*command, *reference, "--format", "map", "--out", str(values)]) == 0
    volume = highdicom.imread(values).get_volume(dtype=np.float32)
    for (row, col), where in corners(PLACES["oblique"], (48, 72)).items():
        assert volume.map_indices_to_reference(np.array([[0, row, col]]))[0] == pytest.approx(where, abs=1e-6)
    assert main([*command, *reference, "--out", str(nifti)]) == 0
    assert np.array_equal(np.asanyarray(nibabel.load(nifti).dataobj)[..., 0].T, volume.array[0])
    capsys.readouterr()
    assert "go with --format capture, map" in refusal(capsys, *command, *reference, "--out", tmp_path / "x.png")
    assert "Secondary Capture or NIfTI" in refusal(
        capsys, *command, "--format", "map", "--out", tmp_path / "x.dcm"
    )
