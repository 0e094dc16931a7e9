"""A region's figures, one by one: what each is called, what it is, and how it is read from a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from saliency.measures.region_contrast import Contrast
from saliency.measures.region_report import RegionReport
from saliency.measures.requirements import REQUIREMENTS


@dataclass(frozen=True)
class RegionFigure:
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


def region_figures(names: tuple[str, str]) -> tuple[RegionFigure, ...]:
    """Every figure of a region, for inputs that are called ``names``."""
    return (
        *_influence(names),
        RegionFigure(
            "neighbours",
            "Influence",
            "neighbours",
            "Part of all influence that comes from input pixels other than the fused pixel's own.",
            lambda report: report.neighbourhood,
        ),
        *_guidance(names),
        RegionFigure(
            "pearson",
            "Guidance",
            "Pearson r",
            "Linear correlation of the two inputs' guidance values over the region.",
            lambda report: report.correlation.pearson,
        ),
        RegionFigure(
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


def _influence(names: tuple[str, str]) -> list[RegionFigure]:
    both = [
        RegionFigure(
            f"share{input_index}",
            "Influence",
            f"share {name}",
            f"{name}'s part in Σ|∂y/∂x| over the region's fused pixels and all input pixels of both inputs.",
            partial(_share, input_index=input_index),
        )
        for input_index, name in enumerate(names)
    ]
    leaks = [
        RegionFigure(
            f"leakage{input_index}",
            "Influence",
            f"leakage {name}",
            f"Part of {name}'s own influence that comes from its pixels outside the region.",
            partial(_leakage, input_index=input_index),
        )
        for input_index, name in enumerate(names)
    ]
    together = RegionFigure(
        "leakage",
        "Influence",
        "leakage",
        "Part of all influence that comes from input pixels outside the region.",
        lambda report: report.leakage,
    )
    return [*both, together, *leaks]


def _guidance(names: tuple[str, str]) -> list[RegionFigure]:
    means = [
        RegionFigure(
            f"mean{input_index}",
            "Guidance",
            f"mean {name}",
            f"Mean of ∂y(i)/∂x(i) of {name} over the region, signed.",
            partial(_mean, input_index=input_index),
        )
        for input_index, name in enumerate(names)
    ]
    sizes = [
        RegionFigure(
            f"size{input_index}",
            "Guidance",
            f"size {name}",
            f"Mean of |∂y(i)/∂x(i)| of {name} over the region.",
            partial(_size, input_index=input_index),
        )
        for input_index, name in enumerate(names)
    ]
    return [*means, *sizes]


def _contrasts(
    field: str, group: str, formula: str, measure: Callable[[Contrast], float | None], names: tuple[str, str]
) -> list[RegionFigure]:
    return [
        RegionFigure(
            f"{field}{input_index}",
            group,
            name,
            f"{formula}, in {name}.",
            partial(_contrast, input_index=input_index, measure=measure),
        )
        for input_index, name in enumerate((*names, "fused"))
    ]


def _share(report: RegionReport, input_index: int) -> float | None:
    return report.share[input_index]


def _leakage(report: RegionReport, input_index: int) -> float | None:
    return report.leakages[input_index]


def _mean(report: RegionReport, input_index: int) -> float:
    return report.guidance_mean[input_index]


def _size(report: RegionReport, input_index: int) -> float:
    return report.guidance_size[input_index]


def _cnr(found: Contrast) -> float | None:
    return found.cnr


def _weber(found: Contrast) -> float | None:
    return found.weber


def _contrast(report: RegionReport, input_index: int, measure: Callable[[Contrast], float | None]) -> float | None:
    found = report.contrasts[input_index]
    return None if found is None else measure(found)


def region_table(
    reports: Mapping[str, RegionReport], names: tuple[str, str]
) -> tuple[tuple[str, ...], tuple[tuple[str | float | None, ...], ...]]:
    """All figures and the four requirements: the columns' heads, and a row for each network, None where undefined.

    Parameters
    ----------
    reports : mapping
        A region's report by network.
    names : two str
        What the inputs are called.
    """
    chosen = region_figures(names)
    figures = tuple(f"{each.group}: {each.head}" for each in chosen)
    wanted = tuple(f"{number}. {each.name}" for number, each in enumerate(REQUIREMENTS, 1))
    rows = tuple(
        (
            network,
            report.pixels,
            *(each.measure(report) for each in chosen),
            *(each.measure(report) for each in REQUIREMENTS),
        )
        for network, report in reports.items()
    )
    return ("network", "pixels", *figures, *wanted), rows
