"""What the Verdict page asks for: a place of a pair through every network, and what the rules need of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import thread_time

import numpy as np

from dashboard.cache.lru import LRUCache
from dashboard.jobs.background_cache import BackgroundCache, ComputationFailedError
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.pages.verdict.verdict_place import Place
from dashboard.service.fused_pair import FusedPair
from dashboard.service.purposes import purpose_of
from dashboard.service.saliency_service import SaliencyService
from fusion.method.purpose import Purpose
from saliency import (
    Check,
    Nudge,
    RegionReport,
    ShareUnderMoves,
    fused_image,
    locality,
    region_report,
)
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.region_rows import region_rows_stream
from saliency.validation.misregistration import AROUND, share_under_moves_stream
from saliency.validation.nudge import nudge
from saliency.validation.trust_card import trust_checks

QUICK = 60.0
"""Seconds of work that are begun without being asked for."""
CHECKS = 8.0
"""Seconds of nudges and checks, for each that fusing takes, where a network is computed on crops (3 to 30) …"""
WHOLE_CHECKS = 250.0 + 5.0 * len(AROUND)
"""… and where each derivative takes the whole image: counted from what is fused in it, not measured."""
WHOLE_JACOBIAN = 5.0
"""A Jacobian on the whole image, in fusions of it."""
KNOWN = 0.05
"""Seconds below which a pair was fused before."""
TOGETHER = 0.5
"""Of a Jacobian alone, what one of several computed together takes."""
STEPS = 7
"""The place's Jacobians, two nudges, eight moves of the second input, three checks."""


@dataclass(frozen=True, eq=False)
class RowProgress:
    """One network's row, as far as it is.

    Attributes
    ----------
    weights : str
        SHA-256 of its weights; empty where it has none.
    doing : str
        What is done now, in a few words.
    pixels : two int
        Fused pixels done, and in all.
    report : RegionReport or None
    nudges : tuple of Nudge
        At the place's middle, by the first and by the second input.
    moves : ShareUnderMoves or None
        The first input's share there, with the second input a pixel off.
    checks : tuple of Check
        The lines of the trust card there.
    """

    weights: str = ""
    doing: str = ""
    pixels: tuple[int, int] = (0, 0)
    report: RegionReport | None = None
    nudges: tuple[Nudge, ...] = ()
    moves: ShareUnderMoves | None = None
    checks: tuple[Check, ...] = ()

    @property
    def steps(self) -> float:
        """How many of `STEPS` are done."""
        done, total = self.pixels
        moved = len(self.moves.moved) / len(AROUND) if self.moves else 0.0
        return len(self.nudges) + len(self.checks) + moved + (done / total if total else 0.0)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.steps == STEPS


@dataclass(frozen=True)
class Opened:
    """A pair through a network: whether it is computed on crops, seconds of work to fuse it and of a Jacobian."""

    is_local: bool
    fusing: float
    jacobian: float

    def expected(self, pixels: int) -> float:
        """Seconds of work of a row about a place of so many fused pixels, roughly."""
        checks = (
            CHECKS * self.fusing + len(AROUND) * self.jacobian if self.is_local else WHOLE_CHECKS * self.fusing
        )
        return checks + TOGETHER * pixels * self.jacobian


