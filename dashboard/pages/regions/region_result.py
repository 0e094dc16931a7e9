"""What is kept of a network's answer about a region: its figures, and pictures of the region's surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging import downsampling
from dashboard.imaging.encoding import to_bytes
from dashboard.service.fused_pair import FusedPair
from fusion import ImagePair
from saliency import RegionReport, RegionRows, contrast, region_report, share_map
from saliency.geometry.masks import Mask, bounds, ring
from saliency.geometry.window import Shape, Window

MOST_RING = 50
"""Pixels of the widest ring."""
LEAST_MARGIN = 20
"""Pixels shown around a region at least: what reaches into it comes from there."""
SIDE = 512
"""Largest side of a reduced picture."""


@dataclass(frozen=True, eq=False)
class RegionResult:
    """One network's figures of one region.

    Attributes
    ----------
    network, weights : str
        Its name and the hash of its weights.
    report : RegionReport
        With the ring of `saliency.measures.region_report.RING`; see `with_ring`.
    area : Window
        What the pictures show.
    step : int
        How many pixels of the image, along each axis, one of the pictures stands for.
    fused : uint8 (h, w)
        Grey levels.
    leakage : float32 (2, h, w)
        For each input, Σ_i |J_k[i, j]| over the region's fused pixels i at input pixels j outside it; 0 inside.
    share : float32 (h, w)
        Of the first input in the all-pixel sums of each fused pixel, in [0, 1]; NaN outside the region.
    """

    network: str
    weights: str
    report: RegionReport
    area: Window
    step: int
    fused: NDArray[np.uint8]
    leakage: NDArray[np.float32]
    share: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Memory that the pictures take."""
        return self.fused.nbytes + self.leakage.nbytes + self.share.nbytes


def result_of(fused_pair: FusedPair, rows: RegionRows) -> RegionResult:
    """What is kept of a region's complete ``rows``."""
    area = surroundings(rows.region)
    step = downsampling.step_for(area.shape, SIDE, fused_pair.pair.aspect)
    outside = np.where(rows.region[area.slices], 0, rows.sources[:, *area.slices]).astype(np.float32)
    shares = share_map(*rows.totals[:, *area.slices]).share
    return RegionResult(
        network=fused_pair.loaded.name,
        weights=fused_pair.loaded.weights,
        report=region_report(rows, fused_pair.pair, fused_pair.fused),
        area=area,
        step=step,
        fused=to_bytes(downsampling.mean(np.nan_to_num(fused_pair.fused[area.slices]), step)),
        leakage=np.stack([downsampling.strongest(each, step) for each in outside]),
        share=shares[::step, ::step],
    )


def surroundings(region: Mask) -> Window:
    """A square around the region, as far as the image goes, with room for what leaks in.

    Examples
    --------
    >>> region = np.zeros((200, 200), dtype=bool)
    >>> region[90:110, 95:105] = True
    >>> surroundings(region)
    Window(top=70, bottom=130, left=70, right=130)
    """
    box = bounds(region)
    half = max(box.shape) / 2
    reach = half + max(LEAST_MARGIN, half / 2)
    middle = (box.top + box.bottom) / 2, (box.left + box.right) / 2
    (top, bottom), (left, right) = (
        (max(int(centre - reach), 0), min(int(np.ceil(centre + reach)), size))
        for centre, size in zip(middle, region.shape, strict=True)
    )
    return Window(top, bottom, left, right)


def with_ring(
    reports: Sequence[RegionReport],
    fused: Sequence[NDArray[np.float32]],
    pair: ImagePair,
    region: Mask,
    width: float,
) -> list[RegionReport]:
    """The same figures against a ring of another width, in pixels, at most `MOST_RING`.

    Parameters
    ----------
    reports, fused
        One of each for each network; ``fused`` are float32 (H, W).
    """
    area = grown(bounds(region), MOST_RING, pair.shape)
    inside = region[area.slices]
    around = ring(inside, width)
    first, second = (contrast(image[area.slices], inside, around) for image in (pair.first, pair.second))
    return [
        replace(report, contrasts=(first, second, contrast(image[area.slices], inside, around)), ring_width=width)
        for report, image in zip(reports, fused, strict=True)
    ]


def grown(box: Window, by: int, shape: Shape) -> Window:
    """A window that reaches ``by`` pixels further on each side, within the image.

    Examples
    --------
    >>> grown(Window(1, 3, 5, 9), 2, (10, 10))
    Window(top=0, bottom=5, left=3, right=10)
    """
    return Window(
        max(box.top - by, 0), min(box.bottom + by, shape[0]), max(box.left - by, 0), min(box.right + by, shape[1])
    )
