"""What finished guidance images of a view say as a whole: ranges, density and correlation, each found once."""

from __future__ import annotations

from dashboard.cache.disk import Images
from dashboard.cache.lru import LRUCache
from dashboard.imaging.density import Density, density
from dashboard.imaging.downsampling import extremes
from dashboard.jobs.background_cache import BackgroundCache
from dashboard.jobs.queue import JobQueue
from dashboard.service.fused_pair import FusedPair
from saliency import Correlation, correlation

Range = tuple[float, float]
"""A smallest and a largest value."""
AT_HAND = 512 * 512
"""Pixels whose correlation is computed while its reader waits; ranking 4096 × 4096 takes many seconds."""


class GuidanceStatistics:
    """Of the views that were looked at last; one per application, bounded in memory."""

    def __init__(self, jobs: JobQueue) -> None:
        self._ranges: LRUCache[tuple[Range, Range]] = LRUCache(size=64)
        self._densities: LRUCache[Density] = LRUCache(size=32)
        self._correlations: LRUCache[Correlation] = LRUCache(size=64)
        self._long_correlations: BackgroundCache[Correlation] = BackgroundCache(jobs, "correlation", size=64)

    def correlation(self, fused_pair: FusedPair, images: Images) -> Correlation | None:
        """Correlation over all pixels; None while that takes long.

        ComputationFailedError where that failed.
        """
        key = fused_pair.maps_key
        if images[0].size <= AT_HAND:
            return self._correlations.get(key, lambda: correlation(*images))
        return self._long_correlations.get(key, lambda: correlation(*images), fused_pair.loaded.name)

    def ranges(self, fused_pair: FusedPair, images: Images) -> tuple[Range, Range]:
        """Smallest and largest value of both images."""
        return self._ranges.get(fused_pair.maps_key, lambda: (extremes(images[0]), extremes(images[1])))

    def density(self, fused_pair: FusedPair, images: Images) -> Density:
        """Their scatterplot, every pixel counted."""
        return self._densities.get(fused_pair.maps_key, lambda: density(*images))
