"""Multiplications counted against the sums a reader can do by hand."""

from __future__ import annotations

from threading import Thread

import pytest
import torch
from torch import nn

import fusion
from saliency import jacobian
from saliency.network.flops import multiplications_of
from tests.support.networks import FIRST, SECOND, TwoLayers


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(3)
    return TwoLayers().eval().requires_grad_(False)


@pytest.fixture
def pair() -> fusion.ImagePair:
    return fusion.phantom(seed=1, size=64)


def test_a_forward_pass_counts_every_layer_at_every_pixel(network):
    images = torch.rand(2, 1, 1, 10, 12)
    assert multiplications_of(lambda: network(*images)) == 10 * 12 * (FIRST + SECOND)


def test_a_jacobian_counts_the_first_layer_at_25_pixels_and_the_second_at_one_both_ways(network, pair):
    jacobian(network, pair, (20, 30))  # what is found out about a network once is no part of it
    assert multiplications_of(lambda: jacobian(network, pair, (20, 30))) == 2 * (25 * FIRST + SECOND)


def test_other_threads_are_not_counted():
    def work() -> None:
        other = Thread(target=torch.mm, args=(torch.rand(9, 9), torch.rand(9, 9)))
        other.start()
        other.join()

    assert multiplications_of(work) == 0


def test_counting_hangs_no_hooks_on_what_other_threads_compute(network):
    def look() -> None:
        network(*torch.rand(2, 1, 1, 10, 12))
        assert not nn.modules.module._global_forward_pre_hooks

    assert multiplications_of(look) > 0
