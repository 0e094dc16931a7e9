"""Examinations as the dashboard keeps them: begun when asked, one at a time, told as they grow."""

from dataclasses import replace
from threading import Event

import pytest
from flask import Flask

from dashboard.cache.examination_cache import ExaminationCache
from dashboard.pages.networks.callbacks import show_examination
from dashboard.pages.networks.examination_table import NOT_EXAMINED
from dashboard.service import examination_service
from dashboard.service.saliency_service import SaliencyService
from fusion.method.own_network import own_network
from saliency.examination.finding import Examination, Finding, Outcome
from tests.support.own_networks import BLEND, written
from tests.support.waiting import PATIENCE, until

ONE = Examination((Finding("weights", Outcome.RIGHT, "All finite."),), "output")
DONE = Examination((*ONE.findings, Finding("output", Outcome.LIMITED, "From −3 to 2.")))


@pytest.fixture
def asked(monkeypatch):
    """The examinations that were begun, and what lets them go on; no process is started."""
    begun, go_on = [], Event()

    def examine(examined):
        begun.append(examined.method or examined.own.name)
        yield ONE
        assert go_on.wait(PATIENCE)
        if examined.method == "DeepFuse":
            raise OSError("no process can be started")
        yield DONE

    monkeypatch.setattr(examination_service, "examine", examine)
    yield begun, go_on
    go_on.set()


@pytest.fixture
def own_settings(settings, tmp_path):
    own = replace(own_network(f"{written(tmp_path, BLEND)}:Blend"), name="Mine")
    return replace(settings, networks=(own,), cache=tmp_path / "cache")


@pytest.fixture
def service(own_settings):
    return SaliencyService(own_settings, Flask("examined"))


def text(shown):
    return str([each.to_plotly_json() for each in shown])


def test_they_are_made_one_by_one_and_a_shipped_ones_is_kept(asked, service, own_settings):
    begun, go_on = asked
    found = service.examinations
    assert found.look("funfusean") is None
    assert found.ask("FunFuseAn").doing
    assert found.ask("Mine").doing
    until(lambda: found.look("FunFuseAn") == ONE)
    assert begun == ["FunFuseAn"]
    go_on.set()
    until(lambda: found.look("FunFuseAn") == DONE and found.look("Mine") == DONE)
    assert begun == ["FunFuseAn", "Mine"]
    assert found.ask("FunFuseAn") == DONE
    again = SaliencyService(own_settings, Flask("again")).examinations
    until(lambda: again.look("FunFuseAn") == DONE)
    assert again.look("Mine") is None  # its code may be another
    assert begun == ["FunFuseAn", "Mine"]


def test_one_that_fails_is_in_the_log_and_can_be_asked_again(asked, service, caplog):
    begun, go_on = asked
    go_on.set()
    service.examinations.ask("DeepFuse")
    until(lambda: service.examinations.look("DeepFuse") is None)
    assert "no process can be started" in caplog.text
    service.examinations.ask("DeepFuse")
    until(lambda: begun == ["DeepFuse", "DeepFuse"])


def test_ones_own_network_is_examined_when_it_is_looked_at_and_others_when_asked(asked, service):
    _, go_on = asked
    shown, hides_button, state = show_examination(service, "FunFuseAn", None, None, None)
    assert (NOT_EXAMINED in text(shown), hides_button, state["waiting"]) == (True, False, False)
    shown, hides_button, state = show_examination(service, "Mine", None, None, state)
    assert (hides_button, state["waiting"]) == (True, True)
    assert "Being examined" in text(shown)
    _, hides_button, state = show_examination(service, "FunFuseAn", None, 1, state)
    assert (hides_button, state["waiting"]) == (True, True)
    _, hides_button, state = show_examination(service, "Weighted Averaging", None, 1, state)  # no click since
    assert (hides_button, state["waiting"]) == (False, False)
    go_on.set()
    until(lambda: service.examinations.look("Mine") == DONE)
    shown, hides_button, state = show_examination(service, "Mine", 1, 1, state)
    assert (hides_button, state["waiting"]) == (True, False)
    assert all(words in text(shown) for words in ("1 right, 1 limited, 0 failed", "From −3 to 2.", "! limited"))


def test_a_network_that_is_not_installed_is_not_examined(asked, own_settings, tmp_path):
    begun, _ = asked
    service = SaliencyService(replace(own_settings, checkpoints=tmp_path), Flask("empty"))
    assert show_examination(service, "FunFuseAn", None, 1, None)[:2] == ([], True)
    assert begun == []


def test_a_kept_examination_of_another_version_is_none(tmp_path):
    kept = ExaminationCache(Flask("kept"), tmp_path)
    kept.put("FunFuseAn", "ab", DONE)
    assert (kept.get("FunFuseAn", "ab"), kept.get("FunFuseAn", "cd")) == (DONE, None)
    kept._cache.put("FunFuseAn", "ab", {"findings": [{"point": "output"}], "doing": ""})
    assert kept.get("FunFuseAn", "ab") is None
