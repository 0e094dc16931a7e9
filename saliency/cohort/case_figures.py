"""One slice through one network in figures: of the whole slice, and of each of its regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from fusion.metric_names import METRIC_NAMES
from fusion.metrics import measure
from saliency.cohort.intensity_regions import drawn_pixels, intensity_regions
from saliency.defaults import COHORT_PIXELS
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.region_rows import RegionRows, region_rows
from saliency.geometry.masks import Mask, middle
from saliency.geometry.window import Pixel
from saliency.measures.guidance_correlation import correlation
from saliency.measures.influence import influence
from saliency.measures.region_report import region_report
from saliency.measures.requirements import REQUIREMENTS
from saliency.validation.trust_card import trust_checks
from saliency.validation.verdict_rules import DIFFERENCES, LEARNED, NOISE

WHOLE = "whole slice"
"""The place that every slice has."""
RADII = 12
"""Of these, those whose radii are measured."""
REQUIREMENT_FIGURES = ("dark_kept", "bright_kept", "lesser_share", "outside_share")
"""The paper's four requirements, in the order of `REQUIREMENTS`."""
CHECK_FIGURES = {DIFFERENCES: "differences", NOISE: "noise", LEARNED: "learned"}
"""The trust card's lines."""
MEANINGS: Mapping[str, str] = {
    "rows_share": "First input's share of the influence by full Jacobian rows: all input pixels of both inputs.",
    "guidance_share": "First input's share by guidance: of each fused pixel's own two input pixels only.",
    "share_gap": "Share by full rows less share by guidance, at the same fused pixels.",
    "neighbours": "Part of all influence that comes from other input pixels than the fused pixel's own.",
    "leakage": "Part of all influence on the region that comes from input pixels outside it.",
    "radius_first": "Median radius in pixels that holds 90 % of the first input's influence on a fused pixel.",
    "radius_second": "The same of the second input.",
    "guidance_first": "Mean of the first input's guidance, signed.",
    "guidance_second": "Mean of the second input's guidance, signed.",
    "pearson": "Linear correlation of both inputs' guidance at these fused pixels.",
    "spearman": "The same of their ranks.",
    **dict(zip(REQUIREMENT_FIGURES, (f"Requirement: {each.asked}" for each in REQUIREMENTS), strict=True)),
    "differences": "Trust: largest error against central differences at the place's middle, of the largest.",
    "noise": "Trust: mean change of the Jacobian there under noise.",
    "learned": "Trust: correlation with the Jacobian of a randomised network there.",
    "checks_failed": "Trust: how many of the checks fail there.",
    **{name: f"Fusion metric {name}, of the whole slice." for name in METRIC_NAMES},
}
"""What each figure is, by its column's name."""

TITLES = {
    "rows_share": "share of first, full rows",
    "guidance_share": "share of first, guidance",
    "share_gap": "share, rows less guidance",
    "lesser_share": "requirement 3: steady under first",
    "outside_share": "requirement 4: from outside",
    "dark_kept": "requirement 1: dark kept",
    "bright_kept": "requirement 2: bright kept",
    "pearson": "Pearson r of guidance",
    "spearman": "Spearman ρ of guidance",
    "differences": "trust: central differences",
    "noise": "trust: under noise",
    "learned": "trust: against random weights",
    "checks_failed": "trust: checks failed",
}
"""What figures are called whose columns' names do not tell it."""


def title_of(figure: str) -> str:
    """What a figure is called for a reader.

    Examples
    --------
    >>> title_of("radius_first"), title_of("rows_share")
    ('radius first', 'share of first, full rows')
    """
    return TITLES.get(figure, figure.replace("_", " "))


@dataclass(frozen=True)
class PlaceFigures:
    """What was measured at one place of a slice.

    Attributes
    ----------
    place : str
        `WHOLE`, or a region's name.
    pixels, taken : int
        Fused pixels of the place, and those whose rows were taken.
    middle : (row, col)
        Where the trust checks were made.
    figures : mapping of str to (float or None)
        By the names of `MEANINGS`; None where one is not defined.
    """

    place: str
    pixels: int
    taken: int
    middle: Pixel
    figures: Mapping[str, float | None]


