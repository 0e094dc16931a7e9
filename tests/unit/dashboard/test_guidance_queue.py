"""Guidance in the background: computed once, what is finished soonest first, and never in anybody's way."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from flask import Flask

from dashboard.cache.disk import GuidanceStore
from dashboard.cache.key_locks import KeyLocks
from dashboard.cache.unfinished_guidance import UnfinishedGuidanceStore
from dashboard.jobs import guidance_queue, worker_threads
from dashboard.jobs import queue as job_queue
from dashboard.jobs.guidance_queue import GuidanceQueue
from dashboard.jobs.previews import GuidancePreviews
from dashboard.jobs.queue import JobQueue
from tests.support.guidance_streams import PASSES, Stream, beyond, finished
from tests.support.open_jobs import open_jobs
from tests.support.waiting import PATIENCE, until


def queue_in(folder):
    server = Flask("queue")
    return GuidanceQueue(
        GuidanceStore(server, folder), UnfinishedGuidanceStore(server, folder), JobQueue(), KeyLocks(folder)
    )


@pytest.fixture
def queue(tmp_path):
    made = queue_in(tmp_path)
    yield made
    made.jobs.close()


def test_asked_by_eight_at_once_it_is_computed_once(queue):
    stream = Stream()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: finished(queue, "key", stream), range(8)))
    assert stream.started == 1
    assert stream.log == [(1.0, done) for done in range(1, PASSES + 1)]
    for snapshot in found:
        assert (snapshot.done, snapshot.total, snapshot.failure) == (PASSES, PASSES, "")
        assert np.array_equal(snapshot.images[0], [[1, 2, 3, 4]] * 2)
        assert np.array_equal(snapshot.images[1], [[-1, -2, -3, -4]] * 2)


def test_what_is_finished_soonest_is_served_first(queue):
    log = []
    quick, slow = Stream(1.0, log, is_open=False), Stream(2.0, log, passes=200)
    slow.gate = type("Slow", (), {"acquire": lambda self, timeout: time.sleep(0.05) or True})()
    quick.gate.release()
    beyond(queue, "quick", quick, 0)  # begun; the worker now waits inside its second pass
    queue.ask("slow", slow)
    quick.gate.release(10)
    finished(queue, "quick", quick)
    assert log[: PASSES + 1] == [(1.0, 1), (1.0, 2), (2.0, 1), (1.0, 3), (1.0, 4)]
    assert quick.started == 1  # taken up again where it was, not from the start


def test_a_job_nobody_asks_about_is_given_up(queue, monkeypatch):
    monkeypatch.setattr(job_queue, "FORGOTTEN_AFTER", 0.15)
    stream = Stream(passes=500)
    endless = iter(range(500))
    stream.gate = type("Slow", (), {"acquire": lambda self, timeout: time.sleep(0.02) or next(endless) >= 0})()
    beyond(queue, "key", stream, 0)
    assert stream.ended.wait(timeout=PATIENCE), "its memory was not freed"
    assert len(stream.log) < 100
    # What it had found is kept, and asked again it is worked on.
    assert queue.look("key").done == len(stream.log)
    assert queue.ask("key", stream).done > 0
    until(lambda: stream.started == 2)


def test_a_failure_is_told_and_the_worker_lives_on(queue):
    def broken():
        raise RuntimeError("no such layer")
        yield

    snapshot = finished(queue, "broken", broken)
    assert snapshot.failure == "Guidance failed: no such layer"
    assert not snapshot.is_complete
    assert finished(queue, "sound", Stream()).is_complete


def test_a_failure_half_way_keeps_what_was_there(queue):
    stream = Stream()

    def breaks():
        yield next(iter(stream()))
        raise RuntimeError("out of memory")

    snapshot = finished(queue, "key", breaks)
    assert (snapshot.done, snapshot.total) == (1, PASSES)
    assert np.array_equal(snapshot.grown.known, [[True, False, False, False]] * 2)
    assert snapshot.images is None
    assert "out of memory" in snapshot.failure


def test_after_a_restart_it_comes_from_the_store(tmp_path):
    def never():
        raise AssertionError("computed although it was stored")

    before = finished(queue_in(tmp_path), "key", Stream())
    queue = queue_in(tmp_path)
    snapshot = queue.ask("key", never)
    assert snapshot.is_complete
    assert not snapshot.failure
    assert all(np.array_equal(*each) for each in zip(snapshot.images, before.images, strict=True))


def test_unfinished_guidance_is_not_stored(tmp_path):
    queue, store = queue_in(tmp_path), GuidanceStore(Flask("store"), tmp_path)
    stream = Stream(is_open=False)
    stream.gate.release(PASSES - 1)
    beyond(queue, "key", stream, PASSES - 2)
    assert store.get("key") is None
    stream.gate.release()
    finished(queue, "key", stream)
    assert store.get("key") is not None


def test_pictures_do_not_change_under_their_reader(queue):
    stream = Stream(is_open=False)
    stream.gate.release()
    snapshot = beyond(queue, "key", stream, 0)
    early, done = GuidancePreviews().of("key", 1, snapshot)
    assert done == 1
    assert np.array_equal(early.known, [[True, False, False, False]] * 2)
    assert np.array_equal(early.first, [[1, np.nan, np.nan, np.nan]] * 2, equal_nan=True), "a gap was filled"
    before = early.first.copy()
    stream.gate.release(PASSES)
    late = finished(queue, "key", stream)
    assert np.array_equal(early.first, before, equal_nan=True)
    assert np.array_equal(late.images[0], [[1, 2, 3, 4]] * 2)


def test_waiting_ends_with_the_next_pass_and_with_its_time(queue):
    stream = Stream(is_open=False)
    queue.ask("key", stream)
    start = time.monotonic()
    queue.wait("key", 0, 0.05)
    assert 0.04 < time.monotonic() - start < PATIENCE
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.wait, "key", 0, 20)
        stream.gate.release(PASSES)
        waiting.result(timeout=PATIENCE)
    queue.wait("unknown", 0, 20)  # nothing to wait for


def test_the_end_of_the_program_closes_a_queue_that_works(queue, monkeypatch):
    at_end = []
    monkeypatch.setattr(worker_threads.atexit, "register", at_end.append)
    finished(queue, "one", Stream())
    finished(queue, "two", Stream())
    assert at_end == [queue.jobs.close]


def test_closing_ends_the_worker_after_its_pass(queue):
    stream = Stream(is_open=False)
    stream.gate.release()
    beyond(queue, "key", stream, 0)
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(queue.jobs.close)
        until(lambda: queue.jobs._is_closed)
        assert not closing.done(), "it did not wait for the pass"
        stream.gate.release()
        closing.result(timeout=PATIENCE)
    assert not any(worker.is_alive() for worker in queue.jobs._workers.values())
    assert len(stream.log) == 2
    assert queue.ask("key", stream).done < PASSES  # asking a closed queue is no error


def test_passes_make_way_for_a_moving_pointer_but_not_for_ever(queue):
    deadline = time.monotonic() + PATIENCE
    snapshot = queue.ask("key", stream := Stream())
    while not snapshot.is_complete:
        queue.jobs.hovering()
        assert time.monotonic() < deadline
        queue.wait("key", snapshot.done, 0.01)
        snapshot = queue.ask("key", stream)
    assert stream.started == 1


def test_who_turns_to_another_view_ends_what_nobody_else_watches(queue):
    old, new = Stream(1.0, is_open=False), Stream(2.0, is_open=False)
    old.gate.release()
    queue.ask("old", old, "page")
    queue.wait("old", 0, 10)
    queue.ask("new", new, "page")
    old.gate.release()  # the pass that was being made is the last one
    new.gate.release(PASSES)
    finished(queue, "new", new)
    assert old.ended.wait(timeout=PATIENCE), "its memory was not freed"
    assert len(old.log) <= 2
    assert queue.look("old").done in (1, 2), "what it had found was lost"
    assert not queue.look("old").is_complete


def test_what_somebody_else_watches_goes_on(queue):
    shared, other = Stream(1.0, is_open=False), Stream(2.0)
    shared.gate.release()
    for page in ("one", "two"):
        queue.ask("shared", shared, page)
    queue.wait("shared", 0, 10)
    queue.ask("other", other, "one")
    shared.gate.release(PASSES)
    assert finished(queue, "shared", shared).is_complete
    assert shared.started == 1


def test_everybody_sees_a_first_picture_before_anything_is_finished(queue):
    log = []
    streams = [Stream(float(number), log, is_open=False) for number in range(5)]
    queue.ask("0", streams[0], "page 0")
    streams[0].gate.release()
    queue.wait("0", 0, 10)
    for number, stream in enumerate(streams[1:], start=1):
        queue.ask(str(number), stream, f"page {number}")
    for stream in streams:
        stream.gate.release(100)
    for number, stream in enumerate(streams):
        finished(queue, str(number), stream)
    firsts = [place for place, (_, done) in enumerate(log) if done == 1]
    lasts = [place for place, (_, done) in enumerate(log) if done == PASSES]
    first_seen = [next(place for place in firsts if log[place][0] == number) for number in range(5)]
    assert max(first_seen) < min(lasts)


def test_few_graphs_are_held_however_many_watch(queue):
    streams = [Stream(float(number), is_open=False) for number in range(6)]
    for number, stream in enumerate(streams):
        stream.gate.release()
        queue.ask(str(number), stream, f"page {number}")
        queue.wait(str(number), 0, 0.5)
    held = sum(stream.started > 0 and not stream.ended.is_set() for stream in streams)
    assert held <= guidance_queue.BEGUN + 1  # and the one that the worker is about to give up
    for stream in streams:
        stream.gate.release(100)


def test_a_failure_can_be_tried_again_at_once(queue):
    attempts = []

    def fails_once():
        attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("out of memory")
        yield from Stream()()

    assert finished(queue, "key", fails_once).failure
    assert finished(queue, "key", fails_once).failure, "it is not tried again unasked"
    queue.retry("key")
    assert finished(queue, "key", fails_once).is_complete
    queue.retry("key")  # what is complete is not forgotten
    assert queue.look("key").is_complete


def test_looking_starts_nothing(tmp_path):
    queue = queue_in(tmp_path)
    assert queue.look("key").images is None
    assert not queue.jobs._workers
    finished(queue, "key", Stream())
    restarted = queue_in(tmp_path)
    assert restarted.look("key").is_complete
    assert not restarted.jobs._workers


def test_watchers_of_unfinished_guidance_are_counted(queue):
    stream = Stream(is_open=False)
    for page in ("one", "two", "two"):
        queue.ask("key", stream, page)
    assert queue.watching() == 2
    stream.gate.release(PASSES)
    finished(queue, "key", stream)
    assert queue.watching() == 0


def test_finished_images_in_memory_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(guidance_queue, "KEPT_BYTES", 3 * 2 * 2 * PASSES * 4)
    queue = queue_in(tmp_path)
    for number in range(6):
        finished(queue, str(number), Stream(float(number)))
    queue.look("0")
    held = queue.jobs._finished["guidance"]
    assert sum(str(number) in held for number in range(6)) == 3
    assert not queue.jobs._jobs
    assert np.array_equal(queue.look("0").images[0], np.zeros((2, PASSES))), "it comes back from the store"


def test_who_leaves_ends_what_nobody_else_watches(queue):
    alone, common = Stream(is_open=False), Stream(is_open=False)
    queue.ask("common", common, "left")
    queue.ask("common", common, "right")
    queue.ask("alone", alone, "third")
    assert queue.watching() == 3
    queue.leave("third")
    queue.leave("left")
    queue.leave("")
    assert queue.watching() == 1  # "alone" is given up, "common" has one watcher
    assert open_jobs(queue.jobs, queue.kind) == 1
    for stream in (alone, common):
        stream.gate.release(PASSES)
    assert finished(queue, "common", common).is_complete


def test_a_page_says_over_http_that_it_leaves(client, app, monkeypatch):
    left = []
    monkeypatch.setattr(JobQueue, "leave_all", lambda self, watcher: left.append(watcher))
    assert client.post("/explore/leave?page=7-3").status_code == 204
    assert (
        client.post("/explore/leave?page=7-3", headers={"Origin": "http://elsewhere.example"}).status_code == 403
    )
    assert client.get("/explore/leave?page=7-3").status_code != 204  # a link must not end anything
    assert left == ["7-3"]
