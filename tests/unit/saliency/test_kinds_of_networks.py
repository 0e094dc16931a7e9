"""Networks of every kind, on noise and on a picture: maps are float64 autograd's, or the network is refused."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

import fusion
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency import guidance, jacobian
from saliency.examination.exactness import in_use
from saliency.geometry.window import Pixel
from saliency.receptive_field.locality import locality
from saliency.validation.pair_check import check_on_pair
from tests.support.kinds_of_networks import (
    ANY_SIZE,
    CHANCE,
    LIARS,
    LOCAL,
    ON_A_GRID,
    TIES,
    WHOLE,
    built,
)
from tests.support.networks import random_pair, reference, special_pixels, stacked
from tests.support.odd_networks import Layers, conv

ODD, EVEN = (37, 46), (36, 48)
TOLERANCE = 2e-5
"""Of the largest derivative: float32's rounding."""


def picture(shape):
    """A part of a phantom, a third of it exactly black."""
    drawn = fusion.phantom(5, size=64)
    rows, cols = shape
    return ImagePair(drawn.first[:rows, :cols], drawn.second[:rows, :cols], "part of a phantom")


def pairs(shape):
    return random_pair(shape), picture(shape)


@dataclass(frozen=True, eq=False)
class Exact:
    """Rows of a Jacobian that were found to be right.

    Attributes
    ----------
    network : Module
        As whoever looks at the pair asks it.
    rows : mapping of pixel to float64 (2, H, W)
    tolerance : float
    """

    network: nn.Module
    rows: Mapping[Pixel, np.ndarray]
    tolerance: float


def exact_rows(network, pair, tolerance=TOLERANCE):
    """The network's rows, held against full-image autograd in float64."""
    asked, exact = in_use(network, pair), copy.deepcopy(network).double()
    rows = {pixel: reference(exact, pair, pixel) for pixel in special_pixels(pair.shape)}
    tolerance *= max(np.abs(row).max() for row in rows.values())
    for pixel, row in rows.items():
        found = stacked(jacobian(asked, pair, pixel).full())
        np.testing.assert_allclose(found, row, atol=tolerance, err_msg=str(pixel))
    return Exact(asked, rows, tolerance)


def assert_guidance(found, pair):
    """The diagonal is that of the rows; so are pixels once a derivative is kept, where one is."""
    images = guidance(found.network, pair)
    for pixel, row in found.rows.items():
        own = [images.first[pixel], images.second[pixel]]
        np.testing.assert_allclose(own, row[:, *pixel], atol=found.tolerance, err_msg=str(pixel))
        again = stacked(jacobian(found.network, pair, pixel).full())
        np.testing.assert_allclose(again, row, atol=found.tolerance, err_msg=str(pixel))


@pytest.mark.parametrize("name", LOCAL)
def test_what_is_local_is_cropped_and_exact(name):
    network = built(LOCAL[name])
    assert locality(network).is_local, locality(network).reason
    for pair in pairs(ODD):
        assert_guidance(exact_rows(network, pair), pair)


@pytest.mark.parametrize("name", ON_A_GRID)
def test_what_repeats_on_a_grid_is_cropped_on_it_and_exact(name):
    network = built(ON_A_GRID[name])
    assert locality(network).is_local, locality(network).reason
    assert locality(network).stride > 1
    for pair in pairs(EVEN):
        assert_guidance(exact_rows(network, pair), pair)


@pytest.mark.parametrize("name", TIES)
def test_where_rounding_decides_between_equal_values_jacobians_are_those_of_float64(name):
    network, pair = built(TIES[name]), picture(EVEN)
    double = copy.deepcopy(network).double()
    exact_rows(network, random_pair(EVEN))
    exact_rows(network, pair)
    assert_guidance(exact_rows(double, pair, tolerance=1e-9), pair)
    images = guidance(network, pair)
    for pixel in special_pixels(EVEN):
        row = reference(network, pair, pixel)  # in float32, as guidance is
        own = [images.first[pixel], images.second[pixel]]
        np.testing.assert_allclose(own, row[:, *pixel], atol=TOLERANCE * np.abs(row).max(), err_msg=str(pixel))
    assert check_on_pair(network, pair, images).agrees


@pytest.mark.parametrize("shape", [ODD, EVEN], ids=str)
@pytest.mark.parametrize("name", ANY_SIZE)
def test_what_resizes_or_attends_in_windows_is_exact_at_any_size(name, shape):
    for pair in pairs(shape):
        exact_rows(built(ANY_SIZE[name]), pair)


@pytest.mark.parametrize("name", WHOLE)
def test_what_depends_on_the_whole_image_is_computed_so(name):
    network = built(WHOLE[name])
    assert not locality(network).is_local
    for pair in pairs(ODD):
        exact_rows(network, pair)


@pytest.mark.parametrize("name", LIARS)
def test_what_is_not_what_it_seems_is_exact_on_the_pair(name):
    network = built(LIARS[name])
    for pair in pairs(ODD):
        exact_rows(network, pair)
    # Some are found out on noise, the others on the picture.
    assert not locality(in_use(network, picture(ODD))).is_local


@pytest.mark.parametrize("name", CHANCE)
def test_what_is_another_at_every_call_is_refused(name):
    with pytest.raises(InputError, match="depends on chance"):
        jacobian(built(CHANCE[name]), random_pair(ODD), (3, 4))


ACTIVATIONS = (nn.Tanh, nn.GELU, nn.SiLU, nn.Softplus, nn.Sigmoid, nn.ELU, nn.Identity)


@st.composite
def random_networks(draw):
    """Up to four convolutions of all settings, with smooth activations and norms between them."""
    layers, channels = [], 2
    for _ in range(draw(st.integers(1, 4))):
        width, kernel = draw(st.sampled_from((2, 4, 6))), draw(st.sampled_from((1, 3, 5)))
        options = {
            "dilation": draw(st.integers(1, 3)),
            "groups": draw(st.sampled_from((1, 2))),
            "bias": draw(st.booleans()),
            "padding_mode": draw(st.sampled_from(("zeros", "replicate", "reflect"))),
        }
        layers.append(conv(width, kernel, channels, **options))
        if draw(st.booleans()):
            layers.append(nn.BatchNorm2d(width))
        layers.append(draw(st.sampled_from(ACTIVATIONS))())
        channels = width
    return layers, channels


@pytest.mark.slow
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(random_networks())
def test_random_networks_are_exact(found):
    layers, channels = found
    network = built(lambda: Layers(*layers, last=conv(1, 1, channels)))
    assert_guidance(exact_rows(network, picture(ODD)), picture(ODD))


def test_there_are_networks_of_more_than_forty_kinds():
    assert len({**LOCAL, **ON_A_GRID, **TIES, **ANY_SIZE, **WHOLE, **LIARS, **CHANCE}) >= 60
