"""Folders of pairs: found in order, told what is left out."""

import numpy as np
import pytest
from PIL import Image

from fusion.data.collection import PairFiles, read_collection
from fusion.data.naming import case_of, natural_key
from fusion.errors import InputError
from tests.support.picture_files import GREY8, RGB8


@pytest.fixture
def tree(tmp_path):
    """Create empty files below a folder and return it."""

    def tree(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return tree


def test_a_folder_of_pairs_is_found_in_order_without_reading(tree):
    folder = tree("pet/10.png", "pet/9.png", "mri/9.png", "mri/10.png", "mri/readme.txt", "mri/.hidden.png")
    collection = read_collection(folder)  # the files are empty: decoding them would raise
    assert [entry.title for entry in collection] == ["9", "10"]
    assert collection[0] == PairFiles(folder / "mri/9.png", folder / "pet/9.png", ("MRI", "PET"), "9", folder.name)
    assert collection[1:] == collection.pairs[1:]
    assert collection.unpaired == ()


@pytest.mark.parametrize(("visible", "infrared"), [("vis", "ir"), ("visible", "infrared"), ("rgb", "lwir")])
def test_visible_light_comes_first_and_lends_the_fused_image_its_colours(tmp_path, visible, infrared):
    for folder, samples in ((infrared, RGB8[:, ::-1]), (visible, RGB8)):
        (tmp_path / folder).mkdir()
        Image.fromarray(samples).save(tmp_path / folder / "1.png")
    (files,) = read_collection(tmp_path)
    pair = files.read()
    assert pair.names == ("Visible", "Infrared")
    np.testing.assert_array_equal(pair.chroma, RGB8)  # though the infrared picture came in a palette of its own


def test_partners_go_by_name_then_by_stem_and_the_rest_is_reported(tree):
    folder = tree("ir/1.png", "ir/2.JPG", "ir/3.png", "vis/1.png", "vis/1.bmp", "vis/2.png", "vis/4.png", "x.png")
    collection = read_collection(folder)
    found = [(pair.first.relative_to(folder).as_posix(), pair.second.name) for pair in collection]
    assert found == [("vis/1.png", "1.png"), ("vis/2.png", "2.JPG")]
    assert collection[0].names == ("Visible", "Infrared")
    left = {path.relative_to(folder).as_posix() for path in collection.unpaired}
    assert left == {"ir/3.png", "vis/1.bmp", "vis/4.png", "x.png"}


def test_a_folder_of_collections(tree):
    folder = tree(
        "b/mri/1001.png",
        "b/ct/1001.png",
        "a/pet/25045.png",
        "a/mri/25045.png",
        "three/mri/1.png",
        "three/ct/1.png",
        "three/pet/1.png",
        "notes/x.txt",
    )
    collection = read_collection(folder)
    assert [(pair.group, pair.names, pair.case) for pair in collection] == [
        ("a", ("MRI", "PET"), "25"),
        ("b", ("MRI", "CT"), "1"),
    ]
    assert len(collection.unpaired) == 3


def test_a_collections_entry_reads(tree):
    folder = tree("alpha/1.png", "beta/1.png")
    Image.fromarray(GREY8).save(folder / "alpha/1.png")
    Image.fromarray(RGB8).save(folder / "beta/1.png")
    pair = read_collection(str(folder))[0].read(spacing=2.0)
    assert (pair.names, pair.title, pair.spacing) == (("alpha", "beta"), "1", 2.0)
    np.testing.assert_array_equal(pair.second_color, RGB8)


def test_folders_without_pairs(tree, tmp_path):
    with pytest.raises(
        InputError, match=r"holds no pair of pictures: no picture.*; it needs two sub-folders .*mri/0001\.png"
    ):
        read_collection(tmp_path)
    with pytest.raises(
        InputError, match=r"1 picture of MRI \(mri/1\.png\), 1 picture of PET \(pet/2\.png\), none with"
    ):
        read_collection(tree("mri/1.png", "pet/2.png"))
    with pytest.raises(InputError, match="is a file, not a folder"):
        read_collection(tmp_path / "mri/1.png")
    with pytest.raises(InputError, match="does not exist"):
        read_collection(tmp_path / "nowhere")


def test_cases_and_natural_order():
    assert [case_of(stem) for stem in ("25045", "3015", "100001", "12", "t1_001", "²³45")] == [
        "25",
        "3",
        "100",
        "12",
        "t1_001",
        "²³45",
    ]
    names = ["a10", "a2", "B1", "1", "10", "9", "a²"]
    assert sorted(names, key=natural_key) == [
        "1",
        "9",
        "10",
        "a2",
        "a10",
        "a²",
        "B1",
    ]


def test_frames_of_a_sequence_are_slices_of_one_case_named_by_their_folders(tmp_path):
    for side in ("near", "far"):
        for sequence in ("lab", "street"):
            for frame in ("1", "2", "10"):
                file = tmp_path / side / sequence / f"{frame}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
    found = read_collection(tmp_path)
    assert [each.title for each in found] == [f"{s}/{f}" for s in ("lab", "street") for f in (1, 2, 10)]
    assert {each.names for each in found} == {("Near", "Far")}
    assert {each.case for each in found} == {"lab", "street"}
