"""Integrated gradients, SmoothGrad and local attribution maps: completeness, formulas, identities."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import fusion
from fusion.errors import InputError
from saliency import diffusion_index, integrated_gradients, jacobian, local_attribution, smooth_gradients
from saliency.attribution.gaussian_blur import blurred, reach_of
from saliency.attribution.integrated_gradients import blurred_inputs, integrated_gradients_stream
from saliency.attribution.local_attribution import gini
from saliency.derivatives.target import target_of
from saliency.geometry.masks import disk
from tests.support.networks import Lambda, Strided, minus_mean, network, random_pair, stacked

KERNELS = torch.arange(30.0, dtype=torch.float64).reshape(2, 1, 3, 5) - 11
WAYS = [integrated_gradients, smooth_gradients, local_attribution]


def linear(a, b):
    kernels = KERNELS.to(a)
    return F.conv2d(a, kernels[:1], padding=(1, 2)) + F.conv2d(b, kernels[1:], padding=(1, 2))


def smooth(a, b):
    """Curved, without kinks, of radius 2."""
    kernels = KERNELS.to(a) / 60
    return (
        torch.tanh(F.conv2d(a * b, kernels[:1], padding=(1, 2))) + F.conv2d(b, kernels[1:], padding=(1, 2)).sin()
    )


def images(found):
    return stacked(found.full())


@pytest.mark.parametrize("pixel", [(5, 6), (0, 12), (11, 0)], ids=str)
def test_a_linear_network_has_weight_times_input(pixel):
    pair, net = random_pair((12, 13)), Lambda(linear).double()
    slopes = stacked(jacobian(net, pair, pixel).full())
    found = integrated_gradients(net, pair, pixel)
    np.testing.assert_allclose(images(found), slopes * np.stack([pair.first, pair.second]), atol=1e-5)
    assert found.steps == 4
    reach = reach_of(1.5)
    softer = np.stack([image - blurred(image, 1.5, reach)[0] for image in (pair.first, pair.second)])
    detail = local_attribution(net, pair, pixel, sigma=1.5, bound=1e-9)
    np.testing.assert_allclose(images(detail), slopes * softer, atol=1e-6)
    assert detail.is_complete


@pytest.mark.parametrize(
    "asked", [(7, 6), (0, 0), (11, 12), disk((5, 5), 3, (12, 13))], ids=lambda each: str(each)[:8]
)
@pytest.mark.parametrize("way", [integrated_gradients, local_attribution])
def test_attributions_of_a_smooth_network_sum_to_the_change_to_twelve_digits(way, asked):
    pair, net = random_pair((12, 13)), Lambda(smooth).double()
    found = way(net, pair, asked, bound=1e-11)
    assert found.is_complete
    target = target_of(net, pair, asked)
    assert found.value == pytest.approx(fusion_mean(net, pair, asked), abs=1e-12)
    start = (
        np.zeros_like(target.inputs) if way is integrated_gradients else blurred_inputs(target, pair, 1.2, 1.2)[0]
    )
    assert found.baseline == pytest.approx(target.value(torch.as_tensor(start)), abs=1e-12)
    assert abs(found.residual) < 1e-6  # the images are handed out in float32
    assert abs(found.value - found.baseline) > 1e-3


def fusion_mean(net, pair, asked):
    inputs = (torch.tensor(image).double()[None, None] for image in (pair.first, pair.second))
    with torch.no_grad():
        fused = net(*inputs)[0, 0].numpy()
    return float(fused[asked].mean())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DeepFuse", "MaskNet", "Weighted Averaging"])
def test_trained_networks_are_complete_within_the_bound(name):
    net, pair = fusion.load(name).double(), fusion.phantom(3, size=64)
    found = integrated_gradients(net, pair, (34, 29), bound=4e-3)
    assert found.is_complete
    assert abs(found.residual) <= found.error + 1e-6 <= 4e-3 + 1e-6
    assert abs(found.value - found.baseline) > 0.1


@pytest.mark.slow
def test_more_steps_bring_the_error_down_and_a_limit_is_told():
    net, pair = network("DeepFuse"), random_pair((25, 25))
    errors = [each.error for each in integrated_gradients_stream(net, pair, (12, 12), bound=1e-9, most_steps=52)]
    assert errors[-1] < errors[0]
    last = integrated_gradients(net, pair, (12, 12), bound=1e-9, most_steps=20)
    assert (last.steps, last.is_complete) == (20, False)


@pytest.mark.parametrize("pixel", [(20, 11), (0, 0), (29, 22)], ids=str)
@pytest.mark.parametrize("name", ["DeepFuse", "Weighted Averaging"])
def test_smoothgrad_of_one_quiet_copy_is_the_jacobian(name, pixel):
    pair, net = random_pair((30, 23)), network(name)
    found = smooth_gradients(net, pair, pixel, samples=1, sigma=0)
    J = jacobian(net, pair, pixel)
    assert found.area == J.area
    np.testing.assert_allclose(images(found), stacked(J.full()), atol=1e-5 * np.abs(J.first).max())
    assert (found.is_complete, found.residual, found.baseline) == (None, None, None)


def test_smoothgrad_is_the_mean_of_gradients_at_noisy_copies_and_seeded():
    pair, net = random_pair((12, 13)), Lambda(smooth).double()
    found = [smooth_gradients(net, pair, (6, 6), samples=3, sigma=0.2, seed=seed) for seed in (4, 4, 5)]
    np.testing.assert_array_equal(found[0].first, found[1].first)
    assert not np.array_equal(found[0].first, found[2].first)
    target = target_of(net, pair, (6, 6))
    generator = torch.Generator().manual_seed(4)
    scales = 0.2 * torch.tensor([np.ptp(pair.first), np.ptp(pair.second)])[:, None, None]
    copies = [target.inputs + scales * torch.randn(target.inputs.shape, generator=generator) for _ in range(3)]
    expected = np.mean([target.gradients(copy[None])[0] for copy in copies], axis=0)
    np.testing.assert_allclose(found[0].first, expected[0], rtol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_a_region_is_the_mean_of_its_pixels(way):
    """Local, strided or global; SmoothGrad's noise is that of each window, so none is added."""
    pair, region = random_pair((20, 24)), np.zeros((20, 24), dtype=bool)
    region[[0, 9, 10], [3, 20, 7]] = True
    quiet = {"samples": 1, "sigma": 0} if way is smooth_gradients else {"bound": 1e-7}
    for net in (Lambda(smooth), Lambda(minus_mean), Strided(4, to_size=False).eval()):
        net = net.double().requires_grad_(False)
        together = images(way(net, pair, region, **quiet))
        singly = np.mean([images(way(net, pair, tuple(at), **quiet)) for at in np.argwhere(region)], axis=0)
        np.testing.assert_allclose(together, singly, atol=1e-6)


