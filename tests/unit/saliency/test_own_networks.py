"""The engine on brought networks: a silent card leaves it as fast as it was, and every card exact."""

import copy
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fusion import CardedNetwork, NetworkCard
from fusion.method.value_range import NAMED_RANGES
from saliency import jacobian, locality
from saliency.network.optimized import optimized_plan
from tests.support.networks import TwoLayers, random_pair, reference, special_pixels, stacked


class Halved(nn.Module):
    """Halves by a stride of 2 and doubles again: sides must be even."""

    def __init__(self, channels=2):
        super().__init__()
        torch.manual_seed(2)
        self.down = nn.Conv2d(channels, 3, 2, stride=2)
        self.mix = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, *images):
        both = torch.cat(images, 1)
        y = F.interpolate(self.mix(torch.tanh(self.down(both))), scale_factor=2.0)
        return torch.tanh(y + both[:, :1])


def test_a_silent_card_costs_no_fast_path():
    torch.manual_seed(0)
    bare = TwoLayers().eval().requires_grad_(False)
    net = CardedNetwork(copy.deepcopy(bare)).eval()
    assert locality(net) == locality(bare)
    assert locality(net).shrinks
    assert optimized_plan(net).radius == optimized_plan(bare).radius == 3
    pair = random_pair((40, 37))
    for pixel in special_pixels(pair.shape):
        one, other = (stacked(jacobian(each, pair, pixel).full()) for each in (net, bare))
        np.testing.assert_array_equal(one, other)


def test_stacking_channels_and_ranges_keep_the_plan():
    """What is done to the inputs are steps that the tracer knows."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(6, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 3, padding=1)).eval()
    with torch.no_grad():
        layers[0].weight /= 255  # made for such values: no tanh saturates
    ranges = {"input_range": NAMED_RANGES["0-255"], "output_range": NAMED_RANGES["-1-1"]}
    net = CardedNetwork(layers, NetworkCard(inputs=1, channels=3, **ranges)).requires_grad_(False)
    assert locality(net).shrinks
    assert_exact(net, (30, 33))


def assert_exact(net, shape):
    pair, exact = random_pair(shape), copy.deepcopy(net).double()
    for pixel in special_pixels(shape):
        found, expected = stacked(jacobian(net, pair, pixel).full()), reference(exact, pair, pixel)
        assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


CARDS = {
    "multiple": NetworkCard(multiple=2),
    "larger multiple": NetworkCard(multiple=8),
    "square": NetworkCard(multiple=2, square=True),
    "turned": NetworkCard(multiple=2, order=(2, 1)),
    "range": NetworkCard(multiple=4, input_range=NAMED_RANGES["-1-1"], output_range=NAMED_RANGES["-1-1"]),
    "colour": NetworkCard(multiple=2, channels=3),
}


class Plain(nn.Module):
    """Layers without a stride: whether 10 or 16 rows were padded, only pixels near the end can tell."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.wide = nn.Conv2d(2, 4, 9, padding=4)
        self.mix = nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, first, second):
        x = torch.tanh(self.wide(torch.cat((first, second), 1)))
        return self.last(torch.tanh(self.mix(x)) + x)


@cache
def plain(multiple):
    return CardedNetwork(Plain(), NetworkCard(multiple=multiple)).eval().requires_grad_(False)


@pytest.mark.parametrize("multiple", [3, 16, 32])
@pytest.mark.parametrize("shape", [(96, 30), (47, 38), (95, 75), (70, 28)], ids=str)
def test_crops_are_padded_as_the_full_image_is(multiple, shape):
    net = plain(multiple)
    assert locality(net).crops(shape)
    assert locality(net).stride % multiple == 0
    assert_exact(net, shape)


def test_what_is_padded_to_a_square_is_computed_whole():
    net = CardedNetwork(Plain(), NetworkCard(square=True)).eval().requires_grad_(False)
    assert "Its card asks for square images" in locality(net).reason
    assert_exact(net, (30, 41))


@pytest.mark.parametrize("shape", [(48, 64), (33, 46)], ids=str)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_jacobians_through_a_card_are_those_of_the_full_image_in_float64(card, shape):
    net = CardedNetwork(Halved(2 * card.channels), card).eval().requires_grad_(False)
    assert_exact(net, shape)


def test_an_image_that_fits_is_not_taken_for_one_that_is_never_padded():
    """A layer-by-layer plan written for a size that needs no padding would leave the padding out of the others."""
    torch.manual_seed(0)
    net = CardedNetwork(TwoLayers().eval(), NetworkCard(multiple=16)).requires_grad_(False)
    assert not locality(net).shrinks
    assert_exact(net, (37, 50))
