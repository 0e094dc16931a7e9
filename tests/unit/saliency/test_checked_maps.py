"""What ``import saliency`` gives for networks that are local on noise and not on the pair in hand."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
import saliency
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.jacobian import jacobian as unchecked
from saliency.geometry.masks import disk
from saliency.validation import checked_maps
from saliency.validation.checked_maps import checked_on_pair
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
    monkeypatch.setattr(checked_maps, "check_on_pair", lambda *of: asked.append(of) or check_on_pair(*of))
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
