"""What the shipped networks were made for: by their cards, never by their names."""

import pytest

import fusion
from fusion.method.purpose import Purpose, purpose

BRAIN, NIGHT = ("MRI", "SPECT"), ("Visible", "Infrared")
SHIPPED = {
    "Weighted Averaging": (True, True),
    "MaskNet": (True, False),
    "DeepFuse": (True, False),
    "CAMF": (True, False),
    "CAMF infrared–visible": (False, True),
    "UAAFusion": (True, False),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_is_made_for_what_its_card_says(name):
    found = purpose(name)
    assert (found.suits(BRAIN), found.suits(NIGHT)) == SHIPPED[name]
    assert found.suits(tuple(reversed(BRAIN))) == SHIPPED[name][0]


def test_a_case_is_known_in_every_collection_of_one_training():
    found = purpose("MaskNet")
    assert found.has_learned("mri_spect", "3010")
    assert found.has_learned("mri_spect", "41012"), "patient 41 was learned from by PET"
    assert found.has_learned("mri_spect", "18005") is False
    assert found.has_learned("mri_spect", "3010 (2)")
    assert found.has_learned("hospital", "3010") is None


def test_without_a_card_nothing_is_claimed(tmp_path):
    found = purpose("MaskNet", tmp_path)
    assert (found.suits(BRAIN), found.has_learned("mri_spect", "3010")) == (None, None)
    assert all(isinstance(purpose(name), Purpose) for name in fusion.names())
