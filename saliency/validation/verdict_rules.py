"""May a reader lean on a network's derivative at one place? Rules with thresholds, and the sentence they give.

A rule says no more than what was tested: a sentence without a complaint is no proof that nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from saliency.measures.region_report import RegionReport
from saliency.measures.requirements import bright_kept, dark_kept
from saliency.validation.finite_differences import TOLERANCE
from saliency.validation.trust_card import KEPT_SIGNS, NOISE_CHANGE, Check

DIFFERENCES, NOISE, LEARNED = ("agrees with differences", "steady under noise", "depends on what was learned")
"""The lines of a trust card."""
LEAST_RANGE, MOST_LEAKAGE, LEAST_KEPT = 0.05, 0.5, 0.5
"""Thresholds; why they lie there is said by the rules."""


class Level(IntEnum):
    """What the rules come to, the best first."""

    NOTHING_AGAINST = 0
    CARE = 1
    AGAINST = 2
    UNKNOWN = 3


@dataclass(frozen=True)
class Evidence:
    """What is known of one network at one place: a fused pixel, or a region of several.

    Attributes
    ----------
    names : two str
        What the inputs are called.
    suits, has_learned : bool or None
        Whether the network was made for such pairs, and has learned from this case; None where nobody says.
    report : RegionReport or None
        Of the pixel or the region; None before it is computed.
    ranges : tuple of float
        For each input, how far its value may change before the derivative is off by a tenth of the change, in the
        inputs' unit, where an image spans [0, 1]; as many as were tried.
    checks : tuple of Check
        The lines of the trust card, as many as were made.
    """

    names: tuple[str, str]
    suits: bool | None = None
    has_learned: bool | None = None
    report: RegionReport | None = None
    ranges: tuple[float, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all was tried that the rules ask for."""
        return self.report is not None and len(self.ranges) == 2 and len(self.checks) == 3

    @property
    def is_region(self) -> bool:
        """Whether the place has several fused pixels."""
        return self.report is not None and self.report.pixels > 1

    @property
    def leakage(self) -> float | None:
        """The part of the influence that comes from outside the region; None of a pixel, which all have around."""
        return self.report.leakage if self.report is not None and self.is_region else None

    @property
    def contrast_kept(self) -> float | None:
        """What of the region's contrast in the second input the fused image keeps; None where it has little."""
        if self.report is None or not self.is_region:
            return None
        dark = dark_kept(self.report)
        return bright_kept(self.report) if dark is None else dark

    def check(self, name: str) -> Check | None:
        """A line of the trust card; None before it is made."""
        return next((each for each in self.checks if each.name == name), None)


Complaint = str | None
"""What speaks against a network, as a clause; empty where the rule holds, None where it says nothing."""


@dataclass(frozen=True)
class TrustRule:
    """One thing that can speak against a network.

    Attributes
    ----------
    name : str
        What holds where nothing does.
    level : Level
        What it comes to where it does not hold.
    threshold : float or None
        None where there is nothing to be measured.
    reason : str
        Why there is such a rule, and why its threshold lies where it does.
    judge : callable
        From evidence to a complaint.
    """

    name: str
    level: Level
    threshold: float | None
    reason: str
    judge: Callable[[Evidence], Complaint]


@dataclass(frozen=True)
class Ruling:
    """A rule, held against evidence.

    Attributes
    ----------
    rule : TrustRule
    complaint : str or None
        As `Complaint`.
    """

    rule: TrustRule
    complaint: Complaint

    @property
    def holds(self) -> bool | None:
        """None where the rule says nothing."""
        return None if self.complaint is None else not self.complaint


def _slope(evidence: Evidence) -> Complaint:
    return _failed(evidence, DIFFERENCES, "what is shown is not the slope of the fused image")


def _noise(evidence: Evidence) -> Complaint:
    found = evidence.check(NOISE)
    said = "" if found is None or found.value is None else f" by {found.value:.0%}"
    return _failed(evidence, NOISE, f"a little noise changes the Jacobian{said}")


def _learned(evidence: Evidence) -> Complaint:
    return _failed(evidence, LEARNED, "an untrained network shows much the same pattern")


def _failed(evidence: Evidence, name: str, complaint: str) -> Complaint:
    found = evidence.check(name)
    if found is None or found.passed is None:
        return None
    return "" if found.passed else complaint


def _influence(evidence: Evidence) -> Complaint:
    if evidence.report is None:
        return None
    return "neither input has a finite influence" if evidence.report.share[0] is None else ""


def _made_for(evidence: Evidence) -> Complaint:
    if evidence.suits is None:
        return None
    return "" if evidence.suits else f"it was not made for {' and '.join(evidence.names)}"


def _unseen(evidence: Evidence) -> Complaint:
    if evidence.has_learned is None:
        return None
    return "it has learned from this case" if evidence.has_learned else ""


def _range(evidence: Evidence) -> Complaint:
    if len(evidence.ranges) < 2:
        return None
    least = min(evidence.ranges)
    name = evidence.names[evidence.ranges.index(least)]
    if least >= LEAST_RANGE:
        return ""
    if least == 0:
        return f"the derivative by {name} is off for the smallest change tried"
    return f"the derivative by {name} holds for changes up to ±{least:.3g} only"


