"""Networks whose maps change their size, carried back on what a pixel needs: what autograd gives, or no plan."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fusion.errors import InputError
from saliency import guidance, jacobian
from saliency.derivatives.guidance import passes
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.kept_slopes import derivative_bytes, keep_derivative, kept_derivative, let_go_derivatives
from saliency.network.grid_backward import grid_diagonal, grid_jacobian
from saliency.network.grid_check import grid_agrees
from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.grid_linearised import grid_linearised, with_margins
from saliency.network.grid_spans import grid_of, groups_of
from saliency.network.grid_tracing import grid_plan_of
from saliency.network.optimized import grid_derivatives
from saliency.network.saturating import Tanh
from saliency.network.tracing import NoPlanError
from saliency.receptive_field.locality import locality, remember
from tests.support.networks import KNOWN, Lambda, dense, frozen, network, random_pair, stacked
from tests.support.odd_networks import Layers, conv

SHAPE = (13, 18)
generator = torch.Generator().manual_seed(4)
WIDE, NARROW, ONE = (
    torch.rand(*size, generator=generator, dtype=torch.float64) - 0.4
    for size in ((3, 1, 3, 3), (1, 3, 3, 3), (1, 1, 3, 4))
)
TILES, EVEN = WIDE[:1, :, :2, 1:].expand(1, 2, 2, 2), ONE[..., :2, :2]
SCALES = torch.tensor([0.5, -2.0, 1.0], dtype=torch.float64)[:, None, None]


def strided(a, b):
    """Down by two, up again, cut to the images' size."""
    coarse = F.relu(F.conv2d(F.pad(a - b / 3, (1, 2, 0, 3), mode="replicate"), WIDE, stride=2, padding=1)) * SCALES
    fine = F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False)
    return torch.tanh(F.conv2d(fine, NARROW, padding=1))[..., : a.shape[2], : a.shape[3]] + b / 2


def skipping(a, b):
    """A map beside the same one averaged and enlarged, as in a U-Net; channels taken apart."""
    many = F.leaky_relu(F.conv2d(F.pad(b, (1, 1, 1, 1), mode="reflect"), WIDE), 0.1)
    coarse = torch.sigmoid(F.avg_pool2d(F.pad(many, (0, 0, 0, 1)), 2))
    back = F.interpolate(coarse, scale_factor=2, mode="nearest")[:, :, : a.shape[2]]
    return many[:, 1:2] * back[:, :1] + F.conv2d(torch.cat((a, back[:, 2:], a * b), dim=1), NARROW, padding=1)


def oblong(a, b):
    """Strides, padding and kernels that differ between rows and columns; dilation."""
    tall = torch.tanh(F.conv2d(a, ONE, stride=(1, 2), padding=(1, 1), dilation=(1, 1)))
    wide = F.interpolate(tall, scale_factor=(1, 2), mode="nearest")
    far = F.conv2d(b, WIDE, padding=(2, 2), dilation=(2, 2))
    return wide[..., : a.shape[3]] * far[:, :1] + F.conv2d(F.pad(far, (2, 2, 1, 1)), NARROW, dilation=(1, 2))


def transposed(a, b):
    """Down by a stride and up by its transpose, whose kernels overlap; one as far apart as it is wide."""
    coarse = torch.tanh(F.conv2d(a * b, WIDE, stride=(2, 3), padding=1))
    back = F.conv_transpose2d(coarse, WIDE, stride=(2, 3), padding=(1, 0), output_padding=(1, 0), dilation=(1, 2))
    tiles = F.conv_transpose2d(F.avg_pool2d(b, 2), TILES, stride=2)
    rows, cols = a.shape[2:]
    fine = F.pad(back, (0, 4, 0, 4))[..., :rows, 1 : cols + 1] - F.pad(tiles, (0, 1, 0, 1))[:, :1, :rows, :cols]
    return fine * a + F.conv2d(F.pad(b, (0, 1, 0, 1)), EVEN)


