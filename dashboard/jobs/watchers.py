"""Who looks at which jobs: pages, their columns, or nobody in particular."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

from dashboard.jobs.job import Job

JobName = tuple[str, Hashable]
"""A kind's name and a key or watcher of it."""


@dataclass
class Watcher:
    """What one of them asked for last, when on the monotonic clock, and whether nobody looks at it."""

    names: tuple[JobName, ...]
    asked: float
    in_background: bool = False

    @property
    def looked(self) -> float:
        """When somebody looked last; long ago where nobody does."""
        return -math.inf if self.in_background else self.asked


class Watchers:
    """For each kind; not for several threads at once, but for the queue that has it."""

    def __init__(self) -> None:
        self._watchers: dict[JobName, Watcher] = {}

    def look(self, kind: str, watcher: str, keys: Iterable[Hashable], *, in_background: bool = False) -> None:
        """``watcher`` looks at ``keys``; where it has no name, each of them has a watcher of its own."""
        looks: dict[Hashable, Iterable[Hashable]] = (
            {watcher: keys} if watcher else {("", key): (key,) for key in keys}
        )
        for each, seen in looks.items():
            names = tuple((kind, key) for key in seen)
            self._watchers[kind, each] = Watcher(names, time.monotonic(), in_background)

    def sees(self, kind: str, watcher: str, key: Hashable) -> bool:
        """Whether ``watcher`` has been looking at ``key``."""
        found = self._watchers.get((kind, watcher or ("", key)))
        return found is not None and (kind, key) in found.names

    def leave(self, kind: str, watcher: str) -> None:
        """``watcher`` looks at nothing of that kind any more."""
        self._watchers.pop((kind, watcher), None)

    def leave_all(self, watcher: str) -> None:
        """The same of every kind."""
        self._watchers = {name: each for name, each in self._watchers.items() if name[1] != watcher}

    def forget(self, after: float) -> None:
        """Drop those that have not asked for so many seconds."""
        now = time.monotonic()
        self._watchers = {
            name: each for name, each in self._watchers.items() if each.names and now - each.asked <= after
        }

    def all(self) -> list[Watcher]:
        """Every one of them."""
        return list(self._watchers.values())

    def recent(self, within: float) -> list[JobName]:
        """What they asked for in the last seconds, each as often as it was asked for."""
        since = time.monotonic() - within
        return [name for each in self._watchers.values() if each.looked >= since for name in each.names]

    def most_wanted(
        self, jobs: Mapping[JobName, Job], is_whole: bool, can_go_on: Callable[[Job], bool]
    ) -> Job | None:
        """The job, whole or not, that is served next: each watcher's first that can go on, by priority."""
        chosen: dict[Job, float] = {}
        for watcher in self._watchers.values():
            looked_at = (jobs.get(name) for name in watcher.names)
            job = next((job for job in looked_at if job and job.is_open and can_go_on(job)), None)
            if job is not None and job.kind.is_whole == is_whole:
                chosen[job] = max(chosen.get(job, -math.inf), watcher.looked)
        return min(chosen, key=lambda job: job.priority(chosen[job]), default=None)
