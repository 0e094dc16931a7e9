"""What is found out about a network once and remembered as long as the network lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from torch import nn

Found = TypeVar("Found")


class Seen(Protocol):
    """What a network was like when it was looked at."""

    def unchanged(self, network: nn.Module) -> bool:
        """Whether it still is."""


@dataclass
class _Entry(Generic[Found]):
    lock: Lock = field(default_factory=Lock)
    found: Found | None = None
    seen: Seen | None = None


class PerNetwork(Generic[Found]):
    """A function of a network, computed once for each; a network that is gone takes its entry with it.

    Each network has a lock of its own: two threads never compute the same, and different networks do not
    wait for each other.

    Parameters
    ----------
    find : callable
        Computes what is remembered; must not keep the network itself alive. What raises is tried again.
    look : callable
        Notes what the answer depends on; where that has changed, the answer is computed anew.
    """

    def __init__(self, find: Callable[[nn.Module], Found], look: Callable[[nn.Module], Seen]) -> None:
        self._find, self._look = find, look
        self._entries: WeakKeyDictionary[nn.Module, _Entry[Found]] = WeakKeyDictionary()
        self._lock = Lock()

    def __call__(self, network: nn.Module) -> Found:
        """The answer for ``network``."""
        with self._lock:
            entry = self._entries.setdefault(network, _Entry())
        with entry.lock:
            if entry.found is None or entry.seen is None or not entry.seen.unchanged(network):
                seen = self._look(network)  # before the answer, so that a change in the meantime is noticed
                entry.found, entry.seen = self._find(network), seen
            return entry.found

    def put(self, network: nn.Module, found: Found) -> None:
        """Take ``found`` for the answer, as long as ``network`` stays what it is now."""
        with self._lock:
            entry = self._entries.setdefault(network, _Entry())
        with entry.lock:
            entry.found, entry.seen = found, self._look(network)
