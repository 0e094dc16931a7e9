import csv
import json

import numpy as np
import pytest
from PIL import Image

import fusion
from saliency.__main__ import main

NAMES = "weighted averaging,weighted averaging (frozen weights)"


@pytest.fixture
def folder(tmp_path):
    """Two cases of two slices each."""
    for title, seed in (("10001", 1), ("10002", 2), ("20001", 3), ("20002", 4)):
        pair = fusion.phantom(seed, size=64)
        for name, image in (("mri", pair.first), ("pet", pair.second)):
            file = tmp_path / "patients" / name / f"{title}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((255 * image).astype(np.uint8)).save(file)
    return tmp_path / "patients"


def run(folder, out, *more):
    return main(["cohort", str(folder), "--networks", NAMES, "--pixels", "20", "--out", str(out), *more])


def table(out):
    return list(csv.DictReader((out / "cohort.csv").open(encoding="utf-8")))


def test_a_cohort_is_measured_and_a_rerun_goes_on(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(folder, out, "--per-case", "1") == 0
    assert "4 of 4 measured; wrote cohort.csv" in capsys.readouterr().out
    assert run(folder, out) == 0
    assert "8 of 8 measured, 4 of them before" in capsys.readouterr().out
    before = (out / "cohort.csv").read_bytes(), (out / "summary.json").read_bytes()
    assert run(folder, out) == 0
    assert "8 of 8 measured, 8 of them before" in capsys.readouterr().out
    assert before == ((out / "cohort.csv").read_bytes(), (out / "summary.json").read_bytes())
    assert {(each["case"], each["slice"]) for each in table(out)} == {
        *(("10", "10001"), ("10", "10002"), ("20", "20001"), ("20", "20002"))
    }


def test_the_summary_says_what_it_is_of(folder, tmp_path):
    out = tmp_path / "out"
    assert run(folder, out) == 0
    found = json.loads((out / "summary.json").read_text())
    assert found["collections"] == ["patients"]
    assert found["slices"] == 4
    shares = [each for each in found["distributions"] if each["figure"] == "rows_share"]
    assert {each["network"] for each in shares} == {
        "Weighted Averaging",
        "Weighted Averaging (frozen weights)",
    }
    assert all(each["mean"]["cases"] == 2 for each in shares if each["place"] == "whole slice")
    files = [file for file in out.rglob("*") if file.is_file()]
    assert not any(str(tmp_path).encode() in file.read_bytes() for file in files)


def test_a_network_that_has_learned_from_a_measured_case_is_told(tmp_path, capsys):
    pair = fusion.phantom(1, size=64)
    for name, image in (("mri", pair.first), ("pet", pair.second)):
        for case in ("25001", "30001"):
            file = tmp_path / "mri_pet" / name / f"{case}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((255 * image).astype(np.uint8)).save(file)
    asked = ("--networks", "weighted averaging,masknet", "--pixels", "4")
    told = []
    for cases in (("all",), ("30",)):
        out = tmp_path / cases[0]
        assert run(tmp_path / "mri_pet", out, *asked, "--cases", *cases) == 0
        learned = json.loads((out / "summary.json").read_text())["learned from"]
        told.append((learned, "may flatter" in capsys.readouterr().err))
    assert told == [
        ({"MaskNet": {"mri_pet": "some of these very cases of mri_pet"}}, True),
        ({"MaskNet": {"mri_pet": "other cases of mri_pet"}}, False),
    ]


def test_a_slice_that_cannot_be_read_is_passed_over(folder, tmp_path, capsys):
    (folder / "mri" / "10002.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    assert run(folder, out) == 1
    said = capsys.readouterr()
    assert "10002 is passed over." in said.err
    assert "6 of 8 measured" in said.out
    assert "2 passed over" in said.out
    assert "10002" not in {each["slice"] for each in table(out)}
    summary = (out / "summary.json").read_text()
    assert json.loads(summary)["passed over"] == [["patients", "10002", ""]]
    assert str(tmp_path) not in summary


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--cases", "77"], "No pair belongs to case 77"), (["--networks", "nought"], "nought")],
)
def test_what_cannot_be_used_is_told_in_one_line(folder, tmp_path, capsys, more, said):
    assert run(folder, tmp_path / "out", *more) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
