"""Interrupting a computation: its values are the same, and it ends where it is, forward or backward."""

import numpy as np
import pytest
import torch

from saliency import jacobian
from saliency.network import interruption
from saliency.network.interruption import Interrupted, interruptible
from tests.support.kinds_of_networks import WHOLE, built
from tests.support.networks import Lambda, frozen, network, random_pair


@pytest.fixture(autouse=True)
def each_time(monkeypatch):
    monkeypatch.setattr(interruption, "EVERY", 0.0)


@pytest.mark.parametrize("name", ["MaskNet", "UAAFusion"])
def test_an_interruptible_jacobian_is_the_same_to_the_last_bit(name):
    pair = random_pair((32, 32))
    plain = jacobian(network(name), pair, (12, 17))
    with interruptible(lambda: True):
        found = jacobian(network(name), pair, (12, 17))
    assert np.array_equal(found.first, plain.first)
    assert np.array_equal(found.second, plain.second)
    assert found.fused == plain.fused


@pytest.mark.parametrize("kind", WHOLE)
def test_the_same_holds_for_every_kind_that_sees_the_whole_image(kind):
    """Torch could take another way where its operations are watched."""
    net, pair = built(WHOLE[kind]), random_pair((16, 16))
    plain = jacobian(net, pair, (5, 9))
    with interruptible(lambda: True):
        found = jacobian(net, pair, (5, 9))
    assert np.array_equal(found.first, plain.first)
    assert np.array_equal(found.second, plain.second)


def catching(first, second):
    """Goes on whatever happens within it."""
    try:
        first = first.sin()
    except Exception:
        first = first.cos()
    return first - first.mean((2, 3), True) + second


def test_it_ends_at_any_operation_and_the_next_answer_is_right():
    pair, net = random_pair((12, 12)), frozen(Lambda(catching))
    plain = jacobian(net, pair, (3, 4))
    count = 0
    while True:
        left = iter(range(count))
        try:
            with interruptible(lambda left=left: next(left, None) is not None):
                found = jacobian(net, pair, (3, 4))
            break
        except Interrupted:
            count += 1
    assert count > 8  # forward and backward
    assert np.array_equal(found.first, plain.first)
    assert torch.ones(1).sum() == 1  # nothing is asked outside of the block
