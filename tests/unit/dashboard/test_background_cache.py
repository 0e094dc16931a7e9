"""What is made in the background: never waited for, made once, and its failure told for a while."""

import logging
from threading import Event

import pytest

from dashboard.jobs import background_cache
from dashboard.jobs.background_cache import BackgroundCache, ComputationFailedError
from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.queue import JobQueue
from tests.support.waiting import PATIENCE, until


@pytest.fixture
def jobs():
    made = JobQueue()
    yield made
    made.close()


def fails():
    raise RuntimeError("no such layer")


def come(cache, key, make):
    """The value, asked for until it is there."""
    return until(lambda: cache.get(key, make), pause=lambda: cache.wait(key, 0.1))


def failure_of(cache, key, make):
    with pytest.raises(ComputationFailedError) as caught:
        come(cache, key, make)
    return str(caught.value)


def test_what_takes_long_is_made_once_and_never_waited_for(jobs):
    cache, may_end, made = BackgroundCache(jobs, "tested", 4), Event(), []

    def slowly():
        made.append(1)
        assert may_end.wait(PATIENCE)
        return "there"

    assert [cache.get("key", slowly) for _ in range(20)] == [None] * 20
    assert cache.get("other", lambda: "other") is None, "one at a time"
    may_end.set()
    assert come(cache, "key", slowly) == "there"
    assert come(cache, "other", fails) == "other"
    assert len(made) == 1


def test_all_caches_share_the_workers_of_one_queue(jobs):
    caches = [BackgroundCache(jobs, f"kind {number}", 4) for number in range(5)]
    assert [come(cache, "key", lambda n=n: n + 1) for n, cache in enumerate(caches)] == [1, 2, 3, 4, 5]
    assert len(jobs._workers) == 1


def test_what_comes_in_parts_does_not_wait_for_what_cannot_be_divided(jobs):
    cache, may_end, parts = BackgroundCache(jobs, "tested", 4), Event(), JobKind("parts")
    begun = Event()

    def slowly():
        begun.set()
        assert may_end.wait(PATIENCE)
        return "there"

    cache.get("key", slowly)
    assert begun.wait(PATIENCE)
    jobs.ask(parts, "page", {"picture": Task(lambda: iter([1]))})
    jobs.wait(parts, "picture", 10, lambda state: state.is_over)
    assert jobs.finished(parts, "picture").value == 1
    may_end.set()


def test_a_failure_is_told_with_its_reason_and_tried_again_after_a_while(jobs, monkeypatch, caplog):
    now = [1000.0]
    monkeypatch.setattr(background_cache.time, "monotonic", lambda: now[0])
    cache, attempts = BackgroundCache(jobs, "tested", 4), []
    monkeypatch.undo()

    def fails_once():
        attempts.append(1)
        return fails() if len(attempts) == 1 else "there"

    with caplog.at_level(logging.INFO, "dashboard"):
        assert failure_of(cache, "key", fails_once) == "It could not be computed: no such layer"
    assert "Traceback" in caplog.text
    assert "RuntimeError: no such layer" in caplog.text
    for _ in range(3):
        assert "no such layer" in failure_of(cache, "key", fails_once)
    assert len(attempts) == 1, "whoever asks meanwhile is told, and it is not tried again"
    now[0] += background_cache.RETRIED_AFTER + 1
    assert come(cache, "key", fails_once) == "there"


def test_another_key_lives_on_beside_a_failure(jobs):
    cache = BackgroundCache(jobs, "tested", 4)
    assert failure_of(cache, "broken", fails)
    assert come(cache, "sound", lambda: 1) == 1


def test_the_number_of_values_is_bounded(jobs):
    cache = BackgroundCache(jobs, "tested", 2)
    for number in range(4):
        come(cache, number, lambda number=number: number + 1)
    assert come(cache, 3, fails) == 4
    assert cache.get(0, lambda: "made again") is None
