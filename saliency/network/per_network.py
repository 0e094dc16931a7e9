"""What is found out about a network once and remembered as long as the network lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from torch import nn

from saliency.network.one_look import looking_each_time

Cached = TypeVar("Cached")


class NetworkState(Protocol):
    """What a network was like when it was looked at."""

    def unchanged(self, network: nn.Module) -> bool:
        """Whether it still is."""


@dataclass
class _Entry(Generic[Cached]):
    lock: Lock = field(default_factory=Lock)
    value: Cached | None = None
    state: NetworkState | None = None


class PerNetworkCache(Generic[Cached]):
    """A function of a network, computed once for each; a network that is gone takes its entry with it.

    Each network has a lock of its own: two threads never compute the same, and different networks do not
    wait for each other.

    Parameters
    ----------
    compute : callable
        Computes what is remembered; must not keep the network itself alive. What raises is tried again.
    state_of : callable
        Notes what the answer depends on; where that has changed, the answer is computed anew.
    """

    def __init__(
        self, compute: Callable[[nn.Module], Cached], state_of: Callable[[nn.Module], NetworkState]
    ) -> None:
        self._compute, self._state_of = compute, state_of
        self._entries: WeakKeyDictionary[nn.Module, _Entry[Cached]] = WeakKeyDictionary()
        self._lock = Lock()

    def __call__(self, network: nn.Module) -> Cached:
        """The answer for ``network``."""
        entry = self._entry(network)
        with entry.lock:
            if entry.value is None or entry.state is None or not entry.state.unchanged(network):
                state = self._state_of(network)  # before the answer, so that a change in the meantime is noticed
                with looking_each_time():
                    entry.value, entry.state = self._compute(network), state
            return entry.value

    def peek(self, network: nn.Module) -> Cached | None:
        """The answer that is remembered, whether ``network`` has changed or not; None where there is none."""
        return self._entry(network).value

    def put(self, network: nn.Module, value: Cached) -> None:
        """Take ``value`` for the answer, as long as ``network`` stays what it is now."""
        entry = self._entry(network)
        with entry.lock:
            entry.value, entry.state = value, self._state_of(network)

    def _entry(self, network: nn.Module) -> _Entry[Cached]:
        with self._lock:
            return self._entries.setdefault(network, _Entry())
