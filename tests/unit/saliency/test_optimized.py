"""Rearranged networks: the same results, the original untouched, and never a stale copy."""

import copy
import gc
import sys
import weakref

import numpy as np
import pytest
import torch
from torch import nn

from fusion.method.inference import fuse
from saliency import fused_image, guidance, jacobian
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.network.optimized import TOLERANCE, optimized, optimized_copy
from tests.support.networks import RADII, Lambda, frozen, in_double, network, random_pair, stacked


@pytest.mark.parametrize("name", RADII)
def test_an_optimized_network_is_the_same_function_to_rounding(name):
    net = in_double(name)
    faster = optimized_copy(net)
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
    assert not norms(optimized_copy(network(name)))


def test_it_is_made_once_and_the_original_stays():
    net = copy.deepcopy(network("DeepFuse"))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    assert optimized(net) is optimized(net) is not net
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
    conv.weight = nn.Parameter(conv.weight.flip(0) / 2, requires_grad=False)


def scaled_behind_autograd(net):
    for weight in net.parameters():
        weight.data.mul_(0.8)


def copied_behind_autograd(net):
    last = [each for each in net.modules() if isinstance(each, nn.Conv2d)][-1].weight
    last.data.copy_(last.flip(-1) / 2)


def one_number_through_numpy(net):
    next(net.parameters()).detach().numpy()[0, 0, 1, 1] += 3


def given_other_memory(net):
    weight = next(net.parameters())
    weight.data = weight.data.flip(0)


def activations_replaced(net):
    for layer in list(net.modules()):
        for name, part in layer.named_children():
            if isinstance(part, nn.LeakyReLU | nn.ReLU):
                setattr(layer, name, nn.LeakyReLU(0.7))


def normed():
    """A small network of all that the changes are about; random statistics."""
    torch.manual_seed(7)
    layers = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 3, padding=1)
    )
    layers[1].running_mean.normal_(0, 0.1)
    layers[1].running_var.uniform_(0.5, 1.5)
    return frozen(Sequence(layers))


class Sequence(nn.Module):
    """Layers over both inputs."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, first, second):
        return self.layers(torch.cat((first, second), 1))


CHANGES = [
    changed_in_place,
    loaded,
    running_statistics,
    replaced,
    scaled_behind_autograd,
    copied_behind_autograd,
    one_number_through_numpy,
    given_other_memory,
    activations_replaced,
    nn.Module.double,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_network_that_changes_is_noticed(change):
    net, pair = normed(), random_pair((20, 21))
    old = jacobian(net, pair, (9, 9)).first
    change(net)
    new, expected = jacobian(net, pair, (9, 9)), full_image_jacobian(net, pair, (9, 9))
    scale = np.abs(stacked(expected.full())).max()
    assert np.abs(stacked(new.full()) - stacked(expected.full())).max() < 1e-5 * scale
    assert change is nn.Module.double or np.abs(new.first - old).max() > 1e-3 * scale
    np.testing.assert_allclose(guidance(net, pair).first[9, 9], expected.first[9, 9], atol=1e-5 * scale)


class Adjustable(nn.Module):
    """Layers, a number and a tensor of its own, and a list; all of them decide the result."""

    def __init__(self):
        super().__init__()
        self.conv, self.act = nn.Conv2d(2, 1, 3, padding=1), nn.LeakyReLU(0.1)
        self.scale, self.offset, self.gains, self.last = 1.0, torch.zeros(1), [1.0], None

    def forward(self, first, second):
        both = torch.cat((first, second), 1)
        self.last = self.scale * self.act(self.conv(both) - 0.3) + self.offset
        return self.last * self.gains[0]


def slope(net):
    net.act.negative_slope = 0.9


def own_number(net):
    net.scale = 3.0


def own_number_made_tensor(net):
    net.scale = torch.full((1, 1, 1, 1), 2.0)


def own_tensor(net):
    net.offset.data.add_(1)


def replaced_activation(net):
    net.act = nn.Tanh()


def hook(net):
    net.conv.register_forward_hook(lambda *_: _[-1] * 4)


def larger_kernel(net):
    net.conv = nn.Conv2d(2, 1, 7, padding=3)


def dilation(net):
    net.conv.dilation, net.conv.padding = (3, 3), (3, 3)


SETTINGS = [
    slope,
    own_number,
    own_number_made_tensor,
    own_tensor,
    replaced_activation,
    hook,
    larger_kernel,
    dilation,
]


@pytest.mark.parametrize("change", SETTINGS)
def test_settings_and_layers_that_change_are_noticed(change):
    torch.manual_seed(3)
    net, pair = Adjustable().eval().requires_grad_(False), random_pair((20, 21))
    jacobian(net, pair, (9, 9))
    assert optimized(net) is optimized(net) is not net
    old = fused_image(net, pair)
    change(net)
    found, expected = jacobian(net, pair, (9, 9)), full_image_jacobian(net, pair, (9, 9))
    np.testing.assert_allclose(stacked(found.full()), stacked(expected.full()), atol=1e-6)
    assert found.fused == pytest.approx(expected.fused, abs=1e-6)
    assert np.abs(fused_image(net, pair) - old).max() > 1e-3
    np.testing.assert_allclose(fused_image(net, pair), fuse(net, pair), atol=1e-6)


def test_what_a_network_notes_as_it_runs_makes_no_new_measurement(monkeypatch):
    net, pair = Adjustable().eval(), random_pair((20, 21))
    jacobian(net, pair, (9, 9))
    monkeypatch.setattr(sys.modules["saliency.receptive_field.locality"], "measure", lambda _: 1 / 0)
    fuse(net, pair)
    net(*torch.rand(2, 1, 1, 9, 9))  # leaves a map with its graph, which cannot be copied
    expected = full_image_jacobian(net, pair, (9, 9))
    np.testing.assert_allclose(jacobian(net, pair, (9, 9)).full()[0], expected.full()[0], atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_network_in_torchscript_is_watched_too():
    pair = random_pair((20, 21))
    net = torch.jit.trace(copy.deepcopy(network("DeepFuse")), (torch.rand(1, 1, 40, 40),) * 2)
    old = jacobian(net, pair, (9, 9))
    assert optimized(net) is optimized(net)
    next(net.parameters()).data.mul_(0.8)
    new, expected = jacobian(net, pair, (9, 9)), full_image_jacobian(net, pair, (9, 9))
    np.testing.assert_allclose(new.first, expected.full()[0][new.window], atol=1e-5 * np.abs(expected.first).max())
    assert not np.allclose(new.first, old.first, rtol=1e-2)


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
    assert optimized_copy(net) is None
    assert optimized(net) is net


def test_a_network_without_convolution_layers_stays_as_it_is():
    net = Lambda(lambda a, b: a * b)
    assert optimized(net) is net


@pytest.mark.slow
def test_a_network_that_is_gone_is_not_kept():
    net = copy.deepcopy(network("DeepFuse"))
    jacobian(net, random_pair((20, 21)), (9, 9))
    gone = weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None


class Cancels(nn.Module):
    """Adds thousands and takes them off again: float32 leaves three digits, whatever order it adds in."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.last = nn.Conv2d(2, 8, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1, bias=False)

    def forward(self, first, second):
        features = torch.tanh(self.first(torch.cat((first, second), 1)))
        return self.last(features + 5000) - self.last(torch.full_like(features, 5000))


