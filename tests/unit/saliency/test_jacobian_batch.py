"""Several Jacobians at once against float64 autograd on the full image, pixel by pixel."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fusion.errors import InputError
from saliency import locality
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from tests.support.networks import METHODS, Lambda, in_double, network, random_pair, reference, stacked


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_each_is_the_jacobian_of_its_own_pixel(name):
    net = network(name)
    half = 30 if locality(net).is_local else 8  # what sees the whole image has no window to fit in
    pair = random_pair((2 * half + 1, 2 * half + 3))
    centre = (half, half + 1)
    pixels = [(0, 0), centre, (half, half + 2), (2 * half, 2 * half // 3), (half + 1, half), centre]
    found = jacobian_batch(net, pair, pixels)
    assert [J.pixel for J in found] == pixels
    for J in found[:4]:
        expected = reference(in_double(name), pair, J.pixel)
        assert np.abs(stacked(J.full()) - expected).max() < 1e-4 * np.abs(expected).max()
        alone = jacobian(net, pair, J.pixel)
        assert J.area == alone.area
        assert J.first.dtype == np.float32
        assert J.fused == pytest.approx(alone.fused, abs=1e-5)


def test_neighbours_take_one_pass():
    name = "DeepFuse"
    pair, pixels = random_pair((61, 63)), [(30, 31), (30, 32), (31, 31)]
    net = in_double(name)
    jacobian_batch(net, pair, pixels)  # locality is measured and the network optimized
    calls = []
    conv2d = torch.conv2d

    def counted(*args, **kwargs):
        calls.append(args[0].shape[0])
        return conv2d(*args, **kwargs)

    torch.nn.functional.conv2d = counted
    try:
        jacobian(net, pair, pixels[0])
        alone = len(calls)
        found = jacobian_batch(net, pair, pixels)
    finally:
        torch.nn.functional.conv2d = conv2d
    assert alone > 0
    assert len(calls) == 2 * alone
    assert calls[alone:] == [len(pixels)] * alone
    for J in found:
        assert np.abs(stacked(J.full()) - reference(net, pair, J.pixel)).max() < 1e-12


def test_what_mixes_the_pictures_of_a_batch_is_computed_one_by_one():
    net = Lambda(lambda a, b: a * (1 + b.mean(dim=0, keepdim=True)))
    pair = random_pair((20, 21))
    for J in jacobian_batch(net, pair, [(8, 9), (12, 4)]):
        expected = reference(Lambda(net.function).double(), pair, J.pixel)
        assert np.abs(stacked(J.full()) - expected).max() < 1e-6


def test_a_value_that_is_none_stays_with_its_own_pixel():
    pair, pixels = random_pair((70, 70)), [(16, 16), (50, 50)]
    first = pair.first.copy()
    first[16, 16] = np.nan
    pair = replace(pair, first=first)
    broken, sound = jacobian_batch(network("DeepFuse"), pair, pixels)
    assert np.isnan(broken.fused)
    assert np.isfinite(sound.first).all()
    assert np.isfinite(sound.fused)


def test_none_and_one_and_beside_the_image():
    pair = random_pair((40, 41))
    assert jacobian_batch(network("DeepFuse"), pair, []) == []
    assert jacobian_batch(network("DeepFuse"), pair, [(20, 20)])[0].pixel == (20, 20)
    with pytest.raises(InputError, match="outside"):
        jacobian_batch(network("DeepFuse"), pair, [(20, 20), (40, 0)])
