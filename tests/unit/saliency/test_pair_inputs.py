"""Networks that hold something fixed for a pair: crops are exact with what the whole pair gave."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from fusion.method.pair_constants import HasPairConstants
from saliency import column, fused_image, guidance, integrated_gradients, locality, nudge, region_rows
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.geometry.masks import disk
from saliency.network.optimized import optimized
from saliency.network.pair_inputs import pair_constants
from saliency.network.per_pair import MOST_BYTES, PAIRS
from tests.support.networks import in_double, random_pair, special_pixels, stacked

HELD = "UAAFusion (frozen weights)"


class Centred(nn.Module):
    """A convolution of radius 1 of the first image less its mean, which is held fixed, and of the second."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.layers = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.Conv2d(4, 1, 1)
        )
        self.layers[1].running_var.uniform_(0.5, 2)
        self.found = []

    def pair_constants(self, first, second):
        self.found.append(tuple(first.shape))
        means = torch.stack([first, second]).mean(dim=(-2, -1), keepdim=True).detach()
        return torch.cat([mean.expand_as(first) for mean in means], dim=1)

    def forward(self, first, second, constants=None):
        constants = self.pair_constants(first, second) if constants is None else constants
        return self.layers(torch.cat([first - constants[:, :1], second * constants[:, 1:]], dim=1))


@pytest.fixture
def centred():
    net = Centred().double().eval().requires_grad_(False)
    assert isinstance(net, HasPairConstants)
    return net


def by_autograd(net, pair, pixel):
    """∂y[pixel] on the full image with the constants of the full image, (2, H, W)."""
    inputs = [torch.tensor(x).double()[None, None] for x in (pair.first, pair.second)]
    constants = net.pair_constants(*inputs)
    leaves = [each.requires_grad_() for each in inputs]
    found = torch.autograd.grad(net(*leaves, constants)[0, 0, *pixel], leaves)
    return torch.cat(found)[:, 0].numpy()


def assert_all_exact(net, pair, pixels):
    """Jacobians, singly and together, and the guidance at those pixels."""
    G = guidance(net, pair)
    for J in (*jacobian_batch(net, pair, pixels), *(jacobian(net, pair, pixel) for pixel in pixels)):
        expected = by_autograd(net, pair, J.pixel)
        size = np.abs(expected).max()
        assert np.abs(stacked(J.full()) - expected).max() <= 1e-12 * size
        assert np.abs(np.array([G.first[J.pixel], G.second[J.pixel]]) - expected[:, *J.pixel]).max() <= 1e-6 * size


@pytest.mark.parametrize("shape", [(12, 9), (1, 7)])
def test_a_network_with_pair_constants_is_local_and_exact(centred, shape):
    found = locality(centred)
    assert (found.is_local, found.radius, found.shrinks) == (True, 1, False)
    assert_all_exact(centred, random_pair(shape), special_pixels(shape))


@pytest.mark.slow
def test_held_uaafusion_is_exact_at_corners_borders_and_inside():
    """Of a window of 51 pixels in the middle nothing is cut off by the image's border."""
    net, shape = in_double(HELD), (61, 63)
    pair = random_pair(shape)
    assert locality(net).radius == 25
    for pixel in [(30, 31), (0, 0), (60, 20), (13, 62)]:
        expected = by_autograd(net, pair, pixel)
        J = jacobian(net, pair, pixel)
        assert np.abs(stacked(J.full()) - expected).max() <= 1e-12 * np.abs(expected).max()
        assert max(J.first.shape) <= 51
    row = jacobian(net, pair, (30, 31)).full()[1]
    assert column(net, pair, (28, 35)).second[30 - 3, 31 - 10] == pytest.approx(row[28, 35], rel=1e-9)