def test_a_large_region_is_computed_in_tiles_of_the_same_sum(monkeypatch):
    pair, net = random_pair((40, 31)), Lambda(smooth).double()
    region = disk((20, 15), 14, pair.shape)
    whole = integrated_gradients(net, pair, region)
    monkeypatch.setattr("saliency.derivatives.target.TILE", 9)
    assert len(target_of(net, pair, region).parts) > 9
    np.testing.assert_allclose(images(integrated_gradients(net, pair, region)), images(whole), atol=1e-8)


def test_a_path_of_blur_ends_at_the_image_and_its_slope_is_a_difference():
    image = random_pair((15, 11)).first
    np.testing.assert_array_equal(blurred(image, 0, 6)[0], image)
    values, slope = blurred(image, 0.8, 6)
    above, below = (blurred(image, 0.8 + step, 6)[0] for step in (1e-6, -1e-6))
    np.testing.assert_allclose(slope, (above - below) / 2e-6, atol=1e-8)
    assert values.mean() == pytest.approx(image.mean(), abs=1e-6)  # mirrored at the border, nothing is lost
    np.testing.assert_allclose(blurred(np.full((4, 5), 0.3), 2.0, 8)[0], 0.3)


@pytest.mark.parametrize("pixel", [(0, 0), (14, 30), (40, 22)], ids=str)
def test_a_windows_blur_is_the_whole_images(pixel):
    pair = random_pair((41, 45))
    target = target_of(Lambda(smooth).double(), pair, pixel)
    found = blurred_inputs(target, pair, 1.1, 1.2)
    for input_index, image in enumerate((pair.first, pair.second)):
        for mine, full in zip(found, blurred(image, 1.1, reach_of(1.2)), strict=True):
            np.testing.assert_allclose(mine[input_index], full[target.area.slices], atol=1e-14)


def test_the_gini_coefficient_of_known_distributions():
    assert gini(np.full(7, 3.0)) == pytest.approx(0)
    assert gini([0] * 9 + [2]) == pytest.approx(0.9)
    assert gini(np.arange(1, 1001)) == pytest.approx(1 / 3, abs=1e-3)  # uniform on an interval from 0
    quantiles = -np.log1p(-(np.arange(20000) + 0.5) / 20000)
    assert gini(quantiles) == pytest.approx(0.5, abs=1e-3)  # exponential
    assert gini([1, np.nan]) is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_the_gini_coefficient_is_its_double_sum(values):
    g = np.array(values, dtype=float)
    if g.sum() == 0:
        assert gini(g) is None
    else:
        double = np.abs(g[:, None] - g[None]).sum() / (2 * g.size**2 * g.mean())
        assert gini(g) == pytest.approx(double, abs=1e-12)


def test_the_diffusion_index_counts_pixels_outside_the_window():
    found = local_attribution(Lambda(smooth).double(), random_pair((12, 13)), (6, 6))
    assert diffusion_index(found) == pytest.approx(100 * (1 - gini(np.abs(images(found)))), rel=1e-6)
    assert (
        diffusion_index(integrated_gradients(Lambda(lambda a, b: 0 * a + b * 0), random_pair((4, 4)), (1, 1)))
        is None
    )


def test_a_network_that_yields_nan_ends_and_is_not_complete():
    found = integrated_gradients(Lambda(lambda a, b: (a * b) / 0 * 0), random_pair((5, 6)), (2, 2))
    assert (found.steps, found.is_complete) == (4, False)


@pytest.mark.parametrize(
    ("way", "settings", "said"),
    [
        (integrated_gradients, {"baseline": "white"}, "black and blurred"),
        (integrated_gradients, {"bound": 0}, "above 0"),
        (integrated_gradients, {"most_steps": 3}, "at least 4"),
        (local_attribution, {"sigma": 0}, "above 0"),
        (local_attribution, {"sigma": float("nan")}, "above 0"),
        (smooth_gradients, {"samples": 0}, "one noisy copy"),
        (smooth_gradients, {"sigma": -1}, "0 or more"),
    ],
)
def test_what_cannot_be_used_is_refused(way, settings, said):
    with pytest.raises(InputError, match=said):
        way(Lambda(linear), random_pair((5, 6)), (2, 2), **settings)


@pytest.mark.parametrize(
    "asked", [(5, 0), np.zeros((5, 6), bool), np.ones((6, 5), bool)], ids=["far", "none", "size"]
)
@pytest.mark.parametrize("way", WAYS)
def test_a_pixel_or_region_outside_is_refused(way, asked):
    with pytest.raises(InputError):
        way(Lambda(linear), random_pair((5, 6)), asked)
