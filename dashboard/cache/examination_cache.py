"""Examinations of networks that survive a restart."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from flask import Flask

from dashboard.cache.measurements import MeasurementCache
from saliency.examination.finding import Examination, examination_of

FOLDER, FORMAT = "examinations", "1"


class ExaminationCache:
    """What an examination found, as `MeasurementCache` keeps it."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = MeasurementCache(server, folder / FOLDER, "Examinations of networks", FORMAT)

    def get(self, name: str, weights: str) -> Examination | None:
        """The examination of the method ``name`` with the weights of that SHA-256; None where nothing was kept."""
        found = self._cache.get(name, weights)
        try:
            return None if found is None else examination_of(found)
        except (KeyError, TypeError, ValueError):  # of another version
            return None

    def put(self, name: str, weights: str, found: Examination) -> None:
        """Keep a finished examination."""
        self._cache.put(name, weights, asdict(found))
