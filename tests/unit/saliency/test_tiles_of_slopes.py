"""Slopes of large pictures, kept a tile at a time: the whole image's derivative, wherever a tile ends."""

import numpy as np
import pytest
import torch
from torch import nn

from fusion.errors import InputError
from saliency.derivatives import kept_slopes
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.derivatives.kept_slopes import (
    at_hand,
    keep_derivative,
    kept_part,
    kept_parts,
    lacks_derivative,
    let_go_derivatives,
)
from saliency.derivatives.known_network import known_of
from saliency.geometry.window import Window, tile_at, tiles_of
from saliency.network import grid_derivatives
from saliency.network.optimized import grid_derivatives as grid_derivatives_of
from tests.support.networks import dense, in_double, network, random_pair, reference, stacked

SHAPE = (26, 34)


class Plain(nn.Module):
    """Kinks, one that saturates, dilation, and what goes past the layers."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(2, 3, (3, 5), padding="same"), nn.Conv2d(3, 1, 3, padding=2, dilation=2)

    def forward(self, first, second):
        inside = torch.relu(self.wide(torch.cat([first, second], dim=1)))
        return torch.tanh(self.narrow(inside)) + nn.functional.leaky_relu(first - second, 0.1)


class Halved(nn.Module):
    """Convolutions at half the size, enlarged again."""

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.ConvTranspose2d(3, 1, 2, stride=2)

    def forward(self, first, second):
        return self.up(torch.relu(self.down(torch.cat([first, second], dim=1))))


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Pictures of more than 20 rows or columns are large, and have tiles of up to 9."""
    for module in (kept_slopes, grid_derivatives):
        monkeypatch.setattr(module, "LARGEST", 20)
    monkeypatch.setattr(kept_slopes, "TILE", 9)


def kept_at(net, pair, pixel):
    return at_hand(known_of(net), pair, [pixel])


def made(kind):
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return kind().double().eval()


@pytest.mark.parametrize("kind", [Plain, Halved])
def test_every_pixel_has_the_dense_jacobian(kind):
    net, pair = made(kind), random_pair(SHAPE)
    expected = dense(net, pair)
    for tile in tiles_of(SHAPE, 9):
        assert keep_derivative(net, kept_part(net, pair, (tile.top, tile.left)))
        for row, col in np.ndindex(*tile.shape):
            pixel = tile.top + row, tile.left + col
            assert kept_at(net, pair, pixel)
            found = stacked(jacobian(net, pair, pixel).full())
            np.testing.assert_allclose(found, expected[pixel], atol=1e-12 * np.abs(expected).max())


def test_a_network_of_the_papers_agrees_with_float64_autograd_where_tiles_end(monkeypatch):
    for module in (kept_slopes, grid_derivatives):
        monkeypatch.setattr(module, "LARGEST", 50)
    net, pair = network("DeepFuse"), random_pair((52, 53))
    for pixel in [(17, 17), (25, 26), (34, 34), (51, 52)]:
        assert keep_derivative(net, kept_part(net, pair, pixel))
        assert kept_at(net, pair, pixel).area.shape < pair.shape
        found, expected = jacobian(net, pair, pixel), reference(in_double("DeepFuse"), pair, pixel)
        np.testing.assert_allclose(stacked(found.full()), expected, atol=2e-6 * np.abs(expected).max())
        assert found.fused == pytest.approx(float(fused_image(net, pair)[pixel]), abs=1e-5)
    let_go_derivatives(net)


def test_pixels_of_one_tile_are_carried_back_together_and_those_of_two_are_right_as_well():
    net, pair = made(Plain), random_pair(SHAPE)
    expected = dense(net, pair)
    ends = tile_at((0, 0), SHAPE, 9)
    for pixel in [(0, 0), (ends.bottom, 0)]:
        assert keep_derivative(net, kept_part(net, pair, pixel))
    inside, across = [(0, 0), (3, 4), (5, 2)], [(ends.bottom - 1, 3), (ends.bottom, 3)]
    assert at_hand(known_of(net), pair, inside)
    assert at_hand(known_of(net), pair, across) is None
    for pixels in (inside, across):
        for found in jacobian_batch(net, pair, pixels):
            np.testing.assert_allclose(stacked(found.full()), expected[found.pixel], atol=1e-12)


def test_a_tile_is_kept_for_itself_alone_until_it_is_let_go_or_the_network_changes():
    net, pair = made(Plain), random_pair(SHAPE)
    part = kept_part(net, pair, (13, 20))
    assert part is kept_part(net, pair, (12, 19))
    assert lacks_derivative(net, part)
    assert keep_derivative(net, part)
    assert not lacks_derivative(net, part)
    assert kept_at(net, pair, (13, 20))
    assert kept_at(net, pair, (0, 0)) is None
    assert kept_at(net, random_pair(SHAPE, seed=5), (13, 20)) is None
    assert let_go_derivatives(net)
    assert kept_at(net, pair, (13, 20)) is None
    assert keep_derivative(net, part)
    with torch.no_grad():
        next(net.parameters()).mul_(1.5)
    assert kept_at(net, pair, (13, 20)) is None


def test_of_a_whole_large_picture_nothing_is_kept_and_of_a_small_one_all():
    net, large, small = made(Plain), random_pair(SHAPE), random_pair((20, 20))
    assert not keep_derivative(net, large)
    assert not lacks_derivative(net, large)
    assert kept_part(net, small, (3, 4)) is small
    assert lacks_derivative(net, small)
    with pytest.raises(InputError, match="outside"):
        kept_part(net, large, (26, 0))


def test_the_parts_around_a_pixel_are_told_the_nearest_first():
    net, pair = made(Plain), random_pair(SHAPE)
    assert tile_at((12, 14), SHAPE, 9) == Window(8, 17, 8, 17)
    found = kept_parts(net, pair, (12, 16))
    assert len(found) == len({id(part) for part in found}) == 9
    expected = [(12, 16), (12, 17), (7, 16), (17, 16)]  # of the same distance in the order of rows
    assert [id(part) for part in found[:4]] == [id(kept_part(net, pair, pixel)) for pixel in expected]
    assert found[-1] is kept_part(net, pair, (17, 7))
    assert len(kept_parts(net, pair, (0, 0))) == 4
    small = random_pair((20, 20))
    assert kept_parts(net, small, (3, 4)) == [small]


def test_no_more_parts_are_told_than_are_kept_together(monkeypatch):
    net, pair = made(Plain), random_pair(SHAPE)
    own, *_ = around = kept_parts(net, pair, (12, 14))
    assert len(around) == 9
    each = grid_derivatives_of(net).kept_bytes(own.shape)
    monkeypatch.setattr(grid_derivatives, "MOST_BYTES", 4 * each)
    assert kept_parts(net, pair, (12, 14)) == around[:4]
    monkeypatch.setattr(grid_derivatives, "MOST_BYTES", each - 1)
    assert kept_parts(net, pair, (12, 14)) == [own]
    assert not keep_derivative(net, own)
