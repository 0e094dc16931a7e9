"""Networks with pair summaries: exact with what all pixels of a pair share found once, and refused where wrong."""

import copy
import logging
from functools import cache
from itertools import count

import numpy as np
import pytest
import torch
from torch import nn

from fusion.layers.segmenter import Segmenter
from fusion.method.inference import as_tensors
from fusion.method.pair_summaries import HasPairSummaries, SummaryTerm
from fusion.networks.held_uaafusion import HeldUAAFusion
from fusion.networks.uaafusion import UAAFusion
from saliency import column, guidance, jacobian, region_rows
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.geometry.window import whole
from saliency.network import interruption, pair_function
from saliency.network.interruption import Interrupted
from saliency.network.pair_function import is_prepared, prepared, summarised_copy
from saliency.network.summary_slopes import SlopeSteps, SummarySlopes
from saliency.receptive_field.locality import remember
from tests.support.networks import dense, diagonal, frozen, random_pair, stacked
from tests.support.summarised_network import WHOLE, Summarised, ready

SHAPE = (14, 11)
PIXELS = [(0, 0), (13, 4), (6, 10), (7, 5)]
"""A corner, two borders and inside."""
PAIR = random_pair(SHAPE)


@cache
def uaafusion():
    """Random weights and few channels and classes; do not change it."""
    torch.manual_seed(4)
    net = UAAFusion(channels=4)
    net.segmenter = Segmenter(4)
    with torch.no_grad():
        for step in net.steps:
            step.logit.fill_(-0.4)
    return ready(net)


def differs_by(found, expected):
    """As a part of the largest value."""
    return np.abs(found - expected).max() / np.abs(expected).max()


@cache
def rows(net, pair):
    """The fused image and the rows of `PIXELS`, (2, H, W) each, by plain autograd through all of the network."""
    inputs = [each.requires_grad_() for each in as_tensors(net, pair)]
    fused = net(*inputs)
    found = [torch.autograd.grad(fused[0, 0, *pixel], inputs, retain_graph=True) for pixel in PIXELS]
    return fused.detach()[0, 0].numpy(), {
        pixel: torch.cat(each)[:, 0].numpy() for pixel, each in zip(PIXELS, found, strict=True)
    }


def assert_exact(net, pair, tolerance=1e-12, reference=None):
    fused, expected = rows(reference or net, pair)
    for pixel in PIXELS:
        J = jacobian(net, pair, pixel)
        assert differs_by(stacked(J.full()), expected[pixel]) < tolerance
        assert J.fused == pytest.approx(fused[pixel], abs=tolerance)


NETWORKS = {"UAAFusion": uaafusion, "another": cache(lambda: ready(Summarised()))}


@pytest.mark.parametrize("kind", NETWORKS)
def test_jacobians_equal_full_autograd_everywhere(kind):
    net = NETWORKS[kind]()
    assert summarised_copy(net) is not None
    assert_exact(net, PAIR)


def test_one_class_is_absent_and_one_explains_nothing_in_either_image():
    is_there = uaafusion().held_maps(*as_tensors(uaafusion(), PAIR)).sum((0, 2, 3)) > 0
    values = prepared(uaafusion(), PAIR).values.view(2, -1)
    assert is_there.sum() == 3
    assert ((values > 0).sum(1) == 2).all()
    assert not (values > 0)[:, ~is_there].any()


@pytest.mark.parametrize("input_index", [0, 1])
def test_the_summaries_part_is_no_rounding(input_index, monkeypatch):
    """Or the tests beside this one would hold without it."""
    net = uaafusion()
    found = prepared(net, PAIR)
    less = found.slopes.clone()
    less[input_index] = 0
    monkeypatch.setattr(
        pair_function,
        "prepared",
        lambda network, pair: SummarySlopes(found.maps, found.values, less),
    )
    for pixel, expected in rows(net, PAIR)[1].items():
        off = np.abs(stacked(jacobian(net, PAIR, pixel).full()) - expected).max((1, 2))
        assert off[input_index] > 1e-4 * np.abs(expected).max()
        assert off[1 - input_index] < 1e-12


