"""Which derivatives are found for the pointer, in which order, in memory that a gate admits."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
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


Sought = dict[str, tuple[Hashable, Task[Progress]]]
"""By views or parts of them: under which name a job is asked for, and what it does."""


class DerivativeJobs:
    """Those of views, or of parts of them, that were looked at last.

    Parameters
    ----------
    jobs : JobQueue
        Where they are found.
    kind : JobKind
    most : int
        Places at which something is looked at, so many of which are served, the last one first.
    """

    def __init__(self, jobs: JobQueue, kind: JobKind, most: int) -> None:
        self._jobs, self._kind, self._most = jobs, kind, most
        self._looked_at: dict[str, Sought] = {}
        self._failed: TTLCache[str, bool] = TTLCache(maxsize=128, ttl=RETRIED_AFTER, timer=time.monotonic)
        self._round = 0
        self._lock = Lock()

    def find(self, place: str, fused_pair: FusedPair, parts: Sequence[ImagePair], gate: MemoryGate) -> None:
        """Find what parts of a view lack, or all of it, the first of them first, and nothing else for a place."""
        network = fused_pair.loaded.network
        missing = {_key(fused_pair, part): part for part in parts if lacks_derivative(network, part)}
        with self._lock:
            # What has failed is in the log, and crops serve the pointer.
            wanted = {view: part for view, part in missing.items() if view not in self._failed}
            if not wanted:
                return
            self._look_at(place, fused_pair, wanted, gate)
            if again := [view for view, state in self._ask(place).items() if _has_found(state)]:
                self._round += 1  # and others have pushed them out since
                for view in again:
                    del self._looked_at[place][view]
                self._look_at(place, fused_pair, {view: wanted[view] for view in again}, gate)
                self._ask(place)

    def go_on(self, place: str) -> None:
        """It is still looked at."""
        with self._lock:
            if place in self._looked_at:
                self._ask(place)

    def forget(self) -> None:
        """What was found is not kept any more."""
        with self._lock:
            self._round += 1
            self._looked_at.clear()

    def _look_at(
        self, place: str, fused_pair: FusedPair, wanted: Mapping[str, ImagePair], gate: MemoryGate
    ) -> None:
        """Take a place for that looked at last; what is begun for it already goes on."""
        begun = self._looked_at.pop(place, {})
        sought: Sought = {}
        for view, part in wanted.items():
            task = Task(partial(_found, fused_pair, part, gate), fused_pair.loaded.name)
            sought[view] = begun.get(view) or ((view, self._round), task)
        before = list(self._looked_at.items())[: self._most - 1]
        self._looked_at = {place: sought, **dict(before)}

    def _ask(self, place: str) -> dict[str, JobState[Progress]]:
        """How far those at a place are; all that were looked at lately go on, the first of each place first."""
        ranks = zip_longest(*(sought.values() for sought in self._looked_at.values()))
        states = self._jobs.ask(self._kind, WATCHER, dict(each for rank in ranks for each in rank if each))
        found = {view: states[name] for view, (name, _) in self._looked_at[place].items()}
        for view, state in found.items():
            if state.failure:
                self._failed[view] = True
                self._jobs.retry(self._kind, self._looked_at[place].pop(view)[0])  # once this failure is old
        return found


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
