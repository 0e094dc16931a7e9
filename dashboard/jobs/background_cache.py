"""Values that take long to make, made in the background while the requests that want them go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from cachetools import TTLCache

from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.queue import JobQueue
from fusion import InputError
from saliency.network.interruption import interruptible_stream

RETRIED_AFTER = 30.0
"""Seconds in which whoever asks is told that it failed; after that it is tried again."""

_Value = TypeVar("_Value")


class ComputationFailedError(InputError):
    """A value cannot be had for now; the sentence says why."""


class BackgroundCache(Generic[_Value]):
    """At most ``size`` values; who asks gets None until the value is there, and never waits.

    One is made at a time, so that its memory is needed once.

    Parameters
    ----------
    jobs : JobQueue
        Where they are made.
    name : str
        What is made; stands in the log.
    size : int
    is_interruptible : bool
        Whether one that nobody asks for any more ends between two of torch's operations.
    """

    def __init__(self, jobs: JobQueue, name: str, size: int, *, is_interruptible: bool = False) -> None:
        self._jobs, self._is_interruptible = jobs, is_interruptible
        self._kind = JobKind(name, is_whole=True, kept=size, is_complete=lambda _: True)
        self._failures: TTLCache[Hashable, str] = TTLCache(maxsize=128, ttl=RETRIED_AFTER, timer=time.monotonic)
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _Value], network: str = "") -> _Value | None:
        """The value of ``key``, or None while it is still to be made.

        Raises
        ------
        ComputationFailedError
            ``make`` raised something in the last `RETRIED_AFTER` seconds.
        """

        def made() -> Iterator[_Value]:
            yield make()

        is_wanted = partial(self._jobs.is_wanted, self._kind, key)
        start = interruptible_stream(made, is_wanted) if self._is_interruptible else made
        with self._lock:
            failure = self._failures.get(key)
            if failure is None:
                state = self._jobs.ask(self._kind, "", {key: Task(start, network)})[key]
                if not state.failure:
                    return state.value
                failure = self._failures[key] = state.failure
                self._jobs.retry(self._kind, key)  # once this failure is old
        raise ComputationFailedError(failure)

    def let_go(self) -> None:
        """Keep none of the values; what is asked for again is made again."""
        self._jobs.let_go(self._kind)

    def wait(self, key: Hashable, seconds: float) -> None:
        """Return when the value of ``key`` is there or has failed, at most after ``seconds``."""
        self._jobs.wait(self._kind, key, seconds, lambda _: False)
