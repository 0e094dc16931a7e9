"""Guidance of a whole series: every slice once, after all else, told where one fails, over a restart."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from flask import Flask

import dashboard.service.pair_checks as checks
from dashboard.cache.lru import LRUCache
from dashboard.cache.series_records import FOLDER, SeriesRecord, SeriesRecords
from dashboard.jobs import queue as job_queue
from dashboard.jobs.job import SEEN_WITHIN, Task
from dashboard.jobs.unfinished import Hold
from dashboard.pages.explore import series_routes
from dashboard.server.error_handler import NotHereError
from dashboard.service import series_guidance
from dashboard.service.embedded_runner import EmbeddedRunner
from dashboard.service.saliency_service import SaliencyService
from dashboard.service.series_guidance import SeriesGuidance, case_hash
from dashboard.service.slice_values import SliceValues
from fusion import InputError
from saliency import Locality
from tests.support.agreed_checks import take_as_agreed
from tests.support.open_jobs import open_jobs
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import until
from tests.support.worked_for import works_for
from tests.unit.dashboard.test_queue import Logging, held_queue, kind_of

pytestmark = pytest.mark.slow  # each starts a service or two
NETWORK = "DeepFuse"
MRI = volume(1, shape=(5, 11, 10), spacing=(3.0, 1.0, 1.0))
PET = volume(2, "PET", shape=(3, 6, 6), spacing=(3.0, 2.0, 2.0))
NAME = "study/P1 · axial/{}".format
EMPTY = (1, 5)
"""Slices beyond the PET volume."""


@pytest.fixture
def folder(tmp_path):
    write_nifti(MRI, tmp_path / "study" / "mri" / "P1.nii.gz")
    write_nifti(PET, tmp_path / "study" / "pet" / "P1.nii.gz")
    return tmp_path / "study"


@pytest.fixture(scope="module")
def read():
    """Networks as they were read from their files: what was found out about one serves every start."""
    return LRUCache(size=4)


@pytest.fixture
def begun():
    """The services of a test."""
    return []


@pytest.fixture
def begin(settings, folder, tmp_path, read, begun):
    """A start of the dashboard on one cache; each is ended at the end."""

    def start(asker=lambda: None):
        service = SaliencyService(
            replace(settings, pairs=(folder,), same_space=True, cache=tmp_path / "cache"), Flask("series")
        )
        begun.append(service)
        service.network_pool._read = read
        take_as_agreed(service)
        for name in (NETWORK, "Weighted Averaging"):
            service.network_pool.get(name)  # measured before a busy machine refuses to wait for it
        records = SeriesRecords(Flask("records"), tmp_path / "cache")
        return service, SeriesGuidance(service, records, EmbeddedRunner(service), asker)

    yield start
    for each in begun:
        each.jobs.close()


@pytest.fixture
def counted(monkeypatch, begun):
    """How often guidance of a slice was begun, by the content of the slice; passes wait while it is shut."""
    made = Counted(checks.guidance_stream, begun)
    monkeypatch.setattr(checks, "guidance_stream", made)
    yield made
    made.is_open.set()


class Counted:
    def __init__(self, stream, services):
        self.stream, self.services, self.begun, self.is_open = stream, services, [], Event()
        self.is_open.set()

    def __call__(self, network, pair, **words):
        is_counted = works_for(each.jobs for each in self.services)
        yield from (self.counted if is_counted else self.stream)(network, pair, **words)

    def counted(self, network, pair, **words):
        self.begun.append(pair.title)
        for found in self.stream(network, pair, **words):
            self.is_open.wait(timeout=300)
            yield found


def over(series, pair="study/P1 · axial/3", network=NETWORK):
    return until(lambda: (found := series.progress(pair, network)).is_over and found)


def test_every_slice_is_stored_as_explore_finds_it_and_empty_ones_are_told(begin, counted):
    service, series = begin()
    assert series.progress(NAME(3), NETWORK).total == 5
    series.start(NAME(3), NETWORK)
    found = over(series)
    assert (found.done, sorted(found.failures)) == (3, [NAME(each) for each in EMPTY])
    assert all("PET has no value anywhere in axial slice" in each for each in found.failures.values())
    assert counted.begun == [f"study / P1 · axial / {each}" for each in (3, 2, 4)], "outwards from the one seen"
    later, _ = begin()
    fused_pair = later.open_pair(NAME(2), NETWORK)
    np.testing.assert_array_equal(
        later.finished_guidance(fused_pair)[0], service.finished_guidance(service.open_pair(NAME(2), NETWORK))[0]
    )


def test_nothing_is_computed_twice_and_two_who_start_share_it(begin, counted):
    service, series = begin()
    fused_pair = service.open_pair(NAME(4), NETWORK)
    until(lambda: service.guidance(fused_pair, "page").is_complete)
    counted.is_open.clear()
    series.start(NAME(3), NETWORK)
    until(lambda: len(counted.begun) == 2)
    series.start(NAME(2), NETWORK)
    page = service.guidance(service.open_pair(NAME(3), NETWORK), "page")
    assert not page.is_complete
    counted.is_open.set()
    assert over(series).done == 3
    assert len(counted.begun) == 3, "the page took the slice over that was under way"
    series.start(NAME(2), NETWORK)
    assert over(series).done == 3
    assert len(counted.begun) == 3


def test_what_a_page_looks_at_comes_before_a_series(begin, counted):
    service, series = begin()
    counted.is_open.clear()
    series.start(NAME(3), NETWORK)
    until(lambda: counted.begun)
    fused_pair = service.open_pair("phantom-1", "Weighted Averaging")
    service.guidance(fused_pair, "page")
    counted.is_open.set()
    until(lambda: service.guidance(fused_pair, "page").is_complete)
    assert counted.begun[1] == "Phantom 1", "it was begun before the second slice"
    assert over(series).done == 3


def test_a_pause_holds_it_for_all_and_a_cancel_ends_it(begin, counted, tmp_path):
    service, series = begin()
    counted.is_open.clear()
    series.start(NAME(3), NETWORK)
    until(lambda: counted.begun)
    series.hold(NAME(2), NETWORK, Hold.PAUSED)
    assert series.progress(NAME(4), NETWORK).hold is Hold.PAUSED
    counted.is_open.set()
    until(lambda: not service.jobs._jobs)
    assert series.progress(NAME(3), NETWORK).done == 0
    series.start(NAME(3), NETWORK)
    until(lambda: series.progress(NAME(3), NETWORK).done >= 1)
    series.hold(NAME(3), NETWORK, Hold.CANCELLED)
    told = series.progress(NAME(3), NETWORK)
    assert told.is_over
    assert SeriesRecords(Flask("later"), tmp_path / "cache").get() == ()


def test_it_is_seen_and_held_by_its_own_alone(begin, counted, tmp_path):
    who = ["anna"]
    _, series = begin(lambda: who[0])
    counted.is_open.clear()
    series.start(NAME(3), NETWORK)
    until(lambda: counted.begun)
    who[0] = "adam"
    assert not series.progress(NAME(3), NETWORK).is_begun
    with pytest.raises(NotHereError):
        series.hold(NAME(2), NETWORK, Hold.CANCELLED)
    series.start(NAME(2), NETWORK)
    series.hold(NAME(3), NETWORK, Hold.CANCELLED)
    assert series.progress(NAME(3), NETWORK).is_over
    who[0] = "anna"
    assert series.progress(NAME(3), NETWORK).hold is None, "what one gave up goes on for the other"
    (record,) = SeriesRecords(Flask("between"), tmp_path / "cache").get()
    assert record.owners == ("anna",)
    series.hold(NAME(3), NETWORK, Hold.CANCELLED)
    assert SeriesRecords(Flask("later"), tmp_path / "cache").get() == ()


def test_one_person_has_so_many_series_at_a_time_and_others_have_theirs(begin, counted, monkeypatch):
    monkeypatch.setattr(series_guidance, "MOST_OPEN", 1)
    who = ["anna"]
    _, series = begin(lambda: who[0])
    counted.is_open.clear()
    series.start(NAME(3), NETWORK)
    series.start(NAME(2), NETWORK)  # the same one
    with pytest.raises(InputError, match="1 series are being computed already"):
        series.start(NAME(3), "Weighted Averaging")
    who[0] = "adam"
    series.start(NAME(3), "Weighted Averaging")
    who[0] = "anna"
    series.hold(NAME(3), NETWORK, Hold.PAUSED)
    series.start(NAME(3), "Weighted Averaging")
    with pytest.raises(InputError):
        series.start(NAME(3), NETWORK)
    counted.is_open.set()
    over(series, network="Weighted Averaging")
    series.start(NAME(3), NETWORK)
    over(series)


def test_after_a_restart_it_goes_on_where_it_was(begin, counted, tmp_path, monkeypatch):
    monkeypatch.setattr(job_queue, "SAVED_EVERY", 0.0)
    service, series = begin()
    series.start(NAME(3), NETWORK)
    until(lambda: series.progress(NAME(3), NETWORK).done >= 1)
    service.jobs.close()
    done = series.progress(NAME(3), NETWORK).done
    before = list(counted.begun)
    _later, again = begin()
    assert not again.progress(NAME(3), NETWORK).is_begun
    again.resume()
    assert again.progress(NAME(3), NETWORK).is_begun
    assert over(again).done == 3
    assert len(counted.begun) <= 3 + (len(before) > done), "only the slice that was under way is begun anew"
    assert SeriesRecords(Flask("after"), tmp_path / "cache").get() == ()


def test_a_paused_series_stays_paused_over_a_restart_and_names_nobody(begin, counted, tmp_path):
    service, series = begin()
    counted.is_open.clear()
    series.start(NAME(3), NETWORK)
    series.hold(NAME(3), NETWORK, Hold.PAUSED)
    counted.is_open.set()
    service.jobs.close()
    (record,) = SeriesRecords(Flask("between"), tmp_path / "cache").get()
    assert record == SeriesRecord(case_hash(service.catalogue.entry(NAME(3))), "", NETWORK, True, 0)
    SeriesRecords(Flask("one done"), tmp_path / "cache").put([replace(record, done=1)])
    assert not any(b"P1" in file.read_bytes() for file in (tmp_path / "cache" / FOLDER).iterdir())
    _, again = begin()
    again.resume()
    assert again.progress(NAME(3), NETWORK).hold is Hold.PAUSED
    assert again.progress(NAME(3), NETWORK).done == 1
    again.start(NAME(3), NETWORK)
    assert over(again).done == 3


def test_what_is_not_here_is_kept_for_a_start_that_has_it(begin, tmp_path):
    records = SeriesRecords(Flask("put"), tmp_path / "cache")
    elsewhere = SeriesRecord("ab" * 32, "", NETWORK, False)
    records.put([elsewhere])
    _, series = begin()
    series.resume()
    series.start(NAME(3), NETWORK)
    over(series)
    assert records.get() == (elsewhere,)


def test_a_series_of_changed_pairs_is_another_one(begin):
    _, series = begin()
    series.start(NAME(3) + "~swap", NETWORK)
    assert over(series, NAME(2) + "~swap").done == 3
    assert not series.progress(NAME(3), NETWORK).is_begun


def test_a_failure_is_told_and_the_other_slices_go_on(begin, monkeypatch):
    _service, series = begin()
    stream = checks.guidance_stream

    def fails(network, pair, **words):
        if pair.title.endswith("/ 2"):
            raise InputError("It needs 9.0 GB, 2.0 are free.")
        return stream(network, pair, **words)

    monkeypatch.setattr(checks, "guidance_stream", fails)
    series.start(NAME(3), NETWORK)
    found = over(series)
    assert found.done == 2
    assert "9.0 GB" in found.failures[NAME(2)]


def test_what_cannot_be_a_series_is_refused(begin, monkeypatch):
    _service, series = begin()
    with pytest.raises(InputError, match="one picture"):
        series.start("phantom-1", NETWORK)
    with pytest.raises(InputError, match="There is no pair"):
        series.progress("nowhere", NETWORK)
    monkeypatch.setattr("dashboard.service.embedded_runner.locality", lambda _: Locality(0, is_local=False))
    with pytest.raises(InputError, match="estimates are not kept"):
        series.start(NAME(3), NETWORK)


def test_over_http(begin):
    service, series = begin()
    server = Flask("http")
    series_routes.register(server, series, SliceValues(service))
    client, words = server.test_client(), {"pair": NAME(3), "network": NETWORK}
    assert client.get("/explore/series", query_string=words).json["isBegun"] is False
    told = client.post("/explore/series/tell", query_string={**words, "how": "start"}).json
    assert told["isBegun"]
    assert told["total"] == 5
    over(series)
    found = client.get("/explore/series", query_string=words).json
    assert (found["done"], found["isOver"], found["hold"], found["left"]) == (3, True, None, None)
    assert sorted(each["slice"] for each in found["failures"]) == ["1", "5"]


def test_what_goes_on_by_itself_waits_for_hidden_pages_and_changes_nothing_for_those_who_look():
    jobs, gate = held_queue()
    log, kind = [], kind_of("tested")
    jobs.ask(kind, "series", {"first": Task(Logging(log, "first", 2))}, in_background=True)
    jobs.ask(kind, "series two", {"second": Task(Logging(log, "second", 1))}, in_background=True)
    jobs.ask(kind, "hidden", {"quick": Task(Logging(log, "quick", 2))})
    jobs._watchers._watchers["tested", "hidden"].asked -= SEEN_WITHIN + 1
    jobs.ask(kind, "seen", {"slow": Task(Logging(log, "slow", 4, 0.01), wanted="here")})
    jobs.ask(kind, "series three", {"slow": Task(Logging(log, "slow", 4))}, in_background=True)
    assert jobs._jobs["tested", "slow"].wanted == "here"
    assert jobs.watching(kind, 5.0) == 1
    gate.set()
    until(lambda: open_jobs(jobs, kind) == 0)
    jobs.close()
    assert [name for name, _ in log] == ["slow"] * 4 + ["quick"] * 2 + ["first"] * 2 + ["second"]
