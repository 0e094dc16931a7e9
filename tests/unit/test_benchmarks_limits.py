"""What the benchmark of limits counts, against the sums a reader can do by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import fusion
from benchmarks.guidance import retained
from benchmarks.limits import against, blockwise_pass, measured
from saliency.network.flops import multiplications_of
from tests.support.networks import FIRST, SECOND, TwoLayers


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(3)
    return TwoLayers().eval().requires_grad_(False)


@pytest.fixture
def pair() -> fusion.ImagePair:
    return fusion.phantom(seed=1, size=64)


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
