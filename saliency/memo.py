"""What is found out about a network once and remembered as long as the network lives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from torch import nn

Found = TypeVar("Found")


@dataclass
class _Entry(Generic[Found]):
    lock: Lock = field(default_factory=Lock)
    found: Found | None = None
    state: Hashable = None


class PerNetwork(Generic[Found]):
    """A function of a network, computed once for each; a network that is gone takes its entry with it.

    Each network has a lock of its own: two threads never compute the same, and different networks do not
    wait for each other.

    Parameters
    ----------
    find : callable
        Computes what is remembered; must not keep the network itself alive. What raises is tried again.
    state : callable, optional
        What the answer depends on apart from which network it is; when it differs, the answer is new.
    """

    def __init__(
        self, find: Callable[[nn.Module], Found], state: Callable[[nn.Module], Hashable] | None = None
    ) -> None:
        self._find, self._state = find, state
        self._entries: WeakKeyDictionary[nn.Module, _Entry[Found]] = WeakKeyDictionary()
        self._lock = Lock()

    def __call__(self, network: nn.Module) -> Found:
        """The answer for ``network``."""
        with self._lock:
            entry = self._entries.setdefault(network, _Entry())
        with entry.lock:
            state = self._state(network) if self._state else None
            if entry.found is None or entry.state != state:
                entry.found, entry.state = self._find(network), state
            return entry.found