@dataclass(frozen=True, eq=False)
class VerdictRow:
    """What is known of a network's row.

    Attributes
    ----------
    network : str
    progress : RowProgress
    is_wanted : bool
        Whether it is computed, or waits for its turn.
    expected : float or None
        Seconds of work that it takes, roughly; None while that is not known.
    failure : str
        Why there is none, or no more of it.
    """

    network: str
    progress: RowProgress = RowProgress()
    is_wanted: bool = False
    expected: float | None = None
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come unless it is asked for."""
        waits = self.is_wanted or self.expected is None
        return bool(self.failure) or self.progress.is_complete or not waits


class VerdictJobs:
    """The rows of a running dashboard, by place and network; nobody waits for them."""

    def __init__(self, service: SaliencyService) -> None:
        self.service = service
        self._opened: BackgroundCache[Opened] = BackgroundCache(service.jobs, "opening", size=256)
        self._purposes: LRUCache[Purpose] = LRUCache(size=64)

    def purpose(self, network: str) -> Purpose:
        """What a network that can be used was made for; its card is read once."""
        return self._purposes.get(network, lambda: purpose_of(self.service.network_pool, network))

    def rows(
        self,
        page: str,
        place: Place,
        wanted: Callable[[str], bool],
        asked: Collection[str] = (),
        cancelled: Collection[str] = (),
    ) -> list[VerdictRow]:
        """Every network's row; asking keeps them going and gives up what ``page`` asked besides.

        Parameters
        ----------
        page : str
        place : Place
        wanted : callable
            Whether a network's row is begun unasked where that is `QUICK`.
        asked, cancelled : collections of str
            Networks whose rows are computed however long they take, or not at all.
        """
        found = [self._begun(place, name, wanted, asked, cancelled) for name in self.usable()]
        quick = sorted((each for each in found if each.is_wanted), key=lambda each: each.expected or 0.0)
        states = self._ask(page, place, [each.network for each in quick])
        return [self._told(each, place, states) for each in found]

    def usable(self) -> tuple[str, ...]:
        """The networks that can be asked."""
        problems = self.service.network_pool.problems()
        return tuple(name for name in self.service.network_pool.names() if name not in problems)

    def known(self, place: Place) -> list[VerdictRow]:
        """What is known of every network's row; starts nothing."""
        return [self._told(VerdictRow(name, expected=0.0), place, {}) for name in self.usable()]

    def leave(self, page: str) -> None:
        """Give up what ``page`` asked."""
        for kind in (ROWS, LONG_ROWS):
            self.service.jobs.leave(kind, page)

    def _begun(
        self,
        place: Place,
        name: str,
        wanted: Callable[[str], bool],
        asked: Collection[str],
        cancelled: Collection[str],
    ) -> VerdictRow:
        """Whether a row is to be computed, and what it takes."""
        try:
            opened = self._opened.get((place.pair.content_hash, name), partial(self._open, place, name), name)
        except ComputationFailedError as error:
            return VerdictRow(name, failure=str(error))
        if opened is None:
            return VerdictRow(name)
        expected = opened.expected(place.count)
        is_wanted = name not in cancelled and (name in asked or (expected <= QUICK and wanted(name)))
        return VerdictRow(name, is_wanted=is_wanted, expected=expected)

    def _open(self, place: Place, name: str) -> Opened:
        start = thread_time()
        fused_pair = self.service.open_pair(place.pair_id, name)
        network, pair, fusing = fused_pair.loaded.network, fused_pair.pair, thread_time() - start
        is_local = locality(network).is_local
        if is_local or fusing < KNOWN:  # what is found once is not counted, and what was fused before took no time
            start = thread_time()
            fused_image(network, pair)
            fusing = thread_time() - start
        if not is_local:
            return Opened(False, fusing, WHOLE_JACOBIAN * fusing)
        start = thread_time()
        jacobian(network, pair, place.middle)
        return Opened(True, fusing, thread_time() - start)

    def _ask(self, page: str, place: Place, names: Sequence[str]) -> dict[str, JobState[RowProgress]]:
        """How far the rows of ``names`` are: those of local networks in turn, others beside them."""
        found: dict[str, JobState[RowProgress]] = {}
        local = {name: self._is_local(place, name) for name in names}
        for kind, is_local in ((ROWS, True), (LONG_ROWS, False)):
            tasks = {
                row_key(place, name): Task(partial(self._stream, kind, place, name), name)
                for name in names
                if local[name] is is_local
            }
            if tasks:
                found |= self.service.jobs.ask(kind, page, tasks)
            else:
                self.service.jobs.leave(kind, page)
        return found

    def _is_local(self, place: Place, name: str) -> bool:
        opened = self._opened.get((place.pair.content_hash, name), partial(self._open, place, name), name)
        return opened is None or opened.is_local

    def _told(self, row: VerdictRow, place: Place, states: Mapping[str, JobState[RowProgress]]) -> VerdictRow:
        """A row with what is computed of it, now or before."""
        key = row_key(place, row.network)
        state = states.get(key)
        if state is None:
            looked = [self.service.jobs.look(kind, key) for kind in (ROWS, LONG_ROWS)]
            state = max(looked, key=lambda each: each.parts)
        progress = state.value or row.progress
        if not progress.is_complete and not row.is_wanted:
            progress = RowProgress()  # of a row that was given up nothing is shown
        return replace(row, progress=progress, failure=row.failure or (row.is_wanted and state.failure) or "")

    def retry(self, place: Place, name: str) -> None:
        """Forget why a row failed."""
        for kind in (ROWS, LONG_ROWS):
            self.service.jobs.retry(kind, row_key(place, name))

    def _stream(self, kind: JobKind, place: Place, name: str) -> Iterator[RowProgress]:
        fused_pair = self.service.open_pair(place.pair_id, name)
        yield RowProgress(fused_pair.loaded.weights, "crops beside the whole image", (0, place.count))
        fused_pair = self.service.held_to_whole(fused_pair)
        is_wanted = partial(self.service.jobs.is_wanted, kind, row_key(place, name))
        yield from self.service.gate.stream(partial(row_stream, fused_pair, place), fused_pair, is_wanted)()


def row_key(place: Place, network: str) -> str:
    """Hash of all that decides a row while the program runs."""
    digest = hashlib.sha256(f"{place.pair.content_hash}|{network}|{place.middle}|".encode())
    digest.update(np.packbits(place.mask).tobytes())
    return digest.hexdigest()


def row_stream(fused_pair: FusedPair, place: Place) -> Iterator[RowProgress]:
    """A network's row, growing: the place's Jacobians first, then nudges, moves and checks at its middle."""
    network, pair, names = fused_pair.loaded.network, fused_pair.pair, fused_pair.pair.names
    row = RowProgress(fused_pair.loaded.weights, "Jacobians of the place", (0, place.count))
    yield row
    for rows in region_rows_stream(network, pair, place.mask):
        row = replace(row, pixels=(min(rows.done, place.count - 1), place.count))
        yield row
    report = region_report(rows, pair, fused_pair.fused)
    row = replace(row, pixels=(place.count, place.count), report=report, doing=f"nudging {names[0]}")
    yield row
    for index, doing in ((0, f"nudging {names[1]}"), (1, f"moving {names[1]} by a pixel")):
        row = replace(row, nudges=(*row.nudges, nudge(network, pair, place.middle, index)), doing=doing)
        yield row
    for moves in share_under_moves_stream(network, pair, place.middle):
        row = replace(row, moves=moves, doing="comparing with differences" if moves.is_complete else row.doing)
        yield row
    later = iter(("adding noise", "randomising the weights", ""))
    for check in trust_checks(network, pair, place.middle):
        row = replace(row, checks=(*row.checks, check), doing=next(later))
        yield row


def _steps(row: RowProgress) -> tuple[int, int]:
    return int(1000 * row.steps), 1000 * STEPS


ROWS = JobKind("verdict", progress=_steps)
LONG_ROWS = JobKind("verdict of a slow network", is_whole=True, progress=_steps)
