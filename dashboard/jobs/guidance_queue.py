"""Guidance images computed in the background, one pass at a time, for whoever looks at them now."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition, Thread, get_native_id

import numpy as np

from dashboard.cache.disk import GuidanceStore, Images
from saliency import Guidance

FORGOTTEN_AFTER = 90.0
"""Seconds after which a job that nobody asks about any more is given up, or its failure forgotten:
a browser lets a hidden page ask only once a minute."""
KEPT_BYTES = 256 * 2**20
"""Finished guidance images held in memory; the others come back from the store."""
BEGUN = 2
"""Jobs that keep their retained graphs, hundreds of megabytes each; a third one's has to be built anew."""
YIELD_FOR = 0.04
"""Seconds the pointer has to rest before the next pass starts …"""
YIELD_AT_MOST = 0.4
"""… and how long a pass waits for that at most."""
NICENESS = 10
"""How far the worker stands behind the threads that answer people."""
END_WITHIN = 5.0
"""Seconds that the program waits for the current pass when it ends."""

Start = Callable[[], Iterator[Guidance]]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Guidance as far as it is computed.

    Attributes
    ----------
    grown : Guidance or None
        Arrays that go on growing until ``is_complete``; None before the first pass.
    done, total : int
        Backward passes.
    failure : str
        What went wrong, for the user; empty where nothing did.
    """

    grown: Guidance | None
    done: int
    total: int
    failure: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every value is exact."""
        return self.total > 0 and self.done == self.total

    @property
    def images(self) -> Images | None:
        """Both guidance images, exact; None while there are gaps."""
        if self.grown is None or not self.is_complete:
            return None
        return self.grown.first, self.grown.second


NOTHING = Snapshot(None, 0, 0)


@dataclass
class _Job:
    start: Start
    stream: Iterator[Guidance] | None = None
    latest: Snapshot = NOTHING
    opened: float = field(default_factory=time.monotonic)
    asked: float = field(default_factory=time.monotonic)
    advanced: float = 0.0
    pace: float = 0.0
    watchers: dict[str, float] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return not self.latest.is_complete and not self.latest.failure

    @property
    def left(self) -> float:
        """Seconds of work that the other passes take if all are like the last one."""
        return self.pace * (self.latest.total - self.latest.done)


