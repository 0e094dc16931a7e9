"""The contract that every registered method keeps, and what each one must be beyond it."""

import re

import numpy as np
import pytest
import torch

import fusion
from fusion.errors import InputError
from fusion.method.checkpoints import load, save
from fusion.method.registry import UNBOUNDED, find
from fusion.networks.weighted_averaging import brightness_weights

METHODS = list(fusion.methods().values())
BOUNDED = [method for method in METHODS if method.bounds != UNBOUNDED]
EXACT = [method for method in METHODS if method.exact_gradient]
INEXACT = [method for method in METHODS if not method.exact_gradient]
SIZES = [(37, 31), (12, 45), (1, 1)]


def named(methods):
    return pytest.mark.parametrize("method", methods, ids=lambda method: method.slug)


def built(method, dtype=torch.float64, gain=1.0):
    """A network with random weights and, where it has them, random running statistics."""
    torch.manual_seed(5)
    network = method.build().to(dtype).eval()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_mean"):
                value.uniform_(-0.2, 0.2)
            elif name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif value.is_floating_point():
                value.mul_(gain)
    return network


def pictures(size, dtype=torch.float64, count=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, count, 1, *size, generator=generator, dtype=dtype) * 0.8 + 0.1


@named(METHODS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_fused_image_has_the_inputs_shape_and_type(method, size):
    first, second = pictures(size, torch.float32, count=2)
    fused = built(method, torch.float32)(first, second)
    assert fused.shape == (2, 1, *size)
    assert fused.dtype == torch.float32
    assert torch.isfinite(fused).all()


@named(METHODS)
def test_each_picture_of_a_batch_is_fused_by_itself(method):
    first, second = pictures((19, 23), count=3)
    network = built(method)
    alone = network(first[1:2], second[1:2])
    torch.testing.assert_close(network(first, second)[1:2], alone, rtol=0, atol=1e-12)


@named(BOUNDED)
def test_the_fused_values_stay_within_the_declared_bounds(method):
    first, second = (value.round() for value in pictures((37, 31), count=2))
    fused = built(method, gain=20.0)(first, second)
    low, high = method.bounds
    assert low - 1e-12 <= fused.min()
    assert fused.max() <= high + 1e-12


def slope_and_difference(method):
    """Derivative of one random sum of fused pixels along one random direction: autograd's, and measured."""
    first, second = pictures((13, 17))
    network = built(method, gain=1.5)  # with less, deep networks hardly react to their inputs
    generator = torch.Generator().manual_seed(3)
    weights, along_first, along_second = torch.randn(3, *first.shape, generator=generator, dtype=torch.float64)

    def total(shift):
        return (weights * network(first + shift * along_first, second + shift * along_second)).sum()

    shift = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(total(shift), shift)
    with torch.no_grad():
        difference = (total(1e-7) - total(-1e-7)) / 2e-7  # short: few ReLUs switch on the way
    return slope.item(), difference.item()


@named(EXACT)
def test_the_gradient_is_that_of_central_differences(method):
    slope, difference = slope_and_difference(method)
    assert abs(slope) > 1e-2
    assert slope == pytest.approx(difference, rel=1e-5)


@named(INEXACT)
def test_a_method_declared_inexact_really_has_another_gradient(method):
    slope, difference = slope_and_difference(method)
    assert abs(slope - difference) > 1e-3 * abs(difference)


@named(METHODS)
def test_loading_gives_eval_mode_and_frozen_weights(method, tmp_path):
    if method.trained:
        save(built(method, torch.float32).train(), method, {}, tmp_path)
    network = load(method.name, tmp_path)
    assert not any(module.training for module in network.modules())
    assert not any(value.requires_grad for value in network.parameters())


@named(METHODS)
def test_inputs_that_do_not_match_are_refused_with_both_shapes(method):
    network = built(method)
    one, other = torch.zeros(1, 1, 8, 9), torch.zeros(1, 1, 9, 8)
    with pytest.raises(InputError, match=re.escape("(1, 1, 8, 9) and (1, 1, 9, 8)")):
        network(one, other)
    with pytest.raises(InputError, match=re.escape("(8, 9)")):
        network(one[0, 0], one[0, 0])
    with pytest.raises(InputError):
        network(one.expand(1, 3, 8, 9), one.expand(1, 3, 8, 9))


def test_names_and_slugs_are_unique_and_slugs_are_plain_words():
    slugs = [method.slug for method in METHODS]
    assert len(set(slugs)) == len(slugs) >= 6
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)
    assert fusion.names() == tuple(method.name for method in METHODS)


@named(METHODS)
def test_a_method_says_what_it_is_and_answers_to_its_slug(method):
    assert find(method.slug) is method
    assert find(method.name.upper()) is method
    assert method.reference
    assert method.summary.endswith(".")
    assert 0 <= method.gamma_ssim <= 1
    assert 0 <= method.gamma_l2 <= 1


@pytest.mark.parametrize(
    ("typed", "meant"), [("maskent", "MaskNet"), ("depfuse", "DeepFuse"), ("fun", "FunFuseAn")]
)
def test_an_unknown_name_lists_every_method_nearest_first(typed, meant):
    with pytest.raises(InputError) as caught:
        find(typed)
    sentence = str(caught.value)
    assert sentence.startswith(f"There is no fusion method called {typed!r}; choose one of: {meant}, ")
    assert all(name in sentence for name in fusion.names())
    assert "\n" not in sentence