def test_a_copy_may_round_as_much_as_the_network_itself():
    net = frozen(Cancels())
    faster = optimized_copy(net)
    assert faster is not None
    images = [torch.rand(1, 1, 32, 32) for _ in range(2)]
    exact = copy.deepcopy(net).double()(*(each.double() for each in images))
    errors = [(each(*images) - exact).abs().max() / exact.abs().max() for each in (net, faster)]
    assert min(errors) > TOLERANCE / 4, "nothing is rounded here"


def test_a_copy_that_is_wrong_in_one_type_alone_is_none(monkeypatch):
    def arranged(part):
        if part.last.weight.dtype == torch.float32:
            part.last.weight.data.mul_(1.01)
        return part

    monkeypatch.setattr("saliency.network.optimized._rearranged", arranged)
    assert optimized_copy(frozen(Cancels())) is None


def test_a_network_that_has_noted_a_map_with_its_graph_is_as_fast_as_before():
    net, pair = Adjustable().eval(), random_pair((20, 21))
    net(*torch.rand(2, 1, 1, 9, 9))
    assert net.last.requires_grad
    assert optimized(net) is not net
    jacobian(net, pair, (9, 9))
    assert optimized(net) is not net


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weights_that_are_made_anew_at_each_run_are_those_of_the_copy():
    """Such a weight is a tensor with a graph, set on its layer by a hook; a copy must make its own."""
    torch.manual_seed(5)
    net, pair = Adjustable().eval(), random_pair((20, 21))
    torch.nn.utils.weight_norm(net.conv)
    net(*torch.rand(2, 1, 1, 9, 9))
    assert not net.conv.weight.is_leaf
    for factor in (1, 3):
        net.conv.weight_g.data.mul_(factor)
        found = jacobian(net, pair, (9, 9))
        expected = full_image_jacobian(net, pair, (9, 9))
        np.testing.assert_allclose(stacked(found.full()), stacked(expected.full()), rtol=1e-5, atol=1e-6)
        assert found.fused == pytest.approx(expected.fused, abs=1e-6)
        assert optimized(net) is not net
