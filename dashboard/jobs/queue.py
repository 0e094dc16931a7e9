"""Questions answered in the background, part by part, for the pages that look at them now."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Generic, TypeVar

from dashboard.cache.lru import LRUCache
from dashboard.jobs.guidance_queue import END_WITHIN, FORGOTTEN_AFTER, lower_priority
from fusion import InputError

SLICE = 0.1
"""Seconds of work between two looks at the pointer and at what other pages want."""
KEPT = 512
"""Finished answers held after a page turned away."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class JobState(Generic[Value]):
    """One question's answer, as far as it is.

    Attributes
    ----------
    value : object or None
        The latest that the question's stream gave; None before the first.
    parts : int
        How many it gave.
    is_over : bool
        Whether nothing more will come.
    failure : str
        What went wrong, for the user; empty where nothing did.
    """

    value: Value | None = None
    parts: int = 0
    is_over: bool = False
    failure: str = ""


@dataclass
class _Job(Generic[Value]):
    start: Callable[[], Iterator[Value]]
    latest: JobState[Value]
    stream: Iterator[Value] | None = None


@dataclass
class _Page(Generic[Key]):
    keys: tuple[Key, ...]
    asked: float
    served: float = 0.0


class JobQueue(Generic[Key, Value]):
    """One worker. What a page asks takes the place of what it asked before, which is given up.

    Parameters
    ----------
    name : str
        Of the worker's thread.
    let_pass : callable
        Returns when nobody hovers, or has waited long enough.
    weigh : callable
        Bytes of a finished answer's value …
    kept_bytes : int
        … and how many of these are held after a page turned away.
    begun : int
        Questions worked on in turn; each may hold a retained graph of hundreds of megabytes.
    """

    def __init__(
        self,
        name: str,
        yield_to_pointer: Callable[[], None],
        weigh: Callable[[Value], int],
        kept_bytes: int,
        begun: int,
    ) -> None:
        self._name, self._yield_to_pointer, self._begun = name, yield_to_pointer, begun
        self._jobs: dict[Key, _Job[Value]] = {}
        self._pages: dict[str, _Page[Key]] = {}
        self._finished: LRUCache[JobState[Value]] = LRUCache(
            KEPT, lambda answer: 0 if answer.value is None else weigh(answer.value), kept_bytes
        )
        self._changed = Condition()
        self._worker: Thread | None = None
        self._is_closed = False

    def ask(self, page: str, questions: Mapping[Key, Callable[[], Iterator[Value]]]) -> dict[Key, JobState[Value]]:
        """How far each question is; new ones are begun, and what else ``page`` asked for is given up.

        Parameters
        ----------
        page : str
            Who asks. One that has not asked for `FORGOTTEN_AFTER` is given up, too.
        questions : mapping of key to start
            A key decides the answer. They are answered in this order.
        """
        with self._changed:
            before = self._pages.get(page)
            for key, start in questions.items():
                job = self._jobs.get(key)
                # A failure stands while a page goes on looking at it; coming back to it tries again.
                if job is None or (job.latest.failure and (before is None or key not in before.keys)):
                    self._jobs[key] = _Job(start, self._kept(key))
            self._pages[page] = _Page(tuple(questions), time.monotonic(), before.served if before else 0.0)
            self._forget()
            if any(not self._jobs[key].latest.is_over for key in questions):
                self._start_worker()
            self._changed.notify_all()
            return {key: self._jobs[key].latest for key in questions}

    def finished(self, key: Key) -> JobState[Value] | None:
        """The answer of ``key`` where nothing more will come, None where it is open. Starts nothing."""
        with self._changed:
            latest = self._jobs[key].latest if key in self._jobs else self._kept(key)
            return latest if latest.is_over else None

    def open_jobs(self) -> int:
        """How many questions are not answered to the end."""
        with self._changed:
            return sum(not job.latest.is_over for job in self._jobs.values())

    def close(self) -> None:
        """Let the worker end with its slice; the interpreter must not end while torch computes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout=END_WITHIN)

    def _kept(self, key: Key) -> JobState[Value]:
        return self._finished.get(key, JobState) if key in self._finished else JobState()

    def _forget(self) -> None:
        """Drop pages that went away, and the questions that no page asks."""
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
            self._worker = Thread(target=self._work, name=self._name, daemon=True)
            self._worker.start()

    def _work(self) -> None:
        lower_priority()
        while not self._is_closed:
            with self._changed:
                self._forget()
                key = self._next()
                if key is None:
                    self._changed.wait(FORGOTTEN_AFTER)
                    continue
                job = self._jobs[key]
            self._yield_to_pointer()
            latest = _advanced(job, time.monotonic() + SLICE)
            with self._changed:
                job.latest = latest
                if latest.is_over:
                    job.stream = None
                if latest.is_over and not latest.failure:
                    self._finished.get(key, lambda latest=latest: latest)  # type: ignore[misc]  # bound at once
            del job, latest  # while the worker waits it must not keep a forgotten job's memory

    def _next(self) -> Key | None:
        """Of the page that was served longest ago its first open question, where it may be begun."""
        begun = {key for key, job in self._jobs.items() if job.stream is not None}
        for page in sorted(self._pages.values(), key=lambda page: page.served):
            open_keys = [key for key in page.keys if not self._jobs[key].latest.is_over]
            key = next((key for key in open_keys if key in begun or len(begun) < self._begun), None)
            if key is not None:
                page.served = time.monotonic()
                return key
        return None


def _advanced(job: _Job[Value], until: float) -> JobState[Value]:
    """The job one part further, or as many as end before ``until``; a failure ends the job, not the worker."""
    latest = job.latest
    try:
        job.stream = job.stream or job.start()
        while latest is job.latest or time.monotonic() < until:
            latest = JobState(next(job.stream), latest.parts + 1)
    except StopIteration:
        return JobState(latest.value, latest.parts, is_over=True)
    except InputError as error:
        return JobState(latest.value, latest.parts, is_over=True, failure=str(error))
    except Exception as error:  # whatever a brought network raises must be shown
        return JobState(latest.value, latest.parts, is_over=True, failure=f"It could not be computed: {error}")
    return latest
