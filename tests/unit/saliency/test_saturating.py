"""Slopes of what saturates: exact in float32 where autograd's own are not, in every way a network is computed."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd import forward_ad

import fusion
from saliency import guidance, jacobian, locality
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.network.optimized import optimized, optimized_plan
from saliency.network.saturating import FUNCTIONS, LAYERS, sigmoid, tanh
from saliency.receptive_field.locality import Locality, remember
from saliency.receptive_field.nan_probe import probed
from tests.support.networks import frozen, random_pair, reference, stacked

FAR = torch.linspace(-12, 12, 401)


@pytest.mark.parametrize(("exact", "plain"), [(tanh, torch.tanh), (sigmoid, torch.sigmoid)])
def test_values_are_torchs_and_slopes_those_of_float64(exact, plain):
    leaf, other, double = (values.clone().requires_grad_() for values in (FAR, FAR, FAR.double()))
    assert torch.equal(exact(leaf), plain(other))
    found, cancelled, true = (
        torch.autograd.grad(function(values).sum(), values)[0]
        for function, values in ((exact, leaf), (plain, other), (plain, double))
    )
    # Float64 cancels too, a billion times later: 1 - t^2 of 1e-10 has six digits.
    assert float(((found - true) / true).abs().max()) < 2e-6
    assert float(((cancelled - true) / true).abs().max()) > 1e-3  # else nothing was to be mended


@pytest.mark.parametrize("exact", [tanh, sigmoid])
def test_they_are_differentiated_forwards_and_twice(exact):
    values = FAR[::40].double().requires_grad_()
    assert torch.autograd.gradcheck(exact, values)
    assert torch.autograd.gradgradcheck(exact, values)
    (backwards,) = torch.autograd.grad(exact(values).sum(), values)
    with forward_ad.dual_level():
        along = forward_ad.unpack_dual(exact(forward_ad.make_dual(FAR[::40].double(), torch.ones(11).double())))
    torch.testing.assert_close(along.tangent, backwards)


class Saturated(nn.Module):
    """Its values lie far out where the last function is flat."""

    def __init__(self, last, *, halves):
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.end, self.last, self.halves = nn.Conv2d(4, 1, 3, padding=1), last, halves
        with torch.no_grad():
            self.end.bias += 6 if isinstance(last, nn.Tanh) else 10

    def forward(self, first, second):
        features = nn.functional.silu(self.first(torch.cat((first, second), 1)))
        if self.halves:  # what no plan can write down
            features = nn.functional.interpolate(nn.functional.avg_pool2d(features, 2), scale_factor=2.0)
        return self.last(self.end(features))


@pytest.mark.parametrize("halves", [False, True])
@pytest.mark.parametrize("last", [nn.Tanh(), nn.Sigmoid()], ids=str)
def test_jacobians_and_guidance_keep_their_digits_where_the_network_saturates(last, halves):
    network = frozen(Saturated(last, halves=halves))
    assert locality(network).is_local
    assert (optimized_plan(network) is None) == halves
    pair = random_pair((24, 26))
    exact, images, pixels = probed(network), guidance(network, pair), _brightest(network, pair)
    for pixel in pixels:
        row = reference(exact, pair, pixel)
        largest = np.abs(row).max()
        np.testing.assert_allclose(stacked(jacobian(network, pair, pixel).full()), row, atol=1e-5 * largest)
        own = [images.first[pixel], images.second[pixel]]
        np.testing.assert_allclose(own, row[:, *pixel], atol=1e-5 * largest)
    true, cancelled = (np.stack([reference(each, pair, pixel) for pixel in pixels]) for each in (exact, network))
    assert np.abs(cancelled - true).max() > 1e-4 * np.abs(true).max()  # else nothing was to be mended


def _brightest(network, pair):
    """The three pixels of largest fused value."""
    order = np.argsort(-fusion.fuse(network, pair), axis=None)
    return [tuple(int(at) for at in np.unravel_index(k, pair.shape)) for k in order[:3]]


def test_the_copy_alone_has_other_layers():
    network = frozen(nn.Sequential(nn.Conv2d(2, 1, 3, padding=1), nn.Tanh()))

    class Stacked(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = network

        def forward(self, first, second):
            return self.layers(torch.cat((first, second), 1))

    brought = frozen(Stacked())
    kinds = [type(layer) for layer in optimized(brought).layers]
    assert kinds == [nn.Conv2d, LAYERS[nn.Tanh]]
    assert type(network[1]) is nn.Tanh
    assert FUNCTIONS.keys() >= {torch.tanh, torch.sigmoid}


@pytest.mark.slow
def test_camf_is_exact_in_the_dark():
    """There it saturates so far that plain float32 autograd has no slope at all."""
    network, pair = fusion.load("CAMF"), fusion.phantom(5, size=64)
    remember(network, Locality(34, stride=4))
    exact = copy.deepcopy(network).double()
    remember(exact, Locality(34, stride=4))
    for pixel in ((8, 8), (3, 60), (61, 10)):
        found, true = (stacked(jacobian(each, pair, pixel).full()) for each in (network, exact))
        assert 0 < np.abs(true).max() < 1e-4  # it saturates here
        assert not stacked(full_image_jacobian(network, pair, pixel).full()).any()  # else nothing was to be mended
        np.testing.assert_allclose(found, true, atol=1e-4 * np.abs(true).max())
