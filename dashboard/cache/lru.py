"""A small cache that is made once per key and forgets what was not asked for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRUCache(Generic[Value]):
    """At most ``size`` values; threads that miss the same key together make it once.

    Parameters
    ----------
    size : int
        How many values are kept.
    weigh : callable
        Bytes of a value.
    budget : int, optional
        Bytes that all values together may take; the latest is kept even where it is larger.
    """

    def __init__(self, size: int, weigh: Callable[[Value], int] = lambda _: 0, budget: int | None = None) -> None:
        self._size, self._weigh, self._budget = size, weigh, budget
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def __contains__(self, key: Hashable) -> bool:
        """Whether there is a value of ``key`` now."""
        with self._lock:
            return key in self._values

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of ``key``, made by ``make`` where it is not there; what ``make`` raises is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
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

    def _keep(self, key: Hashable, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > 1 and self._is_too_much():
                self._values.popitem(last=False)

    def _is_too_much(self) -> bool:
        if len(self._values) > self._size:
            return True
        return self._budget is not None and sum(map(self._weigh, self._values.values())) > self._budget
