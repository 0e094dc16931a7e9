"""The rules of a verdict, case by case: each threshold from both sides, and a sentence that claims no more."""

from dataclasses import replace

import pytest

import fusion
from saliency import Check, Contrast, Correlation, RegionReport, trust_card
from saliency.validation import verdict_rules
from saliency.validation.verdict_rules import (
    DIFFERENCES,
    LEARNED,
    NOISE,
    RULES,
    Evidence,
    Level,
    rank,
    verdict,
)


def checks(differences=True, noise=True, learned=True):
    passed = {DIFFERENCES: differences, NOISE: noise, LEARNED: learned}
    return tuple(Check(name, 0.4, 0.25, each, "", "") for name, each in passed.items())


def report(leakage=0.2, cnr=(2.0, 1.5), pixels=80, share=0.3):
    second, fused = (Contrast(0.5, 0.25, 1.0, each) for each in cnr)
    shares = (None, None) if share is None else (share, 1 - share)
    return RegionReport(
        pixels, (1.0, 2.0), shares, leakage, (leakage, leakage), 0.9, (0.1, 0.2), (0.1, 0.2),
        Correlation(None, None, pixels), (second, second, fused), 5.0,
    )  # fmt: skip


GOOD = Evidence(("MRI", "SPECT"), True, False, report(), (0.1, 0.5), checks())


def ruled(evidence):
    """What each rule says, by the first words of its name's last part."""
    return {each.rule.name: each.holds for each in verdict(evidence).rulings}


CASES = [
    ({"checks": checks(differences=False)}, Level.AGAINST, "what is shown is not the slope of the fused image"),
    ({"report": report(share=None)}, Level.AGAINST, "neither input has a finite influence"),
    ({"report": report(cnr=(-2.0, 0.1))}, Level.AGAINST, "the region's contrast in SPECT is inverted"),
    ({"suits": False}, Level.CARE, "it was not made for MRI and SPECT"),
    ({"has_learned": True}, Level.CARE, "it has learned from this case"),
    ({"checks": checks(noise=False)}, Level.CARE, "a little noise changes the Jacobian by 40%"),
    ({"checks": checks(learned=False)}, Level.CARE, "an untrained network shows much the same pattern"),
    ({"ranges": (0.5, 0.025)}, Level.CARE, "the derivative by SPECT holds for changes up to ±0.025 only"),
    ({"ranges": (0.0, 0.025)}, Level.CARE, "the derivative by MRI is off for the smallest change tried"),
    ({"report": report(leakage=0.51)}, Level.CARE, "51% of the influence comes from outside the region"),
    ({"report": report(cnr=(2.0, 0.98))}, Level.CARE, "49% of the region's contrast in SPECT is left"),
]


@pytest.mark.parametrize(("change", "level", "complaint"), CASES)
def test_each_rule_speaks_for_itself(change, level, complaint):
    found = verdict(replace(GOOD, **change))
    assert found.level is level
    assert found.sentence == f"{verdict_rules.OPENINGS[level]}: {complaint}."
    assert sum(each.holds is False for each in found.rulings) == 1


def test_every_rule_has_a_case_and_says_why():
    names = set()
    for change, _, _ in CASES:
        names |= {name for name, holds in ruled(replace(GOOD, **change)).items() if holds is False}
    assert names == {rule.name for rule in RULES}
    assert all(len(rule.reason) > 40 and rule.level in (Level.CARE, Level.AGAINST) for rule in RULES)


@pytest.mark.parametrize(
    "change",
    [
        {"report": report(leakage=0.5)},
        {"report": report(cnr=(2.0, 1.0))},
        {"report": report(cnr=(-2.0, -1.0))},
        {"ranges": (0.05, 0.05)},
    ],
)
def test_on_the_threshold_a_rule_holds(change):
    found = verdict(replace(GOOD, **change))
    assert found.level is Level.NOTHING_AGAINST
    assert found.sentence == "Nothing that was tested speaks against it here: 10 of 10 rules hold."


def test_what_was_not_tested_is_told_and_not_counted_as_held():
    quiet = replace(GOOD, suits=None, has_learned=None, checks=checks(learned=None))
    assert verdict(quiet).sentence.startswith(
        "Nothing that was tested speaks against it here: 7 of 10 rules hold; "
    )
    assert "not tested: that it was made for these modalities, that it has not learned" in verdict(quiet).sentence
    kink = replace(GOOD, checks=checks(differences=None))
    assert ruled(kink)["the derivative is the slope of the fused image"] is None
    small = replace(GOOD, report=report(cnr=(0.4, 3.0)))
    assert small.contrast_kept is None
    assert ruled(small)["the region's contrast is kept"] is None


def test_a_pixel_has_neither_leakage_nor_contrast_of_its_own():
    pixel = replace(GOOD, report=report(leakage=0.97, pixels=1))
    assert (pixel.leakage, pixel.contrast_kept) == (None, None)
    assert verdict(pixel).level is Level.NOTHING_AGAINST


@pytest.mark.parametrize("change", [{"report": None}, {"ranges": (0.0,)}, {"checks": checks(False)[:2]}])
def test_there_is_no_sentence_before_everything_is_tried(change):
    found = verdict(replace(GOOD, **change))
    assert (found.level, found.sentence) == (Level.UNKNOWN, "")


def test_the_gravest_level_is_told_with_all_complaints():
    bad = replace(GOOD, suits=False, checks=checks(differences=False))
    assert verdict(bad).sentence == (
        "Not to be relied on here: what is shown is not the slope of the fused image; it was not made for MRI and "
        "SPECT."
    )


def test_a_network_for_other_modalities_never_stands_first():
    foreign, careful, refused, quiet = (
        replace(GOOD, suits=False),
        replace(GOOD, checks=checks(noise=False)),
        replace(GOOD, checks=checks(differences=False)),
        replace(GOOD, suits=None),
    )
    order = sorted((foreign, refused, careful, GOOD, quiet), key=lambda each: rank(each, verdict(each)))
    assert order == [GOOD, quiet, careful, refused, foreign]
    unknown = replace(GOOD, report=None)
    assert rank(unknown, verdict(unknown)) < rank(foreign, verdict(foreign))


def test_the_trust_cards_lines_are_those_the_rules_know():
    card = trust_card(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (128, 100))
    assert [each.name for each in card] == [DIFFERENCES, NOISE, LEARNED]