KINDS = [strided, skipping, oblong, transposed]


def linearised(net, pair):
    images = [torch.tensor(image).double()[None, None] for image in (pair.first, pair.second)]
    with torch.no_grad():
        return grid_linearised(grid_plan_of(net, pair.shape), images)


@pytest.mark.parametrize("function", KINDS)
def test_every_pixel_is_carried_back_as_autograd_does(function):
    net, pair = Lambda(function).double(), random_pair(SHAPE)
    at, expected = linearised(net, pair), dense(net, pair)
    found = np.zeros_like(expected)
    for row, col in np.ndindex(*SHAPE):
        for number, (gradient, (rows, cols)) in enumerate(grid_jacobian(at, (row, col))):
            found[row, col, number, slice(*rows), slice(*cols)] = gradient.numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("function", KINDS)
@pytest.mark.parametrize("step", [1, 2, 4, 5, 30])
def test_a_lattice_of_any_spacing_gives_the_dense_diagonal(function, step):
    net, pair = Lambda(function).double(), random_pair(SHAPE)
    at, expected = with_margins(linearised(net, pair)), np.einsum("ijkij->kij", dense(net, pair))
    found = np.full((2, *SHAPE), np.nan)
    for row, col in np.ndindex(min(step, SHAPE[0]), min(step, SHAPE[1])):
        parts = grid_diagonal(at, range(row, SHAPE[0], step), range(col, SHAPE[1], step))
        found[:, row::step, col::step] = stacked([part.numpy() for part in parts])
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())


def test_spans_beyond_the_margins_are_never_read():
    at = linearised(copy.deepcopy(network("CAMF")).double(), random_pair((21, 26)))
    with pytest.raises(IndexError, match="with_margins"):
        grid_diagonal(at, range(0, 21, 4), range(0, 26, 4))


def test_pixels_that_need_the_same_are_computed_together():
    plan = grid_plan_of(network("CAMF"), (150, 150))
    assert grid_of(plan) == 4
    found = groups_of(plan, 0, range(1, 150, 4), own=True)
    assert max(len(group.places) for group in found) > 25
    assert [place for group in found for place in group.places] == list(range(1, 150, 4))


@pytest.mark.parametrize("shape", [(60, 64), (61, 63), (5, 6)])
def test_camf_has_a_plan_for_every_size(shape):
    net = copy.deepcopy(network("CAMF")).double()
    assert grid_agrees(grid_plan_of(net, shape), net)


class Straight(torch.autograd.Function):
    """Shows the stand-ins a square and autograd a straight line."""

    @staticmethod
    def forward(context, a):
        return a * a

    @staticmethod
    def backward(context, gradient):
        return gradient


def test_a_plan_that_autograd_contradicts_is_not_used():
    net = Lambda(lambda a, b: Straight.apply(a) + b).double()
    assert not grid_agrees(grid_plan_of(net, SHAPE), net)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: F.max_pool2d(a, 3, 1, 1) + b,
        lambda a, b: F.interpolate(F.avg_pool2d(a, 2), size=a.shape[2:]) + b,
        lambda a, b: F.interpolate(a, scale_factor=1.0, mode="bicubic") + b,
        lambda a, b: a[:, :, ::2] + b[:, :, ::2],
        lambda a, b: a[:, :, 0] + b,
        lambda a, b: F.pad(a, (1, 1), value=2)[..., 1:-1] + b,
        lambda a, b: a[..., 1:] + b,
        lambda a, b: F.avg_pool2d(a, 3, 1, 1, count_include_pad=False) + b,
    ],
)
def test_other_steps_have_no_plan(function):
    with pytest.raises(NoPlanError):
        grid_plan_of(Lambda(function), (12, 12))


@pytest.fixture
def saturating():
    """CAMF whose last layer saturates on most pixels, and the same in float64 with slopes that are exact there."""
    net = copy.deepcopy(network("CAMF"))
    net.decoder[-2].weight.data.mul_(9)
    remember(net, KNOWN["CAMF"])
    exact = copy.deepcopy(net).double()
    exact.decoder[-1] = Tanh()
    return net, exact


