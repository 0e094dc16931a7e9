"""Answers of finished jobs that are held in memory, each kind's within its own bounds."""

from __future__ import annotations

from typing import Any

from dashboard.cache.lru import LRUCache
from dashboard.jobs.job import JobKind, JobState


class FinishedJobs(dict[str, LRUCache[JobState[Any]]]):
    """By the names of kinds; those bounds say how many answers are held, and how many bytes."""

    def of(self, kind: JobKind) -> LRUCache[JobState[Any]]:
        """The answers of a kind, by key."""
        if kind.name not in self:
            self[kind.name] = LRUCache(
                kind.kept, lambda state: 0 if state.value is None else kind.weigh(state.value), kind.kept_bytes
            )
        return self[kind.name]
