"""What tests of networks that condense maps share: how exact their derivatives are, and features to build on."""

from functools import cache

import numpy as np
import torch
from torch import nn

from saliency import jacobian
from tests.support.condensing_networks import condensing
from tests.support.networks import by_dense_autograd, frozen, special_pixels, stacked

ODD = (13, 17)


@cache
def known(kind):
    """One of the networks; do not change it."""
    return condensing(kind)


def differs_by(found, expected):
    """As a part of the largest value."""
    return np.abs(found - expected).max() / np.abs(expected).max()


def assert_exact(net, pair, tolerance=1e-11):
    every = by_dense_autograd(net, pair)
    for pixel in special_pixels(pair.shape):
        J = jacobian(net, pair, pixel)
        assert differs_by(stacked(J.full()), every[pixel]) < tolerance
    return every


class Made(nn.Module):
    """Out of a function of both inputs' features."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(7)
        self.function = function
        self.first, self.last = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, first, second):
        return self.last(self.function(torch.tanh(self.first(torch.cat((first, second), 1)))))


def made(function):
    return frozen(Made(function)).double()