@pytest.mark.slow
def test_once_guidance_was_asked_for_pixels_are_carried_back_and_exact(saturating):
    net, exact = saturating
    pair = random_pair((21, 26))
    before = jacobian(net, pair, (9, 14))
    assert kept_derivative(net, pair, locality(net)) is None
    found = guidance(net, pair)
    assert kept_derivative(net, pair, locality(net)) is not None
    faintest = np.inf
    for pixel in [(0, 0), (9, 14), (20, 25), (3, 17), (18, 2)]:
        one, expected = jacobian(net, pair, pixel), full_image_jacobian(exact, pair, pixel)
        for image, mine, values in zip(one.full(), (found.first, found.second), expected.full(), strict=True):
            largest = np.abs(values).max()
            np.testing.assert_allclose(image, values, atol=1e-5 * largest)
            np.testing.assert_allclose(mine[pixel], values[pixel], atol=1e-5 * largest)
            faintest = min(faintest, largest)
        assert one.fused == pytest.approx(expected.fused, abs=1e-6)
    assert faintest < 1e-6, "nothing saturates here"
    after = jacobian(net, pair, before.pixel)
    assert after.area == before.area
    assert after.first.dtype == before.first.dtype == np.float32


@pytest.mark.slow
def test_a_network_that_changes_is_looked_at_anew(saturating):
    net, pair = saturating[0], random_pair((9, 12))
    guidance(net, pair)
    net.decoder[0].bias.data.add_(0.1)
    assert kept_derivative(net, pair, locality(net)) is None


def test_values_that_are_not_the_networks_on_a_pair_are_refused():
    grids = GridDerivatives(copy.deepcopy(network("CAMF")))
    assert grids.at(random_pair((20, 20))) is not None
    grids._network.decoder[0].bias.data.add_(0.5)  # what no plan was made of
    for derivative in (grids.at, grids.linearised):
        with pytest.raises(InputError, match="give other values"):
            derivative(random_pair((21, 20)))
    assert grids.at_hand(random_pair((21, 20))) is None


def test_what_is_kept_of_a_pair_is_counted_before_and_can_be_let_go():
    net, pair = network("CAMF"), random_pair((20, 20))
    assert keep_derivative(net, pair)
    kept = kept_derivative(net, pair, locality(net))
    size = sum(each.nbytes for slopes in kept.slopes for each in slopes)
    assert grid_derivatives(net).kept_bytes(pair.shape) == size > 0
    assert derivative_bytes(net, pair) > 3 * size  # found in float64, kept as a byte each at kinks
    assert derivative_bytes(net, random_pair((700, 4))) == 0
    assert let_go_derivatives(net)
    assert kept_derivative(net, pair, locality(net)) is None
    assert not let_go_derivatives(net)
    assert keep_derivative(net, pair)


def test_a_large_image_is_computed_on_crops():
    grids = grid_derivatives(network("CAMF"))
    assert grids.at(random_pair((8, 641))) is None


def test_kept_derivatives_take_no_more_memory_than_allowed(monkeypatch):
    monkeypatch.setattr("saliency.network.grid_derivatives.MOST_BYTES", 2**10)
    assert GridDerivatives(network("CAMF")).at(random_pair((20, 20))) is None


def test_guidance_at_a_stride_of_one_takes_coloured_passes():
    """They multiply less there than blocks as wide as the window around each pixel."""
    net = frozen(Layers(conv(padding=1, padding_mode="reflect"), nn.ReLU()))
    found = locality(net)
    assert (found.stride, found.shrinks) == (1, False)
    assert passes(net, (40, 42)) == (found.radius + 1) ** 2
    assert grid_derivatives(net).at(random_pair((20, 21))) is not None
    assert kept_derivative(net, random_pair((20, 21)), found) is None
