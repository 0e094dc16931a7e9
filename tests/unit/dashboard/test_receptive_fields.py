"""What is measured of a network once, costs and receptive fields: kept, and ended with a reason where it fails."""

import json
import shutil
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from flask import Flask

import fusion
from dashboard.cache.receptive_fields import ReceptiveFieldCache
from dashboard.jobs.background_cache import ComputationFailedError
from dashboard.jobs.queue import JobQueue
from dashboard.pages.networks import callbacks as networks_callbacks
from dashboard.service import cost
from dashboard.service.network_pool import NetworkPool, StillMeasuringError
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from saliency import Locality, locality
from saliency.receptive_field.locality import REASONS, remember
from saliency.receptive_field.on_card import ENTRY
from tests.support.waiting import PATIENCE, until


@pytest.mark.slow
def test_multiplications_of_convolutions_at_full_size_are_their_weights():
    network = fusion.find("MaskNet").build().eval()
    weights = sum(each.weight.numel() for each in network.modules() if isinstance(each, torch.nn.Conv2d))
    assert cost.multiplications(network) == weights


@pytest.fixture
def unmeasured(random_checkpoints, tmp_path):
    """The weights, without what stands on their cards of how far the networks see."""
    folder = Path(shutil.copytree(random_checkpoints, tmp_path / "unmeasured"))
    for card in folder.glob("*.json"):
        card.write_text(
            json.dumps({name: entry for name, entry in json.loads(card.read_text()).items() if name != ENTRY})
        )
    return folder


@pytest.fixture
def kept(tmp_path):
    return ReceptiveFieldCache(Flask("kept"), tmp_path)


def test_a_measured_receptive_field_survives_a_restart_for_these_weights_alone(kept, tmp_path):
    found = Locality(34, stride=4, any_size=False)
    kept.put("CAMF", "ab", found)
    again = ReceptiveFieldCache(Flask("again"), tmp_path)
    assert again.get("CAMF", "ab") == found
    assert again.get("CAMF", "cd") is None
    assert again.get("MaskNet", "ab") is None


def test_that_measuring_failed_is_not_kept(kept):
    for reason in REASONS.values():
        kept.put("CAMF", reason, Locality(0, is_local=False, reason=reason))
    found = {reason: kept.get("CAMF", reason) for reason in REASONS.values()}
    assert [reason for reason in found if found[reason] is None] == [REASONS["failed"], REASONS["undefined"]]


def test_another_code_or_a_damaged_file_is_measured_anew(kept, monkeypatch, tmp_path):
    kept.put("CAMF", "ab", Locality(3))
    monkeypatch.setattr("dashboard.cache.measurements.source_hash", lambda: "other")
    assert ReceptiveFieldCache(Flask("other"), tmp_path).get("CAMF", "ab") is None
    for file in (tmp_path / "receptive-fields").iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert kept.get("CAMF", "ab") is None


def test_a_remembered_field_is_not_measured_and_a_changed_layer_is(monkeypatch):
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 1, 3, padding=1)).eval()
    remember(network, Locality(7))
    assert locality(network).radius == 7
    measured = []
    monkeypatch.setattr(
        sys.modules["saliency.receptive_field.locality"],
        "measure",
        lambda each: measured.append(each) or Locality(9),
    )
    network[0] = torch.nn.Conv2d(2, 1, 5, padding=2)
    assert locality(network).radius == 9
    assert measured == [network]


def test_a_long_measurement_is_told_of_and_waited_for_by_nobody(unmeasured, kept, monkeypatch):
    from threading import Event

    go = Event()
    monkeypatch.setattr(
        "dashboard.service.network_pool.locality", lambda network: go.wait(PATIENCE) and Locality(5)
    )
    network_pool = NetworkPool(unmeasured, JobQueue(), kept)
    with pytest.raises(StillMeasuringError, match="How far DeepFuse sees is being measured"):
        network_pool.refuse_unmeasured("deepfuse", patience=0.01)
    assert network_pool.unmeasured("DeepFuse")[1]
    go.set()
    network_pool.refuse_unmeasured("DeepFuse", patience=30)
    assert kept.get("DeepFuse", network_pool.get("DeepFuse").weights) == Locality(5)
    with pytest.raises(InputError, match="not installed"):
        network_pool.refuse_unmeasured("MaskNet")