def case_figures(
    network: nn.Module, pair: ImagePair, pixels: int = COHORT_PIXELS, seed: int = 0
) -> Iterator[PlaceFigures]:
    """What does a network do to a slice, and to each of its regions? The whole slice first, then region by region.

    Jacobian rows are exact, at ``pixels`` fused pixels of a place that are drawn by chance; both shares,
    neighbours and correlations are of these same pixels. The whole slice's are drawn where something is shown.

    Parameters
    ----------
    network : Module
        In eval mode. One that is not local takes a pass through the full image for each of the pixels.
    pair : ImagePair
    pixels : int
        At most; of a smaller place all are taken.
    seed : int
        Of the pixels, the noise and the random weights.

    Examples
    --------
    >>> import fusion
    >>> found = next(case_figures(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), pixels=30))
    >>> found.place, found.taken, found.figures["neighbours"], found.figures["radius_first"]
    ('whole slice', 30, 0.0, 0.0)
    """
    fused = fused_image(network, pair)
    metrics = measure(pair.first, pair.second, fused, METRIC_NAMES)
    of_slice = {name: value.number for name, value in metrics.items()}
    yield _measured(network, pair, WHOLE, drawn_pixels(pair), (pixels, seed), of_slice)
    for name, region in intensity_regions(pair).items():
        yield _measured(network, pair, name, region, (pixels, seed), {}, fused)


def _measured(
    network: nn.Module,
    pair: ImagePair,
    place: str,
    region: Mask,
    drawing: tuple[int, int],
    more: Mapping[str, float | None],
    fused: NDArray[np.float32] | None = None,
) -> PlaceFigures:
    chosen = drawn_sample(region, *drawing)
    rows, at = region_rows(network, pair, chosen), middle(region)
    figures = {
        **_shares(rows),
        **_radii(network, pair, chosen),
        **({} if fused is None else _of_region(rows, region, pair, fused)),
        **_trust(network, pair, at, drawing[1]),
        **more,
    }
    finite = {name: _finite(value) for name, value in figures.items()}
    return PlaceFigures(place, int(region.sum()), rows.done, at, finite)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def drawn_sample(region: Mask, pixels: int, seed: int) -> Mask:
    """So many pixels of a region, drawn by chance without a second one at any place; all of a smaller one.

    Examples
    --------
    >>> int(drawn_sample(np.ones((9, 7), bool), 5, seed=0).sum())
    5
    """
    places = np.flatnonzero(region)
    if len(places) > pixels:
        places = np.random.default_rng(seed).choice(places, pixels, replace=False)
    found = np.zeros(region.shape, dtype=np.bool_)
    found.flat[places] = True
    return found


def _shares(rows: RegionRows) -> dict[str, float | None]:
    """Both shares, of the same fused pixels, and what comes from neighbours."""
    sums = rows.sources.sum(axis=(1, 2))
    guidance = rows.guidance[:, rows.region].astype(np.float64)
    own = np.abs(guidance).sum(axis=1)
    by_rows, by_guidance = _part(sums[0], sums.sum()), _part(own[0], own.sum())
    both = correlation(*rows.guidance[:, rows.region])
    return {
        "rows_share": by_rows,
        "guidance_share": by_guidance,
        "share_gap": None if by_rows is None or by_guidance is None else by_rows - by_guidance,
        "neighbours": _part(max(sums.sum() - own.sum(), 0.0), sums.sum()),
        "guidance_first": float(guidance[0].mean()),
        "guidance_second": float(guidance[1].mean()),
        "pearson": both.pearson,
        "spearman": both.spearman,
    }


def _part(some: float, of_all: float) -> float | None:
    return float(some / of_all) if 0 < of_all < np.inf else None


def _radii(network: nn.Module, pair: ImagePair, chosen: Mask) -> dict[str, float | None]:
    """Medians over pixels that stand evenly among the chosen ones."""
    pixels = [(int(row), int(col)) for row, col in np.argwhere(chosen)]
    step = max(len(pixels) // RADII, 1)
    found = [influence(jacobian(network, pair, pixel)) for pixel in pixels[::step][:RADII]]
    radii = ([each.radius_first for each in found], [each.radius_second for each in found])
    medians = [_median([radius for radius in each if radius is not None]) for each in radii]
    return dict(zip(("radius_first", "radius_second"), medians, strict=True))


def _median(values: list[float]) -> float | None:
    return float(np.median(values)) if values else None


def _of_region(
    rows: RegionRows, region: Mask, pair: ImagePair, fused: NDArray[np.float32]
) -> dict[str, float | None]:
    """Leakage and the four requirements: of the rows taken so far, as of a region that is not finished."""
    report = region_report(replace(rows, region=region), pair, fused)
    wanted = [each.measure(report) for each in REQUIREMENTS]
    return {"leakage": report.leakage, **dict(zip(REQUIREMENT_FIGURES, wanted, strict=True))}


def _trust(network: nn.Module, pair: ImagePair, at: Pixel, seed: int) -> dict[str, float | None]:
    checks = list(trust_checks(network, pair, at, seed))
    failed = float(sum(each.passed is False for each in checks))
    return {**{CHECK_FIGURES[each.name]: each.value for each in checks}, "checks_failed": failed}
