"""Derivatives that networks keep for the pointer: up to hundreds of megabytes for a pair."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import TypeVar
from weakref import WeakSet

from cachetools import LRUCache, TTLCache
from torch import nn

from dashboard.jobs.background_cache import RETRIED_AFTER
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.jobs.queue import JobQueue
from dashboard.server.memory import trim
from dashboard.service.fused_pair import FusedPair
from dashboard.service.memory_gate import MemoryGate
from fusion import ImagePair
from saliency.derivatives.kept_slopes import (
    derivative_bytes,
    derivative_in_parts,
    is_kept_by_guidance,
    is_kept_in_parts,
    kept_part,
    kept_parts,
    lacks_derivative,
    let_go_derivatives,
)
from saliency.geometry.window import Pixel
from saliency.network.parts import Progress

DERIVATIVES = 4
"""Views, seen last, whose derivative is found for the pointer; of a large one, the parts around the pointer."""
LARGE_VIEWS = 32
"""Views of large pictures that pages look at, whose parts are found where the pointer is."""
BEGUN = 2
"""Views whose derivative may be half found: one that is turned to does not wait for the one before."""
AT_A_TIME = 0.02
"""Seconds of work on them between two looks at the pointer."""
WAITS = 0.05
"""Seconds that this work waits for a pointer that never rests: once it is done each pixel takes a third."""
WATCHER = "the pointer"
"""Who asks for all of them: what is pushed out by views that are looked at since is given up."""
NOTE = " for its derivative at all pixels"

_Value = TypeVar("_Value")


class KeptDerivatives:
    """What is kept in the networks themselves: found in memory that a gate admits, let go where others need it.

    They are found in the background, the latest view's first, a little at a time, which makes way for a pointer
    that moves. Of a large picture they are found for the part of it where the pointer is.

    Parameters
    ----------
    jobs : JobQueue
        Where they are found.
    at_a_time : float
        Seconds of work after which they make way for a pointer that moves.
    """

    def __init__(self, jobs: JobQueue, at_a_time: float = AT_A_TIME) -> None:
        self._jobs = jobs
        self._kind = JobKind(
            "derivative",
            begun=BEGUN,
            takes_over=True,
            slice_seconds=at_a_time,
            waits=WAITS,
            progress=lambda found: found,
        )
        self._networks: WeakSet[nn.Module] = WeakSet()
        self._looked_at: dict[str, tuple[Hashable, Task[Progress]]] = {}
        self._pointed_at: LRUCache[str, ImagePair | None] = LRUCache(LARGE_VIEWS)
        self._failed: TTLCache[str, bool] = TTLCache(maxsize=128, ttl=RETRIED_AFTER, timer=time.monotonic)
        self._round = 0
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
            self._keep(fused_pair, [fused_pair.pair], gate)

    def point_at(self, fused_pair: FusedPair, pixel: Pixel, gate: MemoryGate) -> None:
        """A pixel is asked for: of a large picture that is looked at, find what is kept for those around it."""
        view = fused_pair.maps_key
        if not is_kept_in_parts(fused_pair.pair) or view not in self._pointed_at:
            return
        part = kept_part(fused_pair.loaded.network, fused_pair.pair, pixel)
        with self._lock:
            is_new, self._pointed_at[view] = part is not self._pointed_at.get(view), part
        if is_new:
            self._keep(fused_pair, kept_parts(fused_pair.loaded.network, fused_pair.pair, pixel), gate)

    def look_on(self, fused_pair: FusedPair, gate: MemoryGate, *, has_guidance: bool) -> None:
        """It is still looked at: go on, or begin where guidance is there, which may come from an earlier run."""
        if has_guidance:
            self._keep(fused_pair, [fused_pair.pair], gate)
            return
        with self._lock:
            if fused_pair.maps_key in self._looked_at:
                self._ask([fused_pair.maps_key])

    def _keep(self, fused_pair: FusedPair, parts: Sequence[ImagePair], gate: MemoryGate) -> None:
        """Find what is kept of parts of a view, or of all of it, the first of them first."""
        network = fused_pair.loaded.network
        missing = {_key(fused_pair, part): part for part in parts if lacks_derivative(network, part)}
        with self._lock:
            # What has failed is in the log, and crops serve the pointer.
            wanted = {view: part for view, part in missing.items() if view not in self._failed}
            if not wanted:
                return
            self._networks.add(network)
            self._look_first(fused_pair, wanted, gate)
            if again := [view for view, state in self._ask(wanted).items() if _has_found(state)]:
                self._round += 1  # and others have pushed them out since
                for view in again:
                    del self._looked_at[view]
                self._look_first(fused_pair, {view: wanted[view] for view in again}, gate)
                self._ask(again)

    def let_go(self) -> None:
        """Give the memory back; what is asked for again is found again."""
        if sum(map(let_go_derivatives, list(self._networks))):  # of each of them
            with self._lock:
                self._round += 1
                self._looked_at.clear()
                self._pointed_at.update(dict.fromkeys(self._pointed_at))
            trim()

    def _look_first(self, fused_pair: FusedPair, wanted: Mapping[str, ImagePair], gate: MemoryGate) -> None:
        """Take views, or parts of one, for those looked at last."""
        first = {}
        for view, part in wanted.items():
            task = Task(partial(_found, fused_pair, part, gate), fused_pair.loaded.name)
            first[view] = self._looked_at.get(view) or ((view, self._round), task)
        before = [each for each in self._looked_at.items() if each[0] not in first]
        self._looked_at = {**first, **dict(before[: max(DERIVATIVES - len(first), 0)])}

    def _ask(self, views: Iterable[str]) -> dict[str, JobState[Progress]]:
        """How far those of some views are; all that were looked at lately go on."""
        names = {view: self._looked_at[view][0] for view in views}
        states = self._jobs.ask(self._kind, WATCHER, dict(self._looked_at.values()))
        for view, name in names.items():
            if states[name].failure:
                self._failed[view] = True
                self._jobs.retry(self._kind, name)  # once this failure is old
                del self._looked_at[view]
        return {view: states[name] for view, name in names.items()}


def _has_found(state: JobState[Progress]) -> bool:
    """Whether there was a derivative at the end, which not every pair has."""
    return state.is_over and state.value is not None and state.value.done == state.value.total


def _key(fused_pair: FusedPair, part: ImagePair) -> str:
    view = fused_pair.maps_key
    return view if part is fused_pair.pair else f"{view}-{part.content_hash}"


def _found(fused_pair: FusedPair, part: ImagePair, gate: MemoryGate) -> Iterator[Progress]:
    network, fused = fused_pair.loaded.network, fused_pair.fused if part is fused_pair.pair else None
    with gate.set_aside(derivative_bytes(network, part), fused_pair.loaded.name, note=NOTE):
        yield from derivative_in_parts(network, part, fused)
