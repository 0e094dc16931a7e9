"""Guidance images computed in the background, one pass at a time, for whoever looks at them now."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition, Thread

import numpy as np

from dashboard.store import GuidanceStore, Images
from saliency import Guidance

FORGOTTEN_AFTER = 90.0
"""Seconds after which a job that nobody asks about any more is given up, or its failure forgotten:
a browser lets a hidden page ask only once a minute."""
KEPT = 24
"""Finished guidance images held in memory."""
YIELD_FOR = 0.04
"""Seconds the pointer has to rest before the next pass starts …"""
YIELD_AT_MOST = 0.4
"""… and how long a pass waits for that at most."""
PICTURED_EVERY = 0.15
"""Seconds between two pictures of guidance that is still computed: filling its gaps takes time too."""
END_WITHIN = 5.0
"""Seconds that the program waits for the current pass when it ends."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Guidance as far as it is computed; ``images`` are to look at until ``is_complete``.

    Attributes
    ----------
    images : two float32 (H, W), or None
        None before the first pass. Gaps are filled from the nearest computed pixel.
    done, total : int
        Backward passes.
    failure : str
        What went wrong, for the user; empty where nothing did.
    """

    images: Images | None
    done: int
    total: int
    failure: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every value is exact."""
        return self.total > 0 and self.done == self.total


@dataclass
class _Job:
    start: Callable[[], Iterator[Guidance]]
    stream: Iterator[Guidance] | None = None
    latest: Snapshot = field(default_factory=lambda: Snapshot(None, 0, 0))
    asked: float = field(default_factory=time.monotonic)
    pictured: float = 0.0

    @property
    def is_open(self) -> bool:
        return not self.latest.is_complete and not self.latest.failure


class GuidanceDesk:
    """One worker that always serves the job asked for last and stops jobs nobody asks about.

    `ask` both starts a job and keeps it alive; the same key is never computed twice at a time, nor again
    after it was stored.
    """

    def __init__(self, store: GuidanceStore) -> None:
        self._store = store
        self._jobs: dict[str, _Job] = {}
        self._changed = Condition()
        self._hovered = 0.0
        self._worker: Thread | None = None
        self._is_closed = False

    def hovering(self) -> None:
        """Say that a pointer is moving: passes wait a moment, so that it is answered first."""
        self._hovered = time.monotonic()

    def ask(self, key: str, start: Callable[[], Iterator[Guidance]]) -> Snapshot:
        """The guidance of ``key`` as it stands now; ``start`` begins it where nobody has yet."""
        with self._changed:
            job = self._jobs.get(key) or self._opened(key, start)
            job.asked = time.monotonic()
            self._start_worker()
            self._changed.notify_all()
            return job.latest

    def wait(self, key: str, done: int, seconds: float) -> None:
        """Return when the job of ``key`` has gone beyond ``done`` passes, at most after ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_beyond(key, done), timeout=seconds)

    def _is_beyond(self, key: str, done: int) -> bool:
        job = self._jobs.get(key)
        return job is None or not job.is_open or job.latest.done > done

    def _opened(self, key: str, start: Callable[[], Iterator[Guidance]]) -> _Job:
        job = self._jobs[key] = _Job(start)
        stored = self._store.get(key)
        if stored is not None:
            job.latest = Snapshot(stored, 1, 1)
        return job

    def close(self) -> None:
        """Let the worker end with the pass it is in; the interpreter must not end while torch computes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout=END_WITHIN)

    def _start_worker(self) -> None:
        if self._is_closed:
            return
        if self._worker is None:
            atexit.register(self.close)
        if self._worker is None or not self._worker.is_alive():
            self._worker = Thread(target=self._work, name="guidance", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while not self._is_closed:
            with self._changed:
                self._forget()
                key = self._most_wanted()
                if key is None:
                    self._changed.wait_for(lambda: self._is_closed or self._most_wanted(), FORGOTTEN_AFTER)
                    continue
                job = self._jobs[key]
            self._let_the_pointer_pass()
            snapshot = self._advanced(job)
            if snapshot.is_complete and snapshot.images is not None:
                self._store.put(key, snapshot.images)
            with self._changed:
                job.latest = snapshot
                if not job.is_open:
                    job.stream = None
                self._changed.notify_all()
            del job  # while the worker waits it must not keep a forgotten job's memory

    def _most_wanted(self) -> str | None:
        open_jobs = [key for key, job in self._jobs.items() if job.is_open]
        return max(open_jobs, key=lambda key: self._jobs[key].asked, default=None)

    def _forget(self) -> None:
        now = time.monotonic()
        for key, job in list(self._jobs.items()):
            # A failure is forgotten too, so that it can be tried again.
            if not job.latest.is_complete and now - job.asked > FORGOTTEN_AFTER:
                del self._jobs[key]
        finished = sorted((job.asked, key) for key, job in self._jobs.items() if not job.is_open)
        for _, key in finished[: max(len(finished) - KEPT, 0)]:
            del self._jobs[key]

    def _let_the_pointer_pass(self) -> None:
        deadline = time.monotonic() + YIELD_AT_MOST
        while time.monotonic() < min(deadline, self._hovered + YIELD_FOR):
            time.sleep(0.01)

    def _advanced(self, job: _Job) -> Snapshot:
        """The job one pass further; a failure ends it with a sentence, not the worker."""
        try:
            job.stream = job.stream or job.start()
            partial = next(job.stream)
            now = time.monotonic()
            if not partial.is_complete and now - job.pictured < PICTURED_EVERY:
                return Snapshot(job.latest.images, partial.done, partial.total)
            job.pictured = now
            return _snapshot(partial)
        except Exception as error:  # whatever a brought network raises must be shown
            return Snapshot(job.latest.images, job.latest.done, job.latest.total, f"Guidance failed: {error}")


def _snapshot(partial: Guidance) -> Snapshot:
    first, second = partial.preview()
    if first is partial.first:  # the stream goes on writing into its own arrays
        first, second = np.copy(first), np.copy(second)
    return Snapshot((first, second), partial.done, partial.total)
