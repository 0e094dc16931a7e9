"""What was measured of networks, kept over a restart: measuring takes up to some minutes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from flask import Flask

from dashboard.cache.disk import checked_cache
from dashboard.cache.source_hash import source_hash


class MeasurementCache:
    """What was found out, by method, weights, version of torch and the code that measured.

    A receptive field that is too small would make Jacobians wrong, so any change in either lower room counts.

    Parameters
    ----------
    server : Flask
    folder : Path
        Of its own.
    what : str
        Begins the sentence by which an unusable folder is refused.
    version : str
        Part of every key; raised when what is measured changes.
    """

    def __init__(self, server: Flask, folder: Path, what: str, version: str) -> None:
        self._cache = checked_cache(server, folder, what)
        self._version, self._code = version, source_hash()

    def get(self, name: str, weights: str) -> Mapping[str, Any] | None:
        """What was found for the method ``name`` with the weights of that SHA-256; None where nothing was kept."""
        key = self._key(name, weights)
        content = self._cache.get(key)
        try:
            about = json.loads(content or b"{}")
            found: Mapping[str, Any] | None = about["found"] if about["key"] == key else None
        except (ValueError, KeyError, TypeError):  # nothing kept, or by another version
            return None
        return found

    def put(self, name: str, weights: str, found: Mapping[str, Any]) -> None:
        """Keep what was found; it has to go into JSON."""
        key = self._key(name, weights)
        self._cache.set(key, json.dumps({"key": key, "found": found}).encode())

    def _key(self, name: str, weights: str) -> str:
        parts = (self._version, torch.__version__, self._code, name, weights)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()
