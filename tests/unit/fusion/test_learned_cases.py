"""What networks have learned from, by the cards that are shipped and by cards made here."""

import json

import pytest

from fusion.errors import InputError
from fusion.method.learned_cases import LearnedCases, learned_cases
from fusion.method.registry import methods

TRAINED = [method.name for method in methods().values() if method.trained and not method.weights]


@pytest.mark.parametrize("name", TRAINED)
def test_every_shipped_card_tells_what_was_learned_from_and_nothing_of_it_was_kept_out(name):
    known = learned_cases(name)
    assert known.phantoms
    assert {"25", "41"} <= known.of("mri_pet")
    assert not known.of("mri_spect") & {"4", "18", "28", "30", "40"}
    assert known.said("mri_pet", ["30"]) == "other cases of mri_pet" + (
        "; its classifier from ir_vis" if "infrared" in name else ""
    )


def test_a_classifier_made_for_other_modalities_is_told():
    assert learned_cases("CAMF").said("ir_vis", ["02"]) == (
        "other cases of ir_vis; its classifier from mri_pet and mri_spect"
    )
    assert learned_cases("CAMF infrared–visible").said("ir_vis", ["02"]) == "other cases of ir_vis"
    assert learned_cases("MaskNet").said("ir_vis", ["02"]) == "nothing of ir_vis"


def test_phantoms_are_no_cases():
    assert LearnedCases({}, phantoms=True).said("phantoms", []) == "other phantoms"
    assert LearnedCases({}).said("phantoms", []) == "nothing of phantoms"


def test_a_collection_of_which_all_was_kept_out_is_still_of_the_same_patients():
    known = LearnedCases({"mri_pet": frozenset({"25"})}, kept_out=frozenset({"mri_ct"}))
    assert known.of("mri_ct") == {"25"}
    assert known.of("ir_vis") == frozenset()


def test_what_the_start_had_learned_from_is_learned_from(tmp_path):
    data = {"training": {"a": {"cases": ["1"]}}, "kept_out": {}, "learned_before": {"a": ["2"], "b": ["3"]}}
    (tmp_path / "masknet.json").write_text(json.dumps({"sha256": "", "data": data}), "utf-8")
    known = learned_cases("MaskNet", tmp_path)
    assert known.training == {"a": {"1", "2"}, "b": {"3"}}
    assert known.said("b", ["3"]) == "some of these very cases of b"


@pytest.mark.parametrize("data", [None, {"training": {}}, {"training": {"a": {}}, "kept_out": {}}], ids=str)
def test_a_card_that_does_not_tell_is_refused(data, tmp_path):
    (tmp_path / "masknet.json").write_text(json.dumps({"sha256": "", "data": data}), "utf-8")
    with pytest.raises(InputError, match="does not say which cases it has learned from"):
        learned_cases("MaskNet", tmp_path)
