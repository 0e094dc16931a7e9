"""What a series owes to whoever started it, whoever computes it: this process, or two workers by a real Redis."""

import numpy as np
import pytest
from flask import Flask

from dashboard.cache.series_records import SeriesRecords
from dashboard.jobs import job_board
from dashboard.jobs.unfinished import Hold
from saliency import guidance
from tests.support.controlled_guidance import FAILS
from tests.support.job_worlds import EMPTY, FULL, NAME, NETWORK, JobWorld, controlled, kept, over, redis_or_skipped
from tests.support.waiting import until

pytestmark = pytest.mark.slow  # workers take seconds to start


@pytest.fixture(scope="module")
def redis():
    with redis_or_skipped() as found:
        yield found


@pytest.fixture(params=["embedded", "workers"])
def world(request, settings, tmp_path, monkeypatch):
    with_workers = request.param == "workers"
    redis = request.getfixturevalue("redis") if with_workers else None
    monkeypatch.setattr(job_board, "WANTED", 3.0)
    found = JobWorld(settings, tmp_path, redis)
    if with_workers:
        found.employ()
    controlled(monkeypatch, found)
    yield found
    found.end()


def test_every_slice_is_what_saliency_computes_and_empty_ones_are_told(world):
    _, series = world.begin()
    if world.redis:
        world.employ()  # a second one
    assert series.progress(NAME(4), NETWORK).total == 7
    series.start(NAME(4), NETWORK)
    told = over(series)
    assert (told.done, sorted(told.failures), told.note) == (5, [NAME(each) for each in EMPTY], "")
    assert sorted(world.control.slices()) == sorted(FULL), "each of them once"
    later, _ = world.begin()
    for number, images in zip(FULL, kept(later), strict=True):
        fused_pair = later.open_pair(NAME(number), NETWORK)
        exact = guidance(fused_pair.loaded.network, fused_pair.pair)
        assert images == [exact.first.tobytes(), exact.second.tobytes()]


def test_a_page_finds_what_was_computed_without_computing_it(world):
    service, series = world.begin()
    series.start(NAME(4), NETWORK)
    over(series)
    before = world.control.slices()
    page = until(lambda: service.guidance(service.open_pair(NAME(3), NETWORK), "page").images)
    assert np.isfinite(page[0]).any()
    assert world.control.slices() == before


def test_progress_grows_and_the_rest_is_foretold(world):
    _, series = world.begin()
    series.start(NAME(4), NETWORK)
    seen = []

    def watched():
        told = series.progress(NAME(4), NETWORK)
        seen.append(told.done)
        return told.is_over

    until(watched)
    assert seen == sorted(seen)
    assert seen[-1] == 5


def test_a_pause_holds_it_and_it_goes_on_from_there(world):
    _, series = world.begin()
    world.control.shut()
    series.start(NAME(4), NETWORK)
    until(world.control.begun)
    series.hold(NAME(3), NETWORK, Hold.PAUSED)
    assert series.progress(NAME(5), NETWORK).hold is Hold.PAUSED
    until(lambda: not _is_worked_on(world, series))
    world.control.open()
    assert series.progress(NAME(4), NETWORK).done <= 1
    series.start(NAME(4), NETWORK)
    told = over(series)
    assert (told.done, told.hold) == (5, None)


def _is_worked_on(world, series):
    """Whether somebody wants a slice from the workers; in this process that is over at once."""
    board = getattr(series._runner, "_board", None)
    return board is not None and bool(board._client.keys(f"{board.line}:wanted:*"))


def test_a_cancel_ends_it_and_it_can_be_begun_anew(world):
    _, series = world.begin()
    world.control.shut()
    series.start(NAME(4), NETWORK)
    until(world.control.begun)
    series.hold(NAME(4), NETWORK, Hold.CANCELLED)
    assert series.progress(NAME(4), NETWORK).is_over
    assert SeriesRecords(Flask("later"), world.cache).get() == ()
    world.control.open()
    series.start(NAME(4), NETWORK)
    assert over(series).done == 5


def test_what_fails_is_told_by_its_reason_and_can_be_tried_again(world):
    _, series = world.begin()
    world.control.fail("3")
    series.start(NAME(4), NETWORK)
    told = over(series)
    assert (told.done, told.failures[NAME(3)]) == (4, f"Guidance failed: {FAILS}")
    world.control.fail("none")
    series.start(NAME(4), NETWORK)
    assert over(series).done == 5


def test_a_series_of_changed_pairs_is_another_one(world):
    service, series = world.begin()
    series.start(NAME(4) + "~swap", NETWORK)
    assert until(lambda: (told := series.progress(NAME(4) + "~swap", NETWORK)).is_over and told).done == 5
    assert not series.progress(NAME(4), NETWORK).is_begun
    first, second = kept(service, ["4~swap"])[0]
    series.start(NAME(4), NETWORK)
    over(series)
    assert kept(service, ["4"])[0] != [first, second]


def test_after_a_restart_it_goes_on_where_it_was(world):
    service, series = world.begin()
    series.start(NAME(4), NETWORK)
    until(lambda: series.progress(NAME(4), NETWORK).done >= 1)
    service.jobs.close()
    _, again = world.begin()
    again.resume()
    assert again.progress(NAME(4), NETWORK).is_begun
    assert over(again).done == 5
    assert SeriesRecords(Flask("after"), world.cache).get() == ()


def test_two_dashboards_on_one_cache_keep_each_other_s_series(world):
    (_, one), (_, other) = world.begin(), world.begin()
    world.control.shut()
    one.start(NAME(4), NETWORK)
    one.hold(NAME(4), NETWORK, Hold.PAUSED)
    other.start(NAME(4) + "~swap", NETWORK)
    other.hold(NAME(4) + "~swap", NETWORK, Hold.PAUSED)
    found = SeriesRecords(Flask("later"), world.cache).get()
    assert {(each.changes, each.is_paused) for each in found} == {("", True), ("~swap", True)}
    one.hold(NAME(4), NETWORK, Hold.CANCELLED)
    assert {each.changes for each in SeriesRecords(Flask("last"), world.cache).get()} == {"~swap"}
