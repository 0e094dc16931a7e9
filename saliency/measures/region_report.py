"""A region's lesson in numbers: who decides its fused pixels, from where, and whether it still stands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.data.pairs import ImagePair
from saliency.defaults import RING
from saliency.derivatives.region_rows import RegionRows
from saliency.geometry.masks import ring
from saliency.measures.guidance_correlation import Correlation, correlation
from saliency.measures.region_contrast import Contrast, contrast


@dataclass(frozen=True)
class RegionReport:
    """What a network does with a region, over all its fused pixels i and every input pixel j, exactly.

    Influence is |J_k[i, j]|. Shares are None where no input pixel has any, or where it is not finite.

    Attributes
    ----------
    pixels : int
        Fused pixels of the region.
    influence : (float, float)
        For each input, Σ_i Σ_j |J_k[i, j]| over the number of fused pixels: how far a fused pixel of the region
        can move, on average, when every pixel of that input moves by one unit.
    share : (float or None, float or None)
        For each input, its part in the influence of both; they add to 1.
    leakage : float or None
        The part of both inputs' influence that comes from input pixels outside the region.
    leakages : (float or None, float or None)
        The same for each input by itself.
    neighbourhood : float or None
        The part of both inputs' influence that comes from input pixels other than the fused pixel's own.
    guidance_mean, guidance_size : (float, float)
        For each input, the mean of J_k[i, i] and of |J_k[i, i]| over the region.
    correlation : Correlation
        Of the two inputs' guidance over the region.
    contrasts : (Contrast or None, Contrast or None, Contrast or None)
        Of the region against its ring in the first input, the second and the fused image; None without ring.
    ring_width : float
        In pixels.
    """

    pixels: int
    influence: tuple[float, float]
    share: tuple[float | None, float | None]
    leakage: float | None
    leakages: tuple[float | None, float | None]
    neighbourhood: float | None
    guidance_mean: tuple[float, float]
    guidance_size: tuple[float, float]
    correlation: Correlation
    contrasts: tuple[Contrast | None, Contrast | None, Contrast | None]
    ring_width: float


def region_report(
    rows: RegionRows, pair: ImagePair, fused: NDArray[np.float32], ring_width: float = RING
) -> RegionReport:
    """Who decides a region's fused pixels, from where, and does the region still stand out?

    Parameters
    ----------
    rows : RegionRows
        From `saliency.derivatives.region_rows.region_rows`; of a stream's partial result the
        figures are of the pixels so far.
    pair : ImagePair
    fused : float32 (H, W)
        From `saliency.fused_image`.
    ring_width : float
        Width in pixels of the ring that the region is held against.

    Raises
    ------
    InputError
        The ring's width is no number above 0, or the fused image has another size.

    Examples
    --------
    >>> import fusion
    >>> from saliency import fused_image
    >>> from saliency.geometry.masks import labelled
    >>> from saliency.derivatives.region_rows import region_rows
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> rows = region_rows(net, pair, labelled(pair, "necrotic core"))
    >>> region_report(rows, pair, fused_image(net, pair)).leakage
    0.0
    """
    known = rows.region & np.isfinite(rows.totals).all(axis=0)
    count = max(rows.done, 1)
    sums = rows.sources.sum(axis=(1, 2))
    outside = rows.sources[:, ~rows.region].sum(axis=1)
    guidance = rows.guidance[:, known].astype(np.float64)
    own = np.abs(guidance).sum()
    first, second = guidance if guidance.size else np.full((2, 1), np.nan)
    surroundings = ring(rows.region, ring_width)
    images = (pair.first, pair.second, fused)
    in_first, in_second, in_fused = (contrast(image, rows.region, surroundings) for image in images)
    return RegionReport(
        pixels=rows.total,
        influence=(sums[0] / count, sums[1] / count),
        share=(_part(sums[0], sums.sum()), _part(sums[1], sums.sum())),
        leakage=_part(outside.sum(), sums.sum()),
        leakages=(_part(outside[0], sums[0]), _part(outside[1], sums[1])),
        neighbourhood=_part(sums.sum() - own, sums.sum()),
        guidance_mean=(float(first.mean()), float(second.mean())),
        guidance_size=(float(np.abs(first).mean()), float(np.abs(second).mean())),
        correlation=correlation(*rows.guidance[:, known]),
        contrasts=(in_first, in_second, in_fused),
        ring_width=ring_width,
    )


def _part(some: float, of_all: float) -> float | None:
    """Part of a sum, in [0, 1]; None where there is no sum to speak of."""
    if not 0 < of_all < np.inf:
        return None
    # The diagonal is kept in float32, so that a difference can fall a hair below 0.
    return float(min(max(some / of_all, 0.0), 1.0))
