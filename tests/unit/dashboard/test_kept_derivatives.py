"""What the pointer needs of a network whose maps change their size is there after a restart, too."""

import numpy as np
import pytest

from dashboard.service import kept_derivatives
from fusion import InputError
from tests.support.explore_requests import NETWORK, PAIR
from tests.support.waiting import until


@pytest.fixture
def service(fresh_service):
    return fresh_service


@pytest.fixture
def view(service):
    """One whose guidance of an earlier run is in the disk cache."""
    found = service.open_pair(PAIR, NETWORK)
    images = tuple(np.zeros(found.pair.shape, dtype=np.float32) for _ in range(2))
    service._kept_guidance.put(found.maps_key, images)
    return found


@pytest.fixture
def kept(monkeypatch):
    """What a derivative was found of, each time; the network has such a thing."""
    found = []
    monkeypatch.setattr(kept_derivatives, "lacks_derivative", lambda *of: of not in found)
    monkeypatch.setattr(kept_derivatives, "keep_derivative", lambda *of: found.append(of) or True)
    monkeypatch.setattr(kept_derivatives, "derivative_bytes", lambda *_: 2**29)
    return found


def test_guidance_from_the_disk_brings_the_derivative_for_the_pointer(service, view, kept):
    until(lambda: service.guidance(view).images)
    until(lambda: kept)
    assert service.guidance(view).images
    assert kept == [(view.loaded.network, view.pair)]


def test_a_derivative_that_cannot_be_found_takes_no_guidance_away(service, view, kept, monkeypatch):
    asked = []

    def failing(network, pair):
        asked.append(network)
        raise InputError("It gives other values.")

    monkeypatch.setattr(kept_derivatives, "keep_derivative", failing)
    until(lambda: service.guidance(view).images and asked)
    service.jobs.close()  # the failure is noted by now
    assert service.guidance(view).images


def test_a_network_that_needs_none_is_not_asked_for_one(service, view, kept, monkeypatch):
    monkeypatch.setattr(kept_derivatives, "lacks_derivative", lambda *_: False)
    until(lambda: service.guidance(view).images)
    service.jobs.close()
    assert kept == []


def test_a_derivative_is_found_only_in_memory_that_is_there(service, view, kept, monkeypatch):
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    told = []
    monkeypatch.setattr(service.gate, "_refusal", lambda *of: told.append(of) or "It does not fit.")
    until(lambda: service.guidance(view).images and told)
    service.jobs.close()
    assert told == [(2**29, NETWORK, kept_derivatives.NOTE)]
    assert kept == []


def test_guidance_that_finds_one_is_admitted_to_its_memory(service, kept, monkeypatch):
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    other = service.open_pair("cases/square", NETWORK)
    until(lambda: "needs 0.5 GB for this pair for its derivative" in service.guidance(other).failure)


def test_what_is_kept_is_let_go_where_others_need_memory_and_found_again(service, view, kept, monkeypatch):
    left = []

    def let_go(network):
        left.append(network)
        kept.clear()
        return True

    monkeypatch.setattr(kept_derivatives, "let_go_derivatives", let_go)
    until(lambda: service.guidance(view).images and kept)
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    with pytest.raises(InputError), service.gate.set_aside(2**30, "Other"):
        pass
    assert left == [view.loaded.network]
    monkeypatch.setattr(service.gate, "_available", lambda: None)
    until(lambda: service.guidance(view).images and kept)
