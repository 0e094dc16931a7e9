"""``/ready``: what is degraded, each in a sentence, for whoever has signed in."""

import shutil
from types import SimpleNamespace

import pytest
from flask import Flask

from dashboard.cache.disk import CACHES
from dashboard.cache.sealed_files import SealedFiles
from dashboard.server import readiness
from dashboard.server.readiness import UNKNOWN, Check, readiness_of
from dashboard.service import health, reader_trial
from dashboard.service.memory_gate import LEAST, MemoryGate
from dashboard.service.reader_trial import BAD_FOR, GOOD_FOR, SENTENCE, ReaderTrial
from tests.support.full_disks import fill, remount, small_disk
from tests.support.signed_on import client_of, signed_on, users_of

SECRET = "a program's own secret"


@pytest.fixture(scope="module")
def site(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ready")
    secret = folder / "monitor.secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    with signed_on(settings, folder, monitor_secret=secret) as app:
        users = users_of(folder)
        yield SimpleNamespace(
            app=app, folder=folder, client=lambda name="": client_of(app, users, name), caches=folder / "cache"
        )


def asked(site, name="vera"):
    return site.client(name).get("/ready")


def degraded(site):
    """What is complained of, but for the networks that the tests have no weights of."""
    found = asked(site).json["degraded"]
    assert "CAMF" in found.pop("networks")
    return found


def answer(*checks):
    server = Flask("tested")
    readiness_of(server).add(*checks)
    readiness.install(server)
    found = server.test_client().get("/ready")
    return found.status_code, found.json


def test_nothing_wrong_is_ready():
    assert answer(Check("cache", lambda: "")) == (200, {"state": "ready", "degraded": {}})


def test_what_answers_all_the_same_is_degraded_and_what_is_needed_is_not_ready():
    cache, reader = Check("cache", lambda: "It is full."), Check("reader", lambda: "It is gone.", is_needed=True)
    assert answer(cache) == (200, {"state": "degraded", "degraded": {"cache": "It is full."}})
    told = {"cache": "It is full.", "reader": "It is gone."}
    assert answer(cache, reader) == (503, {"state": "not ready", "degraded": told})


def test_a_part_that_cannot_be_looked_at_is_told_beside_the_others(caplog):
    broken = Check("cache", lambda: {}["nothing"])
    assert answer(broken, Check("memory", lambda: "It is short."))[1]["degraded"] == {
        "cache": UNKNOWN,
        "memory": "It is short.",
    }
    assert "KeyError" in caplog.text


def test_any_role_may_ask_and_nobody_else(site):
    assert asked(site, "").status_code == 401
    for name in ("vera", "otto", "rita", "mona"):
        assert asked(site, name).status_code == 200
    told = site.client().get("/ready", headers={"Authorization": f"Bearer {SECRET}"})
    assert told.json["state"] == "degraded"  # of most networks the tests have no weights
    for wrong in (f"Bearer {SECRET}.", "Bearer ", f"Basic {SECRET}", SECRET):
        assert site.client().get("/ready", headers={"Authorization": wrong}).status_code == 401


def test_the_monitors_secret_opens_nothing_else(site):
    for path in ("/", "/cases", "/audit", "/explore/images"):
        assert site.client().get(path, headers={"Authorization": f"Bearer {SECRET}"}).status_code == 401


def test_a_cache_that_is_gone_is_told_and_made_anew_with_the_next_entry(site):
    assert degraded(site) == {}
    shutil.rmtree(site.caches)
    assert "it is gone" in degraded(site)["cache"]
    assert asked(site).status_code == 200
    for each in site.app.server.extensions[CACHES].values():
        each.set("a", b"something computed")
    assert degraded(site) == {}


def test_a_cache_that_is_full_or_may_only_be_read_is_told(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        caches = {"own": SealedFiles(disk / "own", 10, 10**6)}
        assert health._cache_problem(caches) == ""
        everything = fill(disk)
        assert "No space left on device" in health._cache_problem(caches)
        everything.unlink()
        assert health._cache_problem(caches) == ""
        remount(disk, "ro")
        assert "Read-only file system" in health._cache_problem(caches)
        assert [each.name for each in (disk / "own").iterdir()] == []


def test_memory_that_is_short_is_told_with_what_is_free():
    free = [2 * LEAST]
    gate = MemoryGate(lambda: free[0])
    assert health._memory_problem(gate) == ""
    free[0] = LEAST
    assert "0.2 GB of memory are free" in health._memory_problem(gate)
    assert health._memory_problem(MemoryGate(lambda: None)) == ""
    free[0] = 4 * LEAST
    with gate.set_aside(3 * LEAST, "Large"):
        assert "are refused until there is more" in health._memory_problem(gate)
    assert gate.held == 0


def test_a_real_process_reads_a_picture():
    assert ReaderTrial().problem() == ""


def test_a_process_that_cannot_be_started_is_told_tried_again_soon_and_found_well(monkeypatch):
    clock = [0.0]
    trial, tries = ReaderTrial(lambda: clock[0]), []
    monkeypatch.setattr(reader_trial, "_is_read", lambda: bool(tries.append(1)))
    assert trial.problem() == trial.problem() == SENTENCE
    assert len(tries) == 1
    monkeypatch.setattr(reader_trial, "_is_read", lambda: tries.append(1) is None)
    clock[0] = BAD_FOR + 1
    assert trial.problem() == ""
    clock[0] += GOOD_FOR - 1
    assert trial.problem() == ""
    assert len(tries) == 2


def test_what_the_trial_meets_is_no_error_of_its_own(monkeypatch):
    monkeypatch.setattr("fusion.data.volumes.voxel_reader.sys.executable", "/nowhere/python")
    assert ReaderTrial().problem() == SENTENCE


def test_a_folder_of_users_that_cannot_be_written_is_not_ready(site, monkeypatch):
    monkeypatch.setattr("dashboard.access.signing_on.why_unwritable", lambda folder: "Read-only file system")
    found = asked(site)
    assert found.status_code == 503
    assert found.json["degraded"]["access"].startswith(
        "The folder of users and audit cannot be written (Read-only"
    )


def test_no_path_stands_in_an_answer(site):
    assert str(site.folder) not in asked(site).get_data(as_text=True)
