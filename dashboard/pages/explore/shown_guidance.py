"""Which guidance an enlarged panel shows: the exact one where it is finished, else a finished estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.cache.disk import Images
from dashboard.imaging.downsampling import extremes
from dashboard.service.fused_pair import FusedPair
from dashboard.service.guidance_statistics import Range
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.short_number import short
from fusion import InputError


@dataclass(frozen=True, eq=False)
class ShownGuidance:
    """Finished guidance images, their smallest and largest values, and what has to be said of them."""

    images: Images
    ranges: tuple[Range, Range]
    note: str = ""


def shown_guidance(service: SaliencyService, fused_pair: FusedPair, at: Mapping[str, Any]) -> ShownGuidance | None:
    """What is finished of a view, with the error that the page allows; None while nothing is.

    An estimate is told by its note, and never kept where exact images are looked for.
    """
    within = _within(at.get("percent", 0))
    exact = service.finished_guidance(fused_pair)
    if exact is not None:
        return ShownGuidance(exact, service.statistics.ranges(fused_pair, exact))
    found = service.guidance_queue.look(service.guidance_key(fused_pair, within))
    if found.grown is None or found.error is None or not found.is_complete:
        return None
    images = found.grown.first, found.grown.second
    return ShownGuidance(
        images, (extremes(images[0]), extremes(images[1])), f", estimated ± {short(found.error.largest)}"
    )


def _within(percent: Any) -> float:
    """The part of its largest value that guidance may be off; InputError for what no page of ours sends."""
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise InputError(f"percent cannot be {str(percent)[:40]!r}; reload the page.")
    return percent / 100
