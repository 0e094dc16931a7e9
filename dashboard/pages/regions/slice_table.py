"""A region's figures along slices as one table: a row for each network and slice."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.pages.regions.slice_figures import RegionAlong
from dashboard.report.number_table import NumberTable
from saliency.measures.region_figures import region_figures


def slice_table(names: tuple[str, str], found: Mapping[str, RegionAlong]) -> NumberTable:
    """Every figure that Regions shows of a slice; empty, with the reason, where a slice has none."""
    figures = region_figures(names)
    heads = ("network", "slice", "pixels", *(f"{each.group}: {each.head}" for each in figures), "note")
    rows = tuple(
        (
            network,
            row.title,
            None if row.report is None else row.report.pixels,
            *(None if row.report is None else each.measure(row.report) for each in figures),
            row.note,
        )
        for network, each_found in found.items()
        for row in each_found.rows
    )
    return NumberTable("A region along slices", heads, rows)
