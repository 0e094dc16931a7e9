"""Values that take long to make, made beside the requests that want them, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Lock, Thread
from typing import Generic, TypeVar

from dashboard.cache.lru import LRUCache

Value = TypeVar("Value")


class BackgroundCache(Generic[Value]):
    """At most ``size`` values; who asks gets None until the value is there, and never waits.

    One is made at a time, so that its memory is needed once; others are begun when they are asked for again.
    """

    def __init__(self, size: int) -> None:
        self._values: LRUCache[Value] = LRUCache(size)
        self._making: Thread | None = None
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value | None:
        """The value of ``key``, or None while it is still to be made."""
        with self._lock:
            if key in self._values:
                return self._values.get(key, make)
            if self._making is None or not self._making.is_alive():
                self._making = Thread(target=self._make, args=(key, make), name="background-cache", daemon=True)
                self._making.start()
        return None

    def wait(self, seconds: float) -> None:
        """Return when the value that is being made is there, at most after ``seconds``."""
        making = self._making
        if making is not None:
            making.join(timeout=seconds)

    def _make(self, key: Hashable, make: Callable[[], Value]) -> None:
        with suppress(Exception):  # whoever asks again has it tried again
            self._values.get(key, make)
