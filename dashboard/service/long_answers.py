"""Jacobians that take long: computed in the background for who asks, given up when they turn to another pixel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock

from cachetools import LRUCache

from dashboard.jobs.background_cache import ComputationFailedError
from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.queue import JobQueue
from dashboard.service.fused_pair import FusedPair
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from saliency import locality
from saliency.network.interruption import interruptible

LONG = 1.0
"""Seconds from which on a Jacobian does not follow the pointer."""

_Pixel = tuple[int, int]


class LongAnswers:
    """Which views' Jacobians take long, and the jobs that compute them: for each watcher the latest it asked."""

    def __init__(self, jobs: JobQueue) -> None:
        self._jobs = jobs
        self._kind = JobKind("Jacobian", is_whole=True, kept=8, is_complete=lambda _: True)
        self._took: LRUCache[str, float] = LRUCache(64)
        self._asked: LRUCache[tuple[str, _Pixel], float] = LRUCache(64)
        self._lock = Lock()

    def is_long(self, fused_pair: FusedPair) -> bool:
        """Whether a Jacobian is not to be waited for. On a whole image the first one tells how long it takes."""
        if locality(fused_pair.loaded.network).crops(fused_pair.pair.shape):
            return False
        taken = self._taken(fused_pair)
        return taken is None or taken >= LONG

    def took(self, fused_pair: FusedPair, seconds: float) -> None:
        """Note what a Jacobian of this view took."""
        with self._lock:
            self._took[fused_pair.maps_key] = seconds

    def _taken(self, fused_pair: FusedPair) -> float | None:
        with self._lock:
            return self._took.get(fused_pair.maps_key)

    def expected(self, fused_pair: FusedPair, pixel: _Pixel) -> LongAnswer:
        """What a Jacobian that nobody has asked for would take."""
        return LongAnswer(pixel, expected=self._taken(fused_pair))

    def ask(
        self, fused_pair: FusedPair, pixel: _Pixel, watcher: str, make: Callable[[], PixelAnswer]
    ) -> PixelAnswer | LongAnswer:
        """How far the Jacobian of a pixel is; what ``watcher`` asked before is given up for it.

        Raises
        ------
        ComputationFailedError
            It cannot be had; asking again tries again.
        """
        key = fused_pair.maps_key, pixel
        is_wanted = partial(self._jobs.is_wanted, self._kind, key)

        def made() -> Iterator[PixelAnswer]:
            with interruptible(is_wanted):
                found = make()
            yield found

        is_new, asked = not is_wanted(), {key: Task(made, fused_pair.loaded.name)}
        state = self._jobs.ask(self._kind, watcher, asked)[key]
        if state.failure:
            self._jobs.retry(self._kind, key)
            raise ComputationFailedError(state.failure)
        now = time.monotonic()
        with self._lock:
            since = self._asked[key] = now if is_new else self._asked.get(key, now)
        return state.value or LongAnswer(pixel, True, now - since, self._taken(fused_pair))

    def leave(self, watcher: str) -> None:
        """Give up what ``watcher`` waits for."""
        self._jobs.leave(self._kind, watcher)
