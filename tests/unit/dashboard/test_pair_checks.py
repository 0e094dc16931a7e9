"""What the dashboard shows of a network that is local on noise and not on the pair in hand."""

import copy
import logging

import numpy as np
import pytest
from flask import Flask

import fusion
from dashboard.cache.disk import GuidanceStore
from dashboard.pages.explore.routes import guidance_message
from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.pages.verdict.all_pixel_sums import all_pixel_sums_stream
from dashboard.pages.verdict.state import Questions
from dashboard.pages.verdict.verdict_jobs import ROWS, VerdictJobs
from dashboard.pages.verdict.verdict_place import Place
from dashboard.server.messages import unpacked
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_pool import LoadedNetwork
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import InputError
from saliency import Guidance, fused_image
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.geometry.masks import disk
from tests.support.networks import frozen
from tests.support.picture_readers import MeanBranch, Shifting
from tests.support.waiting import until

PIXELS = [(20, 20), (30, 41)]


@pytest.fixture
def service(tmp_path):
    found = SaliencyService(Settings(cache=tmp_path), Flask("pair checks"))
    yield found
    found.jobs.close()


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


def test_a_page_that_asked_before_crops_were_refuted_is_told_of_the_estimate(service):
    fused_pair = opened(Shifting)
    until(lambda: service.guidance(fused_pair).failure)
    about, _ = unpacked(guidance_message(service, fused_pair, 0, within=0.1))
    assert not about["failure"]
    assert "On this pair" in about["reason"]
    service.jobs.close()


def test_guidance_of_crops_is_none_of_the_view_once_a_value_refutes_them(service, tmp_path):
    """66 pixels agreed, and guidance was finished; another pixel shows that crops are wrong."""
    fused_pair = opened(MeanBranch)
    service._checks._is_to_be_told(fused_pair.key)
    crops = Guidance(*np.zeros((2, 64, 64), np.float32), np.ones((64, 64), bool), 1, 1)
    service.guidance_queue.ask(fused_pair.maps_key, lambda: iter([crops]))
    until(lambda: service.finished_guidance(fused_pair))
    assert GuidanceStore(Flask("another start"), tmp_path).get(fused_pair.key) is not None
    service.answers(fused_pair, PIXELS)
    assert GuidanceStore(Flask("another start"), tmp_path).get(fused_pair.key) is None
    whole = service._checks.refuted(fused_pair.key)
    refuted = fused_pair.computed_whole(whole)
    assert refuted.key == fused_pair.key  # the same view for the browser
    assert service.finished_guidance(refuted) is None
    assert not service.guidance(refuted).failure  # told before: it is computed, on whole images


def test_that_guidance_takes_long_is_told_before_it_is_begun(service):
    fused_pair = opened(MeanBranch)
    service.answers(fused_pair, PIXELS)
    refuted = fused_pair.computed_whole(service._checks.refuted(fused_pair.key))
    until(lambda: "one pass for every pixel" in service.guidance(refuted).failure)
    service.guidance_queue.retry(refuted.maps_key)
    until(lambda: service.guidance(refuted).done > 0)
    service.jobs.close()


@pytest.mark.slow
def test_a_view_is_held_against_the_whole_image_before_its_regions_and_verdicts(service):
    fused_pair = opened(Shifting)
    held = service.held_to_whole(fused_pair)
    assert held.is_refuted
    assert held.is_whole
    assert_exact(service.answers(held, PIXELS), fused_pair)
    assert service.held_to_whole(held) is held
    assert service.checked(fused_pair).is_refuted


@pytest.mark.parametrize("job", ["region", "verdict", "sums"])
def test_no_figure_comes_from_wrong_crops(job, service, monkeypatch):
    fused_pair = opened(Shifting)
    monkeypatch.setattr(service, "open_pair", lambda *_: fused_pair)
    monkeypatch.setattr(service.jobs, "is_wanted", lambda *_: True)
    mask = disk((30, 41), 2, fused_pair.pair.shape)
    double = copy.deepcopy(fused_pair.loaded.network).double()
    if job == "region":
        *_, progress = RegionJobs(service)._figures("any", mask, "Own", True)
        totals = progress.result.report.influence
    elif job == "verdict":
        place = Place("any", fused_pair.pair, mask)
        steps = VerdictJobs(service)._stream(ROWS, place, "Own")
        totals = next(each.report.influence for each in steps if each.report)
    else:
        asked = Questions(service)._held_to_whole(all_pixel_sums_stream, fused_pair, lambda: True)
        with pytest.raises(InputError, match="On this pair"):
            list(asked)
        return
    pixels = np.argwhere(mask).tolist()
    exact = [full_image_jacobian(double, fused_pair.pair, tuple(pixel)).full() for pixel in pixels]
    expected = np.abs(np.array(exact)).sum(axis=(2, 3)).mean(axis=0)
    np.testing.assert_allclose(totals, expected, rtol=1e-4)
