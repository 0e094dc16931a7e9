"""What is found out about a pair once and remembered for the pairs used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from fusion.data.pairs import ImagePair

PAIRS = 8
"""So many pairs are remembered where nothing else is said."""
MOST_BYTES = 256 * 2**20
"""What the remembered pairs may take together, but for the one used last."""

Cached = TypeVar("Cached")


@dataclass
class _Entry(Generic[Cached]):
    lock: Lock = field(default_factory=Lock)
    made: list[Cached] = field(default_factory=list)
    """The value, once it is there."""


class PerPairCache(Generic[Cached]):
    """Values by a pair's content; two threads never compute the same, different pairs do not wait for each other.

    Parameters
    ----------
    weigh : callable
        Bytes of a value.
    most : int
        So many pairs are remembered, while they are no larger than `MOST_BYTES`.
    """

    def __init__(self, weigh: Callable[[Cached], int], most: int = PAIRS) -> None:
        self._weigh, self._most = weigh, most
        self._entries: OrderedDict[str, _Entry[Cached]] = OrderedDict()
        self._lock = Lock()

    def get(self, pair: ImagePair, make: Callable[[], Cached]) -> Cached:
        """The value of ``pair``, made where it is not there; what ``make`` raises is not kept."""
        with self._lock:
            entry = self._entries.setdefault(pair.content_hash, _Entry())
            self._entries.move_to_end(pair.content_hash)
        with entry.lock:
            if not entry.made:
                entry.made.append(make())
                self._evict()
            return entry.made[0]

    def at_hand(self, pair: ImagePair) -> Cached | None:
        """The value of ``pair`` if it is there; waits for nobody who makes it."""
        with self._lock:
            entry = self._entries.get(pair.content_hash)
            if entry is None or not entry.made:
                return None
            self._entries.move_to_end(pair.content_hash)
            return entry.made[0]

    def knows(self, pair: ImagePair) -> bool:
        """Whether the value of ``pair`` is there, whatever it is."""
        with self._lock:
            entry = self._entries.get(pair.content_hash)
            return entry is not None and bool(entry.made)

    def put(self, pair: ImagePair, value: Cached) -> None:
        """Take ``value`` for that of ``pair``, whatever was made before."""
        entry = _Entry[Cached]()
        entry.made.append(value)
        with self._lock:
            self._entries[pair.content_hash] = entry
            self._entries.move_to_end(pair.content_hash)
        self._evict()

    def let_go(self) -> bool:
        """Remember none of them any more; whether there was one."""
        with self._lock:
            had = any(each.made for each in self._entries.values())
            self._entries.clear()  # who still makes one gives it to whoever waits
            return had

    def _evict(self) -> None:
        """Let go of those unused for longest; one that another thread still computes counts for nothing."""
        with self._lock:
            sizes = {key: sum(map(self._weigh, each.made)) for key, each in self._entries.items()}
            while len(sizes) > 1 and (len(sizes) > self._most or sum(sizes.values()) > MOST_BYTES):
                oldest = next(iter(sizes))
                del sizes[oldest], self._entries[oldest]
