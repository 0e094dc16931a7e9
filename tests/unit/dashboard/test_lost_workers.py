"""Workers that are killed and a Redis that goes away, in the midst of a series: promises 19, 25 and 26."""

import threading

import pytest
from flask import Flask

from dashboard.jobs import job_board
from dashboard.jobs.job_board import JobBoard
from dashboard.pages.explore import series_routes
from dashboard.service import worker_runner
from dashboard.service.embedded_runner import OTHERWISE
from dashboard.service.slice_values import SliceValues
from tests.support.job_worlds import FULL, NAME, NETWORK, kept, over, world_of_workers
from tests.support.waiting import until

pytestmark = pytest.mark.slow  # workers take seconds to start


@pytest.fixture
def world(settings, tmp_path):
    with world_of_workers(settings, tmp_path) as found:
        yield found


def progress(series):
    return series.progress(NAME(4), NETWORK)


def test_promise_25_a_worker_is_killed_and_the_other_finishes_the_series(world):
    _, series = world.begin()
    world.employ(count=2)
    world.control.shut()
    series.start(NAME(4), NETWORK)
    until(lambda: len({pid for pid, _ in world.control.begun()}) == 2)
    lost = world.busy_worker()
    (its_slice,) = [name for pid, name in world.control.begun() if pid == lost.pid]
    lost.kill()
    until(lambda: progress(series).note == worker_runner.LOST)
    world.control.open()
    assert over(series).done == 5
    again = [name for name in world.control.slices() if world.control.slices().count(name) > 1]
    assert set(again) == {its_slice}, "only what it was at is computed anew"


def test_promise_25_the_only_worker_is_killed_and_it_is_told_and_goes_on_with_another(world):
    _, series = world.begin()
    world.employ()
    series.start(NAME(4), NETWORK)
    until(lambda: progress(series).done >= 1)
    world.control.shut()
    until(lambda: len(world.control.begun()) > progress(series).done)
    world.workers[0].kill()
    until(lambda: progress(series).note == worker_runner.NO_WORKERS)
    done = progress(series).done
    assert 1 <= done < 5
    world.control.open()
    world.employ()
    assert over(series).done == 5


def test_a_slice_that_ends_every_worker_is_given_up_told_and_can_be_tried_again(world, monkeypatch):
    monkeypatch.setattr(worker_runner.WorkerRunner, "at_once", lambda *_: 1)
    _, series = world.begin()
    world.control.shut()
    world.employ()
    series.start(NAME(4), NETWORK)
    for count in (1, 2):
        until(lambda count=count: world.control.slices().count("4") == count)
        if count == 1:
            world.employ()
        world.busy_worker().kill()
    until(lambda: NAME(4) in progress(series).failures)
    assert progress(series).failures[NAME(4)] == worker_runner.LOST_AGAIN
    world.control.open()
    world.employ()
    assert over(series).done == 4
    series.start(NAME(4), NETWORK)
    assert over(series).done == 5


@pytest.mark.parametrize("how", ["stop", "freeze"])
def test_promise_26_redis_goes_away_amid_a_series_which_goes_on_when_it_is_back(world, how):
    service, series = world.begin()
    world.employ()
    world.control.shut()
    series.start(NAME(4), NETWORK)
    until(world.control.begun)
    getattr(world.redis, how)()
    until(lambda: progress(series).note == worker_runner.UNREACHABLE)
    fused_pair = service.open_pair(NAME(4), NETWORK)
    assert service.answer(fused_pair, (5, 5)).jacobian.pixel == (5, 5), "the pointer is answered"
    world.control.open()
    until(lambda: progress(series).done >= 1)  # what the worker was at is found in the cache
    {"stop": world.redis.start, "freeze": world.redis.thaw}[how]()
    told = over(series)
    assert (told.done, told.note) == (5, "")
    assert not any("lost" in each for each in told.failures.values())


def test_promise_26_no_request_asks_redis(world, monkeypatch):
    """Only the thread that hands jobs out does: whatever Redis does, requests do not wait for it."""
    askers, plain = set(), JobBoard._asked

    def asked(self, ask):
        askers.add(threading.current_thread().name)
        return plain(self, ask)

    monkeypatch.setattr(JobBoard, "_asked", asked)
    service, series = world.begin()
    server = Flask("requests")
    series_routes.register(server, series, SliceValues(service))
    client, words = server.test_client(), {"pair": NAME(4), "network": NETWORK}
    world.redis.freeze()

    def told(how):
        return client.post("/explore/series/tell", query_string={**words, "how": how}).json

    assert told("start")["isBegun"]
    until(lambda: client.get("/explore/series", query_string=words).json["note"] == worker_runner.UNREACHABLE)
    for how, hold in (("pause", "paused"), ("resume", None), ("cancel", "cancelled")):
        assert told(how)["hold"] == hold
    assert askers == {"series"}


def test_who_asks_redis_waits_for_a_moment_and_is_refused_at_once_after_that(world, monkeypatch):
    board = JobBoard(world.redis.address, worker_runner.SealedWords(world.cache))
    told = board._client.connection_pool.connection_kwargs
    assert (told["socket_timeout"], told["socket_connect_timeout"]) == (job_board.PATIENCE,) * 2
    assert job_board.PATIENCE <= 0.2
    assert told["retry"].get_retries() == 0
    world.redis.stop()
    with pytest.raises(job_board.BoardUnreachableError):
        board.workers()
    monkeypatch.setattr(board, "_client", None)  # not asked again
    with pytest.raises(job_board.BoardUnreachableError):
        board.workers()


def test_promise_19_workers_give_the_same_bytes_each_time(world):
    service, series = world.begin()
    world.employ(is_forked=False, count=2)
    found, workers = set(), set()
    for _ in range(10):
        series.start(NAME(4), NETWORK)
        assert over(series).done == 5
        found.add(b"".join(image for images in kept(service) for image in images))
        for number in FULL:
            fused_pair = service.open_pair(NAME(number), NETWORK)
            service._kept_guidance.discard(fused_pair.key)
        service.jobs.let_go(service.guidance_queue.kind)
    workers = {pid for pid, _ in world.control.begun()}
    assert len(workers) == 2
    assert len(found) == 1
    assert len(world.control.begun()) == 10 * len(FULL)


def test_a_worker_with_other_pictures_refuses_and_says_what_to_do(world, tmp_path):
    from tests.support.volumes import volume, write_nifti

    write_nifti(
        volume(9, shape=(7, 11, 10), spacing=(3.0, 1.0, 1.0)), tmp_path / "x" / "study" / "mri" / "P1.nii.gz"
    )
    write_nifti(
        volume(2, "PET", shape=(5, 6, 6), spacing=(3.0, 2.0, 2.0)), tmp_path / "x" / "study" / "pet" / "P1.nii.gz"
    )
    _, series = world.begin()
    world.employ(tmp_path / "x" / "study")
    series.start(NAME(4), NETWORK)
    told = over(series)
    assert told.done == 0
    assert told.failures[NAME(4)] == OTHERWISE
    assert world.control.begun() == []
