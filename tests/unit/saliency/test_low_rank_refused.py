"""Networks that see the whole image in other ways than by few numbers: found out, and exact in the plain way."""

import logging

import pytest
import torch
import torch.nn.functional as F
from torch.autograd.function import once_differentiable

from fusion.data.pairs import ImagePair
from saliency import guidance, locality
from saliency.derivatives import low_rank_derivatives
from saliency.derivatives.guidance import passes
from saliency.derivatives.kept_slopes import derivative_bytes, keep_derivative, lacks_derivative
from tests.support.condensed_derivatives import ODD, Made, assert_exact, differs_by, made
from tests.support.condensing_networks import Condensing, Gate, condensing
from tests.support.networks import by_dense_autograd, diagonal, frozen, random_pair, stacked


def by_softmax(features):
    shares = features.flatten(2).softmax(-1).view_as(features)
    return features * (features * shares).sum((2, 3), keepdim=True) + shares


def accumulated(features):
    return features.cumsum(2) - features.mean((2, 3), keepdim=True)


def unseen(features):
    """Whose mean is taken over what is no map any more."""
    return features - features.flatten(2).mean(-1)[..., None, None]


@pytest.mark.parametrize("function", [by_softmax, accumulated, unseen])
def test_what_is_not_local_beside_its_numbers_goes_the_plain_way(function):
    net, pair = made(function), random_pair((9, 8))
    assert locality(net).held is None
    assert locality(net).reason.endswith("so full images are computed.")
    assert not keep_derivative(net, pair)
    assert not lacks_derivative(net, pair)
    assert derivative_bytes(net, pair) == 0
    assert_exact(net, pair)
    assert guidance(net, pair).total == pair.first.size


def shifting_if_bright(features):
    """On bright pictures looks further than on noise."""
    mean = features.mean((2, 3), keepdim=True)
    return features * mean + (F.pad(features, (9, 0))[..., :-9] if mean.min() > 0 else 0)


def normalising_if_bright(features):
    """On bright pictures condenses more."""
    mean = features.mean((2, 3), keepdim=True)
    return features - mean if mean.min() <= 0 else (features - mean) / features.std((2, 3), keepdim=True)


class Bright(Made):
    """Its features are positive on bright pictures alone."""

    def forward(self, first, second):
        features = torch.cat((first, second), 1).repeat(1, 2, 1, 1) - 0.8
        return self.last(self.function(features))


@pytest.mark.parametrize("function", [shifting_if_bright, normalising_if_bright])
def test_what_is_another_on_a_pair_is_found_out_there(function, caplog):
    net, dark = frozen(Bright(function)).double(), random_pair(ODD)
    bright = ImagePair(0.9 + 0.1 * dark.first, 0.9 + 0.1 * dark.second, title="bright")
    assert keep_derivative(net, dark)
    assert not keep_derivative(net, bright)
    assert "by its summaries on a pair" in caplog.text
    assert not lacks_derivative(net, bright)  # what was refuted is not looked for again
    for pair in (dark, bright):
        assert_exact(net, pair)
    every, found = by_dense_autograd(net, bright), guidance(net, bright)
    assert differs_by(stacked((found.first, found.second)), diagonal(every)) < 1e-6


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values):
        return values.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        return gradient


def backwards_once(features):
    return _Once.apply(features * features.mean((2, 3), keepdim=True))


def test_guidance_of_a_layer_that_goes_backwards_once_goes_the_plain_way():
    net, pair = made(backwards_once), random_pair((6, 7))
    assert keep_derivative(net, pair)
    every, found = assert_exact(net, pair), guidance(net, pair)
    assert found.total == pair.first.size
    assert differs_by(stacked((found.first, found.second)), diagonal(every)) < 1e-6


class ResizedBack(Condensing):
    """To the picture's own size, so that the grid in between depends on that."""

    def forward(self, first, second):
        features = self.layers(torch.tanh(self.first(torch.cat((first, second), 1))))
        return F.interpolate(self.last(features), size=first.shape[-2:], mode="bilinear")


def test_sizes_that_no_crop_fits_go_the_plain_way():
    net, pair = frozen(ResizedBack(Gate(4), stride=2)).double(), random_pair(ODD)
    assert keep_derivative(net, random_pair((14, 18)))
    assert not locality(net).held.crops(pair.shape)
    assert not keep_derivative(net, pair)
    assert_exact(net, pair)


def test_what_does_not_fit_into_memory_goes_the_plain_way(monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    net, pair = condensing("squeeze and excitation"), random_pair(ODD)
    needed = 2 * 4 * ODD[0] * ODD[1] * 8
    monkeypatch.setattr(low_rank_derivatives, "MOST_BYTES", needed - 1)
    assert not keep_derivative(net, pair)
    assert_exact(net, pair)
    assert passes(net, pair.shape) == pair.first.size
    monkeypatch.setattr(low_rank_derivatives, "MOST_BYTES", needed)
    assert keep_derivative(net, pair)
    assert derivative_bytes(net, pair) > low_rank_derivatives.AT_THE_HIGHEST * needed
