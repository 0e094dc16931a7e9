"""Convolutions that keep nothing: values and derivatives of every order and mode are torch's own."""

import pytest
import torch
import torch.autograd.forward_ad as forward_ad
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from saliency.network.frozen_convolution import FrozenConv2d, lean

KINDS = {
    "padded": {"padding": 1},
    "strided": {"stride": (2, 1), "padding": (1, 0), "bias": False},
    "dilated": {"dilation": 2, "groups": 2},
}


def both(kind):
    torch.manual_seed(0)
    conv = nn.Conv2d(2, 4, 3, **KINDS[kind]).double().requires_grad_(False)
    return conv, FrozenConv2d(conv)


def picture(seed=0):
    return torch.rand(2, 2, 8, 7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_values_and_both_derivatives_are_torchs(kind):
    found = []
    for layer in both(kind):
        image = picture().requires_grad_()
        value = layer(image)
        (first,) = torch.autograd.grad(value.sin().sum(), image, create_graph=True)
        (second,) = torch.autograd.grad((first**3).sum(), image)
        found.append((value, first, second))
    for own, other in zip(*found, strict=True):
        torch.testing.assert_close(other, own, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_forward_mode_is_torchs_through_a_gradient_too(kind):
    found = []
    for layer in both(kind):
        with forward_ad.dual_level():
            image = forward_ad.make_dual(picture(), picture(1)).requires_grad_()
            value = layer(image)
            (slope,) = torch.autograd.grad(value.sin().sum(), image, create_graph=True)
            found.append([forward_ad.unpack_dual(each).tangent for each in (value, slope)])
    for own, other in zip(*found, strict=True):
        torch.testing.assert_close(other, own, rtol=1e-12, atol=1e-12)


def test_nothing_is_kept():
    kept = []
    conv, frozen = both("padded")
    with saved_tensors_hooks(kept.append, lambda _: None):
        frozen(picture().requires_grad_())
        assert kept == []
        conv(picture().requires_grad_())
        assert len(kept) == 2


def test_a_lean_copy_replaces_what_it_knows_and_leaves_the_network():
    class Own(nn.Conv2d):
        pass

    net = nn.Sequential(
        nn.Conv2d(2, 2, 3, padding=1),
        nn.Sequential(nn.Conv2d(2, 2, 3, padding="same")),
        nn.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"),
        Own(2, 2, 3),
    ).double()
    found = lean(net)
    kinds = [type(each).__name__ for each in (found[0], found[1][0], found[2], found[3])]
    assert kinds == ["FrozenConv2d", "Conv2d", "Conv2d", "Own"]
    assert type(net[0]) is nn.Conv2d
    assert net[0].weight.requires_grad
    torch.testing.assert_close(found(picture()), net(picture()), rtol=1e-12, atol=1e-12)
