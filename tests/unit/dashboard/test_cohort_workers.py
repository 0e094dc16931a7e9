"""A cohort that workers measure: the same figures as here, told where nobody does, left when it is cancelled."""

from dataclasses import replace

import pytest
from flask import Flask

from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.cache.job_failures import JobFailures
from dashboard.cache.sealed_words import SealedWords
from dashboard.jobs.slice_order import SliceOrder, SliceWork, sealed_order
from dashboard.jobs.unfinished import Hold
from dashboard.pages.cohort import cohort_view
from dashboard.pages.cohort.cohort_jobs import CohortJobs
from dashboard.service.cohort_network import cohort_network, key_of
from dashboard.service.embedded_runner import OTHERWISE, EmbeddedRunner
from dashboard.service.job_runner import SliceStanding
from dashboard.service.slice_worker import SliceWorker
from dashboard.service.worker_runner import NO_WORKERS, runner_of
from fusion import InputError
from saliency.cohort import cohort_run
from tests.support.job_worlds import EMPTY, NAME, NETWORK, JobWorld, redis_or_skipped
from tests.support.waiting import until

CHOICE = {"pair": NAME(4), "networks": [NETWORK, "FunFuseAn"], "slices": 7}


class Runner:
    """Hands out to nobody but this test."""

    hands_out, said = True, ""

    def __init__(self, at_once=3):
        self.open, self.left, self.failing, self._at_once = {}, [], set(), at_once
        self.most = 0

    def at_once(self, network):
        return self._at_once

    def ask(self, job):
        if job.slice_id in self.failing:
            raise InputError("It does not fit.")
        self.open.setdefault(job, False)
        self.most = max(self.most, list(self.open.values()).count(False))
        return SliceStanding(is_done=self.open[job])

    def leave(self, job):
        self.left.append(job)

    def rest(self, jobs):
        pass


def jobs_of(service, folder, runner):
    return CohortJobs(service, CohortFiguresCache(Flask("figures"), folder), runner)


def rows(progress):
    return sorted(progress.rows, key=lambda row: (row.slice, row.network, row.measured.place))


@pytest.fixture
def world(settings, tmp_path):
    found = JobWorld(settings, tmp_path)
    yield found
    found.end()


def measured_here(service, folder):
    jobs = jobs_of(service, folder / "here", EmbeddedRunner(service))
    return until(lambda: (found := jobs.ask("page", CHOICE)).state.is_over and found).progress


@pytest.mark.slow
def test_workers_measure_what_this_process_does(settings, tmp_path):
    with redis_or_skipped() as redis:
        world = JobWorld(settings, tmp_path, redis)
        try:
            service, _ = world.begin()
            jobs = jobs_of(service, world.cache, runner_of(service, Flask("cohorts"), world.settings))
            until(lambda: jobs.ask("page", CHOICE).note == NO_WORKERS)
            said = "".join(str(each) for each in cohort_view.progress(jobs.ask("page", CHOICE)))
            assert NO_WORKERS in said
            world.employ()
            found = until(lambda: (found := jobs.ask("page", CHOICE)).state.is_over and found)
            assert found.note == ""
            here = measured_here(service, tmp_path)
            assert rows(found.progress) == rows(here)
            assert found.progress.failed == here.failed == len(EMPTY) * 2
            *_, again = jobs._stream(jobs.entries(CHOICE), CHOICE["networks"])
            assert again.found_before == again.done - again.failed > 0
        finally:
            world.end()


def test_several_slices_are_in_hand_and_each_failure_is_told(world, tmp_path):
    service, _ = world.begin()
    runner = Runner()
    jobs, kept = jobs_of(service, world.cache, runner), CohortFiguresCache(Flask("own"), world.cache)
    runner.failing.add(NAME(3))
    stream = jobs._stream(jobs.entries(CHOICE), CHOICE["networks"])
    seen = [next(stream)]
    for at in stream:
        seen.append(at)
        waiting = [job for job, is_done in runner.open.items() if not is_done]
        if len(seen) % 3 == 0 and waiting:  # fewer are measured than are asked for
            kept.put(waiting[0].key, ())
            runner.open[waiting[0]] = True
    assert seen[0].total == seen[-1].total == seen[-1].done > len(runner.open)
    assert seen[-1].failed == 2 * len(EMPTY) + 2
    assert [each.sentence for each in seen[-1].failures if each.network] == ["It does not fit."] * 2
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert any(each.left for each in seen)
    assert runner.most == 3
    assert {job.work for job in runner.open} == {SliceWork.FIGURES}
    assert runner.left == []


def test_what_is_cancelled_is_left(world):
    service, _ = world.begin()
    runner = Runner(at_once=2)
    jobs = jobs_of(service, world.cache, runner)
    until(lambda: jobs.ask("page", CHOICE) and len(runner.open) == 2)
    jobs.hold(CHOICE, Hold.CANCELLED)
    until(lambda: len(runner.left) == 2)


def test_a_network_that_was_brought_is_measured_here(world, monkeypatch):
    service, _ = world.begin()
    runner = Runner()
    monkeypatch.setattr(service.network_pool, "own", {NETWORK: None})
    monkeypatch.setattr(cohort_run, "case_figures", lambda *_: iter(()))
    jobs = jobs_of(service, world.cache, runner)
    until(lambda: jobs.ask("page", CHOICE).state.is_over)
    assert runner.open == {}


class Board:
    """One that wants everything, and notes how jobs ended."""

    def __init__(self):
        self.told, self.is_wanted = [], lambda key: True

    def __getattr__(self, name):
        return lambda key, *_: self.told.append((name, key))


@pytest.fixture
def employed(world):
    """A worker, its board, an order for it, and where figures are kept."""
    service, _ = world.begin()
    words, board = SealedWords(world.cache), Board()
    failures, kept = JobFailures(Flask("failures"), world.cache), CohortFiguresCache(Flask("own"), world.cache)
    worker = SliceWorker(service, board, words, failures, kept)
    entry = next(each for each in service.catalogue.entries if each.id == NAME(4))
    key = key_of(entry.read(), cohort_network(service, entry.id, NETWORK))
    order = SliceOrder(key, words.name_of(entry.id), "", NETWORK, SliceWork.FIGURES)
    return worker, board, order, kept, words, failures


def test_a_worker_keeps_figures_under_the_key_that_it_was_told(employed):
    worker, board, order, kept, words, _ = employed
    worker.take(sealed_order(words, order))
    assert kept.get(order.key)
    assert board.told[-1] == ("forget", order.key)


def test_a_worker_with_another_network_refuses(employed):
    worker, board, order, kept, words, failures = employed
    other = replace(order, key="ab" * 32)
    worker.take(sealed_order(words, other))
    assert board.told[-1] == ("note_failed", other.key)
    assert failures.get(other.key) == OTHERWISE
    assert not kept.has(other.key)


def test_a_worker_ends_amid_figures_that_nobody_wants(employed, monkeypatch):
    worker, board, order, kept, words, _ = employed
    monkeypatch.setattr("dashboard.service.slice_worker.LOOK", 0.0)
    monkeypatch.setattr("saliency.network.interruption.EVERY", 0.0)
    board.is_wanted = lambda key: False
    worker.take(sealed_order(words, order))
    assert not kept.has(order.key)
    assert board.told[-1] == ("forget", order.key)
