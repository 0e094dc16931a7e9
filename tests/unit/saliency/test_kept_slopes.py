"""Slopes of plain convolutional networks kept for a pair: what float64 autograd gives, and only while it is so."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
from fusion.errors import InputError
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.derivatives.jacobian_blocks import pixels_of
from saliency.derivatives.kept_slopes import (
    derivative_bytes,
    derivative_in_parts,
    keep_derivative,
    kept_derivative,
    lacks_derivative,
    let_go_derivatives,
)
from saliency.derivatives.known_network import known_of
from saliency.geometry.window import Window
from saliency.network import single_walk, slope_bands
from saliency.network.fingerprint import Fingerprint, LayerFingerprint
from saliency.network.grid_backward import grid_jacobians
from saliency.network.grid_linearised import grid_linearised
from saliency.network.kink import Kink
from saliency.network.optimized import grid_derivatives
from saliency.network.parts import finished
from saliency.network.plan import Convolution
from saliency.network.slope_bands import bands_of, linearised_in_bands, on_grid
from saliency.network.tracing import plan_of
from saliency.receptive_field.locality import locality, remember
from tests.support.networks import (
    RADII,
    Lambda,
    dense,
    in_double,
    network,
    random_pair,
    reference,
    special_pixels,
    stacked,
)
from tests.support.residual import residual

SHAPE = (13, 17)


def inputs_of(pair):
    return [torch.tensor(image).double()[None, None] for image in (pair.first, pair.second)]


@pytest.mark.parametrize(("rows", "part_bytes"), [(1, 2**20), (4, 1), (4, 2**12), (13, 2**20), (13, 1)])
def test_bands_and_parts_of_any_height_give_the_dense_jacobian(rows, part_bytes, monkeypatch):
    net, pair = Lambda(residual).double(), random_pair(SHAPE)
    plan = plan_of(net)
    monkeypatch.setattr(slope_bands, "LEAST_ROWS", rows)
    monkeypatch.setattr(slope_bands, "BAND_BYTES", 1)
    monkeypatch.setattr(slope_bands, "PART_BYTES", part_bytes)
    assert len(list(bands_of(plan, SHAPE))) == -(-SHAPE[0] // rows)
    with torch.no_grad():
        at = finished(linearised_in_bands(plan, inputs_of(pair), torch.float64))
        whole = grid_linearised(on_grid(plan, SHAPE), inputs_of(pair))
        pixels = list(np.ndindex(*SHAPE))
        found = grid_jacobians(at, pixels)
        alone = [grid_jacobians(at, [pixel])[0] for pixel in pixels]
    assert [[each.dtype for each in slopes] for slopes in at.slopes] == [
        [each.dtype for each in slopes] for slopes in whole.slopes
    ]
    torch.testing.assert_close(at.fused, whole.fused, rtol=1e-12, atol=1e-12)
    expected = dense(net, pair)
    for each in (found, alone):
        image = np.zeros((*SHAPE, 2, *SHAPE))
        for pixel, both in zip(pixels, each, strict=True):
            for number, (gradient, (down, across)) in enumerate(both):
                image[*pixel, number, slice(*down), slice(*across)] = gradient.numpy()
        np.testing.assert_allclose(image, expected, atol=1e-12 * np.abs(expected).max())


def test_no_part_is_larger_than_it_may_be(monkeypatch):
    plan, row = plan_of(in_double("MaskNet")), 8 * SHAPE[1]
    unfolded = [step.weight[0].numel() for step in plan.steps if isinstance(step, Convolution)]
    most, beside, held, convolve = 2 * max(unfolded) * row, 2 * max(unfolded) * row, [], Convolution.run

    def run(step, values, padding=None):
        made = convolve(step, values, padding)
        held.append(made.shape[2] * step.weight[0].numel() * row)
        return made

    monkeypatch.setattr(slope_bands, "PART_BYTES", most)
    monkeypatch.setattr(Convolution, "run", run)
    parts = list(linearised_in_bands(plan, inputs_of(random_pair(SHAPE)), torch.float32))
    assert max(held) <= most + beside  # one near the picture's end is computed with what it sees beside it
    assert len(held) > 2 * len(unfolded)
    assert len(parts) >= len(held)
    assert [part.done for part in parts] == sorted(part.done for part in parts)
    assert all(part.done < part.total == len(plan.steps) for part in parts)


def test_a_pixel_asked_for_between_two_parts_waits_for_none_of_them():
    net, pair = copy.deepcopy(network("MaskNet")), random_pair((30, 31))
    expected, parts = jacobian(net, pair, (9, 9)), derivative_in_parts(net, pair)
    for number, _ in zip(range(20), parts, strict=False):
        assert lacks_derivative(net, pair), number
        if number % 5 == 0:
            np.testing.assert_array_equal(jacobian(net, pair, (9, 9)).first, expected.first)
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
    *_, (done, total) = parts
    assert done == total
    assert not lacks_derivative(net, pair)


def test_a_slope_of_two_values_takes_a_byte():
    plan = plan_of(Lambda(residual).double())
    kinks = [step for step in plan.steps if isinstance(getattr(step, "slope", None), Kink)]
    assert [step.slope.below for step in kinks] == [0.0, 0.1]
    with torch.no_grad():
        at = finished(linearised_in_bands(plan, inputs_of(random_pair(SHAPE)), torch.float32))
    kinds = {each.dtype for slopes in at.slopes for each in slopes}
    assert kinds == {torch.bool, torch.float32}
    assert {each.dtype for each in at.slopes[plan.steps.index(kinks[0])]} == {torch.bool}


class DilatedGroups(nn.Module):
    """Large blocks of many channels: kernels that are not square, dilation, groups."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 32, (5, 3), padding="same")
        self.middle = nn.Conv2d(32, 32, 3, padding=2, dilation=2, groups=2)
        self.last = nn.Conv2d(32, 1, (9, 13), padding=(4, 6))

    def forward(self, first, second):
        return self.last(self.middle(F.leaky_relu(self.first(first - second / 3), 0.2)))


