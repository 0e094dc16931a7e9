"""What was computed is kept: paused, looked away from, after a restart; cancelled, it is gone."""

from threading import Event

import numpy as np
import pytest
from flask import Flask

from dashboard.cache.disk import GuidanceStore
from dashboard.cache.key_locks import KeyLocks
from dashboard.cache.unfinished_guidance import FOLDER, UnfinishedGuidanceStore
from dashboard.jobs import queue as job_queue
from dashboard.jobs.guidance_queue import GuidanceQueue
from dashboard.jobs.queue import JobQueue
from dashboard.jobs.unfinished import Hold
from saliency import guidance_stream
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.network.interruption import Interrupted
from tests.support.networks import Lambda, random_pair
from tests.support.open_jobs import open_jobs
from tests.support.waiting import until

PAIR = random_pair((6, 7))


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


class Counted:
    """Guidance of a network that takes a pass for each pixel; it stands still after so many of them."""

    def __init__(self, stops_after=1000):
        self.left, self.made = stops_after, 0

    def __call__(self, so_far, wanted):
        for partial in guidance_stream(
            Lambda(lambda a, b: a * (b - b.flatten().mean())), PAIR, so_far=so_far, wanted=wanted
        ):
            until(lambda: self.left > 0)
            self.left -= 1
            self.made += 1
            yield partial

    def ask(self, queue, watcher="page"):
        return queue.ask("key", lambda: self(None, lambda: None), watcher, goes_on=self)

    def reaches(self, queue, done):
        """Ask until so many passes are made."""
        return until(lambda: (found := self.ask(queue)).done >= done and found)

    def finishes(self, queue):
        """Ask until it is complete."""
        return until(lambda: (found := self.ask(queue)).is_complete and found)


def test_a_pause_stops_it_and_it_goes_on_without_computing_twice(queue):
    stream = Counted(10)
    stream.reaches(queue, 10)
    queue.hold("key", Hold.PAUSED)
    stream.left = 1  # the pass under way
    until(lambda: stream.left == 0 or stream.ask(queue).done == 10)
    stream.left = 1000
    paused = stream.ask(queue)
    assert paused.hold is Hold.PAUSED
    assert not paused.is_complete
    before, known = paused.grown.first.copy(), paused.grown.known.copy()
    queue.wait("key", paused.done, 0.3)
    assert stream.ask(queue).done in (paused.done, paused.done + 1)
    queue.hold("key", None)
    last = stream.finishes(queue)
    assert last.is_complete
    assert last.hold is None
    assert stream.made in (42, 43)  # the pass that was under way at the pause was perhaps not taken
    np.testing.assert_array_equal(last.grown.first[known], before[known])


def test_a_pause_amid_a_pass_is_no_failure(queue):
    stream, passes, is_held = Counted(), iter([False, True]), Event()

    def held_amid_the_second(so_far, wanted):
        for partial in stream(so_far, wanted):
            if next(passes, False):
                until(lambda: not queue.jobs.is_wanted(queue.kind, "key"))
                is_held.set()
                raise Interrupted  # as a pass does that looks whether it is wanted
            yield partial

    def ask():
        return queue.ask(
            "key", lambda: held_amid_the_second(None, lambda: None), "page", goes_on=held_amid_the_second
        )

    until(lambda: ask().done == 1 and stream.made == 2)
    queue.hold("key", Hold.PAUSED)
    until(is_held.is_set)
    assert (ask().hold, ask().done) == (Hold.PAUSED, 1)
    queue.hold("key", None)
    last = until(lambda: (found := ask()).is_complete and found)
    assert last.failure == ""
    assert stream.made <= 44  # the pass that was interrupted is made again


def test_who_looks_away_finds_it_where_it_was(queue):
    stream = Counted(10)
    stream.reaches(queue, 10)
    queue.hold("key", Hold.PAUSED)
    queue.leave("page")
    assert open_jobs(queue.jobs, queue.kind) == 0
    stream.left = 1000
    found = stream.ask(queue, "another page")
    assert found.done >= 10
    assert found.hold is Hold.PAUSED
    assert found.images is None
    queue.hold("key", None)
    assert stream.finishes(queue).is_complete
    assert stream.made <= 43


def test_cancelled_it_is_gone_and_begins_anew(queue):
    stream = Counted(10)
    stream.reaches(queue, 10)
    queue.hold("key", Hold.CANCELLED)
    stream.left = 1000
    assert stream.ask(queue).grown is None
    assert stream.ask(queue).hold is Hold.CANCELLED
    queue.hold("key", None)
    assert stream.finishes(queue).is_complete
    assert stream.made >= 42 + 10


def test_after_a_restart_it_goes_on_from_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(job_queue, "SAVED_EVERY", 0.0)
    queue, stream = queue_in(tmp_path), Counted(10)
    stream.reaches(queue, 10)
    before = stream.ask(queue)
    queue.hold("key", Hold.PAUSED)
    stream.left = 1
    queue.jobs.close()
    later, rest = queue_in(tmp_path), Counted()
    found = rest.ask(later)
    assert found.done >= 9
    assert found.images is None
    known = found.grown.known
    np.testing.assert_array_equal(found.grown.first[known], before.grown.first[known])
    assert rest.finishes(later).is_complete
    assert rest.made <= 42 - 9
    assert GuidanceStore(Flask("store"), tmp_path).get("key") is not None
    assert UnfinishedGuidanceStore(Flask("store"), tmp_path).get("key") is None
    later.jobs.close()


def test_a_damaged_file_and_another_key_are_as_if_they_were_not_there(tmp_path):
    store = UnfinishedGuidanceStore(Flask("store"), tmp_path)
    partial = next(guidance_stream(Lambda(lambda a, b: a * b.flatten().mean()), PAIR))
    store.put("key", partial)
    found = store.get("key")
    np.testing.assert_array_equal(found.known, partial.known)
    np.testing.assert_array_equal(found.first, partial.first)
    assert (found.done, found.total) == (1, 42)
    for path in (tmp_path / FOLDER).iterdir():
        content = bytearray(path.read_bytes())
        content[-3] ^= 1
        path.write_bytes(content)
    assert store.get("key") is None


def test_neither_finished_nor_estimated_guidance_is_kept_as_unfinished(tmp_path):
    store, net = UnfinishedGuidanceStore(Flask("store"), tmp_path), Lambda(lambda a, b: a * b.flatten().mean())
    *_, last = guidance_stream(net, PAIR)
    store.put("finished", last)
    store.put("estimated", next(estimated_guidance_stream(net, PAIR, 0.1)))
    assert store.get("finished") is None
    assert store.get("estimated") is None
