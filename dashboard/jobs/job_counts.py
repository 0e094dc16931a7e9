"""How many jobs of each kind are open, how many ended how, and how long was worked on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock

from dashboard.jobs.job import Job
from dashboard.jobs.watchers import JobName

Ending = tuple[str, ...]
"""The kind's name, and the outcome's."""


class JobCounts:
    """Counts since the program began.

    Parameters
    ----------
    jobs : mapping
        Those of a queue as they are at any moment.

    Examples
    --------
    >>> counts = JobCounts({})
    >>> counts.add("guidance", "finished", 2.5)
    >>> counts.numbers(), counts.seconds()
    ({('guidance', 'finished'): 1}, {('guidance', 'finished'): 2.5})
    """

    def __init__(self, jobs: Mapping[JobName, Job]) -> None:
        self._jobs = jobs
        self._numbers: Counter[Ending] = Counter()
        self._seconds: dict[Ending, float] = {}
        self._turn = Lock()

    def add(self, kind: str, outcome: str, seconds: float) -> None:
        """Count a job that has ended."""
        with self._turn:
            self._numbers[kind, outcome] += 1
            self._seconds[kind, outcome] = self._seconds.get((kind, outcome), 0.0) + seconds

    def open_now(self) -> Mapping[str, int]:
        """How many jobs of a kind are computed or wait for it; 0 of one that has ended all of its jobs."""
        found = Counter({kind: 0 for kind, _ in self.numbers()})
        found.update(job.kind.name for job in list(self._jobs.values()) if job.is_open)
        return found

    def numbers(self) -> Mapping[Ending, int]:
        """How many have ended."""
        with self._turn:
            return dict(self._numbers)

    def seconds(self) -> Mapping[Ending, float]:
        """Seconds of work in them."""
        with self._turn:
            return dict(self._seconds)
