"""How the two guidance images of a view go together, over all pixels and around one."""

from __future__ import annotations

from typing import Any

from dashboard.cache.disk import Images
from dashboard.imaging.windows import windowed
from dashboard.jobs.background_cache import ComputationFailedError
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from saliency import correlation
from saliency.geometry.window import Pixel


def correlations(
    service: SaliencyService, fused_pair: FusedPair, images: Images | None, pixel: Pixel, window: int
) -> dict[str, Any] | None:
    """Pearson and Spearman over ``all`` pixels and over the ``window`` around ``pixel``.

    None while guidance is not finished; ``all`` is None while a large image's values are still ranked, and has
    no values but the sentence ``failure`` where that failed.
    """
    if images is None:
        return None
    first, second = (windowed(image, pixel, window) for image in images)
    over_all: dict[str, Any] | None
    try:
        found = service.statistics.correlation(fused_pair, images)
        over_all = None if found is None else vars(found)
    except ComputationFailedError as error:
        over_all = {"pearson": None, "spearman": None, "count": 0, "failure": str(error)}
    return {"all": over_all, "window": vars(correlation(first, second))}
