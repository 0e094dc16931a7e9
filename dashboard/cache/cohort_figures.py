"""Figures of cohorts that survive a restart, under the cache's seal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flask import Flask

from dashboard.cache.disk import checked_cache
from saliency.cohort.case_figures import PlaceFigures
from saliency.cohort.kept_figures import figures_bytes, figures_of

FOLDER = "cohorts"


class CohortFiguresCache:
    """By the same keys as the command keeps them; what is damaged or planted counts as none."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Figures of cohorts")

    def get(self, key: str) -> tuple[PlaceFigures, ...] | None:
        """What was measured under a key."""
        content = self._cache.get(key)
        return None if content is None else figures_of(content)

    def has(self, key: str) -> bool:
        """Whether something was measured under a key, and can be read."""
        return self.get(key) is not None

    def put(self, key: str, places: Sequence[PlaceFigures]) -> None:
        """Keep what was measured."""
        self._cache.set(key, figures_bytes(places))
