"""Which derivatives are found for the pointer, in which order, in memory that a gate admits."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from threading import Lock

from cachetools import TTLCache

from dashboard.jobs.background_cache import RETRIED_AFTER
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.jobs.queue import JobQueue
from dashboard.service.fused_pair import FusedPair
from dashboard.service.memory_gate import MemoryGate
from fusion import ImagePair
from saliency.derivatives.kept_slopes import derivative_bytes, derivative_in_parts, lacks_derivative
from saliency.network.parts import Progress

WATCHER = "the pointer"
"""Who asks for all of them: what is pushed out by views that are looked at since is given up."""
NOTE = " for its derivative at all pixels"


class DerivativeJobs:
    """Those of views, or of parts of them, that were looked at last.

    Parameters
    ----------
    jobs : JobQueue
        Where they are found.
    kind : JobKind
    most : int
        So many are found, those looked at last first.
    """

    def __init__(self, jobs: JobQueue, kind: JobKind, most: int) -> None:
        self._jobs, self._kind, self._most = jobs, kind, most
        self._looked_at: dict[str, tuple[Hashable, Task[Progress]]] = {}
        self._failed: TTLCache[str, bool] = TTLCache(maxsize=128, ttl=RETRIED_AFTER, timer=time.monotonic)
        self._round = 0
        self._lock = Lock()

    def find(self, fused_pair: FusedPair, parts: Sequence[ImagePair], gate: MemoryGate) -> None:
        """Find what parts of a view lack, or all of it, the first of them first."""
        network = fused_pair.loaded.network
        missing = {_key(fused_pair, part): part for part in parts if lacks_derivative(network, part)}
        with self._lock:
            # What has failed is in the log, and crops serve the pointer.
            wanted = {view: part for view, part in missing.items() if view not in self._failed}
            if not wanted:
                return
            self._look_first(fused_pair, wanted, gate)
            if again := [view for view, state in self._ask(wanted).items() if _has_found(state)]:
                self._round += 1  # and others have pushed them out since
                for view in again:
                    del self._looked_at[view]
                self._look_first(fused_pair, {view: wanted[view] for view in again}, gate)
                self._ask(again)

    def go_on(self, fused_pair: FusedPair) -> None:
        """A view is still looked at."""
        with self._lock:
            if fused_pair.maps_key in self._looked_at:
                self._ask([fused_pair.maps_key])

    def forget(self) -> None:
        """What was found is not kept any more."""
        with self._lock:
            self._round += 1
            self._looked_at.clear()

    def _look_first(self, fused_pair: FusedPair, wanted: Mapping[str, ImagePair], gate: MemoryGate) -> None:
        """Take views, or parts of one, for those looked at last."""
        first = {}
        for view, part in wanted.items():
            task = Task(partial(_found, fused_pair, part, gate), fused_pair.loaded.name)
            first[view] = self._looked_at.get(view) or ((view, self._round), task)
        before = [each for each in self._looked_at.items() if each[0] not in first]
        self._looked_at = {**first, **dict(before[: max(self._most - len(first), 0)])}

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
