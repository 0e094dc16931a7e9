"""One queue for all that takes long: worked on part by part, in the order that serves those who look at it now."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from threading import Condition
from typing import Any, TypeVar

from dashboard.cache.key_locks import AGAIN
from dashboard.jobs.finished_jobs import FinishedJobs
from dashboard.jobs.job import GIVEN_UP, Job, JobKind, JobState, Task, advanced, log_outcome, plain_sentence, save
from dashboard.jobs.job_counts import JobCounts
from dashboard.jobs.pointer_rest import PointerRest, lower_priority
from dashboard.jobs.unfinished import SAVED_EVERY, Hold, Unfinished
from dashboard.jobs.watchers import JobName, Watchers
from dashboard.jobs.worker_threads import WorkerThreads

FORGOTTEN_AFTER = 90.0
"""Seconds after which what nobody asks about is forgotten: a browser lets a hidden page ask once a minute."""
PAUSE = 1.0
"""Seconds before a worker goes on after a mistake of its own."""
logger = logging.getLogger(__name__)
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class JobQueue:
    """Jobs of every kind, and the thread that works on them.

    `ask` both starts jobs and keeps them alive. What a watcher asks takes the place of what it asked before of
    that kind, which is given up unless somebody else asks for it too. The same key is never computed twice at
    a time. First pictures come first, then what is finished soonest; see `Job.priority`. Of what one watcher
    asked together the first that is open comes first. A job that is held is not worked on, whoever asks for it:
    all who look at it see the same.

    One thread works on all that comes in parts, a second one on what cannot be divided: that may take half a
    minute, and nobody's first picture should wait for it.
    """

    def __init__(self) -> None:
        self._jobs: dict[JobName, Job] = {}
        self._watchers = Watchers()
        self._finished = FinishedJobs()
        self._took: dict[str, float] = {}
        self._changed = Condition()
        self.pointer = PointerRest()
        self.counts = JobCounts(self._jobs)
        self._unfinished = Unfinished()
        self._workers = WorkerThreads(self.close)
        self._is_closed = False

    # ---- what pages ask

    def ask(
        self, kind: JobKind, watcher: str, tasks: Mapping[_Key, Task[_Value]], *, in_background: bool = False
    ) -> dict[_Key, JobState[_Value]]:
        """How far each task is; new ones are begun, and what else ``watcher`` asked of that kind is given up.

        Parameters
        ----------
        kind : JobKind
        watcher : str
            Who asks. One that has not asked for `FORGOTTEN_AFTER` is given up, too. Where it is empty, each
            task has a watcher of its own, which never turns to something else.
        tasks : mapping of key to Task
            A key decides the answer.
        in_background : bool
            Whether no page waits for them: they come after everything else.
        """
        loaded = {key: self._loaded(kind, key) for key in tasks}  # from the disk, perhaps: not under the lock
        with self._changed:
            for key, task in tasks.items():
                self._open(kind, watcher, key, task, loaded[key])
                if not in_background and (kind.name, key) in self._jobs:
                    self._jobs[kind.name, key].wanted = task.wanted
            self._watchers.look(kind.name, watcher, tuple(tasks), in_background=in_background)
            self._forget()
            # What was loaded may have been dropped from memory since.
            states = {key: loaded[key] or self._state(kind, key) for key in tasks}
            if any(not state.is_over for state in states.values()):
                self._start_worker(kind.is_whole)
            self._changed.notify_all()
            return states

    def leave(self, kind: JobKind, watcher: str) -> None:
        """``watcher`` looks at nothing of that kind any more: what nobody else watches is given up at once."""
        with self._changed:
            self._watchers.leave(kind.name, watcher)
            self._forget()

    def leave_all(self, watcher: str) -> None:
        """The same of every kind."""
        with self._changed:
            self._watchers.leave_all(watcher)
            self._forget()

    def look(self, kind: JobKind, key: Hashable) -> JobState[Any]:
        """How far ``key`` is, in memory or stored; starts nothing."""
        loaded = self._loaded(kind, key)
        with self._changed:
            return loaded or self._state(kind, key)

    def finished(self, kind: JobKind, key: Hashable) -> JobState[Any] | None:
        """The answer of ``key`` where nothing more will come, None where it is open. Starts nothing."""
        state = self.look(kind, key)
        return state if state.is_over else None

    def is_wanted(self, kind: JobKind, key: Hashable) -> bool:
        """Whether somebody still asks for ``key``: a job can look amid a part, and end before that is done.

        Nobody else may come by meanwhile, so those who went away without a word are forgotten here, too.
        """
        with self._changed:
            self._forget()
            is_there = (kind.name, key) in self._jobs and self._unfinished.held(kind, key) is None
            return is_there and not self._is_closed

    def hold(self, kind: JobKind, key: Hashable, how: Hold | None) -> None:
        """Work on ``key`` no more, whoever asks for it, until it is let go by None; see `Hold`."""
        with self._changed:
            self._unfinished.hold(kind, key, how)
            job = self._jobs.get((kind.name, key))
            if job is not None and job.is_open and (how is Hold.CANCELLED or (how and job.task.goes_on)):
                job.stream = None  # its graph may take hundreds of megabytes
            if how is Hold.CANCELLED:
                self._unfinished.discard(kind, key)
                self._jobs.pop((kind.name, key), None)
            self._changed.notify_all()
        if how is Hold.CANCELLED:
            kind.drop_part(key)

    def told(self, kind: JobKind, key: Hashable) -> tuple[Hold | None, float | None]:
        """Whether ``key`` is held, and how many seconds of work it still takes; None where nothing tells that."""
        with self._changed:
            job = self._jobs.get((kind.name, key))
            return self._unfinished.held(kind, key), None if job is None else job.foretold

    def retry(self, kind: JobKind, key: Hashable) -> None:
        """Forget a failure, so that the next `ask` begins anew."""
        with self._changed:
            if self._state(kind, key).failure:
                del self._jobs[kind.name, key]

    def let_go(self, kind: JobKind) -> None:
        """Keep none of a kind's answers in memory any more; what is asked for again is stored, or made again."""
        with self._changed:
            self._finished.of(kind).clear()

    def wait(
        self, kind: JobKind, key: Hashable, seconds: float, is_enough: Callable[[JobState[Any]], bool]
    ) -> None:
        """Return when ``key`` is not worked on, over or far enough, at most after ``seconds``."""

        def is_beyond() -> bool:
            job = self._jobs.get((kind.name, key))
            return self._is_closed or job is None or not job.is_open or is_enough(job.latest)

        with self._changed:
            self._changed.wait_for(is_beyond, timeout=seconds)

    def watching(self, kind: JobKind, within: float) -> int:
        """How many have asked for an unfinished job of a kind in the last ``within`` seconds."""
        with self._changed:
            open_names = {name for name, job in self._jobs.items() if job.is_open and job.kind is kind}
            return sum(name in open_names for name in self._watchers.recent(within))

    # ---- the pointer, and the end

    def hovering(self) -> None:
        """Say that a pointer is moving: parts wait a moment, so that it is answered first."""
        self.pointer.moved()

    @property
    def is_closed(self) -> bool:
        """Whether the program ends, and all that work in it."""
        return self._is_closed

    def employ(self, name: str, work: Callable[[], None]) -> None:
        """Do ``work`` in a thread of its own, which is waited for at the end as the workers are."""
        with self._changed:
            if not self._is_closed:
                self._workers.employ(work, name, work)

    def close(self) -> None:
        """Let the workers end with the part they are in; the interpreter must not end while torch computes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._workers.join()
        for job in list(self._jobs.values()):
            job.stream = None  # which may keep other processes from computing it

    # ---- what is known

    def _state(self, kind: JobKind, key: Hashable) -> JobState[Any]:
        job = self._jobs.get((kind.name, key))
        if job is not None:
            return job.latest
        return self._finished.of(kind).peek(key) or self._unfinished.state(kind, key)

    def _loaded(self, kind: JobKind, key: Hashable) -> JobState[Any] | None:
        """What the kind's store holds of ``key``, where nothing is known of it in memory."""
        with self._changed:
            if kind.load is None or (kind.name, key) in self._jobs or key in self._finished.of(kind):
                return None
            is_known = self._unfinished.knows(kind, key)
        value = kind.load(key)
        if value is None:
            part = None if is_known else kind.load_part(key)
            with self._changed:
                self._unfinished.recall(kind, key, part)
            return None
        state = JobState(value, 1, is_over=True)
        with self._changed:
            return self._finished.of(kind).get(key, lambda: state)

    def _open(
        self, kind: JobKind, watcher: str, key: Hashable, task: Task[Any], loaded: JobState[Any] | None
    ) -> None:
        """A new job where nothing is known of ``key``."""
        name = kind.name, key
        job = self._jobs.get(name)
        # A failure stands while somebody goes on looking at it; coming back to it tries again.
        is_new = job is not None and job.latest.failure and not self._watchers.sees(kind.name, watcher, key)
        if is_new or (job is None and loaded is None and key not in self._finished.of(kind)):
            expected = self._took.get(kind.name, 0.0) if kind.is_whole else 0.0
            so_far = self._unfinished.state(kind, key)
            self._jobs[name] = Job(kind, key, task, so_far, expected=expected, told=self.counts.add)

    def _forget(self) -> None:
        """Drop watchers that went away, and the jobs that nobody watches."""
        self._watchers.forget(FORGOTTEN_AFTER)
        watched = {name for each in self._watchers.all() for name in each.names}
        for name in [name for name in self._jobs if name not in watched]:
            job = self._jobs.pop(name)
            self._unfinished.keep(job)
            if job.is_open and job.stream is not None:
                log_outcome(job, "given up")
            job.stream = None  # it knows the job, so nothing else would end it soon

    # ---- the workers

    def _start_worker(self, is_whole: bool) -> None:
        if not self._is_closed:
            self._workers.employ(is_whole, "jobs-whole" if is_whole else "jobs", partial(self._work, is_whole))

    def _work(self, is_whole: bool) -> None:
        if not is_whole:  # before a network is measured its page has nothing to show
            lower_priority()
        while not self._is_closed:
            job = None  # while the worker waits it must not keep a forgotten job's memory
            try:
                job = self._next_job(is_whole)
                if job is not None:
                    self._free_others(job)
                    self.pointer.wait(job.kind.waits)
                    self._take(job, advanced(job))
            except Exception as error:  # everybody waits for this thread: it must not end
                logger.exception("The queue met an error of its own.")
                self._fail([job] if job else self._open_ones(is_whole), error)

    def _next_job(self, is_whole: bool) -> Job | None:
        """The job that is served next, or None after some time without one."""
        most_wanted = partial(self._watchers.most_wanted, self._jobs, is_whole, self._can_go_on)
        with self._changed:
            self._forget()
            job = most_wanted()
            if job is None:
                patience = AGAIN if any(job.rests for job in self._jobs.values()) else FORGOTTEN_AFTER
                self._changed.wait_for(lambda: self._is_closed or most_wanted(), timeout=patience)
            return job

    def _open_ones(self, is_whole: bool) -> list[Job]:
        with self._changed:
            return [job for job in self._jobs.values() if job.is_open and job.kind.is_whole == is_whole]

    def _fail(self, jobs: Iterable[Job], error: Exception) -> None:
        """End ``jobs`` with a sentence, so that nobody waits for what will not come; then pause."""
        with self._changed:
            for job in jobs:
                if job.is_open:
                    job.latest, job.stream = job.failed(plain_sentence(error)), None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_closed, timeout=PAUSE)

    def _take(self, job: Job, latest: JobState[Any]) -> None:
        """Note how far a job is now."""
        with self._changed:
            if latest.failure == GIVEN_UP and self._jobs.get((job.kind.name, job.key)) is job:
                job.stream = None  # held amid a part, which begins anew once it is let go
                return
        is_answer = latest.is_over and not latest.failure
        if is_answer:
            save(job, latest.value)
        self._save_part(job, latest)
        with self._changed:
            job.latest, job.advanced = latest, time.monotonic()
            if latest.is_over or self._jobs.get((job.kind.name, job.key)) is not job:
                job.stream = None
            if is_answer:
                self._unfinished.discard(job.kind, job.key)
                self._keep(job)
            elif latest.is_over or (job.kind.name, job.key) not in self._jobs:
                self._unfinished.keep(job)  # failed, or given up while this part was made
            self._changed.notify_all()
        if is_answer:
            log_outcome(job, "finished")

    def _save_part(self, job: Job, latest: JobState[Any]) -> None:
        """Put what an unfinished job has found into its kind's store now and then; it goes with the answer."""
        is_due = not latest.is_over and job.spent > job.saved + SAVED_EVERY
        if latest.is_over and not latest.failure:
            job.kind.drop_part(job.key)
        elif is_due and self.told(job.kind, job.key)[0] is not Hold.CANCELLED:
            job.kind.save_part(job.key, latest.value)
            job.saved = job.spent

    def _keep(self, job: Job) -> None:
        """Note an answer, also for a job of that name that was opened after this one had been given up."""
        name = job.kind.name, job.key
        self._finished.of(job.kind).get(job.key, lambda: job.latest)
        self._took[job.kind.name] = job.spent
        if name not in self._jobs:
            return
        # What comes back from a store, or is kept in a cache of its own, need not be held for who watches.
        if job.kind.save is not None or job.kind.is_whole:
            del self._jobs[name]
        else:
            self._jobs[name].latest = job.latest

    def _can_go_on(self, job: Job) -> bool:
        if job.rests or self._unfinished.held(job.kind, job.key):
            return False
        if job.stream is not None or job.kind.takes_over:
            return True
        return len(self._begun(job.kind)) < job.kind.begun

    def _begun(self, kind: JobKind) -> list[Job]:
        return [job for job in self._jobs.values() if job.kind is kind and job.stream is not None]

    def _free_others(self, job: Job) -> None:
        """Keep the graphs of ``job`` and of those of its kind that were worked on last."""
        with self._changed:
            others = [each for each in self._begun(job.kind) if each is not job]
            others.sort(key=lambda each: each.advanced)
            for each in others[: max(len(others) - job.kind.begun + 1, 0)]:
                each.stream = None
