"""Derivatives that networks whose maps change their size keep for the pointer: up to hundreds of megabytes."""

from __future__ import annotations

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
from saliency.derivatives.jacobian import derivative_bytes, keep_derivative, lacks_derivative, let_go_derivatives

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
        self._times_let_go = 0

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
        self._networks.add(network)
        with gate.set_aside(derivative_bytes(network, pair), fused_pair.loaded.name, note=NOTE):
            yield from start()

    def keep(self, fused_pair: FusedPair, gate: MemoryGate) -> None:
        """Guidance of an earlier run leaves no derivative for the pointer: find it in the background."""
        network, pair = fused_pair.loaded.network, fused_pair.pair
        if not lacks_derivative(network, pair):
            return
        self._networks.add(network)

        def find() -> bool:
            with gate.set_aside(derivative_bytes(network, pair), fused_pair.loaded.name, note=NOTE):
                return keep_derivative(network, pair)

        with suppress(ComputationFailedError):  # it is in the log, and crops serve the pointer
            self._found.get((fused_pair.maps_key, self._times_let_go), find, fused_pair.loaded.name)

    def let_go(self) -> None:
        """Give the memory back; what is asked for again is found again."""
        if sum(map(let_go_derivatives, list(self._networks))):  # of each of them
            self._times_let_go += 1
            trim()
