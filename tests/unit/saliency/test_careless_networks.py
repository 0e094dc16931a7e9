"""Networks that work in place, or that torch gets wrong in one memory layout: right maps, unchanged pairs."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
import saliency
from saliency.derivatives.patch import patch_of
from saliency.network.optimized import optimized
from tests.support.networks import frozen, random_pair, reference, special_pixels

SHAPE = (28, 31)


class InPlace(nn.Module):
    """Centres its inputs in place, and its features too."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.last = nn.Conv2d(2, 6, 3, padding=1), nn.Conv2d(6, 1, 3, padding=1)

    def forward(self, first, second):
        first -= 0.5
        second.mul_(2)
        return self.last(self.conv(torch.cat((first, second), 1)).tanh_())


class InstanceNormed(nn.Module):
    """In one memory layout torch's gradient of InstanceNorm is wrong where the values agree."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.norm = nn.Conv2d(2, 8, 3, padding=1), nn.InstanceNorm2d(8)
        self.last = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, first, second):
        return self.last(torch.tanh(self.norm(self.conv(torch.cat((first, second), 1)))))


class DeadOnNoise(nn.Module):
    """A layer called singly elsewhere, which noise never shows: its branch is taken on a black ground alone."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.body[1].running_mean.fill_(0.3)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, first, second):
        smooth = F.avg_pool2d(first, 5, 1, 2) < 0.02
        whole = self.body(first + second)
        single = self.body[0](first + second)  # without its BatchNorm
        return self.last(torch.where(smooth, single, whole))


@pytest.mark.parametrize("build", [InPlace, InstanceNormed])
def test_every_derivative_is_that_of_float64_and_the_pair_stays_as_it_was(build):
    net, pair = frozen(build()), random_pair(SHAPE)
    before, double = pair.content_hash, copy.deepcopy(net).double()
    G = saliency.guidance(net, pair)
    for row, col in special_pixels(SHAPE):
        expected = reference(double, pair, (row, col))
        tolerance = 1e-4 * np.abs(expected).max()
        assert np.abs(np.stack(saliency.jacobian(net, pair, (row, col)).full()) - expected).max() < tolerance
        own = [image[row, col] for image in (G.first, G.second)]
        assert np.abs(own - expected[:, row, col]).max() < tolerance
    assert fusion.ImagePair(pair.first, pair.second, "anew").content_hash == before


def test_what_is_asked_of_variants_leaves_them_as_they_are():
    net, pair = frozen(InPlace()), random_pair(SHAPE)
    patch = patch_of(net, pair, (9, 9))
    inputs = patch.inputs.clone()
    assert patch.values(net, patch.inputs[None])[0] == patch.values(net, patch.inputs[None])[0]
    patch.gradient(net)
    assert torch.equal(patch.inputs, inputs)


@pytest.mark.parametrize("build", [InstanceNormed, DeadOnNoise])
def test_a_rearranged_copy_with_other_gradients_is_not_used(build):
    net = frozen(build())
    assert optimized(net) is net


def test_a_pair_cannot_be_written_to_and_what_it_was_made_from_can():
    images = np.random.default_rng(0).random((2, 5, 6), dtype=np.float32)
    pair = fusion.ImagePair(*images, "own", second_color=np.zeros((5, 6, 3), np.uint8))
    for array in (pair.first, pair.second, pair.second_color):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
    images[0, 0, 0] = 0.5
