"""The share map of the Verdict page: which input leads at each fused pixel, by guidance or by all-pixel sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from dash import html

from dashboard.cache.disk import Images
from dashboard.imaging import downsampling
from dashboard.imaging.colormaps import share_colors
from dashboard.imaging.encoding import png_source
from dashboard.jobs.guidance_queue import Snapshot
from dashboard.jobs.job import JobState
from dashboard.pages.verdict import detail_plots
from dashboard.pages.verdict.all_pixel_sums import AllPixelSums
from dashboard.pages.verdict.cards import Body, bar, failed, surface, waiting
from dashboard.pages.verdict.state import QuestionState
from fusion import ImagePair
from saliency import share_map
from saliency.measures.share_map import TINY

FORMULAS: Mapping[str, tuple[str, str]] = {
    "guidance": ("next to no guidance", "|G1| / (|G1| + |G2|), of the input pixels at the fused one's own place"),
    "sums": ("next to no influence", "Σ|J1| / (Σ|J1| + Σ|J2|), each over all pixels of its input"),
}
"""What is missing where the map is masked, and what it shows, by a word of `SHARES`."""
SHARE_KINDS: Mapping[str, tuple[str, str]] = {
    "guidance": (
        "share by guidance",
        "Explore, Compare and the table above show another share: it sums the whole Jacobian, neighbours too.",
    ),
    "sums": (
        "share by all-pixel sums",
        "At one pixel it is the share that Explore and Compare show; a region's share adds up all its pixels.",
    ),
}
"""Which share the map shows, and why other pages show another one for the same pixel."""


@dataclass(frozen=True, eq=False)
class Strengths:
    """What the map compares, as far as it is.

    Attributes
    ----------
    images : two float32 (H, W) or None
        For the first and the second input, once they are complete.
    done, total : int
        Of the work.
    sentence : str
        How far that is, in a sentence.
    failure : str
        What went wrong, for the user; empty where nothing did.
    """

    images: Images | None
    done: int
    total: int
    sentence: str
    failure: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.images is not None or bool(self.failure)


def of_guidance(snapshot: Snapshot) -> Strengths:
    """Guidance, which depends on one pixel of each input."""
    told = f"Guidance is being computed: {snapshot.done:,} of {snapshot.total:,} passes."
    told = told if snapshot.total else "Guidance is begun…"
    return Strengths(snapshot.images, snapshot.done, snapshot.total, told, snapshot.failure)


def only_exact(pair: ImagePair) -> Strengths:
    """Nothing, where a pass for each pixel would have to be begun unasked: an estimate would be no share map.

    Shares of faint pixels turn over within its error.
    """
    return Strengths(
        None,
        0,
        0,
        "",
        "This network sees the whole image, and shares need exact guidance, as an estimate's error can turn them "
        f"over: a pass for each of {pair.first.size:,} pixels. Choose it on Explore; the map is here after it.",
    )


def of_sums(answer: JobState[AllPixelSums]) -> Strengths:
    """Sums over all pixels of each input."""
    found = answer.value or AllPixelSums(0, 0)
    far = f"{found.done:,} of {found.total:,} pixels, {found.left}." if found.done else "waiting for the first…"
    told = f"All rows of the Jacobian are being summed: {far}"
    return Strengths(found.images, found.done, found.total, told, answer.failure)


def body(strengths: Strengths, pair: ImagePair, state: QuestionState) -> Body:
    """The map once its strengths are complete; before, how far they are."""
    if strengths.failure:
        return [failed(strengths.failure)]
    if strengths.images is None:
        return [waiting(strengths.sentence, strengths.done, strengths.total)]
    step = downsampling.step_for(pair.shape, downsampling.FIGURE_SIDE, pair.aspect)
    first, second = (downsampling.strongest(image, step) for image in strengths.images)
    found = share_map(first, second)
    row, col = state.pixel
    here = found.share[row // step, col // step]
    missing, formula = FORMULAS[state.shares]
    masked = f"{np.mean(~found.known):.1%} of the image is masked (hatched): {missing} there."
    told = "masked" if np.isnan(here) else f"{here:.1%} {pair.names[0]}, {1 - here:.1%} {pair.names[1]}"
    which, why = SHARE_KINDS[state.shares]
    return [
        surface(png_source(share_colors(found.share)), "Share map", "ask-share"),
        bar(detail_plots.share_bar_source(), (f"100 % {pair.names[0]}", "50 %", f"100 % {pair.names[1]}")),
        html.P(f"At the pixel, {which}: {told}. {masked}"),
        html.P(why, className="quiet"),
        html.P(f"{formula}; masked where both together are under {TINY:.1%} of the largest.", className="quiet"),
    ]
