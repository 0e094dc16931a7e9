"""Rearranged networks: the same results, the original untouched, and never a stale copy."""

import copy
import gc
import weakref

import numpy as np
import pytest
import torch
from torch import nn

from saliency import guidance, jacobian
from saliency.jacobian import full_image_jacobian
from saliency.prepared import prepare, prepared
from tests.saliency_helpers import RADII, Lambda, in_double, network, random_pair, stacked


@pytest.mark.parametrize("name", RADII)
def test_a_prepared_network_is_the_same_function_to_rounding(name):
    net = in_double(name)
    faster = prepare(net)
    assert faster is not net
    images = [torch.rand(2, 1, 30, 23, dtype=torch.float64) for _ in range(2)]
    torch.testing.assert_close(faster(*images), net(*images), rtol=1e-11, atol=1e-12)
    rows = [
        torch.autograd.functional.vjp(each, tuple(images), torch.ones_like(images[0]))[1] for each in (net, faster)
    ]
    torch.testing.assert_close(rows[1], rows[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["FunFuseAn", "MaskNet", "DeepFuse"])
def test_every_batchnorm_after_a_convolution_is_gone(name):
    def norms(net):
        return [each for each in net.modules() if isinstance(each, nn.BatchNorm2d)]

    assert norms(network(name))
    assert not norms(prepare(network(name)))


def test_it_is_made_once_and_the_original_stays():
    net = copy.deepcopy(network("DeepFuse"))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    assert prepared(net) is prepared(net) is not net
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(each.is_contiguous() for each in net.parameters())


def changed_in_place(net):
    with torch.no_grad():
        next(net.parameters()).mul_(-2)


def loaded(net):
    net.load_state_dict({key: value * 2 for key, value in net.state_dict().items()})


def running_statistics(net):
    next(each for each in net.modules() if isinstance(each, nn.BatchNorm2d)).running_mean += 0.5


def replaced(net):
    conv = next(each for each in net.modules() if isinstance(each, nn.Conv2d))
    conv.weight = nn.Parameter(torch.randn_like(conv.weight), requires_grad=False)


@pytest.mark.parametrize("change", [changed_in_place, loaded, running_statistics, replaced, nn.Module.double])
def test_weights_that_change_are_noticed(change):
    net, pair = copy.deepcopy(network("DeepFuse")), random_pair((20, 21))
    old = jacobian(net, pair, (9, 9)).first
    change(net)
    new, expected = jacobian(net, pair, (9, 9)), full_image_jacobian(net, pair, (9, 9))
    scale = np.abs(stacked(expected.full())).max()
    assert np.abs(stacked(new.full()) - stacked(expected.full())).max() < 1e-5 * scale
    assert change is nn.Module.double or np.abs(new.first - old).max() > 1e-3 * scale
    np.testing.assert_allclose(guidance(net, pair).first[9, 9], expected.first[9, 9], atol=1e-5 * scale)


class CallsItsLayersSingly(nn.Module):
    """Uses the convolution of a Sequential without its BatchNorm: folding would change the result."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1))
        self.layers[1].running_mean.fill_(0.4)

    def forward(self, first, second):
        return self.layers[0](first) + second


def test_a_network_that_folding_would_change_stays_as_it_is():
    net = CallsItsLayersSingly().eval()
    assert prepare(net) is None
    assert prepared(net) is net


def test_a_network_without_convolution_layers_stays_as_it_is():
    net = Lambda(lambda a, b: a * b)
    assert prepared(net) is net


def test_a_network_that_is_gone_is_not_kept():
    net = copy.deepcopy(network("DeepFuse"))
    jacobian(net, random_pair((20, 21)), (9, 9))
    gone = weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None
