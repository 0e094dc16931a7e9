"""A region's words: what they mean, and what is said of words that mean nothing."""

import numpy as np
import pytest

import fusion
from dashboard.pages.regions.state import RegionState, read_regions
from dashboard.pages.regions.uploads import LARGEST_FILE, LONGEST, Uploads, mask_of
from fusion import InputError
from saliency.geometry.masks import between, brushed, disk, joined_to, labelled, outline, rectangle
from tests.support.picture_files import mask_png


def test_words_mean_what_saliency_draws():
    pair = fusion.phantom(1)
    same = {
        "disk:120,96.5,20": disk((120, 96.5), 20, pair.shape),
        "rect:10,20,30,45": rectangle((10, 20), (30, 45), pair.shape),
        "outline:10,10,10,40,50,20": outline([(10, 10), (10, 40), (50, 20)], pair.shape),
        "label:necrotic core": labelled(pair, "necrotic core"),
        "brush:3,120,96,130,99": brushed([(120, 96), (130, 99)], 3, pair.shape),
        "threshold:2,0.6,1": between(pair.second, 0.6, 1),
        "threshold:1,0.1,120,96": joined_to(pair.first, (120, 96), 0.1),
        "label:necrotic core - disk:120,96,9": labelled(pair, "necrotic core") & ~disk((120, 96), 9, pair.shape),
    }
    for word, mask in same.items():
        assert np.array_equal(mask_of(word, pair, Uploads()), mask)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("disk:1,2", "three numbers"),
        ("disk:a,2,3", "numbers with commas"),
        ("disk:nan,2,3", "too far"),
        ("disk:999,999,3", "no pixel"),
        ("rect:1,2,3", "two opposite corners"),
        ("outline:1,2,3,4", "at least three corners"),
        ("outline:1,2,3,4,5", "a row and a column"),
        ("label:liver", "necrotic core"),
        ("brush:3,1", "brush:RADIUS"),
        ("threshold:3,0.5,1", "INPUT 1 or 2"),
        ("threshold:1,0.5", "INPUT 1 or 2"),
        ("disk:9,9,3 - rect:0,0,99,99", "What is left"),
        ("disk:9,9,3 + circle:1,2,3", "is no region"),
        ("mask:0123", "upload it again"),
        ("circle:1,2,3", "is no region"),
        ("", "is no region"),
        ("disk:" + "1" * LONGEST, "at most"),
    ],
)
def test_words_that_mean_nothing_are_told_in_a_sentence(word, says):
    with pytest.raises(InputError, match=says) as caught:
        mask_of(word, fusion.phantom(1), Uploads())
    assert str(caught.value).endswith((".", "…"))
    assert "\n" not in str(caught.value)


def test_an_uploaded_mask_is_the_files_and_keeps_to_its_size():
    mask = disk((5, 6), 3, (12, 15))
    uploads = Uploads()
    word = uploads.take(mask_png(mask), "lesion.png", (12, 15))
    assert np.array_equal(uploads.get(word.removeprefix("mask:"), (12, 15)), mask)
    with pytest.raises(InputError, match=r"15 × 12 .* 12 × 12"):
        uploads.get(word.removeprefix("mask:"), (12, 12))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no picture", "is not a picture"),
        (b"", "is empty"),
        (mask_png(np.zeros((12, 15), bool)), "no pixel"),
        (mask_png(np.ones((9, 9), bool)), "9 × 9"),
        (b"\x89PNG" + bytes(LARGEST_FILE), "more than 32 MB"),
    ],
)
def test_a_bad_mask_file_is_told_by_its_own_name(content, says):
    with pytest.raises(InputError, match=says) as caught:
        Uploads().take(content, "lesion.png", (12, 15))
    assert "lesion.png" in str(caught.value)
    assert "tmp" not in str(caught.value)


def test_an_address_goes_round():
    usable = ("MaskNet", "UAAFusion (frozen weights)")
    query = "?networks=UAAFusion (frozen weights),MaskNet&region=rect:1,2,3,4&ring=7.5&light=1"
    state, problems = read_regions(query, RegionState(), usable)
    assert problems == ()
    assert state.networks == ("UAAFusion (frozen weights)", "MaskNet")
    assert (state.region, state.ring, state.light) == ("rect:1,2,3,4", 7.5, True)


def test_what_an_address_cannot_have_is_told():
    state, problems = read_regions("?networks=Nought,masknet&ring=999", RegionState(), ("MaskNet",))
    assert (state.networks, state.ring) == (("MaskNet",), RegionState().ring)
    assert len(problems) == 2
    assert "ring=999" in problems[0]
    assert "Nought" in problems[1]
