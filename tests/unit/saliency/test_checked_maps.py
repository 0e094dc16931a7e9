"""What ``import saliency`` gives for networks that are local on noise and not on the pair in hand."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
import saliency
from fusion import InputError
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.jacobian import jacobian as unchecked
from saliency.geometry.masks import disk
from saliency.validation import checked_network
from saliency.validation.checked_network import checked_on_pair
from saliency.validation.pair_check import check_on_pair
from tests.support.networks import frozen, network
from tests.support.picture_readers import MeanBranch, Shifting

PIXEL = 30, 41


class OwnTiles(nn.Module):
    """Works in tiles of its own, as many programs do with large pictures: no pixel sees over their borders."""

    def __init__(self, side=72):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.last, self.side = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1), side

    def forward(self, first, second):
        fused = torch.zeros_like(first)
        for top in range(0, first.shape[2], self.side):
            for left in range(0, first.shape[3], self.side):
                at = (..., slice(top, top + self.side), slice(left, left + self.side))
                fused[at] = self.last(torch.relu(self.conv(torch.cat((first[at], second[at]), 1))))
        return fused


class FarWhereBrightest(nn.Module):
    """Looks far at the brightest pixels alone, which no sample of pixels needs to meet."""

    def forward(self, first, second):
        return torch.where(first >= 1, F.avg_pool2d(second, 21, 1, 10) + first, 0.5 * (first + second))


@pytest.fixture(scope="module")
def pair():
    return fusion.phantom(5, size=64)


def exact(net, pair, pixel):
    return full_image_jacobian(copy.deepcopy(net).double(), pair, pixel).full()


def assert_right(net, pair, pixel):
    for image, expected in zip(saliency.jacobian(net, pair, pixel).full(), exact(net, pair, pixel), strict=True):
        np.testing.assert_allclose(image, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("build", [MeanBranch, Shifting])
def test_a_jacobian_is_right_where_crops_are_wrong(build, pair, caplog):
    net = frozen(build())
    assert saliency.locality(net).is_local
    assert_right(net, pair, PIXEL)
    assert "wrong on a pair" in caplog.text


def test_so_is_one_of_a_network_that_works_in_tiles():
    net, pair = frozen(OwnTiles()), fusion.phantom(5, size=96)
    assert saliency.locality(net).is_local
    for pixel in ((71, 71), (72, 30), (40, 40)):
        assert_right(net, pair, pixel)


def test_so_is_what_no_sampled_pixel_shows():
    random = np.random.default_rng(0)
    first, second = random.uniform(0, 0.9, (2, 64, 64)).astype(np.float32)
    first[23, 37] = 1
    pair, net = fusion.ImagePair(first, second, "one bright pixel"), frozen(FarWhereBrightest())
    assert check_on_pair(net, pair).agrees, "a sampled pixel shows it: nothing is left to find"
    assert np.abs(unchecked(net, pair, (23, 37)).full()[1] - exact(net, pair, (23, 37))[1]).max() > 0.001
    for _ in range(2):
        assert_right(net, pair, (23, 37))
    assert checked_on_pair(net, pair) is not net


@pytest.mark.slow
def test_maps_of_many_pixels_are_right_too(pair):
    net = frozen(Shifting())
    G, rows = saliency.guidance(net, pair), saliency.region_rows(net, pair, disk(PIXEL, 2, pair.shape))
    expected = exact(net, pair, PIXEL)
    for image, own in zip((G.first, G.second), expected, strict=True):
        assert abs(image[PIXEL] - own[PIXEL]) < 1e-5 * np.abs(own).max()
    totals = [np.abs(each).sum() for each in expected]
    np.testing.assert_allclose(rows.totals[:, *PIXEL], totals, rtol=1e-4)


def test_a_network_is_held_against_the_whole_image_once_a_pair_and_anew_when_it_changes(pair, monkeypatch):
    asked = []
    monkeypatch.setattr(checked_network, "check_on_pair", lambda *of: asked.append(of) or check_on_pair(*of))
    net = frozen(MeanBranch())
    for pixel in (PIXEL, (3, 4)):
        saliency.jacobian(net, pair, pixel)
    assert len(asked) == 1
    with torch.no_grad():
        net.last.weight.mul_(2)
    assert_right(net, pair, PIXEL)
    assert len(asked) == 2


def test_one_that_is_right_on_crops_is_asked_itself(pair):
    net = network("MaskNet")
    assert checked_on_pair(net, pair) is net


class Gained(nn.Module):
    """A number in a list, which is in no fingerprint."""

    def __init__(self):
        super().__init__()
        self.gains = [2.0]

    def forward(self, first, second):
        return self.gains[0] * first * second


def test_a_number_that_changed_unseen_is_noticed_and_crops_are_kept(pair):
    net = Gained()
    before = saliency.jacobian(net, pair, PIXEL)
    net.gains[0] = 3.0
    after = saliency.jacobian(net, pair, PIXEL)
    assert after.first.shape == (1, 1)
    np.testing.assert_allclose(after.first, 1.5 * before.first, rtol=1e-6)
    assert checked_on_pair(net, pair) is net


class Descending(nn.Module):
    """Differentiates in its forward, as unrolled networks do."""

    def forward(self, first, second):
        with torch.enable_grad():
            fused = (first + second) / 2
            fused = fused if fused.requires_grad else fused.requires_grad_()
            (slope,) = torch.autograd.grad(((fused - first) ** 2).sum(), fused, create_graph=True)
        return fused - 0.2 * slope


def test_a_network_that_differentiates_in_its_forward_is_fused_and_asked(pair):
    net = Descending()
    expected = 0.5 * (pair.first + pair.second) - 0.2 * (pair.second - pair.first)
    for fused in (saliency.fused_image(net, pair), fusion.fuse(net, pair)):
        np.testing.assert_allclose(fused, expected, atol=1e-6)
    np.testing.assert_allclose(saliency.jacobian(net, pair, PIXEL).first, [[0.7]], rtol=1e-6)


@pytest.mark.parametrize("last", [torch.Tensor.detach, lambda fused: torch.from_numpy(fused.detach().numpy())])
def test_a_network_without_gradient_is_refused_in_a_sentence(last, pair):
    class Cut(nn.Module):
        def forward(self, first, second):
            return last(first * second)

    with pytest.raises(InputError, match="has no gradient"):
        saliency.jacobian(Cut(), pair, PIXEL)
