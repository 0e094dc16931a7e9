"""The log: a line an event, tracebacks of what becomes a sentence, and nothing of a pair above debug level."""

import io
import json
import logging
from dataclasses import replace

import pytest
from flask import Flask

from dashboard.server import error_handler, log
from dashboard.server.messages import unpacked
from dashboard.settings import Settings
from fusion import InputError
from tests.support.waiting import until

PAIR, NETWORK = "cases/wide", "DeepFuse"
WORDS = {"pair": PAIR, "network": NETWORK}


@pytest.fixture
def configured():
    """Configure the log to a stream; what was there before is put back."""
    names = ("", *log.OURS, "waitress.queue")
    before = {name: logging.getLogger(name).level for name in names}

    def configure(level="info", as_json=False):
        stream = io.StringIO()
        log.configure(level, as_json, stream)
        return stream

    yield configure
    for handler in [each for each in logging.root.handlers if type(each).__module__ == log.__name__]:
        logging.root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def measured(client):
    """Wait until the network can be asked."""
    until(lambda: client.get("/networks/ready", query_string={"network": NETWORK}).get_json()["ready"])


def guidance(client):
    """Guidance's message once it is over."""
    measured(client)

    def over():
        about, _ = unpacked(client.get("/explore/guidance", query_string={**WORDS, "have": 0}).get_data())
        return about if about["failure"] or 0 < about["total"] == about["done"] else None

    return until(over)


@pytest.fixture
def fresh(settings, tmp_path, own_app):
    """A dashboard that has computed nothing yet."""
    return own_app(replace(settings, cache=tmp_path)).server.test_client()


def test_a_start_and_a_stop_are_a_line_each_without_a_folders_name(configured, tmp_path):
    stream = configured(as_json=True)
    log.started(Settings(pairs=(tmp_path / "patients",), cache=tmp_path))
    log.stopped()
    start, stop = lines(stream)
    assert (start["host"], start["port"], start["pairs_folders"]) == ("127.0.0.1", 8050, 1)
    assert {"version", "python", "torch", "dash"} <= set(start)
    assert start["level"] == "info"
    assert "stops" in stop["message"]
    assert str(tmp_path) not in stream.getvalue()


def test_a_failing_computation_shows_its_traceback_and_its_reason(fresh, monkeypatch, caplog):
    def broken(network, pair, **_):
        raise RuntimeError("no such layer")
        yield

    monkeypatch.setattr("dashboard.service.pair_checks.guidance_stream", broken)
    with caplog.at_level(logging.INFO, "dashboard"):
        assert guidance(fresh)["failure"] == "Guidance failed: no such layer"
    (record,) = [each for each in caplog.records if getattr(each, "outcome", "") == "failed"]
    assert (record.job, record.network, record.levelname) == ("guidance", NETWORK, "ERROR")
    assert "in broken" in caplog.text
    assert "RuntimeError: no such layer" in caplog.text


@pytest.mark.slow
def test_a_job_is_a_line_that_says_what_for_which_network_how_long_and_how_it_ended(fresh, configured):
    stream = configured(as_json=True)
    guidance(fresh)
    (line,) = until(lambda: [line for line in lines(stream) if line.get("job") == "guidance"])
    assert (line["network"], line["outcome"]) == (NETWORK, "finished")
    assert line["seconds"] > 0
    assert line["parts"] > 1


def test_a_refused_request_is_a_line_with_reason_method_and_route(client, configured):
    measured(client)
    stream = configured(as_json=True)
    client.get("/explore/images", query_string={"pair": "cases/secret", "network": NETWORK})
    client.get("/export/panel.exe", query_string=WORDS)
    client.get("/", headers={"Host": "evil.example"})
    client.post("/explore/images", query_string=WORDS)
    facts = ("method", "route", "status", "reason")
    found = [tuple(line[fact] for fact in facts) for line in lines(stream) if "route" in line]
    assert found == [
        ("GET", "/explore/images", 400, "InputError"),
        ("GET", "/export/<what>.<kind>", 400, "InputError"),
        ("GET", "/", 403, "This dashboard answers to its own address only."),
        ("POST", "no route", 405, ""),
    ]
    assert "secret" not in stream.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("as_json", [False, True])
def test_no_pair_is_named_above_debug_level(fresh, configured, as_json, settings):
    stream = configured(as_json=as_json)
    guidance(fresh)
    for what in ("images", "jacobian", "window", "guidance"):
        for pair in (PAIR, "cases/wide2", "cases/zz-broken"):
            words = {"pair": pair, "network": NETWORK, "row": 11, "col": 99, "side": 9, "have": 0}
            fresh.get(f"/explore/{what}", query_string=words)
    logged = stream.getvalue()
    assert "Refused GET /explore/images: 400" in logged
    for word in ("cases", "wide", "zz-broken", ".png", str(settings.pairs[0])):
        assert word not in logged