def test_weighted_averaging_is_the_papers_quotient_with_its_whole_derivative():
    first, second = (value.requires_grad_() for value in pictures((7, 6)))
    with torch.no_grad():
        first[0, 0, 0, 0] = second[0, 0, 0, 0] = 0.0
        first[0, 0, 0, 1] = 0.0
    fused = fusion.load("Weighted Averaging")(first, second)
    by_first, by_second = torch.autograd.grad(fused.sum(), (first, second))
    x1, x2 = first.detach().numpy(), second.detach().numpy()
    lit = x1 + x2 > 0
    total = np.where(lit, x1 + x2, 1.0)
    np.testing.assert_allclose(fused.detach(), (x1**2 + x2**2) / total, rtol=1e-14)
    expected_first = np.where(lit, (x1**2 + 2 * x1 * x2 - x2**2) / total**2, 0.5)
    expected_second = np.where(lit, (x2**2 + 2 * x1 * x2 - x1**2) / total**2, 0.5)
    np.testing.assert_allclose(by_first, expected_first, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_second, expected_second, rtol=1e-12, atol=1e-14)
    assert by_first[0, 0, 0, 0] == by_second[0, 0, 0, 0] == 0.5
    assert by_first[0, 0, 0, 1] == -1


def test_frozen_averaging_shows_the_same_picture_and_its_weights_as_derivatives():
    first, second = (value.requires_grad_() for value in pictures((7, 6)))
    with torch.no_grad():
        first[0, 0, 2, 2] = second[0, 0, 2, 2] = 0.0
    network = fusion.load("Weighted Averaging (frozen weights)")
    fused = network(first, second)
    by_first, by_second = torch.autograd.grad(fused.sum(), (first, second))
    assert torch.equal(fused, fusion.load("Weighted Averaging")(first, second))
    lit = first + second > 0
    assert torch.allclose(by_first[lit], (first / (first + second))[lit], rtol=1e-12)
    assert torch.allclose(by_second[lit], (second / (first + second))[lit], rtol=1e-12)
    assert by_first[~lit].tolist() == by_second[~lit].tolist() == [0.5]


def test_brightness_weights_sum_to_one_even_in_the_dark():
    first, second = torch.tensor([0.0, 0.0, 0.3, 1.0]), torch.tensor([0.0, 0.2, 0.0, 1.0])
    weights = brightness_weights(first, second)
    assert torch.equal(weights[0] + weights[1], torch.ones(4))
    assert weights[0].tolist() == [0.5, 0.0, 1.0, 0.5]


def test_deepfuse_does_not_care_which_image_comes_first_and_others_do():
    first, second = pictures((21, 18))
    symmetric = {}
    for method in METHODS:
        network = built(method)
        symmetric[method.name] = torch.allclose(network(first, second), network(second, first), atol=1e-12)
    assert symmetric["DeepFuse"]
    assert not symmetric["FunFuseAn"]
    assert not symmetric["MaskNet"]
    assert not symmetric["DeepPedestrian"]


def conv(inputs, outputs, side):
    return inputs * outputs * side**2 + outputs


def normed(inputs, outputs, side):
    return conv(inputs, outputs, side) + 2 * outputs


# Layer by layer from design: (inputs, outputs, side) of every convolution, those with BatchNorm first.
BY_HAND = {
    "FunFuseAn": (
        [
            *[(1, 16, 9), (1, 16, 7)],
            *[(1, 16, 3), (16, 32, 3), (32, 64, 3)],
            *[(1, 16, 5), (16, 32, 5), (32, 64, 3)],
            *[(64, 32, 5), (32, 16, 5)],
        ],
        [(16, 1, 5)],
    ),
    "MaskNet": (
        [
            *[(2, 48, 3), (48, 48, 3), (96, 48, 3), (144, 48, 3)],
            *[(192, 192, 3), (192, 128, 3), (128, 64, 3), (64, 1, 3)],
        ],
        [],
    ),
    "DeepFuse": ([(1, 16, 5), (16, 32, 7), (32, 32, 7), (32, 16, 5), (16, 1, 5)], []),
    "DeepPedestrian": ([], [(2, 48, 3), *[(48, 48, 3)] * 15, (48, 1, 3)]),
    "Weighted Averaging": ([], []),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_layers_are_those_of_the_design(name):
    with_norm, plain = BY_HAND[name]
    expected = sum(normed(*layer) for layer in with_norm) + sum(conv(*layer) for layer in plain)
    network = find(name).build()
    assert sum(value.numel() for value in network.parameters()) == expected
    # Scalars alone could agree by chance; the multiset of kernel shapes could not.
    kernels = sorted(tuple(value.shape) for value in network.parameters() if value.dim() == 4)
    assert kernels == sorted((outputs, inputs, side, side) for inputs, outputs, side in with_norm + plain)


RADIUS = {"FunFuseAn": 11, "MaskNet": 8, "DeepFuse": 12, "DeepPedestrian": 17, "Weighted Averaging": 0}


@pytest.mark.parametrize("name", RADIUS)
def test_a_pixel_is_reached_from_just_as_far_as_the_design_says(name):
    radius = RADIUS[name]
    side = 2 * (radius + 3) + 1
    first, second = (value.requires_grad_() for value in pictures((side, side)))
    network = built(find(name))
    centre = side // 2
    gradients = torch.autograd.grad(network(first, second)[0, 0, centre, centre], (first, second))
    reached = torch.nonzero(gradients[0][0, 0].abs() + gradients[1][0, 0].abs())
    assert (reached - centre).abs().max().item() == radius