class GuidanceQueue:
    """One worker that serves the first pass of every job, then always the job that is finished soonest.

    A quick network beside a slow one is there after its own time, whichever was asked for first.

    `ask` both starts a job and keeps it alive; the same key is never computed twice at a time, nor again
    after it was stored. A job ends at once when the last of those who watch it turns to another one.
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

    def ask(self, key: str, start: Start, watcher: str = "") -> Snapshot:
        """The guidance of ``key`` as it stands now; ``start`` begins it where nobody has yet.

        Parameters
        ----------
        key : str
            Hash of everything the guidance depends on.
        start : callable
            Gives the stream of guidance, pass by pass.
        watcher : str
            Who asks. A watcher looks at one job at a time: what it asked for before is given up, unless
            somebody else asks for it too. Where it is empty, jobs are given up by `FORGOTTEN_AFTER` alone.
        """
        with self._changed:
            job = self._jobs.get(key) or self._opened(key, start)
            job.asked = job.watchers[watcher] = time.monotonic()
            if watcher:
                self._turn(watcher, key)
            if job.is_open:
                self._start_worker()
                self._changed.notify_all()
            return job.latest

    def look(self, key: str) -> Snapshot:
        """The guidance of ``key`` as it stands, in memory or stored, without starting anything."""
        with self._changed:
            if key not in self._jobs:
                stored = self._stored(key)
                if stored is None:
                    return NOTHING
                self._jobs[key] = _Job(lambda: iter(()), latest=stored)
                self._forget()
            return self._jobs[key].latest

    def retry(self, key: str) -> None:
        """Forget a failure, so that the next `ask` begins anew."""
        with self._changed:
            if key in self._jobs and self._jobs[key].latest.failure:
                del self._jobs[key]

    def leave(self, watcher: str) -> None:
        """``watcher`` looks at nothing any more: what nobody else watches is given up at once."""
        if not watcher:
            return
        with self._changed:
            self._turn(watcher, None)

    def watching(self, within: float = 5.0) -> int:
        """How many have asked for unfinished guidance in the last seconds."""
        since = time.monotonic() - within
        with self._changed:
            return sum(
                asked >= since for job in self._jobs.values() if job.is_open for asked in job.watchers.values()
            )

    def wait(self, key: str, done: int, seconds: float) -> None:
        """Return when the job of ``key`` has gone beyond ``done`` passes, at most after ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_beyond(key, done), timeout=seconds)

    def _is_beyond(self, key: str, done: int) -> bool:
        job = self._jobs.get(key)
        return job is None or not job.is_open or job.latest.done > done

    def _turn(self, watcher: str, key: str | None) -> None:
        """``watcher`` looks at ``key`` now, or at nothing; what nobody else watches is given up."""
        for other, job in list(self._jobs.items()):
            if other == key or job.watchers.pop(watcher, None) is None:
                continue
            if job.is_open and not job.watchers:
                del self._jobs[other]

    def _opened(self, key: str, start: Start) -> _Job:
        job = self._jobs[key] = _Job(start, latest=self._stored(key) or NOTHING)
        self._forget()
        return job

    def _stored(self, key: str) -> Snapshot | None:
        images = self._store.get(key)
        if images is None:
            return None
        return Snapshot(Guidance(*images, np.ones(images[0].shape, dtype=bool), 1, 1), 1, 1)

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
        lower_priority()
        while not self._is_closed:
            with self._changed:
                self._forget()
                key = self._most_wanted()
                if key is None:
                    self._changed.wait_for(lambda: self._is_closed or self._most_wanted(), FORGOTTEN_AFTER)
                    continue
                job = self._jobs[key]
                self._free_others(job)
            self.yield_to_pointer()
            start = time.monotonic()
            snapshot = _advanced(job)
            job.pace = time.monotonic() - start
            if snapshot.images is not None:
                self._store.put(key, snapshot.images)
            with self._changed:
                job.latest = snapshot
                job.advanced = time.monotonic()
                if not job.is_open:
                    job.stream = None
                self._changed.notify_all()
            del job, snapshot  # while the worker waits it must not keep a forgotten job's memory

    def _most_wanted(self) -> str | None:
        """Everybody's first picture, the newest view before others, then what is finished soonest."""
        open_jobs = [key for key, job in self._jobs.items() if job.is_open]
        return max(open_jobs, key=lambda key: _wanted(self._jobs[key]), default=None)

    def _free_others(self, job: _Job) -> None:
        """Keep the graphs of ``job`` and of those worked on last."""
        begun = [each for each in self._jobs.values() if each.stream is not None and each is not job]
        for each in sorted(begun, key=lambda each: each.advanced)[: max(len(begun) - BEGUN + 1, 0)]:
            each.stream = None

    def _forget(self) -> None:
        now = time.monotonic()
        for key, job in list(self._jobs.items()):
            # A failure is forgotten too, so that it can be tried again.
            if not job.latest.is_complete and now - job.asked > FORGOTTEN_AFTER:
                del self._jobs[key]
        finished = sorted(
            (job.asked, key, 2 * job.latest.grown.first.nbytes)
            for key, job in self._jobs.items()
            if job.latest.grown is not None and job.latest.is_complete
        )
        held = sum(size for _, _, size in finished)
        for _, key, size in finished[:-1]:
            if held <= KEPT_BYTES:
                return
            del self._jobs[key]
            held -= size

    def yield_to_pointer(self) -> None:
        """Return when the pointer has come to rest, or after `YIELD_AT_MOST`."""
        deadline = time.monotonic() + YIELD_AT_MOST
        while time.monotonic() < min(deadline, self._hovered + YIELD_FOR):
            time.sleep(0.01)


def _wanted(job: _Job) -> tuple[bool, float]:
    return (True, job.opened) if job.latest.grown is None else (False, -job.left)


def _advanced(job: _Job) -> Snapshot:
    """The job one pass further; a failure ends it with a sentence, not the worker."""
    try:
        job.stream = job.stream or job.start()
        partial = next(job.stream)
        return Snapshot(partial, partial.done, partial.total)
    except Exception as error:  # whatever a brought network raises must be shown
        return Snapshot(job.latest.grown, job.latest.done, job.latest.total, f"Guidance failed: {error}")


def lower_priority() -> None:
    """Let the scheduler serve other threads before this one, where threads have priorities of their own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)
