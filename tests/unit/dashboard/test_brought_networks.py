"""Networks brought to the dashboard by path: beside the shipped ones in every list, or refused in place."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask

import saliency
from dashboard.pages.compare.layout import usable
from dashboard.pages.networks.own_card import UNKNOWN, own_card
from dashboard.service.saliency_service import SaliencyService
from fusion.errors import InputError
from fusion.method.own_network import OwnNetwork, own_network
from saliency.derivatives.jacobian import full_image_jacobian
from tests.support.waiting import until

CODE = """
import torch
from torch import nn


class Stacked(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.body = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))

    def forward(self, both):
        return torch.sigmoid(self.body(both))


class Red(nn.Module):
    def forward(self, first, second):
        return torch.cat((first, second, first), 1)
"""


@pytest.fixture(scope="module")
def settings_with_own(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("brought")
    (folder / "stacked.py").write_text(CODE)
    (folder / "stacked.toml").write_text('inputs = 1\nmade_for = ["MRI", "PET"]\nreference = "A paper"\n')
    (folder / "red.py").write_text(CODE)
    own = (own_network(f"{folder}/stacked.py:Stacked=Mine"), own_network(f"{folder}/red.py:Red=Red one"))
    return replace(settings, networks=own, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def own_service(settings_with_own):
    found = SaliencyService(settings_with_own, Flask("brought"))
    yield found
    found.jobs.close()


def test_a_brought_network_is_in_every_list_and_exact(own_service):
    pool = own_service.network_pool
    assert pool.names()[-2:] == ("Mine", "Red one")
    assert "Mine" in usable(own_service)
    assert not pool.problems().get("Mine")
    fused_pair = own_service.open_pair("cases/square", "Mine")
    double = copy.deepcopy(fused_pair.loaded.network).double()
    answer = own_service.answer(fused_pair, (30, 28))
    exact = full_image_jacobian(double, fused_pair.pair, (30, 28)).full()
    np.testing.assert_allclose(np.stack(answer.jacobian.full()), np.stack(exact), atol=1e-6)
    images = until(lambda: own_service.guidance(fused_pair).images)
    assert np.array_equal(images[0], saliency.guidance(fused_pair.loaded.network, fused_pair.pair).first)


def test_nothing_kept_before_is_taken_for_a_brought_networks(own_service, settings_with_own):
    again = SaliencyService(settings_with_own, Flask("another start"))
    keys = {each.open_pair("cases/square", "Mine").key for each in (own_service, again)}
    assert len(keys) == 2
    assert len({each.open_pair("cases/square", "DeepFuse").key for each in (own_service, again)}) == 1


def test_its_card_says_what_is_known_and_what_is_not(own_service):
    card = own_card(own_service.network_pool, "Mine")
    told = {section.title: section.rows for section in card.sections}
    assert told["Made for"] == [("", "MRI and PET")]
    assert told["Learned from"] == [("", UNKNOWN)]
    assert card.reference == "A paper"
    assert ("inputs", "1") in told["What is done around it"]


def test_one_that_gives_no_fused_image_is_refused_where_it_is_opened(own_service):
    with pytest.raises(InputError, match="output_channel"):
        own_service.open_pair("cases/square", "Red one")


def test_a_name_that_is_taken_and_code_that_is_not_there_are_told_at_the_start(settings):
    with pytest.raises(InputError, match="Two networks are called maskNET"):
        SaliencyService(replace(settings, networks=(OwnNetwork("a.py:A", name="maskNET"),)), Flask("twice"))
    service = SaliencyService(
        replace(settings, networks=(OwnNetwork("nowhere.py:A", name="A"),)), Flask("nowhere")
    )
    assert "nowhere.py" in service.network_pool.problems()["A"]


def test_every_page_opens_with_one(settings_with_own, own_app):
    client = own_app(settings_with_own).server.test_client()
    for path in ("", "compare", "verdict", "regions", "networks"):
        assert client.get(f"/{path}").status_code == 200
    answer = client.get("/explore/jacobian?pair=cases/square&network=Mine&row=3&col=4")
    assert answer.status_code == 200, answer.text
    refused = client.get("/explore/images?pair=cases/square&network=Red%20one")
    assert refused.status_code == 400
    assert "output_channel" in refused.text
