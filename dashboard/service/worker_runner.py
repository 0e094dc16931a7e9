"""Work on slices handed out to workers elsewhere; what they compute comes back through the shared cache."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence

from flask import Flask

from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.cache.job_failures import JobFailures
from dashboard.cache.sealed_words import SealedWords
from dashboard.jobs.job_board import LIVES, REST, BoardUnreachableError, JobBoard, RecordState
from dashboard.jobs.job_line import JobLine
from dashboard.jobs.slice_order import SliceOrder, SliceWork, sealed_order
from dashboard.service.embedded_runner import EmbeddedRunner, refuse_estimated
from dashboard.service.fused_pair import view_key
from dashboard.service.job_runner import JobRunner, SliceJob, SliceStanding
from dashboard.service.pair_changes import plain_id
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import InputError

LOOK = 0.25
"""Seconds between two looks how far the workers are."""
COUNTED = 1.0
"""Seconds between two looks how many there are."""
EACH = 2
"""Slices in hand for each worker: the next one waits in the line while one is computed."""
LOSSES = 2
"""Workers that may be lost over a slice before it is given up: it may be what ends them."""
LOST_FOR = 60.0
"""Seconds in which it is told that a worker was lost."""
UNREACHABLE = (
    "Jobs cannot be handed out at the moment, as Redis does not answer; what is done is kept, and it goes on by "
    "itself. The pointer is answered as ever."
)
NO_WORKERS = "No worker takes jobs at the moment; what is done is kept, and it goes on once one is there."
LOST = "A worker was lost; the slice that it computed was handed out again."
LOST_AGAIN = "Job lost: each worker that computed it was lost, perhaps for want of memory. Try again."

logger = logging.getLogger(__name__)


class WorkerRunner:
    """A `JobRunner`. A network that somebody brought is computed here: nobody knows all the code that it is.

    Parameters
    ----------
    service : SaliencyService
    board : JobBoard
    line : JobLine
    words : SealedWords
    failures : JobFailures
    figures : CohortFiguresCache
    """

    hands_out = True

    def __init__(
        self,
        service: SaliencyService,
        board: JobBoard,
        line: JobLine,
        words: SealedWords,
        failures: JobFailures,
        figures: CohortFiguresCache,
    ) -> None:
        self._service, self._embedded, self._figures = service, EmbeddedRunner(service), figures
        self._board, self._line, self._words, self._failures = board, line, words, failures
        self._orders: dict[SliceJob, SliceOrder] = {}
        self._losses: Counter[SliceJob] = Counter()
        self._lost_until = self._trusted_from = 0.0
        self._workers, self._count_at = 0, 0.0
        self._said = ""

    @property
    def said(self) -> str:
        """What was found out last; nobody is asked."""
        return self._said or (LOST if time.monotonic() < self._lost_until else "")

    def at_once(self, network: str) -> int:
        """Some for each worker that was there at the last look."""
        return 1 if network in self._service.network_pool.own else EACH * max(self._workers, 1)

    def ask(self, job: SliceJob) -> SliceStanding:
        """How far it is; see `JobRunner`."""
        if job.network in self._service.network_pool.own:
            return self._embedded.ask(job)
        is_new = job not in self._orders
        order = self._orders.get(job) or self._ordered(job)
        if self._is_stored(order):
            self.leave(job)
            return SliceStanding(is_done=True, was_there=is_new)
        try:
            self._hand_out(job, order)
            self._said = "" if self._counted() else NO_WORKERS
        except BoardUnreachableError:
            self._said = UNREACHABLE
            self._trusted_from = time.monotonic() + LIVES + REST  # workers could give no sign of life either
        except InputError:
            self.leave(job)
            raise
        return SliceStanding()

    def leave(self, job: SliceJob) -> None:
        """Nobody wants it any more: the worker notices that it is not asked for."""
        self._orders.pop(job, None)
        self._losses.pop(job, None)
        if job.network in self._service.network_pool.own:
            self._embedded.leave(job)

    def rest(self, jobs: Sequence[SliceJob]) -> None:
        """Return after a moment: nobody tells what workers do."""
        if jobs and jobs[0].network in self._service.network_pool.own:
            self._embedded.rest(jobs)
        else:
            time.sleep(LOOK)

    def _is_stored(self, order: SliceOrder) -> bool:
        is_guidance = order.work is SliceWork.GUIDANCE
        return self._service.is_stored(order.key) if is_guidance else self._figures.has(order.key)

    def _ordered(self, job: SliceJob) -> SliceOrder:
        key = job.key or self._guidance_key(job)
        plain = plain_id(job.slice_id)
        name = self._words.name_of(plain)
        order = SliceOrder(key, name, job.slice_id.removeprefix(plain), job.network, job.work)
        return self._orders.setdefault(job, order)

    def _guidance_key(self, job: SliceJob) -> str:
        refuse_estimated(self._service, job.network)
        self._service.jobs.pointer.wait()
        pair = self._service.catalogue.read_aside(job.slice_id)
        return view_key(pair, self._service.network_pool.get(job.network))

    def _hand_out(self, job: SliceJob, order: SliceOrder) -> None:
        """Put an order into the line unless it is there, or somebody works on it.

        Raises
        ------
        BoardUnreachableError
        InputError
            It has failed, or workers were lost over it.
        """
        state = self._board.look(order.key)
        if state in (RecordState.WAITING, RecordState.WORKED_ON):
            return
        if state is RecordState.FAILED:
            self._board.forget(order.key)
            raise InputError(self._failures.get(order.key))
        if state is RecordState.LOST:
            if time.monotonic() < self._trusted_from:
                return
            self._lose(job, order)
        self._put(order)

    def _lose(self, job: SliceJob, order: SliceOrder) -> None:
        logger.warning("A worker was lost amid a job.")
        self._lost_until = time.monotonic() + LOST_FOR
        self._losses[job] += 1
        if self._losses[job] >= LOSSES:
            self._board.forget(order.key)
            raise InputError(LOST_AGAIN)

    def _put(self, order: SliceOrder) -> None:
        self._board.note_waiting(order.key)
        try:
            self._line.put(sealed_order(self._words, order))
        except Exception as error:  # of Celery, of what carries its messages, or of Redis
            logger.warning("A job could not be handed out.", exc_info=error)
            self._board.forget(order.key)
            raise BoardUnreachableError from error

    def _counted(self) -> int:
        if time.monotonic() >= self._count_at:
            self._workers, self._count_at = self._board.workers(), time.monotonic() + COUNTED
        return self._workers


def runner_of(service: SaliencyService, server: Flask, settings: Settings) -> JobRunner:
    """Who computes series, or cohorts: workers, where settings name a Redis server, else this process.

    Each thread that asks has a runner of its own.
    """
    if not settings.jobs:
        return EmbeddedRunner(service)
    words = SealedWords(settings.cache)
    board = JobBoard(settings.jobs, words)
    line = JobLine(settings.jobs, board.line)
    failures, figures = JobFailures(server, settings.cache), CohortFiguresCache(server, settings.cache)
    return WorkerRunner(service, board, line, words, failures, figures)
