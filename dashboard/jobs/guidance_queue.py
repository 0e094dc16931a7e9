"""Guidance images computed in the background, one pass at a time, for whoever looks at them now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dashboard.cache.disk import GuidanceStore, Images
from dashboard.cache.key_locks import KeyLocks
from dashboard.cache.unfinished_guidance import UnfinishedGuidanceStore
from dashboard.jobs.computed_once import ComputedOnce, GoesOn, stored
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.jobs.queue import JobQueue
from dashboard.jobs.unfinished import Hold
from saliency import Guidance
from saliency.derivatives.estimated_guidance import EstimatedGuidance
from saliency.derivatives.guidance import EstimatedError
from saliency.geometry.window import Window

KEPT_BYTES = 256 * 2**20
"""Finished guidance images held in memory; the others come back from the store."""
ROWS = 20
"""Pairs of images that an unfinished estimate holds."""
BEGUN = 2
"""Jobs that keep their retained graphs, hundreds of megabytes each; a third one's has to be built anew."""


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
    hold : Hold or None
        Why nobody works on it, where its readers have paused or cancelled it.
    left : float or None
        Seconds of work that it still takes; None where nothing tells that.
    is_elsewhere : bool
        Whether another process with the same cache computes it: it is here when that has finished.
    """

    grown: Guidance | None
    done: int
    total: int
    failure: str = ""
    hold: Hold | None = None
    left: float | None = None
    is_elsewhere: bool = False

    @property
    def part(self) -> float:
        """How much of it is known, from 0 to 1: of the pixels, or of the passes of an estimate."""
        if self.grown is None or not self.total:
            return 0.0
        is_counted = self.is_complete or isinstance(self.grown, EstimatedGuidance)
        return self.done / self.total if is_counted else float(self.grown.known.mean())

    @property
    def is_complete(self) -> bool:
        """Whether every pixel is computed and nothing more will come."""
        return self.total > 0 and self.done == self.total

    @property
    def error(self) -> EstimatedError | None:
        """How far from exact it is, where it was estimated; None before that is known."""
        return None if self.grown is None else self.grown.error

    @property
    def images(self) -> Images | None:
        """Both guidance images, exact; None while there are gaps, and where they were estimated."""
        if self.grown is None or not self.is_complete or self.error is not None:
            return None
        return self.grown.first, self.grown.second


def snapshot_of(state: JobState[Guidance]) -> Snapshot:
    """How far guidance is, by the state of its job."""
    found = state.value
    done, total = (0, 0) if found is None else (found.done, found.total)
    return Snapshot(found, done, total, state.failure, is_elsewhere=state.is_elsewhere)


class GuidanceQueue:
    """Guidance as one kind of job: a pass at a time, finished images in the store.

    A quick network beside a slow one is there after its own time, whichever was asked for first. A watcher
    looks at one job at a time; the same key is never computed again after it was stored. What another process
    with the same store computes is waited for, without a thread.
    """

    def __init__(
        self, store: GuidanceStore, parts: UnfinishedGuidanceStore, jobs: JobQueue, locks: KeyLocks
    ) -> None:
        self.jobs, self._once = jobs, ComputedOnce(store, parts, locks)
        self.kind = JobKind(
            "guidance",
            begun=BEGUN,
            takes_over=True,  # everybody's first picture comes first, however many watch
            kept_bytes=KEPT_BYTES,
            weigh=_bytes_of,
            slice_seconds=0,
            progress=lambda found: (found.done, found.total),
            is_complete=lambda found: found.done == found.total,
            sentence=lambda error: f"Guidance failed: {error}",
            load=lambda key: stored(store, key),
            save=lambda key, found: None if found.error else store.put(key, (found.first, found.second)),
            keeps_parts=True,
            load_part=parts.get,
            save_part=parts.put,
            drop_part=parts.discard,
        )

    def ask(
        self,
        key: str,
        start: Callable[[], Iterator[Guidance]],
        watcher: str = "",
        network: str = "",
        goes_on: GoesOn | None = None,
        wanted: Window | None = None,
        *,
        in_background: bool = False,
        is_kept: bool = True,
    ) -> Snapshot:
        """The guidance of ``key`` as it stands now; ``start`` begins it where nobody has yet.

        Parameters
        ----------
        key : str
            Hash of everything the guidance depends on.
        start : callable
            Gives the stream of guidance, pass by pass.
        watcher : str
            Who asks; see `JobQueue.ask`.
        network : str
            Stands in the log.
        goes_on : callable, optional
            In place of ``start``: given what is known and a function that tells what is looked at.
        wanted : Window, optional
            What the watcher looks at.
        in_background : bool
            Whether no page waits for it.
        is_kept : bool
            Whether it goes into the store: one process computes it for all.
        """
        if is_kept:
            start = self._once.started(key, start)
            goes_on = goes_on and self._once.gone_on(key, goes_on)
        task = Task(start, network, goes_on, wanted)
        asked = self.jobs.ask(self.kind, watcher, {key: task}, in_background=in_background)
        return self._told(key, asked[key])

    def _told(self, key: str, state: JobState[Guidance]) -> Snapshot:
        held, left = self.jobs.told(self.kind, key)
        return replace(snapshot_of(state), hold=held, left=left)

    def hold(self, key: str, how: Hold | None) -> None:
        """Pause or cancel the guidance of ``key`` for all who look at it, or let it go on by None."""
        self.jobs.hold(self.kind, key, how)

    def look(self, key: str) -> Snapshot:
        """The guidance of ``key`` as it stands, in memory or stored, without starting anything."""
        return self._told(key, self.jobs.look(self.kind, key))

    def retry(self, key: str) -> None:
        """Forget a failure, so that the next `ask` begins anew."""
        self.jobs.retry(self.kind, key)

    def leave(self, watcher: str) -> None:
        """``watcher`` looks at nothing any more: what nobody else watches is given up at once."""
        self.jobs.leave(self.kind, watcher)

    def watching(self, within: float = 5.0) -> int:
        """How many have asked for unfinished guidance in the last seconds."""
        return self.jobs.watching(self.kind, within)

    def wait(self, key: str, done: int, seconds: float) -> None:
        """Return when the job of ``key`` has gone beyond ``done`` passes, at most after ``seconds``."""
        self.jobs.wait(self.kind, key, seconds, lambda state: snapshot_of(state).done > done)


def _bytes_of(found: Guidance) -> int:
    """An estimate holds what it needs to go on, too: about the rows of twenty pixels."""
    images = 2 * found.first.nbytes
    return images * ROWS if isinstance(found, EstimatedGuidance) and not found.is_complete else images
