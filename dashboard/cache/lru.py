"""A small cache that is made once per key and forgets what was not asked for longest."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

import cachetools

_Value = TypeVar("_Value")


class LRUCache(Generic[_Value]):
    """`cachetools.LRUCache` for several threads: those that miss the same key together make its value once.

    Parameters
    ----------
    size : int
        How many values are kept.
    weigh : callable
        Bytes of a value; see `reweigh`.
    budget : int, optional
        Bytes that all values together may take; the latest is kept even where it is larger.
    """

    def __init__(self, size: int, weigh: Callable[[_Value], int] = lambda _: 0, budget: int | None = None) -> None:
        self._size = size
        self._values: cachetools.LRUCache[Hashable, _Value] = (
            cachetools.LRUCache(maxsize=size)
            if budget is None
            else cachetools.LRUCache(maxsize=budget, getsizeof=lambda value: min(weigh(value), budget))
        )
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def __contains__(self, key: Hashable) -> bool:
        """Whether there is a value of ``key`` now."""
        with self._lock:
            return key in self._values

    def peek(self, key: Hashable) -> _Value | None:
        """The value of ``key``, or None where it is not there; it counts as asked for, as by `get`."""
        with self._lock:
            return self._values.get(key)

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """The value of ``key``, made by ``make`` where it is not there; what ``make`` raises is not kept."""
        with self._lock:
            if key in self._values:
                return self._values[key]
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
                self._keep(key, value)  # before the lock is let go of, or a newcomer would make it again
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return value

    def discard(self, key: Hashable) -> None:
        """Keep nothing under ``key``."""
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._values.clear()

    def discard_where(self, is_meant: Callable[[Hashable], bool]) -> None:
        """Keep nothing under keys of which that is true."""
        with self._lock:
            for key in [each for each in self._values if is_meant(each)]:
                self._values.pop(key, None)

    def reweigh(self, key: Hashable) -> None:
        """The value of ``key`` has grown, if it is still here: weigh it again."""
        with self._lock:
            if key in self._values:
                self._values[key] = self._values[key]

    def _keep(self, key: Hashable, value: _Value) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem()
