"""Jacobian images against float64 autograd on the full image, dense autograd, differences and formulas."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency import locality
from saliency.derivatives.jacobian import full_image_jacobian, jacobian
from tests.support.networks import (
    METHODS,
    Lambda,
    central_difference,
    dense,
    in_double,
    minus_mean,
    network,
    no_larger_than_needed,
    random_pair,
    reference,
    stacked,
    telling_pixels,
)


def differs_by(found, expected):
    """Largest difference relative to the largest derivative."""
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(61, 47), (7, 6), (5, 60), (1, 9)])
@pytest.mark.parametrize("name", METHODS)
def test_crops_agree_with_float64_autograd_on_the_full_image(name, shape):
    pair = random_pair(no_larger_than_needed(name, shape))
    for pixel in telling_pixels(name, pair.shape):
        J = jacobian(network(name), pair, pixel)
        expected = full_image_jacobian(in_double(name), pair, pixel)
        assert J.first.dtype == J.second.dtype == np.float32
        assert differs_by(stacked(J.full()), stacked(expected.full())) < 1e-4
        assert J.fused == pytest.approx(expected.fused, abs=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_in_float64_crops_agree_to_rounding(name):
    pair, net = random_pair(no_larger_than_needed(name, (61, 47))), in_double(name)
    height, width = pair.shape
    for pixel in [(0, width - 1), (height // 2, width // 2)]:
        assert differs_by(stacked(jacobian(net, pair, pixel).full()), reference(net, pair, pixel)) < 1e-12


@pytest.mark.parametrize("name", METHODS)
def test_every_row_equals_dense_autograd_on_a_small_pair(name):
    pair = random_pair((6, 7))
    rows = dense(in_double(name), pair)
    for pixel in np.ndindex(pair.shape) if locality(network(name)).is_local else telling_pixels(name, pair.shape):
        assert differs_by(stacked(jacobian(network(name), pair, pixel).full()), rows[pixel]) < 1e-4


@pytest.mark.parametrize("name", [name for name in METHODS if fusion.find(name).exact_gradient])
def test_central_differences_confirm_the_reference(name):
    """Left out are methods that by design differentiate something else than their own output."""
    pair, net, pixel = random_pair((12, 11), seed=3), in_double(name), (5, 6)
    expected = reference(net, pair, pixel)
    inputs = torch.from_numpy(np.stack((pair.first, pair.second))).double()[:, None, None]
    rng = np.random.default_rng(8)
    for _ in range(24):
        input_index, row, col = rng.integers(2), rng.integers(12), rng.integers(11)
        slope = central_difference(net, inputs, (input_index, 0, 0, row, col), pixel)
        assert slope == pytest.approx(expected[input_index, row, col], abs=1e-6 * np.abs(expected).max())


def test_weighted_averaging_has_the_derivative_of_its_formula():
    pair = random_pair((9, 8))
    for pixel in [(0, 0), (4, 5), (8, 7)]:
        x1, x2 = float(pair.first[pixel]), float(pair.second[pixel])
        J = jacobian(network("Weighted Averaging"), pair, pixel)
        assert J.first.shape == (1, 1)
        assert J.first[0, 0] == pytest.approx((x1**2 + 2 * x1 * x2 - x2**2) / (x1 + x2) ** 2, rel=1e-5)
        assert J.second[0, 0] == pytest.approx((x2**2 + 2 * x1 * x2 - x1**2) / (x1 + x2) ** 2, rel=1e-5)


def test_frozen_averaging_has_its_weights_as_derivatives_and_half_in_the_dark():
    pair = random_pair((5, 5))
    J = jacobian(network("Weighted Averaging (frozen weights)"), pair, (2, 3))
    assert J.first[0, 0] == pytest.approx(pair.first[2, 3] / (pair.first[2, 3] + pair.second[2, 3]))
    dark = ImagePair(np.zeros((5, 5), np.float32), np.zeros((5, 5), np.float32), title="dark")
    for name in METHODS[:2]:
        assert jacobian(network(name), dark, (2, 3)).full()[1][2, 3] == 0.5


def test_a_linear_convolution_has_its_kernel_as_jacobian():
    """torch correlates: ∂y[r, c]/∂x[r + i, c + j] = kernel[i, j]; as a convolution that is the flipped one."""
    kernels = torch.arange(30.0).reshape(2, 1, 3, 5)

    def both(a, b):
        return F.conv2d(a, kernels[:1].to(a), padding=(1, 2)) + F.conv2d(b, kernels[1:].to(b), padding=(1, 2))

    pair, net = random_pair((12, 13)), Lambda(both)
    J = jacobian(net, pair, (5, 6))
    for image, kernel in zip(J.full(), kernels[:, 0].numpy(), strict=True):
        np.testing.assert_array_equal(image[4:7, 4:9], kernel)
        assert np.count_nonzero(image) == np.count_nonzero(kernel)
    corner = jacobian(net, pair, (0, 12)).full()[1]
    np.testing.assert_array_equal(corner[:2, 10:], kernels[1, 0, 1:, :3].numpy())


@pytest.mark.parametrize("name", METHODS)
def test_the_rows_are_adjoint_to_the_derivative_along_a_direction(name):
    """⟨J v, u⟩ by differentiating along v equals ⟨v, Jᵀ u⟩ put together from our rows."""
    pair, net = random_pair((11, 9), seed=5), in_double(name)
    rng = np.random.default_rng(6)
    precision = 1e-9 if any(True for _ in net.parameters()) else 1e-6  # no weights: works in float32
    directions = rng.normal(size=(2, 11, 9))
    pixels = [(0, 0), (10, 4), (5, 5), (6, 8)]
    weights = rng.normal(size=len(pixels))
    inputs = tuple(torch.tensor(x).double()[None, None] for x in (pair.first, pair.second))
    tangents = tuple(torch.from_numpy(v)[None, None] for v in directions)
    # Not torch.func.jvp, which refuses networks that differentiate inside.
    pushed = torch.autograd.functional.jvp(net, inputs, tangents)[1][0, 0].numpy()
    forward = sum(weight * pushed[pixel] for weight, pixel in zip(weights, pixels, strict=True))
    rows = sum(
        weight * stacked(jacobian(net, pair, pixel).full()) for weight, pixel in zip(weights, pixels, strict=True)
    )
    assert (rows * directions).sum() == pytest.approx(forward, rel=precision)


def test_one_forward_pass_that_sees_only_the_window_and_one_backward_pass(monkeypatch):
    kernel = torch.rand(1, 1, 5, 5)
    net = Lambda(lambda a, b: F.conv2d(a * b, kernel.to(a), padding=2))
    pair = random_pair((300, 200))
    locality(net)
    net.calls.clear()
    backwards = []
    grad = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: backwards.append(1) or grad(*a, **k))
    for pixel, seen in [((100, 100), (5, 5)), ((0, 199), (3, 3)), ((299, 50), (3, 5))]:
        J = jacobian(net, pair, pixel)
        assert J.first.shape == J.second.shape == seen
        assert (net.calls.pop(), net.calls, backwards.pop(), backwards) == ((1, 1, *seen), [], 1, [])


def test_the_window_says_where_the_values_lie():
    pair = random_pair((61, 47))
    J = jacobian(network("MaskNet"), pair, (3, 40))
    assert J.window == (slice(0, 12), slice(32, 47))
    assert J.area == (0, 12, 32, 47)
    assert (J.shape, J.pixel) == ((61, 47), (3, 40))
    np.testing.assert_array_equal(J.full()[1][J.window], J.second)
    assert all(image.shape == (61, 47) for image in J.full())


def test_a_global_network_is_differentiated_on_the_full_image():
    pair, net = random_pair((9, 14)), Lambda(minus_mean)
    J = jacobian(net, pair, (4, 4))
    assert J.first.shape == (9, 14)
    expected = np.full((9, 14), -1 / 126)
    expected[4, 4] += pair.second[4, 4]
    np.testing.assert_allclose(J.first, expected, rtol=1e-5)


def test_an_input_that_does_not_matter_has_zero_derivatives():
    J = jacobian(Lambda(lambda a, b: 2 * a), random_pair((4, 5)), (1, 1))
    assert (J.first.item(), J.second.item()) == (2, 0)


def test_both_images_can_be_changed_apart():
    J = jacobian(Lambda(lambda a, b: a + b), random_pair((4, 5)), (1, 1))
    J.first[:] = 7
    assert J.second.item() == 1


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_it_works_where_the_caller_switched_gradients_off(context):
    pair = random_pair((20, 20))
    expected = jacobian(network("DeepFuse"), pair, (9, 9))
    with context():
        np.testing.assert_array_equal(jacobian(network("DeepFuse"), pair, (9, 9)).first, expected.first)


def test_inputs_and_weights_are_left_alone():
    pair = random_pair((20, 20))
    before = pair.content_hash
    net = nn.Module.requires_grad_(Lambda(lambda a, b: a * b), True)
    jacobian(net, pair, (9, 9))
    assert ImagePair(pair.first, pair.second, title="").content_hash == before
    assert net.one.grad is None


def test_a_pixel_outside_is_refused_in_a_sentence():
    with pytest.raises(InputError, match=r"Pixel \(row 61, column 0\) lies outside the image; rows go from 0"):
        jacobian(network("DeepFuse"), random_pair((61, 47)), (61, 0))
    with pytest.raises(InputError, match="outside"):
        full_image_jacobian(network("DeepFuse"), random_pair((61, 47)), (0, -1))
