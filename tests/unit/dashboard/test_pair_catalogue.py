"""Which pairs a dashboard offers: a person's own folders before generated examples, none lost behind another."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dashboard.service.pair_catalogue import NIGHTSCENES, PHANTOMS, Catalogue
from tests.support.explore_committed import fresh


def test_equal_pictures_keep_their_own_names(settings, tmp_path):
    rng = np.random.default_rng(0)
    levels = [rng.integers(256, size=(12, 14), dtype=np.uint8) for _ in range(2)]
    for group, second in (("one", "ct"), ("two", "pet")):
        for modality, image in zip(("mri", second), levels, strict=True):
            (tmp_path / group / modality).mkdir(parents=True)
            Image.fromarray(image).save(tmp_path / group / modality / "1.png")
    service = fresh(replace(settings, pairs=(tmp_path / "one", tmp_path / "two")), tmp_path / "cache")
    names = [service.open_pair(f"{group}/1", "Weighted Averaging").pair.names for group in ("one", "two")]
    assert names == [("MRI", "CT"), ("MRI", "PET")]


def test_no_pair_of_a_folder_is_lost_behind_anothers_name(settings, tmp_path):
    rng = np.random.default_rng(0)
    for place in ("a/cases", "b/cases"):
        for modality in ("mri", "pet"):
            (tmp_path / place / modality).mkdir(parents=True)
            for file in ("x.png", "x.bmp", "left.png" if modality == "mri" else "right.png"):
                picture = rng.integers(256, size=(12, 14), dtype=np.uint8)
                Image.fromarray(picture).save(tmp_path / place / modality / file)
    folders = (tmp_path / "a" / "cases", tmp_path / "b" / "cases")
    catalogue = Catalogue(1, folders)
    own = [entry.id for entry in catalogue.entries if entry.group == "cases"]
    assert own == ["cases/x", "cases/x (2)", "cases/x (3)", "cases/x (4)"]
    assert len({catalogue.pair(each).content_hash for each in own}) == 4
    assert len(catalogue.remarks) == 2
    assert "left.png" in catalogue.remarks[0]


@pytest.mark.slow
def test_generated_examples_of_both_fields_follow_a_persons_own(settings):
    catalogue = Catalogue(2, settings.pairs, nightscenes=2)
    ids = [entry.id for entry in catalogue.entries]
    assert ids[-4:] == ["phantom-1", "phantom-2", "nightscene-1", "nightscene-2"]
    assert all(entry.group not in (PHANTOMS, NIGHTSCENES) for entry in catalogue.entries[:-4])
    assert catalogue.pair("nightscene-2").names == ("Visible", "Infrared")
