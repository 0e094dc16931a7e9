"""Multiplications counted against the sums a reader can do by hand."""

from __future__ import annotations

from threading import Thread

import pytest
import torch
from torch import Tensor, nn

import fusion
from benchmarks.guidance import retained
from benchmarks.limits import against, blockwise_pass, measured
from saliency import jacobian
from saliency.network.flops import multiplications_of

FIRST, SECOND = 2 * 3 * 3 * 3, 3 * 5 * 5
"""Multiplications of the layers of `TwoLayers` for each pixel that they make."""


class TwoLayers(nn.Module):
    """2 → 3 channels by 3×3, 3 → 1 by 5×5: a radius of 1 + 2 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), nn.Conv2d(3, 1, 5, padding=2))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return self.layers(torch.cat([first, second], dim=1))


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


def test_a_pass_through_the_whole_image_counts_the_backward_pass_alone(network, pair):
    assert multiplications_of(retained(network, pair)) == 64 * 64 * (FIRST + SECOND)


def test_a_blockwise_pass_counts_blocks_around_its_seeds(network, pair):
    # 16 × 16 seeds, 4 apart. Back through the last layer blocks of 3×3 are kept, all that the diagonal sees
    # through the first, which then makes one pixel of each.
    assert multiplications_of(blockwise_pass(network, pair)) == 16 * 16 * (9 * SECOND + FIRST)


def test_the_limit_is_what_the_work_takes_at_the_peak(network, pair):
    found = against(measured(retained(network, pair), repeats=2), peak=0.5)
    assert found["limit_ms"] == pytest.approx(2 * 64 * 64 * (FIRST + SECOND) / 0.5e6)
    assert found["of_peak"] * found["ms"] == pytest.approx(found["limit_ms"])


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
