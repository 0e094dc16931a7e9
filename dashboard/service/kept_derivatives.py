"""Derivatives that networks keep for the pointer: up to hundreds of megabytes for a pair."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar
from weakref import WeakSet

from torch import nn

from dashboard.jobs.background_cache import BackgroundCache, ComputationFailedError
from dashboard.jobs.queue import JobQueue
from dashboard.server.memory import trim
from dashboard.service.fused_pair import FusedPair
from dashboard.service.memory_gate import MemoryGate
from saliency.derivatives.jacobian import (
    derivative_bytes,
    is_kept_by_guidance,
    keep_derivative,
    lacks_derivative,
    let_go_derivatives,
)

DERIVATIVES = 4
"""Views, seen last, whose derivative is kept for the pointer."""
NOTE = " for its derivative at all pixels"

_Value = TypeVar("_Value")


class KeptDerivatives:
    """What is kept in the networks themselves: found in memory that a gate admits, let go where others need it.

    Parameters
    ----------
    jobs : JobQueue
        Where they are found.
    """

    def __init__(self, jobs: JobQueue) -> None:
        self._found: BackgroundCache[bool] = BackgroundCache(jobs, "derivative", DERIVATIVES)
        self._networks: WeakSet[nn.Module] = WeakSet()
        self._looked_at: deque[str] = deque(maxlen=DERIVATIVES)
        self._round = 0

    def stream(
        self, start: Callable[[], Iterator[_Value]], fused_pair: FusedPair, gate: MemoryGate
    ) -> Iterator[_Value]:
        """``start``'s stream, which finds the derivative of a pair, admitted to its memory while it lives.

        Raises
        ------
        InputError
            It does not fit into memory.
        """
        network, pair = fused_pair.loaded.network, fused_pair.pair
        if not is_kept_by_guidance(network):
            yield from start()
            return
        self._networks.add(network)
        with gate.set_aside(derivative_bytes(network, pair), fused_pair.loaded.name, note=NOTE):
            yield from start()

    def look_at(self, fused_pair: FusedPair, gate: MemoryGate) -> None:
        """A view is opened: find in the background what no guidance brings, unless others were opened since.

        Until it is there, and where it does not fit, crops serve the pointer.
        """
        if not is_kept_by_guidance(fused_pair.loaded.network):
            self.keep(fused_pair, gate)

    def keep(self, fused_pair: FusedPair, gate: MemoryGate) -> None:
        """Find a view's derivative in the background: guidance of an earlier run, say, leaves none."""
        network, pair = fused_pair.loaded.network, fused_pair.pair
        if not lacks_derivative(network, pair):
            return
        self._networks.add(network)
        self._looked_at.append(fused_pair.maps_key)

        def find() -> bool:
            if fused_pair.maps_key not in self._looked_at:
                return True  # lacking, should it be looked at again
            with gate.set_aside(derivative_bytes(network, pair), fused_pair.loaded.name, note=NOTE):
                return keep_derivative(network, pair)

        with suppress(ComputationFailedError):  # it is in the log, and crops serve the pointer
            if self._found.get((fused_pair.maps_key, self._round), find, fused_pair.loaded.name):
                self._round += 1  # found, and pushed out by others since
                self._found.get((fused_pair.maps_key, self._round), find, fused_pair.loaded.name)

    def let_go(self) -> None:
        """Give the memory back; what is asked for again is found again."""
        if sum(map(let_go_derivatives, list(self._networks))):  # of each of them
            self._round += 1
            trim()
