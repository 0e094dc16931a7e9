"""CAMF: its geometry, its weights, its rule beside the hand-made ones, and what it shows of itself."""

import re
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
from fusion.errors import InputError
from fusion.layers.feature_rules import FEATURE_RULES
from fusion.method.inner_views import views
from fusion.networks.camf import CAMF, OWN_RULE, Branches, Doubled
from saliency import jacobian
from saliency.receptive_field.locality import measure
from tests.support.networks import in_double, network, random_pair

RULES = [OWN_RULE, *FEATURE_RULES]
RADIUS = 34
"""1 + 1 + 2 + 3·4 in the encoder, 2·4 + (4 + 2) + (2 + 1) + 1 in the decoder; bilinear steps reach one place."""


def images(shape, count=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, count, 1, *shape, generator=generator, dtype=torch.float64)


@cache
def narrow():
    """A CAMF with few channels in float64, for what does not depend on their number; do not change it."""
    torch.manual_seed(11)
    return CAMF(channels=8).double().eval().requires_grad_(False)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 4), (31, 62), (33, 30), (64, 64)], ids=str)
def test_any_size_comes_out_exactly_and_within_0_and_1(shape):
    first, second = images(shape, count=2)
    fused = narrow()(first, second)
    assert fused.shape == (2, 1, *shape)
    assert 0 <= fused.min() <= fused.max() <= 1


@pytest.mark.parametrize("shape", [(0, 5), (4, 0)])
def test_an_image_without_pixels_is_refused_in_one_sentence(shape):
    empty = torch.zeros(1, 1, *shape)
    with pytest.raises(InputError, match=re.escape(f"at least 1 × 1 pixel; this one has {shape[0]} × {shape[1]}")):
        CAMF()(empty, empty)


def test_three_modalities_in_one_tensor_are_refused():
    with pytest.raises(InputError, match="two tensors of equal shape"):
        CAMF()(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8))


def test_the_features_lie_on_a_grid_of_four_pixels_with_one_place_to_spare():
    features = CAMF().double().encode(images((37, 64))[0])
    assert features.shape == (1, 128, 11, 17)


def test_doubling_interpolates_half_way_between_places():
    values = torch.tensor([[[[0.0, 4.0, 8.0]]]])
    assert Doubled()(values)[0, 0, 0].tolist() == [0, 1, 3, 5, 7, 8]


@pytest.mark.slow
def test_it_is_local_on_a_grid_of_four_for_every_size():
    found = measure(network("CAMF"))
    assert (found.is_local, found.stride, found.any_size, found.radius) == (True, 4, True, RADIUS)


