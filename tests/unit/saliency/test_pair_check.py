"""Networks that are local on noise and not on a picture, and those that are local on both."""

import copy
from dataclasses import replace

import numpy as np
import pytest

import fusion
import saliency
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.validation import pair_check
from saliency.validation.pair_check import (
    check_on_pair,
    check_pixel_on_pair,
    is_value_of,
    looked_at,
    whole_image_network,
)
from saliency.validation.trust_card import trust_checks
from tests.support.networks import METHODS, frozen, network
from tests.support.picture_readers import MeanBranch, Shifting


@pytest.fixture(scope="module")
def pair():
    return fusion.phantom(5, size=64)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in METHODS if name != "UAAFusion (frozen weights)"])
def test_every_shipped_network_is_on_a_picture_what_it_is_on_noise(name, pair):
    found = check_on_pair(
        network(name), pair, saliency.guidance(network(name), pair) if name == "MaskNet" else None
    )
    assert found.agrees
    assert bool(found.pixels) == saliency.locality(network(name)).is_local


@pytest.mark.parametrize("build", [MeanBranch, Shifting])
def test_what_looks_further_on_a_picture_is_found_and_computed_whole(build, pair):
    net = frozen(build())
    assert saliency.locality(net).is_local, "noise shows it already: nothing is left to find"
    found = check_on_pair(net, pair)
    assert not found.agrees
    assert found.difference > 0.01
    double = copy.deepcopy(net).double()
    for pixel in found.pixels[:40:5]:
        J = saliency.jacobian(whole_image_network(net), pair, pixel)
        for image, exact in zip(J.full(), full_image_jacobian(double, pair, pixel).full(), strict=True):
            np.testing.assert_allclose(image, exact, atol=1e-5 * np.abs(exact).max())


@pytest.mark.slow
def test_a_part_of_a_large_picture_stands_for_it(pair, monkeypatch):
    monkeypatch.setattr(pair_check, "TILE", 40)
    assert check_on_pair(network("MaskNet"), pair, seed=1).agrees  # what was found with seed 0 is remembered
    assert check_on_pair(network("CAMF"), pair, seed=1).agrees  # its grid is kept
    assert not check_on_pair(frozen(Shifting()), pair).agrees
    assert max(max(pixel) for pixel in check_on_pair(network("MaskNet"), pair, seed=1).pixels) < 40


@pytest.mark.parametrize("name", ["MaskNet", "CAMF"])
def test_a_smaller_part_stands_for_it_where_memory_is_short(pair, name, monkeypatch):
    assert pair_check.checked_side(network(name)) == pair_check.TILE
    monkeypatch.setattr(pair_check, "MOST_BYTES", 0)
    side, found = pair_check.checked_side(network(name)), saliency.locality(network(name))
    assert 4 * found.radius < side < 4 * (found.radius + 1 + found.stride)
    assert side % found.stride == 0
    monkeypatch.setattr(pair_check, "looked_at", lambda part, _: [(0, 0), (part.shape[0] - 1, part.shape[1] // 2)])
    found = check_on_pair(network(name), pair, seed=1)  # what was found with seed 0 is remembered
    assert max(found.pixels)[0] == min(side, pair.shape[0]) - 1
    assert found.agrees


@pytest.mark.slow
def test_what_float32_cannot_tell_float64_does(pair, monkeypatch):
    monkeypatch.setattr(pair_check, "TOLERANCE", 0.0)
    found = check_on_pair(network("DeepFuse"), pair, seed=1)
    assert found.agrees
    assert found.difference < 1e-12
    assert not check_on_pair(frozen(Shifting()), pair).agrees


@pytest.mark.slow
def test_wrong_guidance_is_found(pair):
    G = saliency.guidance(network("MaskNet"), pair)
    row, col = looked_at(pair)[9]
    spoiled = G.first.copy()
    spoiled[row, col] += 0.01 * np.abs(G.first).max()
    assert not check_on_pair(network("MaskNet"), pair, replace(G, first=spoiled)).agrees


def test_pixels_lie_in_every_part_of_the_picture_and_on_its_border(pair):
    pixels = looked_at(pair)
    assert {(row // 8, col // 8) for row, col in pixels} == {(row, col) for row in range(8) for col in range(8)}
    assert pixels[-1][0] in (0, 63) or pixels[-1][1] in (0, 63)
    assert looked_at(fusion.ImagePair(pair.first[:3, :2], pair.second[:3, :2], "tiny"))


def test_a_value_that_is_not_the_fused_images_is_noticed(pair):
    net = frozen(MeanBranch())
    fused = saliency.fused_image(whole_image_network(net), pair)
    largest = float(np.abs(fused).max())
    wrong = [J for J in jacobian_batch(net, pair, looked_at(pair)) if not is_value_of(J, fused, largest)]
    assert len(wrong) > 30
    right = jacobian_batch(network("MaskNet"), pair, looked_at(pair))
    fused = saliency.fused_image(network("MaskNet"), pair)
    assert all(is_value_of(J, fused, float(fused.max())) for J in right)
    fused[right[0].pixel] = np.nan
    assert not is_value_of(right[0], fused, 1.0)
    assert is_value_of(replace(right[0], fused=float("nan")), fused, 1.0)


@pytest.mark.parametrize("build", [MeanBranch, Shifting])
def test_the_trust_card_does_not_judge_by_the_crop_it_is_to_judge(build, pair):
    net = frozen(build())
    dark = next(pixel for pixel in looked_at(pair) if not check_pixel_on_pair(net, pair, pixel).agrees)
    check = next(trust_checks(net, pair, dark))
    assert check.passed is False
    assert "whole image" in check.measured
    check = next(trust_checks(whole_image_network(net), pair, dark))
    assert check.passed
