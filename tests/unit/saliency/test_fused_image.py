"""Fused images in tiles against the whole at once, and how much of a picture is looked at together."""

import numpy as np
import pytest

from fusion.method.inference import fuse
from saliency import fused_image, locality
from saliency.network.optimized import optimized
from tests.support.networks import (
    METHODS,
    Lambda,
    Strided,
    in_double,
    minus_mean,
    network,
    no_larger_than_needed,
    random_pair,
)


def sizes_seen(net):
    """Sizes of all that goes through the network that computes, from now on."""
    seen = []
    optimized(net).register_forward_pre_hook(lambda _, images: seen.append(tuple(images[0].shape[-2:])))
    return seen


def assert_equal(found, expected, tolerance):
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("shape", "tile"), [((61, 47), 20), ((40, 41), 40), ((1, 33), 5), ((30, 23), 320)])
def test_tiles_make_the_whole_image(name, shape, tile):
    pair = random_pair(no_larger_than_needed(name, shape))
    exact = fuse(in_double(name), pair)
    assert_equal(fused_image(in_double(name), pair, tile), exact, 1e-7)
    assert_equal(fused_image(network(name), pair, tile), exact, 4e-5)


@pytest.mark.parametrize("to_size", [True, False])
@pytest.mark.parametrize("shape", [(48, 40), (47, 38)])
def test_a_strided_network_is_sampled_as_on_the_whole_image(to_size, shape):
    net, pair = Strided(4, to_size=to_size).eval(), random_pair(shape)
    assert locality(net).stride == 4
    assert_equal(fused_image(net, pair, tile=13), fuse(net, pair), 1e-6)


def test_a_global_network_is_computed_whole():
    net, pair = Lambda(minus_mean), random_pair((40, 33))
    locality(net)
    net.calls.clear()
    np.testing.assert_array_equal(fused_image(net, pair, tile=10), fuse(net, pair))
    assert net.calls[0] == (1, 1, 40, 33)


@pytest.mark.parametrize("name", ["MaskNet", "DeepFuse"])
def test_nothing_larger_than_a_tile_and_its_surroundings_is_computed(name):
    net, pair = network(name), random_pair((90, 71))
    seen = sizes_seen(net)
    fused_image(net, pair, tile=25)
    assert len(seen) == 4 * 3
    assert max(max(size) for size in seen) <= 25 + 2 * locality(net).radius


def test_a_small_image_goes_through_in_one_piece():
    net, pair = network("DeepFuse"), random_pair((31, 40))
    seen = sizes_seen(net)
    fused_image(net, pair, tile=40)
    assert seen == [(31, 40)]
