"""Derivatives that networks keep for the pointer: up to hundreds of megabytes for a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar
from weakref import WeakSet

from cachetools import LRUCache
from torch import nn

from dashboard.jobs.job import JobKind
from dashboard.jobs.queue import JobQueue
from dashboard.server.memory import trim
from dashboard.service.derivative_jobs import NOTE, DerivativeJobs
from dashboard.service.fused_pair import FusedPair
from dashboard.service.memory_gate import MemoryGate
from fusion import ImagePair
from saliency.derivatives.kept_slopes import (
    derivative_bytes,
    is_kept_by_guidance,
    is_kept_in_parts,
    kept_part,
    kept_parts,
    let_go_derivatives,
)
from saliency.geometry.window import Pixel

VIEWS = 4
"""Views, seen last, whose derivative is found for the pointer; of large ones, networks."""
BEGUN = 2
"""Views whose derivative may be half found: one that is turned to does not wait for the one before."""
LARGE_VIEWS = 32
"""Views of large pictures that pages look at."""
AT_A_TIME = 0.02
"""Seconds of work on them between two looks at the pointer."""
WAITS = 0.05
"""Seconds that this work waits for a pointer that never rests: once it is done each pixel takes a third."""

_Value = TypeVar("_Value")


class KeptDerivatives:
    """What is kept in the networks themselves: found in memory that a gate admits, let go where others need it.

    They are found in the background, the latest view's first, a little at a time, which makes way for a pointer
    that moves. Of a large picture they are found for the part of it where the pointer is, and those beside it.

    Parameters
    ----------
    jobs : JobQueue
        Where they are found.
    at_a_time : float
        Seconds of work after which they make way for a pointer that moves.
    """

    def __init__(self, jobs: JobQueue, at_a_time: float = AT_A_TIME) -> None:
        views = JobKind(
            "derivative",
            begun=BEGUN,
            takes_over=True,
            slice_seconds=at_a_time,
            waits=WAITS,
            progress=lambda found: found,
        )
        # One at a time, and to its end; they wait longer, as a pointer that never rests has left one before.
        parts = JobKind("derivative of a part", slice_seconds=at_a_time, progress=lambda found: found)
        self._views, self._parts = DerivativeJobs(jobs, views, VIEWS), DerivativeJobs(jobs, parts, VIEWS)
        self._networks: WeakSet[nn.Module] = WeakSet()
        self._pointed_at: LRUCache[str, ImagePair | None] = LRUCache(LARGE_VIEWS)
        self._lock = Lock()

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
        """A view is opened: find in the background what no guidance brings.

        Until it is there, and where it does not fit, crops serve the pointer.
        """
        if is_kept_in_parts(fused_pair.pair):
            with self._lock:
                self._pointed_at.setdefault(fused_pair.maps_key, None)
        elif not is_kept_by_guidance(fused_pair.loaded.network):
            self._find(fused_pair, gate)

    def point_at(self, fused_pair: FusedPair, pixel: Pixel, gate: MemoryGate) -> None:
        """A pixel is asked for: of a large picture that is looked at, find what is kept for those around it."""
        view = fused_pair.maps_key
        if not is_kept_in_parts(fused_pair.pair) or view not in self._pointed_at:
            return
        part = kept_part(fused_pair.loaded.network, fused_pair.pair, pixel)
        with self._lock:
            is_new, self._pointed_at[view] = part is not self._pointed_at.get(view), part
        if is_new:
            network = fused_pair.loaded.network
            self._networks.add(network)
            parts = kept_parts(network, fused_pair.pair, pixel)
            # Of one picture of each network: those of another would push them out.
            self._parts.find(fused_pair.loaded.name, fused_pair, parts, gate)

    def look_on(self, fused_pair: FusedPair, gate: MemoryGate, *, has_guidance: bool) -> None:
        """It is still looked at: go on, or begin where guidance is there, which may come from an earlier run."""
        if has_guidance:
            self._find(fused_pair, gate)
        else:
            self._views.go_on(fused_pair.maps_key)

    def _find(self, fused_pair: FusedPair, gate: MemoryGate) -> None:
        self._networks.add(fused_pair.loaded.network)
        self._views.find(fused_pair.maps_key, fused_pair, [fused_pair.pair], gate)

    def let_go(self) -> None:
        """Give the memory back; what is asked for again is found again."""
        if sum(map(let_go_derivatives, list(self._networks))):  # of each of them
            self._views.forget()
            self._parts.forget()
            with self._lock:
                self._pointed_at.update(dict.fromkeys(self._pointed_at))
            trim()
