"""Interrupting a computation: its values are the same, and it ends where it is, forward or backward."""

import numpy as np
import pytest
import torch

from saliency import jacobian
from saliency.derivatives.estimated_guidance import estimated_guidance_stream
from saliency.network import interruption
from saliency.network.interruption import Interrupted, interruptible, interruptible_stream
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


def parts(count):
    """Values that take three operations each."""
    for number in range(count):
        yield number + torch.ones(1).sum().item()


def test_between_two_parts_nothing_is_asked():
    asked = []
    stream = interruptible_stream(lambda: parts(3), lambda: asked.append(1) or True)()
    for done in range(3):
        assert next(stream) == done + 1
        before = len(asked)
        torch.ones(1).sum()
        assert len(asked) == before > 0
    assert list(stream) == []


@pytest.mark.parametrize("after", [0, 1, 40, 400])
def test_estimated_guidance_that_nobody_wants_ends_at_the_next_operation(after):
    """UAAFusion's first part is many passes, which find what all pixels share, and the graph."""
    net, pair, asked = network("UAAFusion"), random_pair((16, 16)), []
    stream = interruptible_stream(
        lambda: estimated_guidance_stream(net, pair, 0.1), lambda: asked.append(1) or len(asked) <= after
    )
    with pytest.raises(Interrupted):
        list(stream())
    assert len(asked) == after + 1
    torch.ones(1).sum()
    assert len(asked) == after + 1