@pytest.mark.parametrize("pixel", [(20, 21), (0, 3), (40, 45)])
def test_weights_arranged_beforehand_give_the_same(pixel, monkeypatch):
    torch.manual_seed(5)
    net, pair, packed = DilatedGroups().requires_grad_(False), random_pair((41, 46)), []
    pack = single_walk._packed
    monkeypatch.setattr(single_walk, "_packed", lambda *of: packed.append(of) or pack(*of))
    monkeypatch.setattr(single_walk, "MANY", 25)
    plan, exact = plan_of(net), copy.deepcopy(net).double()
    with torch.inference_mode():
        at = finished(linearised_in_bands(plan, [each.float() for each in inputs_of(pair)], torch.float32))
        ((first, second),) = grid_jacobians(at, [pixel])
    if single_walk._can_be_packed(net.middle.weight):
        assert [step.groups for step, _ in packed] == [2]
    for (gradient, (down, across)), expected in zip((first, second), reference(exact, pair, pixel), strict=True):
        image = np.zeros(pair.shape)
        image[slice(*down), slice(*across)] = gradient.numpy()
        np.testing.assert_allclose(image, expected, atol=1e-6 * np.abs(expected).max())


def kept_and_asked(name, pair, pixels):
    net = network(name)
    assert keep_derivative(net, pair)
    try:
        return [jacobian(net, pair, pixel) for pixel in pixels], jacobian_batch(net, pair, pixels)
    finally:
        let_go_derivatives(net)


@pytest.mark.parametrize("name", RADII)
def test_each_is_the_jacobian_of_its_own_pixel(name):
    pair = random_pair((2 * RADII[name] + 9, 2 * RADII[name] + 12))
    pixels = special_pixels(pair.shape)
    for found in kept_and_asked(name, pair, pixels):
        for J in found:
            expected = reference(in_double(name), pair, J.pixel)
            assert np.abs(stacked(J.full()) - expected).max() < 2e-6 * np.abs(expected).max()
            assert J.area == jacobian(network(name), pair, J.pixel).area
            assert J.first.dtype == J.second.dtype == np.float32
            assert np.abs(J.fused - jacobian(network(name), pair, J.pixel).fused) < 1e-6


@pytest.mark.parametrize("name", ["FunFuseAn", "DeepPedestrian"])
def test_trained_weights_on_a_phantom(name):
    net, pair = fusion.load(name), fusion.phantom(seed=7, size=64)
    before = {pixel: jacobian(net, pair, pixel) for pixel in special_pixels(pair.shape)}
    exact = copy.deepcopy(net).double()
    assert keep_derivative(net, pair)
    for pixel, crop in before.items():
        J, expected = jacobian(net, pair, pixel), reference(exact, pair, pixel)
        assert np.abs(stacked(J.full()) - expected).max() < 2e-6 * np.abs(expected).max()
        assert J.area == crop.area
        assert J.fused == pytest.approx(crop.fused, abs=1e-6)


def test_neighbours_are_carried_back_together():
    net, pair, area = network("DeepFuse"), random_pair((40, 45)), Window(10, 27, 3, 24)
    assert keep_derivative(net, pair)
    try:
        found = jacobian_batch(net, pair, pixels_of(area))
        alone = [jacobian(net, pair, J.pixel) for J in found[::50]]
    finally:
        let_go_derivatives(net)
    assert [J.pixel for J in found] == pixels_of(area)
    for one, other in zip(found[::50], alone, strict=True):
        largest = np.abs(stacked(other.full())).max()
        np.testing.assert_allclose(stacked(one.full()), stacked(other.full()), atol=1e-6 * largest)
        assert one.fused == other.fused


