"""Measured receptive fields that survive a restart: measuring one takes up to a minute."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from flask import Flask

from dashboard.cache.measurements import MeasurementCache
from saliency import Locality
from saliency.receptive_field.locality import REASONS
from saliency.receptive_field.on_card import read_locality

FOLDER, FORMAT = "receptive-fields", "3"


class ReceptiveFieldCache:
    """What `saliency.locality` found, as `MeasurementCache` keeps it."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = MeasurementCache(server, folder / FOLDER, "Measured receptive fields", FORMAT)

    def get(self, name: str, weights: str) -> Locality | None:
        """What was found for the method ``name`` with the weights of that SHA-256; None where nothing was kept."""
        found = self._cache.get(name, weights)
        return None if found is None else read_locality(found)

    def put(self, name: str, weights: str, found: Locality) -> None:
        """Keep what was found, but not that measuring failed: for want of memory, perhaps, and not next time."""
        if not found.reason.startswith(REASONS["failed"]):
            self._cache.put(name, weights, asdict(found))