def broken(*_):
    raise RuntimeError("no such layer")


@pytest.fixture
def fresh(settings, unmeasured, tmp_path):
    """A service that has measured and computed nothing yet."""
    made = SaliencyService(replace(settings, checkpoints=unmeasured, cache=tmp_path / "cache"), Flask("fresh"))
    yield made
    made.jobs.close()


def until_failed(ask):
    """The sentence of what ``ask`` raises in the end."""

    def failure():
        try:
            ask()
        except StillMeasuringError:
            return None
        except ComputationFailedError as error:
            return str(error)

    return until(failure)


def test_a_measurement_that_fails_ends_with_its_reason(fresh, monkeypatch, caplog):
    monkeypatch.setattr("dashboard.service.network_pool.locality", broken)
    sentence = until_failed(lambda: fresh.network_pool.refuse_unmeasured("DeepFuse", patience=0.01))
    assert sentence == "How far DeepFuse sees could not be measured. It could not be computed: no such layer"
    assert "RuntimeError: no such layer" in caplog.text
    *_, told_sentence, _, state = networks_callbacks.show_field(fresh, "phantom-1", "DeepFuse", None, None)
    assert "could not be measured" in told_sentence
    assert "DeepFuse" not in state["known"]


def test_the_page_asks_no_more_once_every_measurement_failed(fresh, monkeypatch):
    monkeypatch.setattr("dashboard.service.network_pool.locality", broken)

    def last_sentence():
        *_, sentence, _, state = networks_callbacks.show_field(fresh, "phantom-1", "DeepFuse", None, None)
        return not state["waiting"] and sentence

    sentence = until(last_sentence)
    assert sentence.count("could not be measured") == len(fusion.names()) - len(fresh.network_pool.problems())


def test_one_network_is_begun_at_a_time_the_chosen_one_first(fresh, monkeypatch):
    begun, go = [], threading.Event()

    def slow(network):
        begun.append(type(network).__name__)
        assert go.wait(PATIENCE)
        return Locality(5)

    monkeypatch.setattr("dashboard.service.network_pool.locality", slow)
    networks_callbacks.show_field(fresh, "phantom-1", "FunFuseAn", None, None)
    assert fresh.jobs._workers[True].is_alive()
    assert [job.task.network for job in fresh.jobs._jobs.values()] == ["FunFuseAn"]
    go.set()
    until(lambda: begun)
    assert begun[0] == type(fresh.network_pool.unmeasured("FunFuseAn")[0]).__name__


def test_a_cost_that_cannot_be_found_out_ends_with_its_reason(fresh, monkeypatch):
    monkeypatch.setattr("dashboard.service.saliency_service.multiplications", broken)
    assert until_failed(lambda: fresh.cost("phantom-1", "DeepFuse")) == "It could not be computed: no such layer"
    *_, cost_section, _ = networks_callbacks.show_field(fresh, "phantom-1", "DeepFuse", None, None)
    assert "no such layer" in str(cost_section)


def test_inner_views_that_fail_end_with_their_reason(fresh, monkeypatch):
    monkeypatch.setattr("dashboard.service.saliency_service.look_inside", broken)
    found = until(lambda: fresh.inner_views("phantom-1", "DeepFuse"))
    assert found.failure == "It could not be computed: no such layer"


def test_a_locality_goes_to_disk_with_every_field(kept):
    found = Locality(3, 2, False, "Because.", False, True)
    kept.put("x", "y", found)
    assert asdict(kept.get("x", "y")) == asdict(found)
