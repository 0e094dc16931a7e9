"""One computation a key, of all processes that share a cache: promise 23."""

import gc
import json
from collections import Counter

import pytest
from flask import Flask

from dashboard.cache.disk import GuidanceStore
from dashboard.cache.key_locks import FOLDER, KeyLocks
from dashboard.cache.unfinished_guidance import UnfinishedGuidanceStore
from dashboard.jobs.guidance_queue import GuidanceQueue
from dashboard.jobs.queue import JobQueue
from dashboard.jobs.unfinished import Hold
from tests.support.forked_processes import ForkedProcess
from tests.support.guidance_streams import PASSES, Stream, beyond, finished
from tests.support.sharing_process import shared
from tests.support.waiting import PATIENCE, until

NETWORK, PAIR = "DeepFuse", "cases/wide"
THREADS = 16


@pytest.fixture
def unmeasured(random_checkpoints, tmp_path):
    """Weights without how far they see on their cards."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for path in random_checkpoints.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for card in folder.glob("*.json"):
        told = json.loads(card.read_text("utf-8"))
        told.pop("receptive_field", None)
        card.write_text(json.dumps(told), "utf-8")
    return folder


@pytest.fixture
def start(unmeasured, pair_folder, tmp_path):
    """Starts a process on one cache; those that are left at the end are killed."""
    begun = []

    def started(*gate):
        words = tmp_path / "cache", unmeasured, pair_folder, tmp_path / "begun", NETWORK, PAIR, THREADS, *gate
        begun.append(ForkedProcess(shared, list(map(str, words))))
        return begun[-1]

    yield started
    for each in begun:
        each.kill()
        each.wait()
        each.stdout.close()


def noted(tmp_path):
    """Which computations were begun, and by which process."""
    path = tmp_path / "begun"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [tuple(line.split()) for line in lines]


def given(process):
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    return said.split()


@pytest.mark.slow
def test_promise_23_two_processes_of_many_threads_compute_a_key_once(start, tmp_path):
    gate = tmp_path / "gate"
    processes = [start(gate), start(gate)]
    until(lambda: "elsewhere" in dict(noted(tmp_path)))  # both have asked for it
    gate.touch()
    hashes = [each for process in processes for each in given(process)]
    assert len(hashes) == 2 * THREADS
    assert len(set(hashes)) == 1
    assert Counter(word for word, _ in noted(tmp_path) if word != "elsewhere") == {"guidance": 1, "field": 1}
    assert list((tmp_path / "cache" / FOLDER).iterdir()) == []


@pytest.mark.slow
def test_promise_23_another_takes_over_from_one_that_is_killed(start, tmp_path):
    gate = tmp_path / "gate"
    first = start(gate)
    until(lambda: ("guidance", str(first.pid)) in noted(tmp_path))
    second = start()
    until(lambda: second.poll() is not None or ("elsewhere", str(second.pid)) in noted(tmp_path))
    assert second.poll() is None
    first.kill()
    assert len(set(given(second))) == 1
    assert [pid for word, pid in noted(tmp_path) if word == "guidance"] == [str(first.pid), str(second.pid)]


@pytest.fixture
def queues(tmp_path):
    """Two queues on one cache, as two processes have them: a lock of one keeps the other out as well."""
    made = []
    for name in ("one", "other"):
        server = Flask(name)
        store, parts = GuidanceStore(server, tmp_path), UnfinishedGuidanceStore(server, tmp_path)
        made.append(GuidanceQueue(store, parts, JobQueue(), KeyLocks(tmp_path)))
    yield made
    for each in made:
        each.jobs.close()


def test_waiting_for_another_process_holds_no_worker_and_is_told(queues):
    one, other = queues
    first, second = Stream(is_open=False), Stream()
    first.gate.release()
    beyond(one, "key", first, 0)
    until(lambda: other.ask("key", second).is_elsewhere)
    assert finished(other, "another key", Stream()).is_complete
    assert other.ask("key", second).is_elsewhere
    first.gate.release(PASSES)
    assert finished(other, "key", second).images[0].tolist() == [[1, 2, 3, 4]] * 2
    assert (first.started, second.started) == (1, 0)


def test_what_another_process_has_put_aside_is_seen_meanwhile_and_taken_over(queues, monkeypatch):
    one, other = queues
    monkeypatch.setattr("dashboard.jobs.queue.SAVED_EVERY", -1.0)
    first, second = Stream(is_open=False), Stream()
    first.gate.release(2)
    until(lambda: one.ask("key", first, "page").done == 2)
    assert until(lambda: (told := other.ask("key", second)).done == 2 and told).images is None
    one.hold("key", Hold.PAUSED)
    one.leave("page")
    first.gate.release(PASSES)
    assert finished(other, "key", second).is_complete
    assert second.started == 1


def test_what_is_given_up_is_free_for_others_at_once(queues):
    """Not only when the interpreter looks for what holds itself: a stream knows the job that holds it."""
    one, other = queues
    first, second = Stream(is_open=False), Stream()
    gc.disable()
    try:
        first.gate.release()
        one.ask("key", first, "page", goes_on=lambda _so_far, _wanted: first())
        until(lambda: one.look("key").done == 1)
        one.leave("page")  # amid the second part
        first.gate.release()
        assert finished(other, "key", second).is_complete
    finally:
        gc.enable()
    assert second.started == 1


def test_what_is_not_kept_is_computed_by_each(queues):
    streams = Stream(is_open=False), Stream(is_open=False)
    for queue, stream in zip(queues, streams, strict=True):
        queue.ask("key", stream, is_kept=False)
    until(lambda: all(each.started for each in streams))
    for each in streams:
        each.gate.release(PASSES)


def test_where_nothing_can_be_locked_it_is_computed_all_the_same(tmp_path):
    (tmp_path / FOLDER).write_bytes(b"no folder")
    locks = KeyLocks(tmp_path)
    with locks.tried("key") as first, locks.tried("key") as second:
        assert (first, second) == (True, True)


def test_a_lock_is_of_one_at_a_time_and_leaves_no_file(tmp_path):
    locks, others = KeyLocks(tmp_path), KeyLocks(tmp_path)
    with locks.tried("key") as is_ours:
        assert is_ours
        with others.tried("key") as is_theirs, others.tried("another key") as is_another:
            assert (is_theirs, is_another) == (False, True)
    with others.tried("key") as is_theirs:
        assert is_theirs
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_files_of_killed_processes_go_at_the_next_start_and_those_of_living_ones_stay(tmp_path):
    locks = KeyLocks(tmp_path)
    with locks.tried("key"):
        (tmp_path / FOLDER / "of-a-killed-one.lock").touch()
        KeyLocks(tmp_path)
        assert len(list((tmp_path / FOLDER).iterdir())) == 1
