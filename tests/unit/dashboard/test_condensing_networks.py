"""A brought network with squeeze-excitation, on Explore: exact guidance is quick, and Jacobians after it."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask

from dashboard.pages.explore.routes import guidance_message
from dashboard.server.messages import unpacked
from dashboard.service.embedded_runner import EmbeddedRunner
from dashboard.service.job_runner import SliceJob
from dashboard.service.saliency_service import SaliencyService
from fusion.errors import InputError
from fusion.method.own_network import own_network
from saliency import locality
from saliency.derivatives import low_rank_derivatives
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.kept_slopes import lacks_derivative, let_go_derivatives
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand
from tests.support.own_networks import written
from tests.support.waiting import until

CODE = """
import torch
from torch import nn


class Excited(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.last = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 4, 1), nn.Sigmoid())

    def forward(self, first, second):
        features = torch.tanh(self.first(torch.cat((first, second), 1)))
        return torch.sigmoid(self.last(self.gate(features) * features))
"""
PAIR, PIXEL = "cases/square", (30, 28)


@pytest.fixture
def service(settings, tmp_path):
    network = own_network(f"{written(tmp_path, CODE, name='excited')}:Excited=Mine")
    found = SaliencyService(replace(settings, networks=(network,), cache=tmp_path / "cache"), Flask("excited"))
    yield found
    found.jobs.close()


@pytest.fixture
def view(service):
    return service.open_pair(PAIR, "Mine")


def finished(service, view):
    """Guidance as a page asks for it that allows an error."""
    return until(lambda: (found := service.guidance(view, "page", within=0.1)).is_complete and found)


def exact_row(view):
    double = copy.deepcopy(view.loaded.network).double()
    return np.stack(full_image_jacobian(double, view.pair, PIXEL).full())


def test_guidance_is_exact_in_few_passes_though_an_estimate_would_do(service, view):
    assert not locality(view.loaded.network).is_local
    found = finished(service, view)
    assert found.error is None
    assert found.total == (locality(view.loaded.network).held.radius + 1) ** 2
    own = [image[PIXEL] for image in found.images]
    np.testing.assert_allclose(own, exact_row(view)[:, *PIXEL], rtol=0, atol=1e-5 * np.abs(exact_row(view)).max())
    about, _ = unpacked(guidance_message(service, view, have=0, page="page", within=0.1))
    assert not about["is_whole"]  # so that no error is offered to be chosen
    assert about["error"] is None


def test_the_pointer_is_answered_from_what_guidance_found(service, view, monkeypatch):
    finished(service, view)
    at = low_rank_at_hand(view.loaded.network, view.pair)
    rows, row = [], at.row
    monkeypatch.setattr(at, "row", lambda pixel: rows.append(pixel) or row(pixel))
    answer = service.answer(view, PIXEL)
    assert rows == [PIXEL]
    found = np.stack(answer.jacobian.full())
    np.testing.assert_allclose(found, exact_row(view), rtol=0, atol=1e-5 * np.abs(exact_row(view)).max())
    assert not service.long_answers.is_long(view)


def test_after_a_restart_what_is_on_the_disk_brings_it_for_the_pointer(service, view):
    finished(service, view)
    assert let_go_derivatives(view.loaded.network)
    assert lacks_derivative(view.loaded.network, view.pair)
    finished(service, view)
    until(lambda: low_rank_at_hand(view.loaded.network, view.pair))


def test_a_series_takes_its_exact_guidance(service, view):
    runner, job = EmbeddedRunner(service), SliceJob(PAIR, "Mine")
    assert until(lambda: (found := runner.ask(job)).is_done and found)
    assert service.has_stored_guidance(view.pair, "Mine")


def test_a_series_is_refused_where_it_is_found_to_be_estimated(service, monkeypatch):
    monkeypatch.setattr(low_rank_derivatives, "MOST_BYTES", 1)
    with pytest.raises(InputError, match="Mine sees the whole image: its guidance is estimated"):
        EmbeddedRunner(service).ask(SliceJob(PAIR, "Mine"))


def test_where_it_does_not_fit_into_memory_guidance_is_estimated(service, view, monkeypatch):
    monkeypatch.setattr(low_rank_derivatives, "MOST_BYTES", 1)
    assert service.guidance_key(view, 0.1) != view.maps_key
    about, _ = unpacked(guidance_message(service, view, have=0, page="page", within=0.1))
    assert about["is_whole"]
    service.leave("page")


def test_another_value_than_the_fused_image_has_ends_it(service, view):
    finished(service, view)
    wrong = replace(view, fused=view.fused + 0.5)
    answer = service._computed.of(wrong, [PIXEL])[0]
    np.testing.assert_allclose(
        np.stack(answer.jacobian.full()), exact_row(view), rtol=0, atol=1e-5 * np.abs(exact_row(view)).max()
    )
    assert "On this pair" in answer.reason
