"""What a worker does with the orders that dashboards hand out: guidance or figures of slices, into the cache."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from threading import Event, Thread

from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.cache.job_failures import JobFailures
from dashboard.cache.sealed_words import SealedWords
from dashboard.jobs.job import plain_sentence
from dashboard.jobs.job_board import BEAT, BoardUnreachableError, JobBoard
from dashboard.jobs.slice_order import SliceOrder, SliceWork, opened_order
from dashboard.service.cohort_network import SEED, cohort_network, key_of
from dashboard.service.embedded_runner import LOOK, OTHERWISE, EmbeddedRunner
from dashboard.service.job_runner import SliceJob
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from saliency.cohort.case_figures import case_figures
from saliency.defaults import COHORT_PIXELS
from saliency.network.interruption import Interrupted, interruptible

NOT_KEPT = (
    "It was computed, but the shared cache did not take it; its disk may be full. The worker's log says more."
)

logger = logging.getLogger(__name__)


class SliceWorker:
    """Takes one order at a time. It opens what is in its own catalogue, and nothing that an order names.

    Parameters
    ----------
    service : SaliencyService
    board : JobBoard
    words : SealedWords
    failures : JobFailures
    figures : CohortFiguresCache
    is_ending : callable
        Whether this process was told to end: what is begun is left to others.
    """

    def __init__(
        self,
        service: SaliencyService,
        board: JobBoard,
        words: SealedWords,
        failures: JobFailures,
        figures: CohortFiguresCache,
        is_ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._board, self._words, self._failures, self._is_ending = board, words, failures, is_ending
        self._service, self._runner, self._figures = service, EmbeddedRunner(service), figures
        self._ids = {words.name_of(each.id): each.id for each in service.catalogue.entries}
        self.name = secrets.token_hex(8)
        self._is_over = Event()

    def live(self, renew: Callable[[], None] = lambda: None) -> None:
        """Give signs of life until `end`, whatever is computed; ``renew`` is called once Redis is back."""
        Thread(target=self._beat, args=(renew,), name="beat", daemon=True).start()

    def end(self) -> None:
        """Give none any more."""
        self._is_over.set()

    def take(self, message: object) -> None:
        """Do what an order says, and tell how it ended; what is no order of these dashboards is refused."""
        order = opened_order(self._words, message)
        if order is None:
            logger.warning("A job was refused: no dashboard with this cache has handed it out.")
            return
        try:
            self._tell(lambda: self._board.note_worked_on(order.key, self.name))
            self._compute(order)
        except InputError as error:
            logger.debug("Why a job was refused:", exc_info=error)
            self._fail(order, str(error))
        except Exception as error:  # whatever a network raises; the next job is another
            logger.exception("A job failed.")
            self._fail(order, plain_sentence(error))
        else:
            self._tell(lambda: self._board.forget(order.key))

    def _compute(self, order: SliceOrder) -> None:
        """Return when it is stored, or nobody wants it any more."""
        if order.pair not in self._ids:
            raise InputError(OTHERWISE)
        slice_id = self._ids[order.pair] + order.changes
        if order.work is SliceWork.FIGURES:
            self._measure(order, slice_id)
        else:
            self._guide(order, SliceJob(slice_id, order.network, order.key))

    def _measure(self, order: SliceOrder, slice_id: str) -> None:
        """Figures of a cohort."""
        pair = self._service.catalogue.read_aside(slice_id)
        network = cohort_network(self._service, slice_id, order.network)
        if key_of(pair, network) != order.key:
            raise InputError(OTHERWISE)
        try:
            with interruptible(self._seldom_asked(order.key)):
                found = tuple(case_figures(network.prepared(pair), pair, COHORT_PIXELS, SEED))
        except Interrupted:
            return
        self._figures.put(order.key, found)
        if not self._figures.has(order.key):
            raise InputError(NOT_KEPT)

    def _seldom_asked(self, key: str) -> Callable[[], bool]:
        """`_is_wanted`, for who asks more often than Redis should be."""
        asked = time.monotonic()

        def is_wanted() -> bool:
            nonlocal asked
            if time.monotonic() < asked + LOOK:
                return True
            asked = time.monotonic()
            return self._is_wanted(key)

        return is_wanted

    def _guide(self, order: SliceOrder, job: SliceJob) -> None:
        while self._is_wanted(order.key):
            if self._runner.ask(job).is_done:
                # What is let go from the cache later has to be computed anew, not found in this process.
                self._service.jobs.let_go(self._service.guidance_queue.kind)
                if not self._service.is_stored(order.key):
                    raise InputError(NOT_KEPT)
                return
            self._runner.rest([job])
        self._runner.leave(job)

    def _is_wanted(self, key: str) -> bool:
        try:
            return not self._is_ending() and self._board.is_wanted(key)
        except BoardUnreachableError:  # nobody knows: what is finished is kept
            return True

    def _fail(self, order: SliceOrder, sentence: str) -> None:
        self._failures.put(order.key, sentence)
        self._tell(lambda: self._board.note_failed(order.key))

    def _tell(self, told: Callable[[], None]) -> None:
        """Tell dashboards; where Redis is away they find in the cache what is done, and ask anew for the rest."""
        try:
            told()
        except BoardUnreachableError:
            logger.debug("Redis cannot be told how far a job is:", exc_info=True)

    def _beat(self, renew: Callable[[], None]) -> None:
        failures = 0
        while not self._is_over.is_set():
            try:
                self._board.beat(self.name)
                if failures != self._board.failures:
                    failures = self._board.failures
                    renew()
            except BoardUnreachableError:
                logger.debug("Redis cannot be told that this worker lives:", exc_info=True)
            self._is_over.wait(BEAT)
