"""Cohort: what is measured of a collection, how it is held, and what is kept of it."""

import io
from dataclasses import replace
from itertools import product

import pytest
from dash import no_update
from flask import Flask

from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.jobs.unfinished import Hold
from dashboard.pages.cohort import cohort_view, routes
from dashboard.pages.cohort.callbacks import begin, follow, restore
from dashboard.pages.cohort.cohort_jobs import CohortJobs
from dashboard.pages.cohort.layout import default_state
from dashboard.service.embedded_runner import EmbeddedRunner
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from saliency.cohort.case_figures import WHOLE, PlaceFigures
from saliency.cohort.cohort_files import HEADS
from saliency.cohort.cohort_row import CohortRow
from saliency.cohort.outliers import Outlying
from tests.support.dropped import picture
from tests.support.waiting import until

CHOICE = {"pair": "small/1", "networks": ["Weighted Averaging"], "slices": 1}
PLACES = (PlaceFigures(WHOLE, 9, 9, (3, 4), {"rows_share": 0.5, "leakage": None}),)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two pairs."""
    root = tmp_path_factory.mktemp("collection") / "small"
    for seed, (folder, name) in enumerate(product(("mri", "pet"), ("1.png", "2.png"))):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_bytes(picture(seed, (24, 30)))
    return root


@pytest.fixture
def jobs(settings, small, tmp_path):
    """Of a service that has measured nothing yet: two pairs, a cache of its own."""
    own = replace(settings, phantoms=0, nightscenes=0, pairs=(small,), cache=tmp_path / "cache")
    server = Flask(__name__)
    service = SaliencyService(own, server)
    yield CohortJobs(service, CohortFiguresCache(server, own.cache), EmbeddedRunner(service))
    service.jobs.close()


def finished(jobs, choice=CHOICE):
    until(lambda: jobs.ask("page", choice).state.is_over)
    return jobs.ask("page", choice)


def test_a_collection_is_measured_and_kept(jobs, monkeypatch):
    found = finished(jobs)
    assert not found.state.failure
    assert (found.progress.done, found.progress.found_before) == (2, 0)
    assert {row.slice for row in found.progress.rows} == {"1", "2"}
    again = [*jobs._stream(jobs.entries(CHOICE), CHOICE["networks"])][-1]
    assert again.found_before == 2
    assert again.rows == found.progress.rows


def test_nobody_holds_another_persons_and_what_is_kept_serves_both(jobs, monkeypatch):
    who = ["anna"]
    monkeypatch.setattr("dashboard.pages.cohort.cohort_jobs.owner", lambda: who[0])
    finished(jobs)
    who[0] = "adam"
    jobs.hold(CHOICE, Hold.CANCELLED)
    assert jobs.look(CHOICE).hold is Hold.CANCELLED
    jobs.hold(CHOICE, None)
    assert finished(jobs).progress.found_before == 2
    jobs.hold(CHOICE, Hold.PAUSED)
    who[0] = "anna"
    assert jobs.look(CHOICE).hold is None


def test_what_is_kept_is_sealed(tmp_path):
    kept = CohortFiguresCache(Flask(__name__), tmp_path)
    kept.put("a" * 64, PLACES)
    assert kept.get("a" * 64) == PLACES
    assert kept.get("b" * 64) is None
    for file in (each for each in tmp_path.rglob("*") if each.suffix == ".sealed"):
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert kept.get("a" * 64) is None


def test_a_held_cohort_is_not_worked_on(jobs):
    jobs.hold(CHOICE, Hold.PAUSED)
    found = jobs.ask("page", CHOICE)
    assert found.hold is Hold.PAUSED
    assert "paused" in cohort_view.progress(found)[1].children
    begin(jobs, 1, **CHOICE)
    assert finished(jobs).hold is None


def test_what_is_begun_goes_on_without_a_page_and_is_there_again(jobs, monkeypatch):
    monkeypatch.setattr("dashboard.jobs.queue.FORGOTTEN_AFTER", 0.2)
    monkeypatch.setattr("dashboard.pages.cohort.open_cohorts.LOOK", 0.02)
    begin(jobs, 1, **CHOICE)
    address = "?pair=small/1&networks=weighted averaging&slices=1"
    assert restore(jobs, default_state(jobs), address)[-1] == CHOICE
    until(lambda: jobs.look(CHOICE).state.is_over)
    assert jobs.look(CHOICE).progress.done == 2
    until(lambda: jobs.key(CHOICE) not in jobs._open)
    assert restore(jobs, default_state(jobs), address)[-1] == CHOICE, "what is over is shown as well"
    assert restore(jobs, default_state(jobs), address.replace("weighted averaging", "deepfuse"))[-1] is no_update


def test_what_is_cancelled_is_let_go_of(jobs, monkeypatch):
    monkeypatch.setattr("dashboard.pages.cohort.open_cohorts.LOOK", 0.02)
    jobs.begin(CHOICE)
    jobs.hold(CHOICE, Hold.PAUSED)
    assert jobs.key(CHOICE) in jobs._open
    jobs.hold(CHOICE, Hold.CANCELLED)
    until(lambda: jobs.key(CHOICE) not in jobs._open)
    assert jobs.look(CHOICE).hold is Hold.CANCELLED
    jobs.begin(CHOICE)
    until(lambda: jobs.look(CHOICE).state.is_over)


@pytest.mark.parametrize("wrong", [{"networks": []}, {"slices": 0}, {"slices": 999}, {"pair": "nowhere"}])
def test_what_cannot_be_measured_is_told(jobs, wrong):
    with pytest.raises(InputError):
        jobs.ask("page", {**CHOICE, **wrong})
    told = follow(jobs, 0, {**CHOICE, **wrong}, WHOLE, "rows_share", False, "page", None)
    assert isinstance(told[0], str)
    assert told[4] is True


def test_the_page_shows_it_once_and_sends_nothing_that_it_has(jobs, monkeypatch):
    monkeypatch.setattr(cohort_view, "has_parquet", lambda: True)
    finished(jobs)
    first = follow(jobs, 0, CHOICE, WHOLE, "rows_share", False, "page", None)
    progress, pause, resume, cancel, is_off, shown, places, figure, _, results = first
    assert (pause, resume, cancel, is_off) == (True, True, True, True)
    assert "finished" in progress[1].children
    assert places[0] == WHOLE
    assert [trace.name for trace in figure.data] == ["Weighted Averaging"]
    assert [each.href for each in results[0].children if hasattr(each, "href")] == [
        f"cohort/{name}?pair=small%2F1&networks=Weighted+Averaging&slices=1"
        for name in ("table.csv", "table.parquet", "summary.json")
    ]
    assert len(results) == 3
    second = follow(jobs, 1, CHOICE, WHOLE, "rows_share", False, "page", shown)
    assert second[-4:] == (no_update,) * 4


def test_parquet_is_offered_where_it_can_be_written(monkeypatch):
    monkeypatch.setattr(cohort_view, "has_parquet", lambda: False)
    links = [each for each in cohort_view.exports(CHOICE).children if hasattr(each, "href")]
    assert [each.children for each in links] == ["all figures (CSV)", "summary (JSON)"]


def test_a_line_opens_the_slice_on_explore():
    row = CohortRow("g", "1", "1 / 045", "", "MaskNet", PLACES[0])
    line = cohort_view._line(Outlying(row, "leakage", 2.0), {("g", "1 / 045"): "g/1045"})
    link = line.children[0].children
    assert link.href == "./?pair=g%2F1045&network=MaskNet&row=3&col=4"
    assert line.children[3].children == "leakage (2.0 ranges)"


def test_an_address_chooses_and_is_told_of_what_it_cannot(jobs):
    pair, networks, slices, place, figure, light, problem, _, asked = restore(
        jobs,
        default_state(jobs),
        "?pair=small/2&networks=weighted averaging,Nought&slices=3&figure=leakage&light=1",
    )
    assert (pair, networks, slices, place, figure, light) == (
        *("small/2", ["Weighted Averaging"], 3, WHOLE),
        *("leakage", True),
    )
    assert "Nought" in problem.children
    assert asked is no_update, "nobody has begun it"


def test_files_come_once_all_is_measured(jobs):
    server = Flask(__name__)
    routes.register(server, jobs)
    client = server.test_client()
    words = {**CHOICE, "networks": "weighted averaging"}
    assert client.get("/cohort/table.csv", query_string=words).status_code == 409
    found = finished(jobs)
    lines = client.get("/cohort/table.csv", query_string=words).text.splitlines()
    assert len(lines) == 1 + len(found.progress.rows)
    columns = client.get("/cohort/table.parquet", query_string=words)
    table = pytest.importorskip("pyarrow.parquet").read_table(io.BytesIO(columns.data))
    assert (table.num_rows, table.column_names) == (len(lines) - 1, list(HEADS))
    content = client.get("/cohort/summary.json", query_string=words).json
    assert {each["network"] for each in content["distributions"]} == {"Weighted Averaging"}
    with pytest.raises(InputError), server.test_request_context("/?slices=x"):
        routes._choice()
