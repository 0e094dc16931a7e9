"""What the pointer needs of a network whose maps change their size is there after a restart, too."""

import numpy as np
import pytest
from flask import Flask

from dashboard.service import saliency_service
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError
from tests.support.explore_requests import NETWORK, PAIR
from tests.support.waiting import until


@pytest.fixture
def service(settings):
    found = SaliencyService(settings, Flask("kept"))
    yield found
    found.jobs.close()


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
    monkeypatch.setattr(saliency_service, "lacks_derivative", lambda *of: of not in found)
    monkeypatch.setattr(saliency_service, "keep_derivative", lambda *of: found.append(of) or True)
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

    monkeypatch.setattr(saliency_service, "keep_derivative", failing)
    until(lambda: service.guidance(view).images and asked)
    service.jobs.close()  # the failure is noted by now
    assert service.guidance(view).images


def test_a_network_that_needs_none_is_not_asked_for_one(service, view, kept, monkeypatch):
    monkeypatch.setattr(saliency_service, "lacks_derivative", lambda *_: False)
    until(lambda: service.guidance(view).images)
    service.jobs.close()
    assert kept == []
