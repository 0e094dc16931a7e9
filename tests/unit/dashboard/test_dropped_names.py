"""Names of dropped files: whatever a browser sends, each lies below our folder, in a place of its own."""

import pytest

from dashboard.service.dropped_names import LONGEST, safe_paths


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("mri/P001/1.png", "mri/P001/1.png"),
        ("../../etc/passwd", "etc/passwd"),
        ("/root/.ssh/key", "root/.ssh/key"),
        ("C:\\scans\\mri.png", "C_/scans/mri.png"),
        ("a/./b/..//c.png", "a/b/c.png"),
        ("..", "file"),
        ("", "file"),
        ("mri\0.png", "mri_.png"),
        ("mri\n<b>.png", "mri__b_.png"),
        ("nul.png", "_nul.png"),
        ("scan. ", "scan"),
        ("e\u0301te\u0301.png", "\u00e9t\u00e9.png"),
        ("gnp.\u202emri.png", "gnp._mri.png"),
        ("\ud800.png", "_.png"),
    ],
)
def test_a_name_leads_nowhere_else(told, kept):
    assert [str(path) for path in safe_paths([told])] == [kept]


def test_long_names_are_cut_before_their_ending():
    (path,) = safe_paths(["ä" * 300 + ".nii.gz"])
    assert len(path.name.encode()) <= LONGEST
    assert path.name.endswith("ä.nii.gz")


def test_names_that_are_alike_get_numbers_and_a_file_is_no_folder():
    told = ["a.png", "A.PNG", "b", "b/1.png", "c/1.png", "c", "x.nii.gz", "x.nii.gz"]
    assert [str(path) for path in safe_paths(told)] == [
        "a.png",
        "A (2).PNG",
        "b",
        "b_/1.png",
        "c/1.png",
        "c (2)",
        "x.nii.gz",
        "x (2).nii.gz",
    ]
