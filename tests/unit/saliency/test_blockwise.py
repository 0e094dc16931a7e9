"""Gradients carried back on blocks: what autograd gives, for lattices of any spacing, or no plan."""

import copy
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import saliency.network.blockwise
from saliency import guidance, guidance_stream
from saliency.geometry.lattices import lattices_of
from saliency.geometry.window import Window
from saliency.network.blockwise import agrees, chunks_of, diagonal, linearised
from saliency.network.optimized import checked_plan, optimized_plan
from saliency.network.tracing import NoPlanError, plan_of
from saliency.receptive_field.locality import measure
from tests.support.networks import RADII, Lambda, dense, in_double, network, random_pair, stacked
from tests.support.residual import CROSS, KERNEL, residual

SHAPE = (13, 17)


@pytest.fixture
def at():
    net = Lambda(residual).double()
    pair = random_pair(SHAPE)
    inputs = [torch.tensor(image).double()[None, None] for image in (pair.first, pair.second)]
    rows = np.einsum("ijkij->kij", dense(net, pair))
    with torch.no_grad():
        yield linearised(plan_of(net), inputs), rows


@pytest.mark.parametrize("period", [1, 2, 5, 40])
@pytest.mark.parametrize("beside", [True, False], ids=["beside each other", "as a batch"])
def test_a_lattice_of_any_spacing_gives_the_dense_diagonal(at, period, beside, monkeypatch):
    monkeypatch.setattr(saliency.network.blockwise, "on_gpu", lambda _: not beside)
    linear, expected = at
    found = np.full((2, *SHAPE), np.nan)
    for lattice in lattices_of(Window(0, SHAPE[0], 0, SHAPE[1]), period):
        found[:, *lattice] = stacked([part.numpy() for part in diagonal(linear, lattice)])
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13)


def test_the_plan_knows_how_far_each_map_reaches():
    plan = plan_of(Lambda(residual).double())
    assert plan.to_inputs[-1] == (4, 5)
    assert plan.radius == measure(Lambda(residual)).radius == 5


def test_parts_of_a_lattice_cover_it_once(at, monkeypatch):
    monkeypatch.setattr(saliency.network.blockwise, "CACHE", 1)
    lattice = (slice(1, 13, 3), slice(2, 17, 4))
    rows = [row for down, _ in chunks_of(at[0], lattice) for row in range(down.start, down.stop, down.step)]
    assert rows == [1, 4, 7, 10]


@pytest.mark.slow
@pytest.mark.parametrize("name", RADII)
def test_every_network_of_convolutions_has_a_plan_that_agrees(name):
    assert optimized_plan(network(name)).radius == RADII[name]
    assert agrees(plan_of(in_double(name)), in_double(name))


class Straight(torch.autograd.Function):
    """Shows the stand-ins a square and autograd a straight line."""

    @staticmethod
    def forward(context, a):
        return a * a

    @staticmethod
    def backward(context, gradient):
        return gradient


def partly_constant(a, b):
    with torch.no_grad():
        weight = torch.tanh(a)
    return weight * b + a


def with_a_mask(a, b):
    many = F.conv2d(a, CROSS, padding=1)
    return F.conv2d(torch.sigmoid(b) * many + b, CROSS[:, 0].reshape(1, 4, 3, 3), padding=1)


def in_place(a, b):
    blurred = F.conv2d(a, KERNEL, padding=(1, 2)) - 3
    return F.leaky_relu(blurred, 0.2, inplace=True) * b + blurred


@pytest.mark.parametrize("function", [partly_constant, with_a_mask, in_place])
def test_constants_masks_and_changes_in_place_are_carried_back_as_autograd_does(function):
    net = Lambda(function).double()
    assert agrees(plan_of(net), net)


def test_a_plan_that_autograd_contradicts_is_not_used():
    assert checked_plan(Lambda(lambda a, b: Straight.apply(a) + b)) is None


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: F.max_pool2d(a, 3, 1, 1) + b,
        lambda a, b: a - a.mean() + b,
        lambda a, b: a.detach() + b,
        lambda a, b: F.conv2d(a, KERNEL.to(a), stride=2, padding=(1, 2)),
        lambda a, b: torch.cat((a, b), dim=2),
    ],
)
def test_other_steps_have_no_plan(function):
    with pytest.raises(NoPlanError):
        plan_of(Lambda(function))


@pytest.mark.slow
def test_with_and_without_a_plan_guidance_is_the_same(monkeypatch):
    net, pair = copy.deepcopy(network("MaskNet")), random_pair((31, 26))
    by_blocks = guidance(net, pair)
    monkeypatch.setattr(sys.modules["saliency.derivatives.guidance_passes"], "optimized_plan", lambda _: None)
    plainly = guidance(net, pair)
    assert by_blocks.total == plainly.total
    scale = np.abs(plainly.first).max()
    np.testing.assert_allclose(by_blocks.first, plainly.first, atol=1e-5 * scale)
    assert not np.array_equal(by_blocks.first, plainly.first)  # two ways indeed


def test_free_memory_of_a_gpu_makes_fewer_passes_of_the_same_result(monkeypatch):
    net, pair = network("DeepFuse"), random_pair((33, 29))
    expected = guidance(net, pair)
    monkeypatch.setattr(sys.modules["saliency.derivatives.guidance_passes"], "free_bytes", lambda _: 2**28)
    found = guidance(net, pair)
    assert found.total < expected.total
    np.testing.assert_allclose(found.first, expected.first, atol=1e-5 * np.abs(expected.first).max())


def test_a_stream_can_be_closed_between_passes():
    stream = guidance_stream(network("DeepFuse"), random_pair((33, 29)))
    next(stream)
    stream.close()
    assert next(stream, None) is None
