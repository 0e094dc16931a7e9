"""Regions' figures computed in the background, network by network, for the pages that look at them now."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Condition, Thread

from dashboard.bounded import Bounded
from dashboard.guidance_desk import END_WITHIN, FORGOTTEN_AFTER, stand_behind
from dashboard.region_found import Found
from fusion import InputError

SLICE = 0.1
"""Seconds of work between two looks at the pointer and at what other pages want."""
BEGUN = 2
"""Networks that are computed in turn; each may hold a retained graph of hundreds of megabytes."""
KEPT_BYTES = 128 * 2**20
"""Figures and pictures held after a page turned away."""


@dataclass(frozen=True, eq=False)
class Progress:
    """One network's figures of a region, as far as they are.

    Attributes
    ----------
    done, total : int
        Fused pixels; 0 of 0 before the first.
    found : Found or None
        Once it is finished.
    failure : str
        What went wrong, for the user; empty where nothing did.
    """

    done: int = 0
    total: int = 0
    found: Found | None = None
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.found is not None or bool(self.failure)


Start = Callable[[], Iterator[Progress]]


@dataclass
class _Job:
    start: Start
    stream: Iterator[Progress] | None = None
    latest: Progress = field(default_factory=Progress)


@dataclass
class _Page:
    keys: tuple[str, ...]
    asked: float
    served: float = 0.0


class RegionDesk:
    """One worker. A page asks for one region at a time: what it asked for before is given up.

    Parameters
    ----------
    let_pass : callable
        Returns when nobody hovers, or has waited long enough.
    """

    def __init__(self, let_pass: Callable[[], None]) -> None:
        self._let_pass = let_pass
        self._jobs: dict[str, _Job] = {}
        self._pages: dict[str, _Page] = {}
        self._finished: Bounded[Progress] = Bounded(
            512, lambda each: 0 if each.found is None else each.found.nbytes, KEPT_BYTES
        )
        self._changed = Condition()
        self._worker: Thread | None = None
        self._is_closed = False

    def ask(self, page: str, tasks: Mapping[str, Start]) -> dict[str, Progress]:
        """How far each task is; those that are new are begun, and what else ``page`` asked for is given up.

        Parameters
        ----------
        page : str
            Who asks. One that has not asked for `FORGOTTEN_AFTER` is given up, too.
        tasks : mapping of key to start
            A key is a hash of all that its figures depend on. Tasks are computed in this order.
        """
        with self._changed:
            before = self._pages.get(page)
            for key, start in tasks.items():
                job = self._jobs.get(key)
                # A failure stands while a page goes on looking at it; coming back to it tries again.
                if job is None or (job.latest.failure and (before is None or key not in before.keys)):
                    self._jobs[key] = _Job(start, latest=self._kept(key))
            self._pages[page] = _Page(tuple(tasks), time.monotonic(), before.served if before else 0.0)
            self._forget()
            if any(not self._jobs[key].latest.is_over for key in tasks):
                self._start_worker()
            self._changed.notify_all()
            return {key: self._jobs[key].latest for key in tasks}

    def finished(self, key: str) -> Progress | None:
        """The finished task of ``key``, or one that failed; None where there is none. Starts nothing."""
        with self._changed:
            latest = self._jobs[key].latest if key in self._jobs else self._kept(key)
            return latest if latest.is_over else None

    def open_jobs(self) -> int:
        """How many tasks are not finished."""
        with self._changed:
            return sum(not job.latest.is_over for job in self._jobs.values())

    def close(self) -> None:
        """Let the worker end with its slice; the interpreter must not end while torch computes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout=END_WITHIN)

    def _kept(self, key: str) -> Progress:
        return self._finished.get(key, Progress) if key in self._finished else Progress()

    def _forget(self) -> None:
        """Drop pages that went away, and the jobs that no page looks at."""
        now = time.monotonic()
        self._pages = {name: page for name, page in self._pages.items() if now - page.asked <= FORGOTTEN_AFTER}
        wanted = {key for page in self._pages.values() for key in page.keys}
        for key in [key for key in self._jobs if key not in wanted]:
            del self._jobs[key]

    def _start_worker(self) -> None:
        if self._is_closed:
            return
        if self._worker is None:
            atexit.register(self.close)
        if self._worker is None or not self._worker.is_alive():
            self._worker = Thread(target=self._work, name="regions", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        stand_behind()
        while not self._is_closed:
            with self._changed:
                self._forget()
                key = self._next()
                if key is None:
                    self._changed.wait(FORGOTTEN_AFTER)
                    continue
                job = self._jobs[key]
            self._let_pass()
            latest = _advanced(job, time.monotonic() + SLICE)
            with self._changed:
                job.latest = latest
                if latest.is_over:
                    job.stream = None
                if latest.found is not None:
                    self._finished.get(key, lambda latest=latest: latest)  # type: ignore[misc]  # bound at once
            del job, latest  # while the worker waits it must not keep a forgotten job's memory

    def _next(self) -> str | None:
        """Of the page that was served longest ago its first open task; never more than `BEGUN` at a time."""
        begun = {key for key, job in self._jobs.items() if job.stream is not None}
        for page in sorted(self._pages.values(), key=lambda page: page.served):
            key = next((key for key in page.keys if not self._jobs[key].latest.is_over), None)
            if key is not None and (key in begun or len(begun) < BEGUN):
                page.served = time.monotonic()
                return key
        return None


def _advanced(job: _Job, until: float) -> Progress:
    """The job some pixels further; a failure ends it with a sentence, not the worker."""
    latest = job.latest
    try:
        job.stream = job.stream or job.start()
        while not latest.is_over and (latest is job.latest or time.monotonic() < until):
            latest = next(job.stream)
    except InputError as error:
        return Progress(latest.done, latest.total, failure=str(error))
    except Exception as error:  # whatever a brought network raises must be shown
        return Progress(latest.done, latest.total, failure=f"It could not be computed: {error}")
    return latest
