"""Estimated guidance in the dashboard: told for what it is, never kept or given out as exact."""

import numpy as np
import pytest
from flask import Flask

from dashboard.pages.explore.routes import guidance_message
from dashboard.server.messages import unpacked
from dashboard.service.saliency_service import SaliencyService
from saliency.derivatives.guidance import guidance
from saliency.receptive_field.locality import Locality, remember
from tests.support.waiting import until

PAIR, NETWORK = "cases/wide", "DeepFuse"


@pytest.fixture
def service(settings, tmp_path):
    found = SaliencyService(
        settings.__class__(**{**vars(settings), "cache": tmp_path / "cache"}), Flask("estimated")
    )
    yield found
    found.jobs.close()


@pytest.fixture
def view(service):
    """A pair through a network that is taken for one that sees the whole image."""
    remember(service.network_pool.get(NETWORK).network, Locality(0, is_local=False, reason="It sees everything."))
    return service.open_pair(PAIR, NETWORK)


def finished(service, view, within):
    return until(lambda: (found := service.guidance(view, "page", within)).is_complete and found)


def test_it_is_within_its_error_and_counts_as_no_exact_guidance(service, view, world):
    found = finished(service, view, 0.1)
    exact = guidance(world.networks[NETWORK], world.pairs[PAIR])
    largest = max(np.abs(each).max() for each in (exact.first, exact.second))
    assert np.abs(found.grown.first - exact.first).max() <= 0.4 * largest
    assert 0 < found.error.largest <= 0.1 * largest * 1.00001
    assert found.images is None
    assert service.finished_guidance(view) is None
    assert service._kept_guidance.get(view.maps_key) is None
    assert service._kept_guidance.get(service.guidance_key(view, 0.1)) is None


def test_the_page_is_told_the_error_and_shown_the_pictures(service, view):
    found = finished(service, view, 0.1)
    about, arrays = unpacked(guidance_message(service, view, have=0, page="page", within=0.1))
    assert about["is_whole"]
    assert about["error"] == {"largest": found.error.largest, "pixels": found.error.pixels}
    assert about["largest"] == pytest.approx(max(np.abs(arrays[name]).max() for name in ("first", "second")))
    assert np.array_equal(arrays["first"], found.grown.first)


def test_exact_guidance_is_taken_where_it_is_there(service, view):
    images = tuple(np.full(view.pair.shape, value, dtype=np.float32) for value in (1, 2))
    service._kept_guidance.put(view.maps_key, images)
    found = service.guidance(view, "page", 0.1)
    assert found.error is None
    assert np.array_equal(found.images[1], images[1])


def test_what_is_local_is_never_estimated(service):
    local = service.open_pair(PAIR, "FunFuseAn")
    assert service.guidance_key(local, 0.1) == local.maps_key
    assert finished(service, local, 0.1).error is None


def test_each_error_is_a_job_of_its_own_and_exact_another(service, view):
    keys = {service.guidance_key(view, within) for within in (0.0, 0.01, 0.1)}
    assert len(keys) == 3
    assert view.maps_key in keys