def _leakage(evidence: Evidence) -> Complaint:
    part = evidence.leakage
    if part is None:
        return None
    return f"{part:.0%} of the influence comes from outside the region" if part > MOST_LEAKAGE else ""


def _not_inverted(evidence: Evidence) -> Complaint:
    kept = evidence.contrast_kept
    if kept is None:
        return None
    return f"the region's contrast in {evidence.names[1]} is inverted" if kept < 0 else ""


def _contrast(evidence: Evidence) -> Complaint:
    kept = evidence.contrast_kept
    if kept is None or kept < 0:
        return None
    if kept >= LEAST_KEPT:
        return ""
    return f"{kept:.0%} of the region's contrast in {evidence.names[1]} is left"


RULES: tuple[TrustRule, ...] = (
    TrustRule(
        "the derivative is the slope of the fused image",
        Level.AGAINST,
        TOLERANCE,
        "Central differences in float64 resolve a thousandth of the pixel's largest derivative; what is off by "
        "more is no rounding, and every figure below is made of the derivative.",
        _slope,
    ),
    TrustRule(
        "the inputs have a finite influence",
        Level.AGAINST,
        None,
        "Shares of nothing, or of what is not a number, are no shares.",
        _influence,
    ),
    TrustRule(
        "the region is not inverted",
        Level.AGAINST,
        0.0,
        "Below 0 what is dark in the second input is bright in the fused image, or the other way round: a reader "
        "takes the opposite from it.",
        _not_inverted,
    ),
    TrustRule(
        "it was made for these modalities",
        Level.CARE,
        None,
        "A network learned what its training pairs have in common; nobody has shown that it holds for others.",
        _made_for,
    ),
    TrustRule(
        "it has not learned from this case",
        Level.CARE,
        None,
        "Figures on a training case say little of cases that the network has not seen.",
        _unseen,
    ),
    TrustRule(
        "the Jacobian is steady under noise",
        Level.CARE,
        NOISE_CHANGE,
        "Noise of a hundredth of the images' range is hardly seen; where it changes the Jacobian by more than a "
        "quarter of its size, single pixels of it mean little.",
        _noise,
    ),
    TrustRule(
        "the Jacobian depends on what was learned",
        Level.CARE,
        KEPT_SIGNS,
        "A pattern that still correlates at more than a half once all weights are random comes from the network's "
        "structure (Adebayo et al. 2018).",
        _learned,
    ),
    TrustRule(
        "the derivative holds for visible changes",
        Level.CARE,
        LEAST_RANGE,
        "A twentieth of the images' range is 13 of 255 grey levels, which a reader sees; a derivative that is off "
        "by more than a tenth for such a change does not tell what it would do.",
        _range,
    ),
    TrustRule(
        "the region is made of its own pixels",
        Level.CARE,
        MOST_LEAKAGE,
        "Where more than half of the influence comes from outside, the region shows its surroundings rather than "
        "itself. Thin and small regions leak more under every network.",
        _leakage,
    ),
    TrustRule(
        "the region's contrast is kept",
        Level.CARE,
        LEAST_KEPT,
        "Below a half the region is less than half as distinct, in units of the scatter around it, as in the "
        "second input, and may be missed.",
        _contrast,
    ),
)
"""The gravest first."""


@dataclass(frozen=True)
class Verdict:
    """What the rules say of a network at a place.

    Attributes
    ----------
    level : Level
        `Level.UNKNOWN` until everything is tried.
    sentence : str
        Empty until then.
    rulings : tuple of Ruling
        One for each of `RULES`.
    """

    level: Level
    sentence: str
    rulings: tuple[Ruling, ...]


OPENINGS = {
    Level.NOTHING_AGAINST: "Nothing that was tested speaks against it here",
    Level.CARE: "With care here",
    Level.AGAINST: "Not to be relied on here",
}


def verdict(evidence: Evidence, rules: Sequence[TrustRule] = RULES) -> Verdict:
    """What do the rules say of ``evidence``? The gravest level of those that do not hold, and all of these.

    Examples
    --------
    >>> found = verdict(Evidence(("MRI", "PET")))
    >>> found.level.name, found.sentence
    ('UNKNOWN', '')
    """
    rulings = tuple(Ruling(rule, rule.judge(evidence)) for rule in rules)
    if not evidence.is_complete:
        return Verdict(Level.UNKNOWN, "", rulings)
    against = [each for each in rulings if each.complaint]
    level = max((each.rule.level for each in against), default=Level.NOTHING_AGAINST)
    said = "; ".join(each.complaint for each in against if each.complaint) or _tested(rulings)
    return Verdict(level, f"{OPENINGS[level]}: {said}.", rulings)


def _tested(rulings: Sequence[Ruling]) -> str:
    """How many rules were tested, and which were not."""
    missing = [each.rule.name for each in rulings if each.holds is None]
    tested = f"{len(rulings) - len(missing)} of {len(rulings)} rules hold"
    return f"{tested}; not tested: that {', that '.join(missing)}" if missing else tested


def rank(evidence: Evidence, found: Verdict) -> tuple[bool, int, int]:
    """What to sort networks by: made for such pairs, the level, how many rules do not hold.

    One that was not made for them stands behind all that were, or of which nobody says.
    """
    return evidence.suits is False, int(found.level), sum(bool(each.complaint) for each in found.rulings)
