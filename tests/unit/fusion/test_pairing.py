"""Layouts of folders as people have them: who belongs to whom, and where that cannot be told."""

import unicodedata

import pytest

from fusion.data.collection import read_collection
from fusion.errors import InputError


def found(folder):
    """Every pair as (first, second, group, title), by paths below the folder."""
    return [
        (*(file.relative_to(folder).as_posix() for file in (pair.first, pair.second)), pair.group, pair.title)
        for pair in read_collection(folder)
    ]


@pytest.fixture
def tree(tmp_path):
    """Create empty files below a folder and return it."""

    def tree(*names):
        for name in names:
            path = tmp_path / "set" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "set"

    return tree


def test_modalities_first_and_cases_below_pair_case_by_case(tree):
    names = [f"{modality}/{case}/{n}.png" for modality in ("mri", "pet") for case in ("a", "b") for n in (1, 2)]
    assert found(tree(*names)) == [
        (f"mri/{case}/{n}.png", f"pet/{case}/{n}.png", "set", f"{case}/{n}") for case in ("a", "b") for n in (1, 2)
    ]
    assert [pair.case for pair in read_collection(tree(*names))] == ["a", "a", "b", "b"]


def test_a_case_without_a_partner_is_not_paired_with_another_case(tree):
    folder = tree("mri/a/1.png", "mri/b/1.png", "mri/c/1.png", "pet/a/1.png")
    assert [(first, second) for first, second, *_ in found(folder)] == [("mri/a/1.png", "pet/a/1.png")]
    with pytest.raises(InputError, match=r"2 pictures of MRI \(mri/b/1\.png"):
        read_collection(_without(folder, "mri/a/1.png", "pet/a/1.png"))


def _without(folder, *names):
    for name in names:
        (folder / name).unlink()
    return folder


def test_parts_of_a_data_set_are_no_cases(tree):
    folder = tree(
        *(
            f"{m}/{part}/01000{n}.jpg"
            for m in ("infrared", "visible")
            for part in ("test", "train")
            for n in (1, 2)
        )
    )
    assert found(folder)[0] == ("visible/test/010001.jpg", "infrared/test/010001.jpg", "set", "test/010001")
    assert {pair.case for pair in read_collection(folder)} == {"010"}


def test_labels_and_results_are_no_inputs(tree):
    parts = ("vi", "ir", "Segmentation_labels", "fused")
    folder = tree(*(f"{split}/{part}/1D.png" for split in ("test", "train") for part in parts), "labels/ct/1D.png")
    assert found(folder) == [(f"{s}/vi/1D.png", f"{s}/ir/1D.png", s, "1D") for s in ("test", "train")]
    assert read_collection(folder).unpaired == ()


@pytest.mark.parametrize(
    ("first", "second", "title"),
    [
        ("VIS1.png", "IR1.png", "1"),
        ("0007_vi.png", "0007_ir.bmp", "0007"),
        ("mri_slice3.png", "PET-Slice003.png", "slice3"),
        ("case4/mri.png", "case4/pet.png", "case4"),
        ("mri.png", "pet.png", "mri + pet"),
        ("FLAIR/1.png", "pet/001.png", "1"),
        ("optical/1.png", "thermal/1.png", "1"),
        ("mri/t1_5.png", "pet/5.png", "5"),
    ],
)
def test_other_spellings_and_suffixes(tree, first, second, title):
    ((*files, group, told),) = found(tree(first, second))
    assert (*files, group, told) == (first, second, "set", title)


def test_names_that_look_alike_in_two_unicode_forms(tree):
    names = [
        unicodedata.normalize(form, f"{folder}/Schädel.png") for form, folder in (("NFC", "mri"), ("NFD", "pet"))
    ]
    ((first, second, *_),) = found(tree(*names))
    assert (first, second) == tuple(names)


def test_the_known_functional_picture_is_the_second_whatever_the_other_is_called(tree):
    folder = tree("pet/1.png", "whatever/1.png", "pet/2.png", "whatever/2.png")
    assert [(first, second) for first, second, *_ in found(folder)] == [
        (f"whatever/{n}.png", f"pet/{n}.png") for n in (1, 2)
    ]
    assert read_collection(folder)[0].names == ("whatever", "PET")


def test_hidden_files_of_other_systems_are_passed_over(tree):
    hidden = (
        "__MACOSX/mri/._1.png",
        "__MACOSX/pet/1.png",
        "mri/._1.png",
        "mri/Thumbs.db",
        "desktop.ini",
        ".git/ct/1.png",
    )
    folder = tree("mri/1.png", "pet/1.png", *hidden)
    assert [(first, second) for first, second, *_ in found(folder)] == [("mri/1.png", "pet/1.png")]
    assert read_collection(folder).unpaired == ()


def test_what_can_be_told_in_two_ways_is_not_told(tree):
    both = tree(*(f"{outer}/{inner}/1.png" for outer in ("x", "y") for inner in ("a", "b")))
    with pytest.raises(InputError, match="4 pictures of no modality that is known"):
        read_collection(both)


def test_of_three_modalities_none_is_chosen(tree):
    folder = tree("mri/1.png", "ct/1.png", "pet/1.png")
    with pytest.raises(InputError, match="no telling which two of the modalities belong together"):
        read_collection(folder)


def test_two_pictures_of_one_stem(tree):
    folder = tree("mri/1.jpg", "mri/1.png", "pet/1.png")
    assert [(first, second) for first, second, *_ in found(folder)] == [("mri/1.png", "pet/1.png")]
    assert [file.name for file in read_collection(folder).unpaired] == ["1.jpg"]
    assert found(tree("mri/2.jpg", "mri/2.png", "pet/2.bmp"))[1:] == []  # which of the two is meant?


def test_a_link_to_a_folder_is_followed_and_a_circle_ends(tree, tmp_path):
    folder = tree("mri/1.png", "elsewhere/1.png")
    (folder / "elsewhere").rename(tmp_path / "elsewhere")
    (folder / "pet").symlink_to(tmp_path / "elsewhere")
    (folder / "mri" / "again").symlink_to(folder)
    assert [(first, second) for first, second, *_ in found(folder)] == [("mri/1.png", "pet/1.png")]


def test_names_of_data_sets_that_speak_of_both_modalities_stay_apart(tree):
    folder = tree(
        *(
            f"{name}/{m}/1.png"
            for name, m in (("mri_pet", "mri"), ("mri_pet", "pet"), ("mri_ct", "mri"), ("mri_ct", "ct"))
        )
    )
    assert [(group, title) for *_, group, title in found(folder)] == [("mri_ct", "1"), ("mri_pet", "1")]


def test_a_time_frame_is_no_weighting(tree):
    folder = tree("mri/t10.png", "mri/t12.png", "pet/t10.png", "pet/t12.png")
    assert [title for *_, title in found(folder)] == ["t10", "t12"]
