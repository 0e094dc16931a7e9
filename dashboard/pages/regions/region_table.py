"""A region's figures as a table: on the page, as CSV, and for print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard.pages.regions.region_result import RegionResult
from dashboard.report.number_table import NumberTable
from dashboard.report.provenance import TableOrigin, about_table
from fusion import ImagePair
from saliency import RegionReport
from saliency.measures.region_figures import region_figures, region_table
from saliency.measures.requirements import (
    Finding,
    little_leakage,
    no_neighbourhood,
    opposed_guidance,
)


def rows(reports: Mapping[str, RegionReport], names: tuple[str, str]) -> list[dict[str, Any]]:
    """The table's rows for the page, one a network; what is not defined is None."""
    return [
        {"network": network} | {each.field: each.measure(report) for each in region_figures(names)}
        for network, report in reports.items()
    ]


def table(
    title: str, reports: Mapping[str, RegionReport], names: tuple[str, str], failures: Mapping[str, str]
) -> NumberTable:
    """All figures and the four requirements, a row for each network."""
    heads, lines = region_table(reports, names)
    notes = tuple(f"{network}: {failure}" for network, failure in failures.items())
    return NumberTable(title, heads, lines, notes)


def turned(found: NumberTable) -> NumberTable:
    """The same with a column for each network: fits a page."""
    lines = tuple(
        (head, *(line[number] for line in found.rows)) for number, head in enumerate(found.heads) if number > 0
    )
    return NumberTable(found.title, (found.heads[0], *(str(line[0]) for line in found.rows)), lines, found.notes)


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
