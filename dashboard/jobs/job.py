"""A job in the background: what is asked for, what its kind has in common, and how far it is."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Generic, TypeVar

from dashboard.cache.key_locks import AGAIN
from dashboard.jobs.pointer_rest import YIELD_AT_MOST
from fusion import InputError
from saliency.network.interruption import Interrupted

SLICE = 0.1
"""Seconds of work between two looks at the pointer and at what others want."""
SEEN_WITHIN = 10.0
"""Seconds after its last question in which a page counts as seen; a hidden one may ask only once a minute."""

GIVEN_UP = "It was given up, as nobody waited for it."

_Value = TypeVar("_Value")
logger = logging.getLogger(__name__)


class ElsewhereError(Exception):
    """Another process computes what a stream would give; the job looks again after a while."""


@dataclass(frozen=True, eq=False)
class JobState(Generic[_Value]):
    """One job's answer, as far as it is.

    Attributes
    ----------
    value : object or None
        The latest that the job's stream gave; None before the first.
    parts : int
        How many it gave.
    is_over : bool
        Whether nothing more will come.
    failure : str
        What went wrong, for the user; empty where nothing did.
    is_elsewhere : bool
        Whether another process computes it.
    """

    value: _Value | None = None
    parts: int = 0
    is_over: bool = False
    failure: str = ""
    is_elsewhere: bool = False


@dataclass(frozen=True)
class Task(Generic[_Value]):
    """What can be asked for.

    Attributes
    ----------
    start : callable
        Gives the stream of values, each more complete than the one before.
    network : str
        Stands in the log.
    goes_on : callable, optional
        Gives, in place of ``start``, the stream of values that are still to come. It is given the latest value,
        None where there is none, and a function that tells what is wanted first now.
    wanted : object
        What of it the one who asks looks at, which its stream understands; None for nothing in particular.
    """

    start: Callable[[], Iterator[_Value]]
    network: str = ""
    goes_on: Callable[[_Value | None, Callable[[], Any]], Iterator[_Value]] | None = None
    wanted: Any = None


def plain_sentence(error: Exception) -> str:
    """What a failed job says to the user."""
    return str(error) if isinstance(error, InputError) else f"It could not be computed: {error}"


@dataclass(frozen=True, eq=False)
class JobKind:
    """What the jobs of one kind have in common.

    Attributes
    ----------
    name : str
        Stands in the log, and tells equal keys of two kinds apart.
    begun : int
        Jobs worked on in turn; each may hold a retained graph of hundreds of megabytes.
    takes_over : bool
        Whether one more takes the place of the begun job that was worked on longest ago, which starts anew
        later; else it waits until one is over.
    is_whole : bool
        Whether a job is one indivisible computation, perhaps of many seconds. These have a worker of their
        own: what comes in parts need not wait for them.
    kept, kept_bytes : int
        Finished answers held in memory after everybody turned away …
    weigh : callable
        … and bytes of an answer's value.
    slice_seconds : float
        Seconds of work between two decisions what comes next; 0 for a single part.
    waits : float
        Seconds that it waits, before each of these, for a pointer that moves to come to rest.
    progress : callable
        Work done and in all, by a value; a total of 0 where it is not known.
    is_complete : callable
        Whether a value is the last one, where that shows before the stream ends.
    sentence : callable
        What an exception says to the user.
    load, save : callable, optional
        A store of finished values by key. What it holds need not stay in memory.
    keeps_parts : bool
        Whether what an unfinished job has found is kept when it is given up; its tasks go on from there.
    load_part, save_part, drop_part : callable, optional
        A store of such values, by key.
    """

    name: str
    begun: int = 1
    takes_over: bool = False
    is_whole: bool = False
    kept: int = 512
    kept_bytes: int | None = None
    weigh: Callable[[Any], int] = lambda _: 0
    slice_seconds: float = SLICE
    waits: float = YIELD_AT_MOST
    progress: Callable[[Any], tuple[int, int]] = lambda _: (0, 0)
    is_complete: Callable[[Any], bool] = lambda _: False
    sentence: Callable[[Exception], str] = plain_sentence
    load: Callable[[Any], Any | None] | None = None
    save: Callable[[Any, Any], None] | None = None
    keeps_parts: bool = False
    load_part: Callable[[Any], Any | None] = lambda _: None
    save_part: Callable[[Any, Any], None] = lambda *_: None
    drop_part: Callable[[Any], None] = lambda _: None


class Rank(IntEnum):
    """What is served first."""

    FIRST_PICTURE = 0
    """Somebody sees nothing yet."""
    SEEN = 1
    """Somebody looks at it as it grows."""
    HIDDEN = 2
    """Only pages that lie behind others wait for it."""
    BACKGROUND = 3
    """No page waits for it: it belongs to work that goes on by itself."""


STEADY_FOR = 3.0
"""Seconds of work over which a pace is averaged."""
Priority = tuple[Rank, float, float]
"""Smaller ones first: the rank, the seconds of work that are left, the time of the question."""


@dataclass(eq=False)
class Job:
    """A job that is open, or has failed, or is still looked at.

    Attributes
    ----------
    opened, advanced : float
        When it was first asked for and last worked on, on the monotonic clock.
    expected : float
        Seconds of work that it takes if it is like the one of its kind before it.
    spent : float
        Seconds of work so far.
    saved : float
        Seconds of work that are in its kind's store.
    pace : float
        Seconds that a unit of work took lately.
    wanted : object
        What is looked at now; see `Task`.
    rests_until : float
        Until when it is not worked on, as another process computes it; on the monotonic clock.
    told : callable
        Hears of the kind's name, of how the job ended, and of ``spent``.
    """

    kind: JobKind
    key: Hashable
    task: Task[Any]
    latest: JobState[Any] = field(default_factory=JobState)
    stream: Iterator[Any] | None = None
    opened: float = field(default_factory=time.monotonic)
    advanced: float = 0.0
    expected: float = 0.0
    spent: float = 0.0
    saved: float = 0.0
    pace: float = 0.0
    wanted: Any = None
    rests_until: float = 0.0
    told: Callable[[str, str, float], object] = lambda *_: None

    @property
    def rests(self) -> bool:
        """Whether it is too early to look again what another process has computed of it."""
        return self.is_open and time.monotonic() < self.rests_until

    @property
    def is_open(self) -> bool:
        """Whether there is work left."""
        return not self.latest.is_over

    @property
    def left(self) -> float:
        """Seconds of work that are left if all is like the latest part.

        Where the whole is not known, as many as were spent: of two such jobs the younger comes first.
        """
        done, total = (0, 0) if self.latest.value is None else self.kind.progress(self.latest.value)
        return self.pace * (total - done) if total else max(self.spent, self.expected)

    @property
    def foretold(self) -> float | None:
        """Seconds of work that are left, once a part tells that."""
        return self.left if self.is_open and self.pace and self.latest.value is not None else None

    def priority(self, asked: float) -> Priority:
        """When it is served, if a page asked for it last at ``asked``, which is −∞ where none did.

        Of several first pictures that of the newest question comes first; indivisible jobs have none. What goes
        on by itself is finished in the order in which it was begun.
        """
        if asked == -math.inf:
            return Rank.BACKGROUND, 0.0, self.opened
        if time.monotonic() - asked > SEEN_WITHIN:
            return Rank.HIDDEN, self.left, self.opened
        if self.latest.value is None and not self.kind.is_whole:
            return Rank.FIRST_PICTURE, 0.0, -self.opened
        return Rank.SEEN, self.left, self.opened

    def advance(self) -> JobState[Any]:
        """How far it is one part further, or as many as end within the kind's slice; raises as its stream.

        Whoever calls it notes what it returns; what comes before that is in ``latest`` at once.
        """
        start, before = time.monotonic(), self.latest
        until = start + self.kind.slice_seconds
        try:
            stream = self.stream = self.stream or self._begun()
            while self._goes_on(stream, found := self._next(stream)) and time.monotonic() < until:
                self.latest = found
        finally:
            took = time.monotonic() - start
            self.spent += took
        pace = took / max(self._done(found) - self._done(before), 1)
        self.pace = steadied(self.pace or pace, pace, took, before.parts)
        return found

    def failed(self, sentence: str) -> JobState[Any]:
        """Where it stands if it ends here, with what was wrong."""
        return JobState(self.latest.value, self.latest.parts, is_over=True, failure=sentence)

    def _goes_on(self, stream: Iterator[Any], found: JobState[Any]) -> bool:
        """Whether there is more, and it was not given up amid the part."""
        return not found.is_over and self.stream is stream

    def _next(self, stream: Iterator[Any]) -> JobState[Any]:
        value = next(stream, _END)
        if value is _END:
            return JobState(self.latest.value, self.latest.parts, is_over=True)
        return JobState(value, self.latest.parts + 1, is_over=self.kind.is_complete(value))

    def _begun(self) -> Iterator[Any]:
        if self.task.goes_on is None:
            return self.task.start()
        return self.task.goes_on(self.latest.value, lambda: self.wanted)

    def _done(self, state: JobState[Any]) -> int:
        return 0 if state.value is None else self.kind.progress(state.value)[0]


_END = object()


def steadied(before: float, latest: float, took: float, parts: int) -> float:
    """Seconds a unit of work takes, by all ``parts`` at first and later by those of some seconds.

    A part that took ten times as long, as others used the cores for a moment, changes what is foretold by little.

    Examples
    --------
    >>> steadied(0.1, 0.3, took=0.1, parts=1)
    0.2
    >>> round(steadied(0.1, 1.0, took=0.01, parts=500), 3)
    0.103
    """
    weight = max(1 / (parts + 1), 1 - math.exp(-took / STEADY_FOR))
    return before + weight * (latest - before)


def advanced(job: Job) -> JobState[Any]:
    """How far the job is now; a failure ends the job with a sentence, not the worker."""
    try:
        return job.advance()
    except ElsewhereError:
        job.stream, job.rests_until = None, time.monotonic() + AGAIN
        return replace(job.latest, is_elsewhere=True)
    except Interrupted:  # the queue has logged that nobody wants it
        failure = GIVEN_UP
    except InputError as error:
        log_outcome(job, "refused")
        logger.debug("Why it was refused:", exc_info=error)
        failure = job.kind.sentence(error)
    except Exception as error:  # whatever a brought network raises must be shown
        log_outcome(job, "failed", error)
        failure = job.kind.sentence(error)
    return job.failed(failure)


def save(job: Job, value: Any) -> None:
    """Put a finished value into its kind's store; where that fails it is there as long as memory holds it."""
    if job.kind.save is None:
        return
    try:
        job.kind.save(job.key, value)
    except Exception:  # a full disk, perhaps; the worker goes on
        logger.exception("A finished %s could not be stored.", job.kind.name)


def log_outcome(job: Job, outcome: str, error: Exception | None = None) -> None:
    """One line a job: what it was, for which network, how long it took and how it ended."""
    job.told(job.kind.name, outcome, job.spent)
    facts = {
        "job": job.kind.name,
        "network": job.task.network,
        "seconds": round(job.spent, 3),
        "parts": job.latest.parts,
        "outcome": outcome,
    }
    logger.log(
        logging.INFO if error is None else logging.ERROR,
        "Job %s%s %s after %.2f s of work, %d parts.",
        job.kind.name,
        f" of {job.task.network}" if job.task.network else "",
        outcome,
        job.spent,
        job.latest.parts,
        extra=facts,
        exc_info=error,
    )
