"""A region's figures as a table: on the page, as CSV, and for print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from dashboard.pages.regions.region_result import RegionResult
from dashboard.report.number_table import Table
from dashboard.report.provenance import TableOrigin, about_table
from fusion import ImagePair
from saliency import RegionReport
from saliency.measures.region_contrast import Contrast
from saliency.measures.requirements import (
    REQUIREMENTS,
    Finding,
    little_leakage,
    no_neighbourhood,
    opposed_guidance,
)


@dataclass(frozen=True)
class Figure:
    """One number of a region: a column of the table.

    Attributes
    ----------
    field : str
        Names it in the page's table.
    group, head : str
        What it belongs to, and a few words.
    definition : str
        What it is, in a sentence.
    measure : callable
        The number of a report; None where it is not defined.
    """

    field: str
    group: str
    head: str
    definition: str
    measure: Callable[[RegionReport], float | None]


def columns(names: tuple[str, str]) -> tuple[Figure, ...]:
    """Every figure of a region, for inputs that are called ``names``."""
    return (
        *_influence(names),
        Figure(
            "neighbours",
            "Influence",
            "neighbours",
            "Part of all influence that comes from input pixels other than the fused pixel's own.",
            lambda report: report.neighbourhood,
        ),
        *_guidance(names),
        Figure(
            "pearson",
            "Guidance",
            "Pearson r",
            "Linear correlation of the two inputs' guidance values over the region.",
            lambda report: report.correlation.pearson,
        ),
        Figure(
            "spearman",
            "Guidance",
            "Spearman ρ",
            "The same of their ranks.",
            lambda report: report.correlation.spearman,
        ),
        *_contrasts(
            "cnr",
            "Contrast to ring, CNR",
            "(mean of the region − mean of its ring) / √((variance of both) / 2)",
            _cnr,
            names,
        ),
        *_contrasts(
            "weber",
            "Contrast to ring, Weber",
            "(mean of the region − mean of its ring) / mean of its ring",
            _weber,
            names,
        ),
    )


def _influence(names: tuple[str, str]) -> list[Figure]:
    both = [
        Figure(
            f"share{which}",
            "Influence",
            f"share {name}",
            f"{name}'s part in Σ|∂y/∂x| over the region's fused pixels and all input pixels of both inputs.",
            partial(_share, which=which),
        )
        for which, name in enumerate(names)
    ]
    leaks = [
        Figure(
            f"leakage{which}",
            "Influence",
            f"leakage {name}",
            f"Part of {name}'s own influence that comes from its pixels outside the region.",
            partial(_leakage, which=which),
        )
        for which, name in enumerate(names)
    ]
    together = Figure(
        "leakage",
        "Influence",
        "leakage",
        "Part of all influence that comes from input pixels outside the region.",
        lambda report: report.leakage,
    )
    return [*both, together, *leaks]


def _guidance(names: tuple[str, str]) -> list[Figure]:
    means = [
        Figure(
            f"mean{which}",
            "Guidance",
            f"mean {name}",
            f"Mean of ∂y(i)/∂x(i) of {name} over the region, signed.",
            partial(_mean, which=which),
        )
        for which, name in enumerate(names)
    ]
    sizes = [
        Figure(
            f"size{which}",
            "Guidance",
            f"size {name}",
            f"Mean of |∂y(i)/∂x(i)| of {name} over the region.",
            partial(_size, which=which),
        )
        for which, name in enumerate(names)
    ]
    return [*means, *sizes]


def _contrasts(
    field: str, group: str, formula: str, measure: Callable[[Contrast], float | None], names: tuple[str, str]
) -> list[Figure]:
    return [
        Figure(
            f"{field}{which}",
            group,
            name,
            f"{formula}, in {name}.",
            partial(_contrast, which=which, measure=measure),
        )
        for which, name in enumerate((*names, "fused"))
    ]


def _share(report: RegionReport, which: int) -> float | None:
    return report.share[which]


def _leakage(report: RegionReport, which: int) -> float | None:
    return report.leakages[which]


def _mean(report: RegionReport, which: int) -> float:
    return report.guidance_mean[which]


def _size(report: RegionReport, which: int) -> float:
    return report.guidance_size[which]


def _cnr(found: Contrast) -> float | None:
    return found.cnr


def _weber(found: Contrast) -> float | None:
    return found.weber


def _contrast(report: RegionReport, which: int, measure: Callable[[Contrast], float | None]) -> float | None:
    found = report.contrasts[which]
    return None if found is None else measure(found)


def rows(reports: Mapping[str, RegionReport], names: tuple[str, str]) -> list[dict[str, Any]]:
    """The table's rows for the page, one a network; what is not defined is None."""
    return [
        {"network": network} | {each.field: each.measure(report) for each in columns(names)}
        for network, report in reports.items()
    ]


def table(
    title: str, reports: Mapping[str, RegionReport], names: tuple[str, str], failures: Mapping[str, str]
) -> Table:
    """All figures and the four requirements, a row for each network."""
    chosen = columns(names)
    heads = ("network", "pixels", *(f"{each.group}: {each.head}" for each in chosen))
    wanted = tuple(f"{number}. {each.name}" for number, each in enumerate(REQUIREMENTS, 1))
    lines = tuple(
        (
            network,
            report.pixels,
            *(each.measure(report) for each in chosen),
            *(each.measure(report) for each in REQUIREMENTS),
        )
        for network, report in reports.items()
    )
    notes = tuple(f"{network}: {failure}" for network, failure in failures.items())
    return Table(title, (*heads, *wanted), lines, notes)


def turned(found: Table) -> Table:
    """The same with a column for each network: fits a page."""
    lines = tuple(
        (head, *(line[number] for line in found.rows)) for number, head in enumerate(found.heads) if number > 0
    )
    return Table(found.title, (found.heads[0], *(str(line[0]) for line in found.rows)), lines, found.notes)


@dataclass(frozen=True, kw_only=True)
class RegionOrigin(TableOrigin):
    """Where a region's table comes from.

    Attributes
    ----------
    region : str
        As in the address.
    ring : float
        Width of the ring in pixels.
    """

    region: str
    ring: float

    def own_parts(self) -> tuple[str, ...]:
        """The region and its ring."""
        region = self.region if len(self.region) <= 60 else f"{self.region[:60]}…"
        return f"region {region}", f"ring {self.ring:g} pixels"

    def facts(self) -> dict[str, Any]:
        """Everything in full, ready for JSON."""
        return super().facts() | {"region": self.region, "ring": self.ring}


def origin(pair: ImagePair, found: Sequence[RegionResult], region: str, ring: float, day: date) -> RegionOrigin:
    """Where the figures of ``found`` come from, made on ``day``."""
    networks = [(each.network, each.weights) for each in found]
    return RegionOrigin(**about_table(pair, networks, day), region=region, ring=ring)


CLAIMS: tuple[tuple[str, str, Callable[[RegionReport], Finding]], ...] = (
    ("Weighted Averaging", "6.3.1", no_neighbourhood),
    ("Weighted Averaging", "6.4", opposed_guidance),
    ("MaskNet", "6.3.6", little_leakage),
)
"""What the paper reports of one method, in which section, and how it is checked."""


def findings(reports: Mapping[str, RegionReport]) -> list[tuple[str, str, Finding]]:
    """The paper's findings on the methods at hand: method, section, and whether it holds here."""
    return [(name, section, check(reports[name])) for name, section, check in CLAIMS if name in reports]
