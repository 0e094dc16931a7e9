"""Jacobians that take long: computed in the background for who asks, given up when they turn to another pixel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock

from cachetools import LRUCache

from dashboard.jobs.background_cache import ComputationFailedError
from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.queue import JobQueue
from dashboard.service.fused_pair import FusedPair
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from saliency.network.interruption import interruptible
from saliency.network.pair_function import is_prepared
from saliency.network.summary_slopes import Told

LONG = 1.0
"""Seconds from which on a Jacobian does not follow the pointer."""

_Pixel = tuple[int, int]


@dataclass
class _Asked:
    """When a pixel was asked for, what it was expected to take, and what was heard of what all share."""

    since: float
    expected: float | None
    shared: float | None = None
    shared_seconds: float = 0.0

    def told(self, done: int, total: int) -> None:
        """A step on the way to what is shared is done; all of them: the pixel's own time begins."""
        is_over = done == total
        self.shared = None if is_over else done / total
        self.shared_seconds = time.monotonic() - self.since if is_over else 0.0


class LongAnswers:
    """Which views' Jacobians take long, and the jobs that compute them: for each watcher the latest it asked.

    Parameters
    ----------
    jobs : JobQueue
    is_kept : callable
        Whether the next pixel of a view finds its graph built.
    """

    def __init__(self, jobs: JobQueue, is_kept: Callable[[FusedPair], bool]) -> None:
        self._jobs, self._is_kept = jobs, is_kept
        self._kind = JobKind("Jacobian", is_whole=True, kept=8, is_complete=lambda _: True)
        self._took: LRUCache[str, tuple[float, float]] = LRUCache(64)
        self._asked: LRUCache[tuple[str, _Pixel], _Asked] = LRUCache(64)
        self._lock = Lock()

    def is_long(self, fused_pair: FusedPair) -> bool:
        """Whether a Jacobian is not to be waited for. On a whole image the first one tells how long it takes."""
        if not fused_pair.is_whole:
            return False
        taken = self._taken(fused_pair)
        if taken is None or taken >= LONG:
            return True
        return not is_prepared(fused_pair.loaded.network, fused_pair.pair)

    def took(self, fused_pair: FusedPair, seconds: float, graph: float = 0.0) -> None:
        """Note what a Jacobian of this view took, and building its graph, where that is not kept."""
        with self._lock:
            self._took[fused_pair.maps_key] = seconds, graph

    def _taken(self, fused_pair: FusedPair) -> float | None:
        with self._lock:
            took = self._took.get(fused_pair.maps_key)
        if took is None:
            return None
        return took[0] if self._is_kept(fused_pair) else sum(took)

    def expected(self, fused_pair: FusedPair, pixel: _Pixel) -> LongAnswer:
        """What a Jacobian that nobody has asked for would take."""
        return LongAnswer(pixel, expected=self._taken(fused_pair))

    def ask(
        self, fused_pair: FusedPair, pixel: _Pixel, watcher: str, make: Callable[[Told], PixelAnswer]
    ) -> PixelAnswer | LongAnswer:
        """How far the Jacobian of a pixel is; what ``watcher`` asked before is given up for it.

        Raises
        ------
        ComputationFailedError
            It cannot be had; asking again tries again.
        """
        key = fused_pair.maps_key, pixel
        is_wanted = partial(self._jobs.is_wanted, self._kind, key)

        def told(done: int, total: int) -> None:
            with self._lock:
                if key in self._asked:
                    self._asked[key].told(done, total)

        def made() -> Iterator[PixelAnswer]:
            with interruptible(is_wanted):
                found = make(told)
            yield found

        self._note(key, self._taken(fused_pair), is_new=not is_wanted())
        state = self._jobs.ask(self._kind, watcher, {key: Task(made, fused_pair.loaded.name)})[key]
        if state.failure:
            self._jobs.retry(self._kind, key)
            raise ComputationFailedError(state.failure)
        return state.value or self._so_far(fused_pair, pixel)

    def _note(self, key: tuple[str, _Pixel], expected: float | None, *, is_new: bool) -> None:
        with self._lock:
            if is_new or key not in self._asked:
                self._asked[key] = _Asked(time.monotonic(), expected)

    def _so_far(self, fused_pair: FusedPair, pixel: _Pixel) -> LongAnswer:
        now = time.monotonic()
        with self._lock:
            asked = self._asked.get((fused_pair.maps_key, pixel)) or _Asked(now, None)
        expected = None if asked.expected is None else asked.shared_seconds + asked.expected
        return LongAnswer(pixel, True, now - asked.since, expected, asked.shared)

    def leave(self, watcher: str) -> None:
        """Give up what ``watcher`` waits for."""
        self._jobs.leave(self._kind, watcher)
