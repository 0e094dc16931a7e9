"""Guidance of whole series in the background: slice by slice into the store of all pages, after all else."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Lock

from dashboard.cache.series_records import SeriesRecord, SeriesRecords
from dashboard.jobs.job import plain_sentence
from dashboard.jobs.pointer_rest import lower_priority
from dashboard.jobs.unfinished import Hold
from dashboard.server.error_handler import NotHereError
from dashboard.service.embedded_runner import refuse_estimated
from dashboard.service.job_runner import JobRunner, SliceJob
from dashboard.service.pair_catalogue import PairEntry
from dashboard.service.pair_changes import plain_id
from dashboard.service.saliency_service import SaliencyService
from dashboard.service.series import Series, SeriesProgress
from fusion import InputError

KEPT = 64
"""Series that are over and still told of."""
MOST_OPEN = 12
"""Series that go on for one person at a time; of all, where nobody signs on."""

_Key = tuple[str, str, str]
"""The first slice of the case, what is changed of it, and the network."""
logger = logging.getLogger(__name__)


class SeriesGuidance:
    """The series that people have started, seen and held by these alone; who starts one that is there joins them.

    A slice's guidance is a job of the guidance queue like any other, by the same key: nothing is computed twice,
    and a page that comes to a slice takes it over. A series goes on when its page is closed, and after a restart:
    a record of what is open lies on the disk, and the stored guidance tells which slices are done.

    Parameters
    ----------
    service : SaliencyService
    records : SeriesRecords
    runner : JobRunner
        Who computes the slices.
    asker : callable
        Who asks now; None for the program itself, and where nobody signs on.
    """

    def __init__(
        self,
        service: SaliencyService,
        records: SeriesRecords,
        runner: JobRunner,
        asker: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._service, self._records, self._runner, self._asker = service, records, runner, asker
        self._series: dict[_Key, Series] = {}
        self._not_resumed = list(records.get())
        self._lock = Lock()
        self._is_working = False

    # ---- what pages ask

    def progress(self, pair_id: str, network: str) -> SeriesProgress:
        """How far the series of a slice is; starts nothing. InputError where there is no such pair or network."""
        slices = self._service.catalogue.slices(pair_id)
        with self._lock:
            found = self._series.get(self._key(slices, network))
            if found is None or not found.is_of(self._asker()):
                return SeriesProgress(len(slices))
            return replace(found.progress(self._asker()), note=self._runner.said if found.is_open else "")

    def title(self, pair_id: str) -> str:
        """What a slice is called in its case."""
        return self._service.catalogue.entry(pair_id).slice

    def start(self, pair_id: str, network: str) -> None:
        """Compute the guidance of every slice of the case that a slice is of; a paused one goes on.

        Raises
        ------
        InputError
            The case has one picture, guidance of the network is none that is kept, or too many go on already.
        """
        slices = self._service.catalogue.slices(pair_id)
        if len(slices) < 2:
            raise InputError("This case has one picture; its guidance is computed where the picture is shown.")
        if self._service.catalogue.entry(pair_id).drop:
            raise InputError(
                "Nothing of what was dropped is kept on the disk; start the dashboard with --pairs and its folder "
                "for the guidance of every slice."
            )
        self._service.network_pool.refuse_unmeasured(network)
        refuse_estimated(self._service, network)
        with self._lock:
            key = self._key(slices, network)
            series = self._series.get(key)
            self._refuse_too_many(series)
            if series is None or series.is_over:
                self._series.pop(key, None)
                self._series[key] = Series(slices, pair_id, key[-1], owners=[self._asker()])
            else:
                series.set_hold(self._asker(), None)
            self._changed()

    def _refuse_too_many(self, besides: Series | None) -> None:
        """InputError where who asks has as many series as one person may; under the lock."""
        others = (each for each in self._series.values() if each is not besides)
        if sum(each.is_wanted_by(self._asker()) for each in others) >= MOST_OPEN:
            raise InputError(
                f"{MOST_OPEN} series are being computed already, as many as one person may have: let one finish, "
                "or pause or cancel one where it was started."
            )

    def hold(self, pair_id: str, network: str, how: Hold | None) -> None:
        """Pause or cancel the series of a slice for who asks, or let it go on by None.

        Raises
        ------
        NotHereError
            Who asks has not started it.
        """
        with self._lock:
            key = self._key(self._service.catalogue.slices(pair_id), network)
            series = self._series.get(key)
            if series is None or not series.is_of(self._asker()):
                raise NotHereError("Nobody has started the guidance of these slices, or somebody else has.")
            if series.is_over:
                return
            series.set_hold(self._asker(), how)
            is_held = series.hold is not None
            if is_held:
                series.stop()
            self._changed()
            left = series.next_slices(self._at_once(series)) if is_held else []
        for each in left:
            self._runner.leave(SliceJob(each, series.network))

    def resume(self) -> None:
        """Go on with what was open when the dashboard ended, as far as its cases and networks are here."""
        with self._lock:
            left = []
            for record in self._not_resumed:
                series = self._recorded(record)
                if series is None:
                    left.append(record)
                else:
                    self._series.setdefault(self._key(series.slices, record.network), series)
            self._not_resumed = left
            self._changed()

    # ---- what is open

    def _key(self, slices: tuple[str, ...], network: str) -> _Key:
        first = plain_id(slices[0])
        return first, slices[0].removeprefix(first), self._service.network_pool.name_of(network)

    def _recorded(self, record: SeriesRecord) -> Series | None:
        entry = next((each for each in self._service.catalogue.entries if case_hash(each) == record.case), None)
        if entry is None or record.network not in self._service.network_pool.names():
            return None
        try:
            slices = self._service.catalogue.slices(entry.id + record.changes)
        except InputError as error:
            logger.debug("A series that is not gone on with:", exc_info=error)
            return None
        series = Series(slices, slices[len(slices) // 2], record.network, record.done, record.owners)
        series.set_hold(None, Hold.PAUSED if record.is_paused else None)
        return series

    def _changed(self) -> None:
        """Note what is open, and have it worked on; under the lock."""
        over = [key for key, series in self._series.items() if series.is_over]
        for key in over[: max(len(over) - KEPT, 0)]:
            del self._series[key]
        self._records.put([*self._not_resumed, *self._open_records()])
        if not self._is_working and any(series.is_open for series in self._series.values()):
            self._is_working = True
            self._service.jobs.employ("series", self._work)

    def _open_records(self) -> Iterator[SeriesRecord]:
        """Of networks whose guidance is kept beyond this start."""
        for (first, changes, network), series in self._series.items():
            if not series.is_over and network not in self._service.network_pool.own:
                case = case_hash(self._service.catalogue.entry(first))
                told = series.progress()
                is_paused = series.hold is Hold.PAUSED
                owners = tuple(each for each, how in series.holds.items() if how is not Hold.CANCELLED)
                yield SeriesRecord(case, changes, network, is_paused, told.done, owners)

    # ---- the work

    def _work(self) -> None:
        lower_priority()
        while (series := self._next()) is not None:
            jobs = [SliceJob(each, series.network) for each in series.next_slices(self._at_once(series))]
            is_news = [self._advance(series, job) for job in jobs]  # of each of them
            if not any(is_news):
                self._runner.rest(jobs)

    def _at_once(self, series: Series) -> int:
        return max(self._runner.at_once(series.network), 1)

    def _next(self) -> Series | None:
        """The series that was begun first of those that are open; None where the work is done for now."""
        with self._lock:
            found = next((each for each in self._series.values() if each.is_open), None)
            if found is None or self._service.jobs.is_closed:
                self._is_working = False
                return None
            found.begin()
            return found

    def _advance(self, series: Series, job: SliceJob) -> bool:
        """Whether a slice is over now: its guidance is there, or has failed."""
        try:
            standing = self._runner.ask(job)
        except InputError as error:
            logger.debug("Why a slice of a series has no guidance:", exc_info=error)
            self._end(series, job, failure=str(error))
            return True
        except Exception as error:  # whatever a brought network raises; the other slices go on
            logger.exception("A slice of a series failed.")
            self._end(series, job, failure=plain_sentence(error))
            return True
        if series.hold is not None:  # held while it was asked for
            self._runner.leave(job)
        elif standing.is_done:
            self._end(series, job, was_there=standing.was_there)
        else:
            series.present_left = standing.left
        return standing.is_done

    def _end(self, series: Series, job: SliceJob, *, was_there: bool = False, failure: str = "") -> None:
        """A slice is done, or has failed."""
        with self._lock:
            if failure:
                series.fail(job.slice_id, failure)
            else:
                series.finish(job.slice_id, None if was_there else series.spent)
            if series.is_over:
                told = series.progress()
                logger.info("Series through %s finished: %d of %d slices.", series.network, told.done, told.total)
                self._changed()


def case_hash(entry: PairEntry) -> str:
    """What stands for a case where its name should not stand."""
    return hashlib.sha256(f"{entry.group}\n{entry.case}".encode()).hexdigest()
