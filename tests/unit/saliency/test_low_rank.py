"""Networks that see the whole image by a few numbers: exact by a local part and one of low rank."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fusion.method.carded_network import CardedNetwork
from fusion.method.network_card import NetworkCard
from fusion.method.value_range import NAMED_RANGES
from saliency import guidance, jacobian, locality, region_rows
from saliency.derivatives import low_rank_derivatives
from saliency.derivatives.guidance import passes
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.derivatives.kept_slopes import keep_derivative, lacks_derivative, let_go_derivatives
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand
from saliency.network.found_summaries import FoundSummaries
from saliency.network.interruption import Interrupted
from tests.support.condensed_derivatives import ODD, assert_exact, differs_by, known, made
from tests.support.condensing_networks import KINDS, Condensing, Gate, condensing
from tests.support.networks import by_dense_autograd, diagonal, frozen, random_pair, special_pixels, stacked
from tests.support.summarised_network import Summarised


@pytest.mark.parametrize("kind", KINDS)
def test_every_derivative_is_that_of_dense_autograd(kind):
    net, pair = known(kind), random_pair(ODD)
    assert keep_derivative(net, pair)
    assert low_rank_at_hand(net, pair) is not None
    every, found = assert_exact(net, pair), guidance(net, pair)
    assert found.total == passes(net, pair.shape) < pair.first.size
    assert differs_by(stacked((found.first, found.second)), diagonal(every)) < 1e-6  # kept as float32


@pytest.mark.parametrize("kind", KINDS)
def test_no_part_is_rounding(kind):
    """Or the test above would hold without it."""
    net, pair = known(kind), random_pair(ODD)
    assert keep_derivative(net, pair)
    whole = low_rank_at_hand(net, pair).row((6, 7)).gradients.numpy()
    local = stacked(jacobian(low_rank_at_hand(net, pair).local_part, pair, (6, 7)).full())
    assert differs_by(local, whole) > 1e-6
    assert np.abs(local).max() > 1e-3 * np.abs(whole).max()


@pytest.mark.parametrize("kind", ["squeeze and excitation", "affine instance norm"])
def test_in_float32_it_is_as_near_as_rounding_lets_it(kind):
    net, pair = copy.deepcopy(known(kind)).float(), random_pair((40, 33))
    assert keep_derivative(net, pair)
    for pixel in special_pixels(pair.shape):
        expected = stacked(full_image_jacobian(known(kind), pair, pixel).full())
        assert differs_by(stacked(jacobian(net, pair, pixel).full()), expected) < 1e-5


def test_several_pixels_and_a_value_come_the_same_way():
    net, pair = known("squeeze and excitation"), random_pair(ODD)
    assert keep_derivative(net, pair)
    for J in jacobian_batch(net, pair, [(0, 0), (5, 9)]):
        plain = full_image_jacobian(net, pair, J.pixel)
        assert differs_by(stacked(J.full()), stacked(plain.full())) < 1e-11
        assert J.fused == pytest.approx(plain.fused, rel=1e-12)


def test_guidance_finds_what_makes_the_jacobians_after_it_quick():
    net, pair = condensing("instance norm"), random_pair(ODD)
    jacobian(net, pair, (3, 4))  # alone it is not worth while
    assert low_rank_at_hand(net, pair) is None
    guidance(net, pair)
    assert low_rank_at_hand(net, pair) is not None
    assert_exact(net, pair)


def test_what_was_found_before_it_was_given_up_is_not_found_again(monkeypatch):
    net, pair, asked = condensing("two in sequence"), random_pair(ODD), []
    terms = FoundSummaries.summary_terms

    def noted(found, step, *given):
        asked.append(step)
        if asked == [0, 1]:
            raise Interrupted
        yield from terms(found, step, *given)

    low_rank_derivatives.low_rank_derivatives(net)  # which looks whether they are right
    monkeypatch.setattr(FoundSummaries, "summary_terms", noted)
    with pytest.raises(Interrupted):
        keep_derivative(net, pair)
    assert keep_derivative(net, pair)
    assert asked == [0, 1, 1]
    assert_exact(net, pair)


class Parameterless(nn.Module):
    """A rule of thumb."""

    def forward(self, first, second):
        return first * (second - second.mean((2, 3), keepdim=True)) / first.max()


def test_a_rule_without_a_parameter_is_exact():
    net, pair = Parameterless().eval(), random_pair(ODD)
    assert keep_derivative(net, pair)
    every, found = assert_exact(net, pair, 1e-5), guidance(net, pair)
    assert found.total == 1
    assert differs_by(stacked((found.first, found.second)), diagonal(every)) < 1e-5


def test_a_regions_sums_are_those_of_its_rows():
    net, pair = known("group norm"), random_pair(ODD)
    region = np.zeros(pair.shape, dtype=bool)
    region[4:6, 0:3] = True
    assert keep_derivative(net, pair)
    sums, every = region_rows(net, pair, region), by_dense_autograd(net, pair)
    assert differs_by(sums.sources, np.abs(every[region]).sum(0)) < 1e-6
    assert differs_by(sums.guidance[:, region], diagonal(every)[:, region]) < 1e-6


def in_place(features):
    mean = features.mean((2, 3), keepdim=True)
    mean.mul_(2).add_(1)
    return features * mean


def without_gradient(features):
    with torch.no_grad():
        mean = features.mean((2, 3), keepdim=True)
        largest = features.max()
    return (features - mean) * features.mean().detach() / largest + features.sum((2, 3), keepdim=True)


def by_weights(features):
    """Convolves with standardised weights, which are condensed just like maps."""
    weight = torch.linspace(-1, 2, 4 * 4 * 9, dtype=features.dtype).view(4, 4, 3, 3)
    variance, mean = torch.var_mean(weight, dim=[1, 2, 3], keepdim=True)
    return (
        F.conv2d(features, (weight - mean) / variance.sqrt(), padding=1) * features.mean((2, 3))[..., None, None]
    )


@pytest.mark.parametrize("function", [in_place, without_gradient, by_weights])
def test_it_is_what_autograd_says_where_numbers_are_changed_held_or_of_weights(function):
    net, pair = made(function), random_pair(ODD)
    assert keep_derivative(net, pair)
    every, found = assert_exact(net, pair), guidance(net, pair)
    assert differs_by(stacked((found.first, found.second)), diagonal(every)) < 1e-6


class Shortcut(nn.Module):
    """Halves the picture, condenses it there, and joins that with what was not halved: takes even sizes alone."""

    def __init__(self, inner):
        super().__init__()
        self.down, self.inner = nn.Conv2d(4, 4, 3, padding=1, stride=2), inner
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)

    def forward(self, features):
        return torch.cat((features, self.up(self.inner(torch.tanh(self.down(features))))), 1)[:, 2:6]


def test_a_network_of_three_levels_is_exact_on_what_it_takes():
    torch.manual_seed(2)
    levels = Shortcut(Shortcut(Shortcut(nn.Sequential(nn.InstanceNorm2d(4), Gate(4)))))
    net, pair = frozen(Condensing(levels)).double(), random_pair((24, 32))
    assert locality(net).held.stride == 8
    assert keep_derivative(net, pair)
    J, expected = jacobian(net, pair, (5, 30)), full_image_jacobian(net, pair, (5, 30))
    assert differs_by(stacked(J.full()), stacked(expected.full())) < 1e-11


@pytest.mark.parametrize("words", [{"multiple": 32}, {"multiple": 4, "input_range": NAMED_RANGES["0-255"]}])
def test_a_carded_network_that_is_padded_is_exact(words):
    net = CardedNetwork(known("norms in sequence"), NetworkCard(**words)).double().eval()
    pair = random_pair((37, 45))
    assert keep_derivative(net, pair)
    for pixel in special_pixels(pair.shape):
        expected = stacked(full_image_jacobian(net, pair, pixel).full())
        assert differs_by(stacked(jacobian(net, pair, pixel).full()), expected) < 1e-11


def test_it_is_found_anew_once_the_network_changes_or_was_let_go():
    net, pair = condensing("affine instance norm"), random_pair(ODD)
    assert lacks_derivative(net, pair)
    assert keep_derivative(net, pair)
    assert not lacks_derivative(net, pair)
    assert let_go_derivatives(net)
    assert not let_go_derivatives(net)
    assert keep_derivative(net, pair)
    with torch.no_grad():
        net.first.weight.mul_(2)
    assert low_rank_at_hand(net, pair) is None
    assert keep_derivative(net, pair)
    assert_exact(net, pair)


def test_declared_summaries_take_the_same_way():
    net, pair = frozen(Summarised()).double(), random_pair(ODD)
    assert locality(net).held.radius == 1
    assert keep_derivative(net, pair)
    every, found = assert_exact(net, pair), guidance(net, pair)
    assert differs_by(stacked((found.first, found.second)), diagonal(every)) < 1e-6


def test_a_deep_network_is_told_apart_by_its_own_layer():
    reason = locality(known("squeeze and excitation")).reason
    assert "through layers.0 (Gate), so full images are computed. It does so through 4 numbers" in reason
    assert locality(frozen(Condensing(nn.SiLU()))).held is None
    assert locality(frozen(Condensing(nn.BatchNorm2d(4), nn.SiLU()))).is_local
    assert locality(frozen(Condensing(Gate(4), nn.Conv2d(4, 4, 5, padding=2)))).held.radius == 4
