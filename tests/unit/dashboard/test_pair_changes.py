"""A pair that is moved or scaled otherwise is opened by its id, as another pair with its own content."""

from copy import deepcopy

import numpy as np
import pytest
from PIL import Image

from dashboard.report.provenance import about_table
from dashboard.service.pair_catalogue import Catalogue
from dashboard.service.pair_changes import changes_of, plain_id
from dashboard.views.pair_words import raw_values
from fusion import ImagePair, InputError
from fusion.data.moved_pair import Move, moved
from fusion.data.normalisation import Normalisation
from fusion.data.windowed_pair import windowed
from saliency.derivatives.jacobian import full_image_jacobian
from tests.support.explore_committed import fresh
from tests.support.report_helpers import DAY


def test_words_behind_an_id_say_what_is_changed():
    plain, changes = changes_of("c/1~window2=10,200.5~move=1.5,-2,0.5")
    assert (plain, plain_id("c/1~window2=10,200.5~move=1.5,-2,0.5")) == ("c/1", "c/1")
    assert changes.move == Move(1.5, -2, 0.5)
    assert (changes.window1, changes.window2) == (None, Normalisation("window", 10, 200.5))
    assert changes.said(("MRI", "PET")) == (
        "PET from 10 to 200.5, PET moved by 1.5 px right, 2 px up, 0.5° clockwise"
    )
    assert not changes_of("c/1~move=0,0,0")[1]


@pytest.mark.parametrize(
    "words", ["move=1,2", "move=a,b,c", "move=", "window1=5,1", "move=nan,0,0", "move=1,0,0~move=2,0,0"]
)
def test_words_that_cannot_be_used_are_refused(words):
    with pytest.raises(InputError):
        changes_of(f"phantom-1~{words}")
    assert not Catalogue(1).has(f"phantom-1~{words}")


def test_a_changed_pair_is_another_pair_and_says_so():
    catalogue = Catalogue(2)
    pair, found = catalogue.pair("phantom-1"), catalogue.pair("phantom-1~move=1,-2,0.5~window1=0.2,0.8")
    expected = moved(windowed(pair, (Normalisation("window", 0.2, 0.8), None)), Move(1, -2, 0.5))
    assert found.content_hash == expected.content_hash != pair.content_hash
    assert found.title == "Phantom 1 · MRI from 0.2 to 0.8, PET moved by 1 px right, 2 px up, 0.5° clockwise"
    told = about_table(found, [], DAY)
    assert told["pair"] == found.title
    assert told["changes"] == found.changes
    assert "the second input moved by 1 px right, 2 px up, 0.5° clockwise" in found.changes[0]
    assert pair.changes == ()
    assert catalogue.entry("phantom-1~move=1,0,0").names == ("MRI", "PET")
    assert catalogue.pair("phantom-1~move=0,0,0").content_hash == pair.content_hash
    assert "phantom-1~move=1,0,0" not in [entry.id for entry in catalogue.entries]
    assert catalogue.has("phantom-2~move=1,0,0")
    assert not catalogue.has("phantom-9~move=1,0,0")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DeepFuse", "FunFuseAn"])
def test_jacobians_of_a_moved_pair_are_autograds_on_its_images(settings, tmp_path, name):
    service = fresh(settings, tmp_path / "cache")
    still = service.catalogue.pair("cases/wide")
    fused_pair = service.open_pair("cases/wide~move=1,-2,0", name)
    second = np.full_like(still.second, still.second.min())
    second[:-2, 1:] = still.second[2:, :-1]
    by_hand = ImagePair(still.first, second, "by hand")
    answer = service.answer(fused_pair, (20, 31))
    J = answer.jacobian
    expected = full_image_jacobian(deepcopy(fused_pair.loaded.network).double(), by_hand, (20, 31))
    for found, dense in zip(J.full(), expected.full(), strict=True):
        np.testing.assert_allclose(found, dense, atol=1e-4 * np.abs(dense).max())
    assert J.fused == pytest.approx(expected.fused, abs=1e-5)
    assert fused_pair.key != service.open_pair("cases/wide", name).key


def test_clipped_values_are_told_as_the_file_has_them(settings, tmp_path):
    rng = np.random.default_rng(7)
    levels = rng.integers(3, 251, (24, 26), dtype=np.uint8)
    for modality, values in (("mri", levels), ("pet", rng.permutation(levels))):
        (tmp_path / "cases" / modality).mkdir(parents=True)
        Image.fromarray(values).save(tmp_path / "cases" / modality / "1.png")
    pair = Catalogue(0, (tmp_path / "cases",)).pair("cases/1~window1=100,120")
    assert pair.first[2, 3] in (0, 1) or 100 < levels[2, 3] < 120
    assert raw_values(pair, (2, 3))["raw1"] == levels[2, 3]