def test_the_sentence_of_a_refusal_is_there_at_debug_level(client, configured):
    measured(client)
    stream = configured("debug")
    client.get("/explore/images", query_string={"pair": "cases/wid", "network": NETWORK})
    assert "There is no pair called 'cases/wid'" in stream.getvalue()


FILE = OSError(2, "none", "/pairs/patient.png")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "chain",
    [
        (RuntimeError("no patient.png"), FILE),
        (InputError("patient.png cannot be read."), ValueError("patient.png is cut short")),
        (RuntimeError("patient.png"), InputError("No."), ValueError("patient.png")),
    ],
)
def test_what_an_exception_says_of_files_is_left_out_of_its_traceback(configured, as_json, chain):
    stream = configured(as_json=as_json)
    error = None
    for each in reversed(chain):
        error = raised(each, cause=error)
    logging.getLogger("dashboard.jobs.job").error("It failed.", exc_info=error)
    logged = stream.getvalue()
    assert all(f"{type(each).__name__}: (" in logged for each in chain)
    assert "in raised" in logged
    assert "patient" not in logged
    configured("debug")
    assert "patient.png" in log.traceback_of(error)


def test_a_json_line_has_the_traceback_and_stays_one_line(configured):
    stream = configured(as_json=True)
    logging.getLogger("dashboard").error("It failed:\n%s", "twice", exc_info=raised(ValueError("why")))
    (line,) = lines(stream)
    assert line["message"] == "It failed:\ntwice"
    assert line["traceback"].endswith("ValueError: why")
    assert line["time"].endswith("Z")


def test_the_same_exception_is_logged_once_in_a_while(configured):
    stream = configured(as_json=True)
    for said in ("one", "one", "other"):
        logging.getLogger("dashboard").error("It failed.", exc_info=raised(ValueError(said)))
    assert len(lines(stream)) == 2


def test_other_libraries_are_heard_from_warnings_on_and_the_servers_from_the_chosen_level(configured):
    stream = configured(as_json=True)
    for name in ("PIL", "waitress", "waitress.queue", "websockets.server"):
        logging.getLogger(name).info("news")
        logging.getLogger(name).warning("worse")
    assert [(line["logger"], line["message"]) for line in lines(stream)] == [
        ("PIL", "worse"),
        ("waitress", "news"),
        ("waitress", "worse"),
    ]
    logging.getLogger("websockets.server").error("connection handler failed", exc_info=raised(ValueError("why")))
    assert lines(stream)[-1]["logger"] == "websockets.server"


def test_configured_twice_it_logs_once(configured):
    configured()
    stream = configured()
    logging.getLogger("dashboard").info("news")
    assert stream.getvalue().count("news") == 1


def test_an_exception_nobody_expected_is_an_error_with_its_traceback(configured):
    server = Flask("dashboard.tested")
    error_handler.install(server)
    server.add_url_rule("/fails", "fails", lambda: {}["nothing"])
    server.add_url_rule("/refuses", "refuses", lambda: raised_here())
    stream = configured(as_json=True)
    assert server.test_client().get("/fails").status_code == 500
    assert lines(stream)[-1]["traceback"].endswith("KeyError: 'nothing'")
    refused = server.test_client().get("/refuses")
    assert (refused.status_code, refused.get_json()) == (400, {"error": "Name a pixel."})


def raised_here():
    raise InputError("Name a pixel.")


def test_the_log_follows_standard_error_when_it_is_redirected(configured, monkeypatch):
    configured()  # so that what is configured now is put back
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    log.configure()
    log.stopped()
    first.close()
    monkeypatch.setattr("sys.stderr", second)
    log.stopped()
    assert "The dashboard stops." in second.getvalue()


@pytest.mark.parametrize("about", [{"exc_info": True}, {"extra": {"status": 400, "route": "/x"}}])
def test_a_flood_of_failures_is_logged_at_a_bounded_rate_and_counted(configured, monkeypatch, about):
    """Whoever sends them chooses what they say."""
    stream, clock = configured(as_json=True), [100.0]
    monkeypatch.setattr(log.time, "monotonic", lambda: clock[0])
    told = logging.getLogger("dashboard.flood")

    def fail(number):
        try:
            raise ValueError(f"invented {number}")
        except ValueError:
            told.warning("It failed.", **about)

    for number in range(500):
        fail(number)
    assert len(lines(stream)) == log.MOST_ALIKE
    clock[0] += log.REPEATED_AFTER
    fail(0)
    assert lines(stream)[-1]["message"] == f"It failed. ({500 - log.MOST_ALIKE} more like it were left out.)"


def test_what_is_no_failure_is_logged_however_often(configured):
    stream = configured(as_json=True)
    for _ in range(3 * log.MOST_ALIKE):
        logging.getLogger("dashboard.flood").info("A job has begun.")
    assert len(lines(stream)) == 3 * log.MOST_ALIKE
