"""A database of SQLite that is read before every answer: each thread keeps it open, which saves nine tenths."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WAITS = 10.0
"""Seconds for which one who writes at the same time is waited for."""


class KeptDatabase:
    """Reads what stands in a database now, whoever wrote it; a file that took the place of another is opened anew.

    Parameters
    ----------
    path : Path
        Of a database that is there.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._own = path, threading.local()

    def read(self, query: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows that are found; nothing is locked afterwards."""
        found: list[tuple[Any, ...]] = self._opened().execute(query, given).fetchall()
        return found

    def _opened(self) -> sqlite3.Connection:
        """The thread's own connection to the file that has the name now."""
        about = self._path.stat()
        file = about.st_dev, about.st_ino
        if getattr(self._own, "file", None) != file:
            if before := getattr(self._own, "database", None):
                before.close()
            self._own.database = sqlite3.connect(self._path, timeout=WAITS, isolation_level=None)
            self._own.file = file
        kept: sqlite3.Connection = self._own.database
        return kept
