"""Cohorts that somebody has begun: each goes on until it is over or cancelled, whether a page looks or not."""

from __future__ import annotations

from threading import Condition

from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.queue import JobQueue
from dashboard.jobs.unfinished import Hold
from saliency.cohort.cohort_run import CohortProgress

LOOK = 1.0
"""Seconds between two looks; the queue gives up what nobody has asked for in 90."""


class OpenCohorts:
    """Asks for them after everything that pages look at, so that the queue does not give them up.

    Parameters
    ----------
    jobs : JobQueue
    kind : JobKind
        Of the cohorts.
    """

    def __init__(self, jobs: JobQueue, kind: JobKind) -> None:
        self._jobs, self._kind = jobs, kind
        self._open: dict[str, Task[CohortProgress]] = {}
        self._changed = Condition()

    def __contains__(self, key: str) -> bool:
        with self._changed:
            return key in self._open

    def add(self, key: str, task: Task[CohortProgress]) -> None:
        """Keep one going from now on."""
        with self._changed:
            self._open[key] = task
            self._changed.notify_all()
        self._jobs.employ("cohorts", self._keep_going)

    def _keep_going(self) -> None:
        while not self._jobs.is_closed:
            with self._changed:
                self._changed.wait(LOOK)
                for key in list(self._open):
                    self._ask(key)

    def _ask(self, key: str) -> None:
        """Ask for one, or let go of it where nothing more will come; under the lock."""
        watcher = f"open {key}"
        is_cancelled = self._jobs.told(self._kind, key)[0] is Hold.CANCELLED
        if is_cancelled or self._asked(watcher, key):
            self._jobs.leave(self._kind, watcher)
            del self._open[key]

    def _asked(self, watcher: str, key: str) -> bool:
        """Whether it is over."""
        return self._jobs.ask(self._kind, watcher, {key: self._open[key]}, in_background=True)[key].is_over