@pytest.mark.parametrize("kind", ["UAAFusion", "another"])
def test_in_float32_it_is_as_near_as_rounding_lets_it(kind):
    exact = NETWORKS[kind]()
    net = copy.deepcopy(exact).float()
    remember(net, WHOLE)
    assert_exact(net, PAIR, 1e-5, exact)


@pytest.mark.slow
def test_what_is_asked_of_many_pixels_takes_the_same_way():
    net, pair = uaafusion(), random_pair((6, 7))
    every = dense(net, pair)
    G = guidance(net, pair)
    assert differs_by(np.stack((G.first, G.second)), diagonal(every)) < 1e-6  # kept as float32
    *_, estimated = estimated_guidance_stream(net, pair, 1e-9)
    assert differs_by(np.stack((estimated.first, estimated.second)), diagonal(every)) < 1e-6
    region = np.zeros(pair.shape, dtype=bool)
    region[2:4, 3:4] = True
    sums = region_rows(net, pair, region)
    assert differs_by(sums.sources, np.abs(every[region]).sum(0)) < 1e-6
    for J in jacobian_batch(net, pair, [(0, 0), (4, 5)]):
        assert differs_by(stacked(J.full()), every[J.pixel]) < 1e-12
    for at in ((0, 0), (4, 5)):
        found = column(net, pair, at)
        assert differs_by(np.stack((found.first, found.second)), np.moveaxis(every[:, :, :, *at], -1, 0)) < 1e-6


def test_the_summaries_are_found_once_for_a_pair_and_anew_for_a_changed_network():
    net = ready(Summarised())
    assert summarised_copy(net) is not None  # noted on the network itself were only its own steps
    pairs = random_pair(SHAPE), random_pair(SHAPE, seed=1)
    jacobian(net, pairs[0], (3, 4))
    faster = summarised_copy(net)
    faster.begun.clear()
    jacobian(net, pairs[0], (5, 6))
    assert faster.begun == []
    jacobian(net, pairs[1], (5, 6))
    assert faster.begun == [0, 1]
    with torch.no_grad():
        net.layer[0].weight.mul_(2)
    rows.cache_clear()
    assert_exact(net, pairs[0])


def test_it_is_told_of_each_step_and_one_given_up_is_all_that_is_lost():
    net, pair = ready(Summarised()), random_pair(SHAPE)
    told = []

    def give_up(done, total):
        told.append((done, total))
        if done == 1:
            raise Interrupted

    with pytest.raises(Interrupted):
        prepared(net, pair, give_up)
    assert told == [(0, 3), (1, 3)]
    assert not is_prepared(net, pair)
    told.clear()
    prepared(net, pair, lambda *each: told.append(each))
    assert told == [(1, 3), (2, 3), (1, 1)]
    assert is_prepared(net, pair)
    assert_exact(net, pair)


def test_a_step_that_ends_in_its_midst_counts_for_nothing():
    net, inputs = ready(Summarised()), as_tensors(ready(Summarised()), random_pair(SHAPE))
    expected = SlopeSteps(net, inputs).finished(net)
    steps, whole_step = SlopeSteps(net, inputs), net.summary_terms

    def half_a_step(*words):
        yield next(whole_step(*words))
        raise Interrupted

    net.summary_terms = half_a_step
    with pytest.raises(Interrupted):
        steps.finished(net)
    del net.summary_terms
    found = steps.finished(net)
    assert torch.equal(found.slopes, expected.slopes)
    assert torch.equal(found.values, expected.values)


class Wrong(Summarised):
    """Says of one summary that it does not change."""

    def summary_terms(self, step, first, second, maps):
        for number, value in super().summary_terms(step, first, second, maps):
            yield SummaryTerm(number, value.detach().requires_grad_() if number == 2 else value)


