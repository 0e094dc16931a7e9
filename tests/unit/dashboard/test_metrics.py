"""``/metrics``: Prometheus' text form, right to the request, without a name; and a line a request on wish."""

import logging
from types import SimpleNamespace

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from dashboard.cache.disk import CACHES
from dashboard.server import error_handler, metrics, request_outcomes
from dashboard.server.metrics import Reading, metrics_of
from dashboard.service.memory_gate import LEAST
from fusion import InputError
from fusion.shipped import VERSION
from tests.support.signed_on import client_of, signed_on, users_of
from tests.support.waiting import until
from tests.unit.dashboard.test_readiness import SECRET

VIEW = {"pair": "cases/wide", "network": "Weighted Averaging", "row": 5, "col": 6}


@pytest.fixture(scope="module")
def site(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics")
    secret = folder / "monitor.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    with signed_on(settings, folder, monitor_secret=secret) as app:
        users = users_of(folder)
        yield SimpleNamespace(app=app, users=users, client=lambda name="": client_of(app, users, name))


def numbers(text):
    """Every sample: its value by name and labels, in the labels' order."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(site):
    answer = site.client().get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    assert (answer.status_code, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return numbers(answer.get_data(as_text=True))


def test_who_watches_may_read_it_and_nobody_else(site):
    statuses = {name: site.client(name).get("/metrics").status_code for name in ("", "vera", "otto", "rita")}
    assert statuses == {"": 401, "vera": 403, "otto": 403, "rita": 200}


def test_requests_are_counted_by_route_and_outcome_with_their_time(site):
    before, vera = scraped(site), site.client("vera")
    for status, words in (
        (200, VIEW),
        (200, VIEW),
        (400, VIEW | {"row": "x"}),
        (400, VIEW | {"pair": "Doe_John"}),
    ):
        assert vera.get("/explore/jacobian", query_string=words).status_code == status
    site.client().get("/explore/jacobian", query_string=VIEW)
    found = scraped(site)

    def more(*sample):
        return found[sample] - before.get(sample, 0)

    assert more("fusevis_requests_total", "explore_jacobian", "answered") == 2
    assert more("fusevis_requests_total", "explore_jacobian", "refused") == 3
    assert more("fusevis_request_seconds_count", "explore_jacobian") == 5
    assert more("fusevis_request_seconds_bucket", "explore_jacobian", "+Inf") == 5
    assert 0 < more("fusevis_request_seconds_sum", "explore_jacobian") < 300
    assert more("fusevis_requests_total", "metrics", "answered") == 1


def test_what_is_read_from_the_parts_is_what_they_hold(site):
    store = site.app.server.extensions[CACHES]["guidance-images"]
    before, hits = scraped(site), store.counts.hits
    store.set("a", bytes(1000))
    assert store.get("a")
    assert store.get("b") is None
    site.users.begin_session("anna")
    found = scraped(site)
    assert found["fusevis_cache_hits_total", "guidance-images"] == hits + 1
    for what, more in (("misses_total", 1), ("files", 1), ("bytes", 1032), ("refused_total", 0)):
        sample = f"fusevis_cache_{what}", "guidance-images"
        assert found[sample] - before[sample] == more, what
    assert found["fusevis_sessions",] - before["fusevis_sessions",] == 1
    assert found["fusevis_build_info", VERSION] == 1
    assert found["fusevis_degraded", "networks"] == 1
    assert found["fusevis_degraded", "cache"] == 0
    assert found["fusevis_memory_set_aside_bytes",] == 0
    assert found["process_resident_memory_bytes",] > LEAST / 8
    assert found["fusevis_channels_open",] == 0


@pytest.mark.slow
def test_jobs_are_counted_by_how_they_ended(site):
    vera, words = site.client("vera"), {"pair": "cases/wide", "network": "DeepFuse", "have": 0}
    until(lambda: vera.get("/networks/ready", query_string=words).json["ready"])

    def finished():
        vera.get("/explore/guidance", query_string=words)
        return scraped(site).get(("fusevis_jobs_total", "guidance", "finished"))

    assert until(finished) == 1
    assert scraped(site)["fusevis_job_work_seconds_total", "guidance", "finished"] > 0
    assert not scraped(site).get(("fusevis_jobs_open", "guidance"))


def test_a_counter_and_a_gauge_of_ones_own_are_told_in_prometheus_form():
    server = Flask("tested")
    metrics.install(server)
    odd = {('a "quoted"\\\n',): 2.5}
    metrics_of(server).add(
        Reading("own", "It", lambda: odd, ("what",), is_counter=True), Reading("now", "It", lambda: {(): 3})
    )
    text = server.test_client().get("/metrics").get_data(as_text=True)
    assert '# TYPE fusevis_own_total counter\nfusevis_own_total{what="a \\"quoted\\"\\\\\\n"} 2.5\n' in text
    assert "# TYPE fusevis_now gauge\nfusevis_now 3.0\n" in text
    assert "_created" not in text


# ---- the log


@pytest.fixture
def logged(caplog):
    """A small server whose requests are logged, and what it logs."""
    server = Flask("tested")
    request_outcomes.install(server, is_logged=True)
    error_handler.install(server)

    def refuse(name):
        raise InputError(f"There is no {name}.")

    server.add_url_rule("/cases/<name>", "cases", refuse)
    server.add_url_rule("/well", "well", lambda: "well", methods=["POST"])
    server.add_url_rule("/fails", "fails", lambda: {}["nothing"])
    server.add_url_rule("/hover", "explore_jacobian", lambda: "quick")
    caplog.set_level(logging.INFO, request_outcomes.__name__)

    def told():
        return [each for each in caplog.records if each.name == request_outcomes.__name__]

    return server.test_client(), told


def test_each_request_is_a_line_with_route_outcome_and_time_and_no_name(logged):
    client, told = logged
    client.post("/well")
    client.get("/cases/Doe_John")
    client.get("/fails")
    client.get("/no/such")
    facts = [(each.method, each.rule, each.outcome, each.code) for each in told()]
    assert facts == [
        ("POST", "/well", "answered", 200),
        ("GET", "/cases/<name>", "refused", 400),
        ("GET", "/fails", "failed", 500),
        ("GET", "no route", "refused", 404),
    ]
    assert all(each.seconds >= 0 for each in told())
    assert not any("Doe" in each.getMessage() for each in told())


def test_a_pointers_questions_are_told_only_where_they_are_slow(logged, monkeypatch):
    client, told = logged
    client.get("/hover")
    assert told() == []
    monkeypatch.setattr(request_outcomes, "SLOW", 0.0)
    client.get("/hover")
    assert [each.outcome for each in told()] == ["answered"]


def test_without_the_wish_no_request_is_a_line(site, caplog):
    with caplog.at_level(logging.INFO):
        site.client("vera").get("/explore/images", query_string=VIEW)
    assert [each for each in caplog.records if each.name == request_outcomes.__name__] == []


def test_pointed_names_are_routes_that_there_are(site):
    assert {rule.endpoint for rule in site.app.server.url_map.iter_rules()} >= request_outcomes.POINTED
