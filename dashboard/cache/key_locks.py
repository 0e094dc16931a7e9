"""Of all processes that share a cache, one at a time computes what stands under a key."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TypeVar

from dashboard.cache.file_lock import given_back, taken

FOLDER, ENDING = "computing", ".lock"
AGAIN = 0.25
"""Seconds between two looks whether another process has finished what it computes, or has died."""

_Value = TypeVar("_Value")
logger = logging.getLogger(__name__)


class KeyLocks:
    """A lock for each key, which the system takes from a process that ends, however it ends.

    Where the folder cannot be written nothing is locked: it is computed twice rather than not at all.

    Parameters
    ----------
    folder : Path
        Of the caches.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        with suppress(OSError):
            for path in self._folder.glob(f"*{ENDING}"):  # of processes that were killed
                if (file := taken(path)) is not None:
                    given_back(path, file)

    @contextmanager
    def tried(self, key: str) -> Iterator[bool]:
        """Whether no other process computes ``key``; if so none does until the block ends."""
        path = self._folder / (hashlib.sha256(key.encode()).hexdigest() + ENDING)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = taken(path)
        except OSError:
            logger.debug("What is computed cannot be locked:", exc_info=True)
            yield True
            return
        try:
            yield file is not None
        finally:
            if file is not None:
                given_back(path, file)

    def once(self, key: str, look: Callable[[], _Value | None], make: Callable[[], _Value]) -> _Value:
        """What ``look`` finds, else what ``make`` makes; waits while another process makes it."""
        while True:
            with self.tried(key) as is_ours:
                if (found := look()) is not None:
                    return found
                if is_ours:
                    return make()
            Event().wait(AGAIN)
