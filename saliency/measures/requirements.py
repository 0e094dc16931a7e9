"""The four things a clinician asks of a fusion method (Kumar & Gumhold 2020, Section 5.3), as numbers.

The paper states them in words and judges by eye. Here each is one number of a region's `RegionReport`, so
that methods can be ranked on it; what the number cannot see is said beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from saliency.measures.region_report import RegionReport

LEAST_CNR = 0.5
"""A region counts as dark or bright where its contrast-to-noise ratio against its ring is at least this."""


@dataclass(frozen=True)
class Requirement:
    """One thing asked of a fusion method.

    Attributes
    ----------
    name : str
        A few words for a table's head.
    asked : str
        What is asked for, in a reader's words.
    formula : str
        How the number is computed; J_k[i, j] = ∂y[i]/∂x_k[j], i runs over the region R's fused pixels.
    caution : str
        What the number does not see.
    higher_is_better : bool
        Which way methods are ranked.
    measure : callable
        The number of a report, or None where it is not defined for that region.
    missing : callable
        What the region lacks where the number is not defined, in a few words.
    """

    name: str
    asked: str
    formula: str
    caution: str
    higher_is_better: bool
    measure: Callable[[RegionReport], float | None]
    missing: Callable[[RegionReport], str]


def dark_kept(report: RegionReport) -> float | None:
    """How much of a region's darkness in the functional image is left in the fused one? 1: all of it."""
    return _contrast_kept(report, sign=-1)


def bright_kept(report: RegionReport) -> float | None:
    """How much of a region's brightness in the functional image is left in the fused one? 1: all of it."""
    return _contrast_kept(report, sign=+1)


def _contrast_kept(report: RegionReport, sign: int) -> float | None:
    """CNR of the fused image over that of the second input; None where that one is too small."""
    _, second, fused = report.contrasts
    if second is None or fused is None or second.cnr is None or second.cnr * sign < LEAST_CNR:
        return None
    return 0.0 if fused.cnr is None else fused.cnr / second.cnr


def _contrast_here(report: RegionReport) -> str:
    second = report.contrasts[1]
    if second is None or second.cnr is None:
        return "CNR(x2) has no value"
    return f"CNR(x2) is {second.cnr:+.2f}".replace("-", "−")


def _influence_here(_: RegionReport) -> str:
    return "no input has any influence, or it is not finite"


REQUIREMENTS = (
    Requirement(
        "dark functional region visible",
        "A region that is dark in the functional image, such as a necrotic core, can be told from the tissue "
        "around it in the fused image too.",
        "CNR(y) / CNR(x2), with CNR(z) = (mean of z over R − mean over its ring) / √((variance over R + variance "
        "over the ring) / 2). 1 is as distinct as in the functional image; below 0 the region turned bright.",
        f"Defined only where CNR(x2) is −{LEAST_CNR} or less: the region is dark to begin with. Says nothing of "
        "the anatomical outline that the region should be seen against.",
        True,
        dark_kept,
        _contrast_here,
    ),
    Requirement(
        "bright functional region kept",
        "A region that is bright in the functional image, such as healthy active tissue, stays as distinct in "
        "the fused image.",
        "CNR(y) / CNR(x2), as above. 1 is as distinct as in the functional image; below 0 it turned dark.",
        f"Defined only where CNR(x2) is {LEAST_CNR} or more: the region is bright to begin with. Detail within "
        "the region does not count.",
        True,
        bright_kept,
        _contrast_here,
    ),
    Requirement(
        "steady under the lesser modality",
        "Changes of the modality that says less about this region, as anatomy does within a necrotic core, "
        "hardly change the fused image there.",
        "Σ_i Σ_j |J_1[i, j]| / Σ_i Σ_j (|J_1[i, j]| + |J_2[i, j]|) over all input pixels j: the first "
        "(anatomical) input's share of the influence. 0 is best.",
        "The first input is taken for the lesser one, which holds in a necrotic core but not everywhere. A share "
        "says nothing of the size: a method may follow both inputs weakly or both strongly.",
        False,
        lambda report: report.share[0],
        _influence_here,
    ),
    Requirement(
        "untouched from outside",
        "What lies outside the region hardly changes the fused image within it.",
        "Σ_i Σ_(j outside R) (|J_1[i, j]| + |J_2[i, j]|) / Σ_i Σ_j (|J_1[i, j]| + |J_2[i, j]|): the leakage. "
        "0 is best.",
        "Pixels near the region's edge have more outside within sight, so that small and thin regions leak more "
        "under every method; compare methods on one region, not regions with each other.",
        False,
        lambda report: report.leakage,
        _influence_here,
    ),
)
"""In the paper's order."""


@dataclass(frozen=True)
class Standing:
    """One method's number for one requirement, and its place among the methods compared.

    Attributes
    ----------
    value : float or None
        None where the number is not defined for this region.
    rank : int or None
        1 is best; equal values share a rank. None where there is no value.
    """

    value: float | None
    rank: int | None


def ranked(requirement: Requirement, reports: Mapping[str, RegionReport]) -> dict[str, Standing]:
    """Which method does best by one requirement? A standing for each name, in the order given.

    Parameters
    ----------
    requirement : Requirement
    reports : mapping of method name to RegionReport
        All of one region of one pair.

    Examples
    --------
    >>> ranked(REQUIREMENTS[3], {})
    {}
    """
    values = {name: requirement.measure(report) for name, report in reports.items()}
    better = requirement.higher_is_better
    known = sorted((value for value in values.values() if value is not None), reverse=better)
    return {
        name: Standing(value, None if value is None else known.index(value) + 1) for name, value in values.items()
    }


@dataclass(frozen=True)
class Finding:
    """Something the paper reports of a method, held against what was measured.

    Attributes
    ----------
    claim : str
        What the paper reports.
    holds : bool or None
        Whether it does here; None where the figure is not defined.
    measured : str
        The figure, in words.
    """

    claim: str
    holds: bool | None
    measured: str


def no_neighbourhood(report: RegionReport) -> Finding:
    """Is a fused pixel made of its own input pixels alone? (The paper's Section 6.3.1, weighted averaging.)"""
    part = report.neighbourhood
    # The sums are float64 and the diagonal float32; a single ulp must not count as influence.
    holds = None if part is None else part < 1e-6
    said = "no influence at all" if part is None else f"{part:.2%} of the influence comes from neighbours"
    return Finding("Neighbouring input pixels have no influence.", holds, said)


def opposed_guidance(report: RegionReport) -> Finding:
    """Does one input's guidance fall where the other's rises? (Section 6.4, weighted averaging.)"""
    r = report.correlation.pearson
    return Finding(
        "The two guidance images correlate negatively.", None if r is None else r < 0, str(report.correlation)
    )


def little_leakage(report: RegionReport, least: float = 0.1) -> Finding:
    """Does less than ``least`` of the influence come from outside the region? (Section 6.3.6, MaskNet.)

    The paper says "very low" without a number; a tenth is taken for it here.
    """
    part = report.leakage
    said = "no influence at all" if part is None else f"{part:.2%} of the influence comes from outside"
    claim = "Pixels outside the region have very little influence."
    return Finding(claim, None if part is None else part < least, said)
