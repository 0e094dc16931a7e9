import numpy as np
import pytest
import torch

from fusion.errors import InputError
from saliency.derivatives.column import column
from saliency.derivatives.jacobian import jacobian
from tests.support.networks import (
    RADII,
    Lambda,
    Strided,
    dense,
    in_double,
    minus_mean,
    network,
    random_pair,
    special_pixels,
)


def placed(found):
    """Both columns at the whole image's size, (2, H, W)."""
    images = np.zeros((2, *found.shape))
    images[:, *found.area.slices] = found.first, found.second
    return images


def assert_close(found, wanted, tolerance):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * np.abs(wanted).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Weighted Averaging", "Weighted Averaging (frozen weights)", "DeepFuse"])
def test_columns_equal_those_of_the_dense_jacobian(name):
    pair = random_pair((9, 11), seed=1)
    rows = dense(in_double(name), pair)
    for row, col in special_pixels(pair.shape):
        wanted = np.moveaxis(rows[:, :, :, row, col], -1, 0)
        assert_close(placed(column(network(name), pair, (row, col))), wanted, 1e-4)
        # A method without weights computes in float32 whatever it is asked to.
        assert_close(placed(column(in_double(name), pair, (row, col))), wanted, 1e-10 if name in RADII else 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", RADII)
def test_columns_and_rows_are_one_matrix(name):
    """⟨J v, u⟩ = ⟨v, Jᵀ u⟩ with v at one input pixel and u at one fused pixel, on an image wider than a window."""
    shape = (2 * RADII[name] + 6, 2 * RADII[name] + 11)
    pair, source = random_pair(shape, seed=2), (RADII[name] + 3, 3)
    found = column(network(name), pair, source)
    images = placed(found)
    assert found.area.shape[0] == 2 * RADII[name] + 1
    largest = np.abs(images).max()
    for target in [source, (0, 0), (RADII[name], RADII[name] + 3), (shape[0] - 1, shape[1] - 1)]:
        row = np.stack(jacobian(network(name), pair, target).full())[:, *source]
        np.testing.assert_allclose(images[:, *target], row, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize("shape", [(24, 20), (23, 18)])
def test_columns_of_a_strided_network(shape):
    net, pair = Strided(4, to_size=False).eval().requires_grad_(False), random_pair(shape)
    rows = dense(Strided(4, to_size=False).double(), pair)
    for row, col in special_pixels(shape):
        wanted = np.moveaxis(rows[:, :, :, row, col], -1, 0)
        assert_close(placed(column(net, pair, (row, col))), wanted, 1e-5)


def test_columns_of_a_global_network():
    net, pair = Lambda(minus_mean).requires_grad_(False), random_pair((6, 7))
    rows = dense(net.double(), pair)
    assert_close(placed(column(net.float(), pair, (2, 5))), np.moveaxis(rows[:, :, :, 2, 5], -1, 0), 1e-6)


def test_an_input_that_is_ignored_moves_nothing():
    found = column(Lambda(lambda a, b: a * a).requires_grad_(False), random_pair((6, 7)), (2, 5))
    assert not found.second.any()
    assert found.first.any()


def test_a_column_is_found_where_gradients_are_off():
    net, pair = network("DeepFuse"), random_pair((9, 11))
    with torch.inference_mode():
        inside = column(net, pair, (4, 4))
    np.testing.assert_array_equal(inside.first, column(net, pair, (4, 4)).first)


def test_a_pixel_outside_is_refused():
    with pytest.raises(InputError, match="outside the image"):
        column(network("DeepFuse"), random_pair((9, 11)), (9, 0))
