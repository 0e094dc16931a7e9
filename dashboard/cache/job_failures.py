"""Why guidance that was handed out cannot be had: sentences that may name a file, kept where nobody else reads."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask

from dashboard.cache.disk import checked_cache

FOLDER = "job-failures"
UNKNOWN = "Its worker could not compute it, and its reason was lost; the worker's log has it."


class JobFailures:
    """By the keys of guidance, under a seal."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Why jobs failed", is_of_code=False)

    def get(self, key: str) -> str:
        """The sentence of ``key``."""
        try:
            return str(json.loads(self._cache.get(key) or b"")["failure"])
        except (ValueError, KeyError, TypeError):
            return UNKNOWN

    def put(self, key: str, sentence: str) -> None:
        """Keep why that failed last."""
        self._cache.set(key, json.dumps({"failure": sentence}).encode())
