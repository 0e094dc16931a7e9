"""A cohort measured by workers elsewhere: several slices at a time, their figures found in the shared cache."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.jobs.slice_order import SliceWork
from dashboard.service.cohort_network import key_of
from dashboard.service.job_runner import JobRunner, SliceJob
from fusion import ImagePair, InputError
from saliency.cohort.cohort_run import CohortNetwork, CohortProgress, CohortSlice, failed, rows_of


@dataclass(frozen=True, eq=False)
class _Measurement:
    """A slice through a network, and its job."""

    slice: CohortSlice
    pair: ImagePair
    network: CohortNetwork
    job: SliceJob


@dataclass(frozen=True, eq=False)
class _Unreadable:
    slice: CohortSlice
    error: InputError


def handed_out_stream(
    slices: Sequence[tuple[str, CohortSlice]],
    networks: Sequence[CohortNetwork],
    kept: CohortFiguresCache,
    runner: JobRunner,
) -> Iterator[CohortProgress]:
    """As `saliency.cohort.cohort_run.cohort_stream`, with the id of each slice; rows come as they are measured.

    Stop asking, and workers are told that nobody waits.
    """
    at, begun = CohortProgress(0, len(slices) * len(networks)), time.perf_counter()
    yield at
    coming, in_hand = _coming(slices, networks), list[_Measurement]()
    try:
        is_more = True
        while is_more or in_hand:
            while is_more and len(in_hand) < runner.at_once(networks[0].name):
                one = next(coming, None)
                if isinstance(one, _Measurement):
                    in_hand.append(one)
                elif one is not None:
                    at = failed(at, one.slice, "", one.error, len(networks))
                is_more = one is not None
            before = at
            for each in list(in_hand):
                at, is_over = _asked(at, each, kept, runner)
                if is_over:
                    in_hand.remove(each)
            if at is before and in_hand:
                runner.rest([each.job for each in in_hand])
            at = replace(at, seconds=time.perf_counter() - begun)
            yield at
    finally:
        for each in in_hand:
            runner.leave(each.job)


def _coming(
    slices: Sequence[tuple[str, CohortSlice]], networks: Sequence[CohortNetwork]
) -> Iterator[_Measurement | _Unreadable]:
    """What is to be measured, read when its turn comes."""
    for slice_id, each in slices:
        try:
            pair = each.read()
        except InputError as error:
            yield _Unreadable(each, error)
            continue
        for network in networks:
            job = SliceJob(slice_id, network.name, key_of(pair, network), SliceWork.FIGURES)
            yield _Measurement(each, pair, network, job)


def _asked(
    at: CohortProgress, each: _Measurement, kept: CohortFiguresCache, runner: JobRunner
) -> tuple[CohortProgress, bool]:
    """How far all is after a look at one, and whether that one is over."""
    try:
        standing = runner.ask(each.job)
    except InputError as error:
        return failed(at, each.slice, each.network.name, error), True
    places = kept.get(each.job.key) if standing.is_done else None
    if places is None:
        return at, False
    rows = rows_of(each.slice, each.pair, each.network, places)
    return at.advanced(rows, was_there=standing.was_there), True
