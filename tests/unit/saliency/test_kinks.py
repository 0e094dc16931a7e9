"""A value that float32 rounds to the other side of an activation's kink: the picture's own side counts."""

import numpy as np
import pytest
import torch
from torch import nn

from fusion.data.pairs import ImagePair
from saliency import guidance, jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.validation.pair_check import check_on_pair
from tests.support.networks import frozen, reference, stacked

FIRST, SECOND = 2.0**-15, 2.0**-14
PIXELS = [(0, 0), (9, 8), (9, 9)]


class AtKink(nn.Module):
    """relu(a + b) of a = (1 + f)·x1 and b = −(1 + s)·x2.

    At x1 = 1 − f and x2 = 1 − s that is s² − f², above 0; in float32 both products round to 1 and leave 0.
    """

    def __init__(self, halves=False):
        super().__init__()
        self.of_first, self.of_second, self.end = (nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(3))
        self.halves = halves
        for conv, middle in ((self.of_first, 1 + FIRST), (self.of_second, -(1 + SECOND))):
            conv.weight.data.zero_()[0, 0, 1, 1] = middle
        self.end.weight.data.fill_(1 / 9)

    def forward(self, first, second):
        moved = torch.relu(self.of_first(first) + self.of_second(second))
        if self.halves:  # its maps change their size, and it has no shrinking window
            moved = nn.functional.interpolate(nn.functional.avg_pool2d(moved, 2), scale_factor=2.0)
        return self.end(moved) + 0.5 * first


@pytest.fixture(scope="module")
def pair():
    first, second = (np.full((20, 22), 1 - off, dtype=np.float32) for off in (FIRST, SECOND))
    return ImagePair(first, second, "flat")


@pytest.mark.parametrize("halves", [False, True])
def test_jacobians_stand_on_the_side_where_the_picture_lies(pair, halves):
    network = frozen(AtKink(halves))
    exact = frozen(AtKink(halves)).double()
    true = [reference(exact, pair, pixel) for pixel in PIXELS]
    rounded = [reference(network, pair, pixel) for pixel in PIXELS]
    assert all(np.abs(one - other).max() > 0.1 for one, other in zip(true, rounded, strict=True))
    for pixel, together, row in zip(PIXELS, jacobian_batch(network, pair, PIXELS), true, strict=True):
        for found in (jacobian(network, pair, pixel), together):
            assert found.first.dtype == np.float32
            np.testing.assert_allclose(stacked(found.full()), row, atol=1e-6)


def test_guidance_that_stands_on_the_other_side_by_rounding_is_not_taken_for_wrong(pair):
    network = frozen(AtKink())
    finished = guidance(network, pair)
    own = jacobian(network, pair, PIXELS[1])
    assert abs(finished.first[PIXELS[1]] - stacked(own.full())[0][PIXELS[1]]) > 0.05
    assert check_on_pair(network, pair, finished).agrees


def test_guidance_that_rounding_does_not_explain_is_still_wrong(pair):
    network = frozen(AtKink())
    finished = guidance(network, pair)
    finished.first[...] += 0.3
    assert not check_on_pair(network, pair, finished).agrees
