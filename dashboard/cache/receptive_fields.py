"""Measured receptive fields that survive a restart: measuring one takes up to a minute."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch
from flask import Flask

import fusion
import saliency
from dashboard.cache.disk import checked_cache
from saliency import Locality
from saliency.receptive_field.locality import REASONS

FOLDER = "receptive-fields"
FORMAT = "1"
"""Part of every key; raised when what is measured changes."""


class ReceptiveFieldCache:
    """What `saliency.locality` found, by method, weights, version of torch and the code that was measured.

    A receptive field that is too small would make Jacobians wrong, so any change in either lower room counts.
    """

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Measured receptive fields")
        self._server = server
        self._code = _code()

    def get(self, name: str, weights: str) -> Locality | None:
        """What was found for the method ``name`` with the weights of that SHA-256; None where nothing was kept."""
        key = self._key(name, weights)
        with self._server.app_context():
            content = self._cache.get(key)
        try:
            about = json.loads(content or b"{}")
            return Locality(**about["locality"]) if about["key"] == key else None
        except (ValueError, KeyError, TypeError):  # nothing kept, or by another version
            return None

    def put(self, name: str, weights: str, found: Locality) -> None:
        """Keep what was found, but not that measuring failed: for want of memory, perhaps, and not next time."""
        if found.reason.startswith(REASONS["failed"]):
            return
        key = self._key(name, weights)
        with self._server.app_context():
            self._cache.set(key, json.dumps({"key": key, "locality": asdict(found)}).encode(), timeout=0)

    def _key(self, name: str, weights: str) -> str:
        parts = (FORMAT, torch.__version__, self._code, name, weights)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _code() -> str:
    """SHA-256 over every source file of the rooms that make networks and measure them."""
    files = [file for room in (fusion, saliency) for file in sorted(Path(room.__path__[0]).rglob("*.py"))]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashlib.sha256("".join(digests).encode()).hexdigest()