def test_other_weights_another_pair_or_type_are_asked_anew():
    net, pair = copy.deepcopy(network("DeepFuse")), random_pair((30, 31))
    assert lacks_derivative(net, pair)
    assert keep_derivative(net, pair)
    assert not lacks_derivative(net, pair)
    other = replace(pair, first=1 - pair.first)
    assert kept_derivative(net, other, locality(net)) is None
    net.decoder[0][0].weight.data.mul_(1.5)
    assert kept_derivative(net, pair, locality(net)) is None
    J, expected = jacobian(net, pair, (9, 9)), reference(copy.deepcopy(net).double(), pair, (9, 9))
    assert np.abs(stacked(J.full()) - expected).max() < 1e-6 * np.abs(expected).max()
    assert keep_derivative(net, pair)
    assert kept_derivative(net.double(), pair, locality(net)) is None
    assert keep_derivative(net, pair)
    exact = jacobian(net, pair, (9, 9))
    assert exact.first.dtype == np.float64
    assert np.abs(stacked(exact.full()) - expected).max() < 1e-12 * np.abs(expected).max()


def test_every_byte_is_looked_at_once_for_a_pixel(monkeypatch):
    net, pair, looks = copy.deepcopy(network("DeepFuse")), random_pair((30, 31)), []
    assert keep_derivative(net, pair)
    jacobian(net, pair, (9, 9))
    for kind in (Fingerprint, LayerFingerprint):
        unchanged = kind.unchanged
        monkeypatch.setattr(
            kind, "unchanged", lambda self, of, seen=unchanged: looks.append(of is net) or seen(self, of)
        )
    jacobian(net, pair, (9, 10))
    jacobian_batch(net, pair, [(9, 11)])
    assert sum(looks) == 2


def test_what_is_remembered_of_a_network_meanwhile_counts():
    net, pair = copy.deepcopy(network("DeepFuse")), random_pair((30, 31))
    assert keep_derivative(net, pair)
    assert jacobian(net, pair, (15, 15)).first.shape == (25, 25)
    remember(net, replace(locality(net), is_local=False))
    assert known_of(net).derivatives is None
    assert jacobian(net, pair, (15, 15)).first.shape == pair.shape
    with pytest.raises(InputError, match="training"):
        jacobian(net.train(), pair, (9, 9))


def test_steps_that_give_other_values_than_the_network_are_not_kept():
    net, pair = copy.deepcopy(network("DeepFuse")), random_pair((30, 31))
    derivatives = grid_derivatives(net)
    derivatives._network.decoder[0][0].bias.data.add_(0.5)  # what no plan was made of
    assert derivatives.at(pair) is None
    assert kept_derivative(net, pair, locality(net)) is None
    assert all(done < total for done, total in derivative_in_parts(net, random_pair((30, 31), seed=1)))


def test_what_it_takes_is_known_before_and_bounded(monkeypatch):
    net, pair = network("MaskNet"), random_pair((40, 41))
    assert keep_derivative(net, pair)
    kept = sum(each.nbytes for slopes in kept_derivative(net, pair, locality(net)).slopes for each in slopes)
    let_go_derivatives(net)
    assert kept == grid_derivatives(net).kept_bytes(pair.shape)
    least = 40 * 41 * (4 * 48 + 192 + 128 + 64 + 1 + 4)
    assert least < kept < 56 / 40 * 57 / 41 * least
    assert derivative_bytes(net, pair) > kept
    assert derivative_bytes(net, random_pair((641, 20))) == 0
    assert not keep_derivative(net, random_pair((641, 20)))
    monkeypatch.setattr("saliency.network.grid_derivatives.MOST_BYTES", kept - 1)
    assert derivative_bytes(net, pair) == 0
    assert not keep_derivative(net, random_pair((40, 41), seed=1))


def test_a_value_that_is_none_spreads_no_further_than_its_window():
    pair = random_pair((60, 61))
    first = pair.first.copy()
    first[9, 9] = np.nan
    pair, net = replace(pair, first=first), network("DeepFuse")
    assert keep_derivative(net, pair)
    broken, sound = jacobian_batch(net, pair, [(10, 10), (45, 45)])
    let_go_derivatives(net)
    assert np.isnan(broken.fused)
    assert np.isfinite(sound.fused)
    expected = jacobian(net, pair, (45, 45))
    np.testing.assert_allclose(stacked(sound.full()), stacked(expected.full()), atol=1e-6)


def test_nothing_is_kept_of_a_network_that_sees_one_pixel_or_all():
    for name in ("Weighted Averaging", "UAAFusion"):
        assert not lacks_derivative(network(name), random_pair((20, 20)))
        assert not keep_derivative(network(name), random_pair((20, 20)))