@pytest.mark.slow
def test_held_uaafusions_guidance_is_exact():
    net, pair = in_double(HELD), random_pair((27, 6))
    G = guidance(net, pair)
    for pixel in [(0, 0), (26, 5), (13, 0), (9, 4)]:
        expected = by_autograd(net, pair, pixel)[:, *pixel]
        np.testing.assert_allclose([G.first[pixel], G.second[pixel]], expected, rtol=1e-5)


def test_every_question_uses_the_whole_pairs_constants(centred):
    pair, region = random_pair((14, 11)), disk((6, 5), 3, (14, 11))
    whole = fused_image(centred, pair)
    np.testing.assert_allclose(fused_image(centred, pair, tile=5), whole, atol=1e-7)
    rows = region_rows(centred, pair, region)
    J = jacobian(centred, pair, (6, 5))
    assert rows.totals[0, 6, 5] == pytest.approx(np.abs(J.first).sum(), rel=1e-5)
    assert column(centred, pair, (6, 5)).first[1, 1] == pytest.approx(J.first[1, 1], rel=1e-9)
    found = integrated_gradients(centred, pair, (6, 5), bound=1e-9)
    assert found.is_complete
    assert found.value == pytest.approx(whole[6, 5], abs=1e-6)


def test_a_nudge_shows_what_really_happens_with_other_constants(centred):
    """The mean moves with the nudged pixel, so the derivative that holds it fixed is off, and is shown to be."""
    pair = random_pair((4, 3))
    found = nudge(centred, pair, (1, 1), 0, deltas=[-1e-4, 1e-4])
    changed = []
    for delta in found.deltas:
        first, second = (torch.tensor(x).double()[None, None] for x in (pair.first, pair.second))
        first[0, 0, 1, 1] += delta
        changed.append(float(centred(first, second)[0, 0, 1, 1]))
    np.testing.assert_allclose(found.real, changed, atol=1e-12)
    assert np.abs(found.real - found.predicted).min() > 1e-7


def test_folding_keeps_the_constants():
    net = Centred().eval().requires_grad_(False)
    faster = optimized(net)
    assert faster is not net
    assert isinstance(faster.layers[1], nn.Identity)
    pair = random_pair((9, 8))
    expected = by_autograd(Centred().double().eval(), pair, (4, 0))
    np.testing.assert_allclose(stacked(jacobian(net, pair, (4, 0)).full()), expected, atol=1e-5)


def test_constants_are_found_once_for_a_pairs_content(centred):
    locality(centred)
    optimized(centred)
    centred.found.clear()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda at: jacobian(centred, random_pair((12, 9)), (at, 3)), range(12)))
    assert centred.found == [(1, 1, 12, 9)]
    jacobian(centred, random_pair((12, 9), seed=1), (0, 0))
    assert len(centred.found) == 2


def test_changed_weights_find_constants_anew(centred):
    pair = random_pair((5, 6))
    before = pair_constants(centred, pair)
    assert pair_constants(centred, pair) is before
    centred.layers[0].weight.data.mul_(2)
    assert pair_constants(centred, pair) is not before


def test_only_the_pairs_used_last_are_remembered(centred):
    pairs = [random_pair((5, 6), seed) for seed in range(PAIRS + 1)]
    found = [pair_constants(centred, pair) for pair in pairs]
    assert pair_constants(centred, pairs[-1]) is found[-1]
    assert pair_constants(centred, pairs[1]) is found[1]
    assert pair_constants(centred, pairs[0]) is not found[0]


def test_large_constants_are_remembered_for_fewer_pairs(centred, monkeypatch):
    pairs = [random_pair((5, 6), seed) for seed in range(3)]
    one = pair_constants(centred, pairs[0]).nbytes
    assert one < MOST_BYTES
    monkeypatch.setattr("saliency.network.per_pair.MOST_BYTES", one // 2)
    found = [pair_constants(centred, pair) for pair in pairs]
    assert pair_constants(centred, pairs[2]) is found[2]
    assert pair_constants(centred, pairs[1]) is not found[1]
