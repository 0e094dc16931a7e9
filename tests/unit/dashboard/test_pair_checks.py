"""What the dashboard shows of a network that is local on noise and not on the pair in hand."""

import copy
import logging

import numpy as np
import pytest
from flask import Flask

import fusion
from dashboard.cache.disk import GuidanceStore
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_pool import LoadedNetwork
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from saliency import fused_image
from saliency.derivatives.jacobian import full_image_jacobian
from tests.support.networks import frozen
from tests.support.picture_readers import MeanBranch, Shifting
from tests.support.waiting import until

PIXELS = [(20, 20), (30, 41)]


@pytest.fixture
def service(tmp_path):
    return SaliencyService(Settings(cache=tmp_path), Flask("pair checks"))


def opened(build):
    net, pair = frozen(build()), fusion.phantom(5, size=64)
    return FusedPair(pair, LoadedNetwork("Own", net, "no file"), fused_image(net, pair))


def assert_exact(found, fused_pair):
    double = copy.deepcopy(fused_pair.loaded.network).double()
    for answer in found:
        exact = full_image_jacobian(double, fused_pair.pair, answer.jacobian.pixel)
        for image, expected in zip(answer.jacobian.full(), exact.full(), strict=True):
            np.testing.assert_allclose(image, expected, atol=1e-5 * np.abs(expected).max())


def test_a_value_that_is_not_the_fused_images_is_never_shown(service, caplog):
    fused_pair = opened(MeanBranch)
    with caplog.at_level(logging.WARNING):
        found = service.answers(fused_pair, PIXELS)
    assert_exact(found, fused_pair)
    assert all("On this pair" in answer.reason for answer in found)
    assert "computed whole" in caplog.text


def test_guidance_is_neither_finished_nor_kept_where_crops_are_wrong(service, tmp_path):
    fused_pair = opened(Shifting)
    snapshot = until(lambda: (seen := service.guidance(fused_pair)).failure and seen)
    assert "On this pair fused pixels depend on more" in snapshot.failure
    assert service.finished_guidance(fused_pair) is None
    assert GuidanceStore(Flask("another start"), tmp_path).get(fused_pair.key) is None