class WrongOnBright(Summarised):
    """Fuses bright pairs in another way, which its summaries know nothing of."""

    def forward(self, first, second):
        fused = super().forward(first, second)
        return fused * first.mean() if first.mean() > 0.8 else fused


class Refusing(Summarised):
    """Takes no small pair."""

    def held_maps(self, first, second):
        if first.shape[-1] < 30:
            raise ValueError("only 30 columns or more")
        return super().held_maps(first, second)


def test_a_step_may_be_given_up_at_any_operation(monkeypatch):
    """One that ends while its terms are added up must not count them twice when it is done anew."""
    monkeypatch.setattr(interruption, "EVERY", 0.0)
    net, inputs = ready(Summarised()), as_tensors(ready(Summarised()), random_pair(SHAPE))
    expected, ended = SlopeSteps(net, inputs).finished(net), 0
    for most in count(1):
        steps, asked = SlopeSteps(net, inputs), count(1)
        try:
            with interruption.interruptible(lambda asked=asked, most=most: next(asked) <= most):
                steps.finished(net)
            break
        except Interrupted:
            ended += 1
        found = steps.finished(net)
        torch.testing.assert_close(found.values, expected.values, rtol=1e-6, atol=0)
        torch.testing.assert_close(found.slopes, expected.slopes, rtol=1e-6, atol=1e-9)
    assert ended > 20


def test_wrong_summaries_are_found_out_and_the_plain_way_is_taken(caplog):
    caplog.set_level(logging.INFO)
    net, pair = ready(Wrong()), random_pair(SHAPE)
    assert summarised_copy(net) is None
    assert "its gradients are not what they say" in caplog.text
    assert is_prepared(net, pair)  # for nothing is needed
    assert prepared(net, pair) is None
    assert_exact(net, pair)


def test_summaries_that_are_wrong_on_a_pair_are_found_out_there(caplog):
    net, dark = ready(WrongOnBright()), random_pair(SHAPE)
    bright = type(dark)(0.9 + 0.1 * dark.first, dark.second, title="bright")
    assert summarised_copy(net) is not None
    assert prepared(net, dark) is not None
    assert prepared(net, bright) is None
    assert "is another by its summaries on this pair" in caplog.text
    for pair in (dark, bright):
        assert_exact(net, pair)


def test_a_network_that_takes_no_small_pair_is_differentiated_in_the_plain_way(caplog):
    caplog.set_level(logging.INFO)
    assert summarised_copy(ready(Refusing())) is None
    assert "only 30 columns" in caplog.text


def test_constants_go_before_summaries():
    held = frozen(HeldUAAFusion(channels=4))
    assert isinstance(held, HasPairSummaries)  # by its base
    assert summarised_copy(held) is None
    assert summarised_copy(frozen(nn.Conv2d(1, 1, 1))) is None


def test_other_inputs_than_the_pair_are_right_too():
    net, pair = ready(Summarised()), random_pair(SHAPE)
    fuse = pair_function.at_pair(net, pair, whole(SHAPE))
    for inputs in (as_tensors(net, pair), as_tensors(net, random_pair(SHAPE, seed=2))):
        leaves = [each.requires_grad_() for each in inputs]
        found = torch.autograd.grad(fuse(*leaves)[0, 0, 3, 4], leaves)
        expected = torch.autograd.grad(net(*leaves)[0, 0, 3, 4], leaves)
        assert differs_by(torch.cat(found).numpy(), torch.cat(expected).numpy()) < 1e-12


def test_every_map_is_counted():
    net, inputs = ready(Summarised()), as_tensors(ready(Summarised()), random_pair(SHAPE))
    pixels = SHAPE[0] * SHAPE[1]
    assert SlopeSteps(net, inputs).nbytes == 8 * (pixels * (2 + 1 + 2 * 3) + 3)
