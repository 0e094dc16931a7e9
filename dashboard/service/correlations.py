"""How the two guidance images of a view go together, over all pixels and around one."""

from __future__ import annotations

from typing import Any

from dashboard.cache.disk import Images
from dashboard.imaging.windows import windowed
from dashboard.service.saliency_service import FusedPair, SaliencyService
from saliency import correlation
from saliency.geometry.window import Pixel


def correlations(
    service: SaliencyService, fused_pair: FusedPair, images: Images | None, pixel: Pixel, window: int
) -> dict[str, Any] | None:
    """Pearson and Spearman over ``all`` pixels and over the ``window`` around ``pixel``.

    None while guidance is not finished; ``all`` is None while a large image's values are still ranked.
    """
    if images is None:
        return None
    first, second = (windowed(image, pixel, window) for image in images)
    over_all = service.correlation(fused_pair, images)
    return {"all": over_all and vars(over_all), "window": vars(correlation(first, second))}
