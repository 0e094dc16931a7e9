"""What is kept of jobs that are not worked on: what they had found, and which of them their readers hold."""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum
from typing import Any

import cachetools

from dashboard.cache.lru import LRUCache
from dashboard.jobs.job import Job, JobKind, JobState

SAVED_EVERY = 20.0
"""Seconds of work after which what an unfinished job has found goes into its kind's store."""
MOST_HELD = 512
"""Jobs that are held at a time; of more the one held first goes on."""


class Hold(StrEnum):
    """Why a job is not worked on though somebody asks for it."""

    PAUSED = "paused"
    """It goes on where it was once it is let go."""
    CANCELLED = "cancelled"
    """What it had found is gone; it begins anew once it is let go."""


class Unfinished:
    """By the names of jobs; not for several threads at once, but for the queue that has it."""

    def __init__(self) -> None:
        self._found: dict[str, LRUCache[Any]] = {}
        self._held: cachetools.LRUCache[tuple[str, Hashable], Hold] = cachetools.LRUCache(maxsize=MOST_HELD)

    def hold(self, kind: JobKind, key: Hashable, how: Hold | None) -> None:
        """Hold a job, or let it go by None."""
        self._held.pop((kind.name, key), None)
        if how is not None:
            self._held[kind.name, key] = how

    def held(self, kind: JobKind, key: Hashable) -> Hold | None:
        """Whether a job is held, and why."""
        return self._held.get((kind.name, key))

    def keep(self, job: Job) -> None:
        """Keep what a job has found that is given up or has failed, where its kind can go on from there."""
        is_finished = job.latest.is_over and not job.latest.failure
        is_cancelled = self.held(job.kind, job.key) is Hold.CANCELLED
        if not job.kind.keeps_parts or job.latest.value is None or is_finished or is_cancelled:
            return
        self.discard(job.kind, job.key)
        self._of(job.kind).get(job.key, lambda: job.latest.value)

    def recall(self, kind: JobKind, key: Hashable, loaded: Any | None) -> None:
        """Keep what the kind's store ``loaded``, unless more is known."""
        if loaded is not None:
            self._of(kind).get(key, lambda: loaded)

    def discard(self, kind: JobKind, key: Hashable) -> None:
        """Keep nothing of a job."""
        self._of(kind).discard(key)

    def state(self, kind: JobKind, key: Hashable) -> JobState[Any]:
        """How far an unfinished job was when it was given up; nothing where it is not known."""
        return JobState(self._of(kind).peek(key))

    def knows(self, kind: JobKind, key: Hashable) -> bool:
        """Whether something is kept of a job."""
        return key in self._of(kind)

    def _of(self, kind: JobKind) -> LRUCache[Any]:
        if kind.name not in self._found:
            self._found[kind.name] = LRUCache(kind.kept, kind.weigh, kind.kept_bytes)
        return self._found[kind.name]
