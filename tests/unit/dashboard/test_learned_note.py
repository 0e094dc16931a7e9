"""What a cohort says of networks that have learned from the cases that they are measured on."""

import pytest

from dashboard.pages.cohort import learned_note as module
from dashboard.pages.cohort.learned_note import learned_note
from dashboard.service.pair_catalogue import PairEntry
from fusion.method.learned_cases import LearnedCases
from fusion.method.purpose import Purpose

MADE_FOR = (frozenset({"MRI", "PET"}),)


def learned(*cases):
    return Purpose(MADE_FOR, learned=LearnedCases({"mri_pet": frozenset(cases)}))


PURPOSES = {
    "Rule": Purpose(is_general=True),
    "One": learned("25", "41"),
    "Same": learned("25", "41"),
    "Other": learned("41"),
    "Unseen": learned("7"),
    "Untold": Purpose(MADE_FOR),
}
SLICES = [
    PairEntry(f"mri_pet/{case}0{at}", "mri_pet", case, f"0{at}", ("MRI", "PET"), lambda: None)
    for case in ("25", "30", "41")
    for at in (1, 2)
]


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        (["Rule", "Unseen"], ""),
        (
            ["Rule", "One", "Other", "Same"],
            "One and Same have learned from 2 of these 3 cases (25, 41); what is measured there may flatter. "
            "Other has learned from 1 of these 3 cases (41); what is measured there may flatter.",
        ),
        (["Untold"], "It is not known which of these cases Untold learned from."),
    ],
)
def test_networks_are_named_by_the_cases_that_they_have_learned_from(monkeypatch, networks, said):
    monkeypatch.setattr(module, "told_purpose", lambda pool, name: PURPOSES[name])
    assert learned_note(None, SLICES, networks) == said


def test_many_cases_are_counted(monkeypatch):
    cases = [str(number) for number in range(20)]
    slices = [PairEntry(each, "mri_pet", each, "", ("MRI", "PET"), lambda: None) for each in cases]
    monkeypatch.setattr(module, "told_purpose", lambda pool, name: learned(*cases))
    assert learned_note(None, slices, ["One"]).startswith("One has learned from 20 of these 20 cases; ")
