"""A series of slices whose guidance is computed: how far it is, in which order, and how long it still takes."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from dashboard.jobs.unfinished import Hold

LATELY = 8
"""Slices whose time tells how long one takes."""


@dataclass(frozen=True)
class SeriesProgress:
    """How far the guidance of a series is.

    Attributes
    ----------
    total : int
        Slices of the case; 1 where it is no series.
    done : int
        Those whose guidance is finished and stored.
    is_begun, is_over : bool
        Whether somebody has started it, and whether nothing more will come.
    hold : Hold or None
        Whether its readers have paused or cancelled it.
    failures : mapping of str to str
        Why a slice has none, by its id.
    left : float or None
        Seconds that it still takes as things go; None where nothing tells that.
    note : str
        What is to be said besides, in a sentence; empty where nothing is.
    """

    total: int
    done: int = 0
    is_begun: bool = False
    is_over: bool = False
    hold: Hold | None = None
    failures: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    left: float | None = None
    note: str = ""


class Series:
    """The slices of a case through a network; not for several threads at once, but for who holds the lock.

    The slice that somebody looks at comes first, then its neighbours outwards. Of one that was paused before the
    dashboard was started, so many slices as were done ``before`` are told until it goes on and finds them.

    Examples
    --------
    >>> series = Series(("a", "b", "c", "d"), "c", "MaskNet")
    >>> series.next_slices(2), series.progress().total
    (['c', 'b'], 4)
    >>> series.finish("c", 10.0)
    >>> series.next_slices(1), series.progress().done, series.progress().left
    (['b'], 1, 30.0)

    Parameters
    ----------
    slices : sequence of str
        By their ids.
    first : str
    network : str
    before : int
    owners : iterable of str or None
        Who has started it; None where nobody signs on. It is held where all of them hold it.
    """

    def __init__(
        self,
        slices: Sequence[str],
        first: str,
        network: str,
        before: int = 0,
        owners: Iterable[str | None] = (None,),
    ) -> None:
        self.slices, self.network = tuple(slices), network
        self.holds: dict[str | None, Hold | None] = dict.fromkeys(owners)
        at = self.slices.index(first)
        self._order = sorted(self.slices, key=lambda each: abs(self.slices.index(each) - at))
        self._done: set[str] = set()
        self._before = before
        self._failures: dict[str, str] = {}
        self._seconds: deque[float] = deque(maxlen=LATELY)
        self.present_left: float | None = None
        self._since: float | None = None

    def is_of(self, asker: str | None) -> bool:
        """Whether somebody has started it; None: the program itself, or everybody where nobody signs on."""
        return asker is None or asker in self.holds

    def is_wanted_by(self, asker: str | None) -> bool:
        """Whether it goes on for somebody who has started it."""
        return not self.is_over and asker in self.holds and self.holds[asker] is None

    def set_hold(self, asker: str | None, how: Hold | None) -> None:
        """Somebody pauses it, cancels it or wants it to go on, who owns it from now on; None: for all."""
        self.holds.update(dict.fromkeys(self.holds if asker is None else (asker,), how))

    @property
    def hold(self) -> Hold | None:
        """Why nobody works on it; None as long as one of its owners wants it."""
        found = set(self.holds.values())
        return None if None in found else Hold.PAUSED if Hold.PAUSED in found else Hold.CANCELLED

    @property
    def is_open(self) -> bool:
        """Whether there are slices left that somebody wants."""
        return self.hold is None and bool(self.next_slices(1))

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.hold is Hold.CANCELLED or not self.next_slices(1)

    def next_slices(self, count: int) -> list[str]:
        """So many slices that are computed next; fewer where fewer are neither done nor have failed."""
        left = (each for each in self._order if each not in self._done and each not in self._failures)
        return list(islice(left, count))

    def begin(self) -> None:
        """The next slice is being computed from now on, unless it is already."""
        if self._since is None:
            self.present_left, self._since = None, time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since then."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def finish(self, slice_id: str, seconds: float | None) -> None:
        """A slice is stored, so many seconds after the one before; None where it was there already."""
        self._done.add(slice_id)
        if seconds is not None:
            self._seconds.append(seconds)
        self.stop()

    def fail(self, slice_id: str, sentence: str) -> None:
        """A slice cannot be had."""
        self._failures[slice_id] = sentence
        self.stop()

    def stop(self) -> None:
        """No slice is being computed until the next one begins."""
        self.present_left = self._since = None

    def progress(self, asker: str | None = None) -> SeriesProgress:
        """How far it is now, for somebody: what others hold goes on for them."""
        hold = self.holds.get(asker, self.hold)
        is_over = hold is Hold.CANCELLED or not self.next_slices(1)
        done = max(len(self._done), self._before) if self.hold is Hold.PAUSED else len(self._done)
        return SeriesProgress(len(self.slices), done, True, is_over, hold, dict(self._failures), self._left())

    def _left(self) -> float | None:
        """By what slices took lately; before the first is there, by what it still takes."""
        count = len(self.slices) - len(self._done) - len(self._failures)
        if not count or self.hold is not None:
            return None
        present = self.present_left
        if self._seconds:
            each = math.fsum(self._seconds) / len(self._seconds)
        elif present is not None:
            each = self.spent + present
        else:
            return None
        return (each if present is None else present) + (count - 1) * each