@pytest.mark.parametrize("shape", [(96, 104), (97, 103), (98, 101)], ids=str)
@pytest.mark.parametrize("rule", RULES)
def test_a_crop_on_the_grid_is_fused_as_in_the_full_image(shape, rule):
    net = narrow().with_rule(rule)
    first, second = images(shape)
    full = net(first, second)
    margin = RADIUS + (4 if rule == "ℓ1-norm" else 0)  # its 3 × 3 mean reaches one place further
    row, col = shape[0] - 4, 4
    window = np.s_[..., (row - margin) // 4 * 4 :, : col + margin + 1]
    inner = net(first[window], second[window])[..., row - (row - margin) // 4 * 4 :, : col + 1]
    torch.testing.assert_close(inner, full[..., row:, : col + 1], rtol=0, atol=1e-12)


@pytest.mark.slow
def test_the_jacobian_of_a_crop_is_that_of_the_full_image():
    net, pair, pixel = network("CAMF"), random_pair((89, 75)), (43, 30)
    leaves = [torch.tensor(x).double()[None, None].requires_grad_() for x in (pair.first, pair.second)]
    expected = torch.autograd.grad(in_double("CAMF")(*leaves)[0, 0, *pixel], leaves)
    found = jacobian(net, pair, pixel)
    for window, whole in zip(found.full(), expected, strict=True):
        np.testing.assert_allclose(window, whole[0, 0], atol=1e-4 * whole.abs().max().item())
    assert all(side.stop - side.start <= 2 * RADIUS + 8 for side in found.window)


def with_dense(columns):
    net = CAMF().double().eval().requires_grad_(False)
    net.classifier.dense.weight.copy_(columns)
    return net


def test_the_weights_are_the_dense_layers_columns_squashed_positive_with_mean_one():
    dense = torch.randn(2, 128, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    weights = with_dense(dense).channel_weights().numpy()
    squashed = 1 / (1 + np.exp(-2 * dense.numpy()))  # ½·tanh(d) + ½ is the logistic function of 2d
    np.testing.assert_allclose(weights, squashed / squashed.mean(axis=1, keepdims=True), rtol=1e-12)
    assert weights.min() > 0
    np.testing.assert_allclose(weights.mean(axis=1), 1, rtol=1e-12)


def test_each_image_is_weighed_by_the_column_of_its_own_class():
    dense = torch.full((2, 128), -20.0, dtype=torch.float64)
    dense[0, 5] = dense[1, 9] = 20.0
    net = with_dense(dense)
    first, second = (torch.rand(1, 128, 4, 3, dtype=torch.float64) for _ in range(2))
    merged = net.merged(first, second)
    # All weight on one channel, whose mean over 128 is 1.
    torch.testing.assert_close(merged[:, 5], 128 * first[:, 5], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(merged[:, 9], 128 * second[:, 9], rtol=1e-9, atol=1e-9)
    assert merged[:, [0, 127]].abs().max() < 1e-9


def test_a_dense_layer_that_prefers_nothing_makes_the_rule_plain_addition():
    net = with_dense(torch.zeros(2, 128, dtype=torch.float64))
    first, second = images((16, 20))
    torch.testing.assert_close(net(first, second), net.with_rule("addition")(first, second), rtol=0, atol=1e-12)


def test_the_classifier_keeps_channels_apart_until_its_dense_layer():
    classifier = CAMF().classifier.double()
    features = torch.rand(1, 128, 8, 8, dtype=torch.float64)
    changed = features.clone()
    changed[:, 17] += 1
    difference = (classifier.stages(changed) - classifier.stages(features)).abs().sum(dim=(0, 2, 3))
    assert difference[17] > 0
    assert difference[torch.arange(128) != 17].max() == 0
    assert classifier.stages(features).shape == (1, 128, 2, 2)
    pooled = classifier.stages(features).mean(dim=(2, 3))
    torch.testing.assert_close(classifier(features), F.linear(pooled, *classifier.dense.parameters()))


def test_a_stage_is_the_sum_of_four_depthwise_branches():
    stage = Branches(128, stride=2).double()
    features = torch.randn(1, 128, 6, 6, dtype=torch.float64)
    channel = 40
    by_hand = sum(
        F.conv2d(features[:, [channel]], b.weight[[channel]], b.bias[[channel]], 2, 1).clamp(min=0)
        for b in stage.branches
    )
    assert len(stage.branches) == 4
    torch.testing.assert_close(stage(features)[:, [channel]], by_hand)


def test_hand_made_rules_are_those_of_their_formulas():
    first, second = torch.randn(2, 2, 5, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    a, b = first.numpy(), second.numpy()
    np.testing.assert_allclose(FEATURE_RULES["addition"](first, second), a + b)
    np.testing.assert_allclose(FEATURE_RULES["mean"](first, second), (a + b) / 2)
    np.testing.assert_array_equal(FEATURE_RULES["maximum"](first, second), np.maximum(a, b))
    row, col = 3, 2
    near = np.s_[:, :, row - 1 : row + 2, col - 1 : col + 2]
    activity = [np.abs(x[near]).sum(axis=1).mean(axis=(1, 2))[:, None] for x in (a, b)]
    expected = (activity[0] * a[..., row, col] + activity[1] * b[..., row, col]) / sum(activity)
    np.testing.assert_allclose(FEATURE_RULES["ℓ1-norm"](first, second)[..., row, col], expected)


def test_the_l1_rule_has_weights_and_derivatives_where_nothing_is_active():
    first, second = (torch.zeros(1, 4, 5, 5, dtype=torch.float64, requires_grad=True) for _ in range(2))
    merged = FEATURE_RULES["ℓ1-norm"](first, second)
    by_first, by_second = torch.autograd.grad(merged.sum(), (first, second))
    assert merged.abs().max() == 0
    assert by_first.unique().tolist() == by_second.unique().tolist() == [0.5]


@pytest.mark.parametrize("rule", ["mean", "maximum", "ℓ1-norm"])
def test_rules_that_choose_or_average_give_equal_images_back_as_the_auto_encoder_does(rule):
    net = narrow().with_rule(rule)
    image = images((21, 18))[0]
    torch.testing.assert_close(net(image, image), net.reconstruct(image), rtol=0, atol=1e-10)


def test_another_rule_shares_the_weights_and_leaves_the_network_as_it_is():
    net = in_double("CAMF")
    other = net.with_rule("maximum")
    assert net.rule == OWN_RULE
    assert all(a is b for a, b in zip(net.parameters(), other.parameters(), strict=True))
    first, second = images((12, 12))
    assert not torch.allclose(net(first, second), other(first, second))
    with pytest.raises(InputError, match="activation, mean, addition, maximum, ℓ1-norm; there is no rule"):
        net.with_rule("median")


def test_it_shows_all_feature_maps_with_their_weights_the_heaviest_first():
    torch.manual_seed(11)
    net, pair = CAMF().eval().requires_grad_(False), random_pair((37, 50))
    first_view, second_view, rules_view = views(net, pair)
    for index, (view, image) in enumerate(((first_view, pair.first), (second_view, pair.second))):
        assert view.images.shape == (128, 11, 14)
        assert list(view.weights) == sorted(view.weights, reverse=True)
        channels = [int(label.removeprefix("channel ")) for label in view.labels]
        assert sorted(channels) == list(range(128))
        np.testing.assert_allclose(view.weights, net.channel_weights()[index][channels], rtol=1e-6)
        features = net.encode(torch.tensor(image)[None, None])[0].numpy()
        np.testing.assert_allclose(view.images, features[channels], rtol=1e-5)
    assert rules_view.labels == tuple(RULES)
    np.testing.assert_allclose(rules_view.images[0], fusion.fuse(net, pair), atol=1e-6)
    np.testing.assert_allclose(rules_view.images[3], fusion.fuse(net.with_rule("maximum"), pair), atol=1e-6)


def test_the_layers_are_those_of_the_design():
    net = CAMF()
    coded = [(c.in_channels, c.out_channels, c.stride[0], c.padding[0]) for c in net.encoder if is_conv(c)]
    assert coded == [
        (1, 16, 1, 1),
        (16, 32, 2, 1),
        (32, 64, 2, 1),
        (64, 128, 1, 1),
        (128, 128, 1, 1),
        (128, 128, 1, 1),
    ]
    decoded = [(c.in_channels, c.out_channels, c.kernel_size[0], c.padding[0]) for c in net.decoder if is_conv(c)]
    assert decoded == [
        (128, 128, 3, 1),
        (128, 128, 3, 1),
        (128, 64, 3, 1),
        (64, 32, 3, 0),
        (32, 32, 3, 0),
        (32, 1, 1, 0),
    ]
    assert tuple(net.classifier.dense.weight.shape) == (2, 128)


def is_conv(layer):
    return isinstance(layer, nn.Conv2d)
