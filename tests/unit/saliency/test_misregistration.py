"""How far a share changes for one pixel of misregistration, against shares known by hand and dense autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fusion import CardedNetwork, InputError, phantom
from fusion.data.moved_pair import Move, moved
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.validation.checked_network import checked_on_pair
from saliency.validation.misregistration import (
    AROUND,
    ShareUnderMoves,
    share_under_moves,
    share_under_moves_stream,
)
from tests.support.networks import Lambda, in_double, network, random_pair, reference


def product(first, second):
    return first * second  # its derivatives are the other input's value: the share is x2 / (x1 + x2)


def shifted(image, move):
    found = np.full_like(image, image.min())
    height, width = image.shape
    for row in range(height):
        for col in range(width):
            from_row, from_col = row - int(move.down), col - int(move.right)
            if 0 <= from_row < height and 0 <= from_col < width:
                found[row, col] = image[from_row, from_col]
    return found


@pytest.mark.parametrize("pixel", [(3, 4), (0, 0), (6, 8), (0, 5)])
def test_shares_of_a_product_are_known_by_hand(pixel):
    pair = random_pair((7, 9), seed=2)
    found = share_under_moves(Lambda(product), pair, pixel)
    one = float(pair.first[pixel])
    expected = [(two := float(shifted(pair.second, move)[pixel])) / (one + two) for move in AROUND]
    here = float(pair.second[pixel]) / (one + float(pair.second[pixel]))
    assert found.share == pytest.approx(here, abs=1e-6)
    np.testing.assert_allclose(found.moved, expected, atol=1e-6)
    changes = np.abs(np.array(expected) - here)
    assert found.change == pytest.approx(changes.max(), abs=1e-6)
    assert found.worst == AROUND[changes.argmax()]


@pytest.mark.parametrize("name", ["DeepFuse", "FunFuseAn"])
def test_shares_are_those_of_autograd_on_whole_moved_images(name):
    pair, pixel = random_pair((23, 19), seed=4), (11, 7)
    found = share_under_moves(network(name), pair, pixel)
    for move, share in zip(AROUND, found.moved, strict=True):
        second = shifted(pair.second, move)
        J = np.abs(reference(in_double(name), replace(pair, second=second), pixel))
        assert share == pytest.approx(J[0].sum() / J.sum(), abs=1e-4)


def test_an_average_does_not_care():
    assert (
        share_under_moves(Lambda(lambda first, second: 0.3 * first + 0.7 * second), phantom(3), (100, 90)).change
        == 0
    )


def test_it_is_moved_to_all_eight_neighbours_once():
    assert len(set(AROUND)) == 8
    assert {max(abs(move.right), abs(move.down)) for move in AROUND} == {1}
    assert all(move.angle == 0 for move in AROUND)
    assert Move() not in AROUND


def test_nothing_is_told_before_all_is_computed_or_where_a_share_is_missing():
    pair = random_pair((7, 9))
    steps = list(share_under_moves_stream(Lambda(product), pair, (3, 4)))
    assert [len(each.moved) for each in steps] == list(range(9))
    assert [each.change is None for each in steps] == [True] * 8 + [False]
    blank = ShareUnderMoves(0.5, (None, *[0.5] * 7))
    assert blank.is_complete
    assert blank.change is blank.worst is None
    black = random_pair((7, 9)).__class__(np.zeros((7, 9), np.float32), pair.second, "black first")
    assert share_under_moves(Lambda(lambda first, second: 0 * first * second), black, (3, 4)).change is None


def test_a_pixel_outside_is_refused():
    with pytest.raises(InputError):
        share_under_moves(Lambda(product), random_pair((7, 9)), (7, 0))


class WideWhereDark(torch.nn.Module):
    """Looks far where the second image's mean falls below a bound."""

    def __init__(self, bound):
        super().__init__()
        self.bound = bound

    def forward(self, first, second):
        wide = torch.nn.functional.avg_pool2d(second, 9, 1, 4)
        return first + torch.where(second.mean() < self.bound, 3 * wide**2, second)


def test_a_brought_network_is_held_against_the_whole_image_at_each_move():
    """Crops are right on the pair as it is, and wrong once the moved image has a dark border."""
    pair, pixel = random_pair((24, 27), seed=1), (12, 13)
    pair = replace(pair, second=0.6 * pair.second + 0.05)
    net = CardedNetwork(WideWhereDark(float(pair.second.mean()) - 1e-4))
    assert checked_on_pair(net, pair) is net
    found = share_under_moves(net, pair, pixel)
    for move, share in zip(AROUND, found.moved, strict=True):
        exact = full_image_jacobian(net.double(), moved(pair, move), pixel)
        totals = [np.abs(image).sum() for image in exact.full()]
        assert share == pytest.approx(totals[0] / sum(totals), abs=1e-5)
    assert found.change > 0.05
