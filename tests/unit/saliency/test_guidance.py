"""Guidance images against the dense Jacobian's diagonal, and how they grow."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fusion.errors import InputError
from saliency import correlation, guidance_rgb, locality
from saliency.derivatives.guidance import guidance, guidance_stream, passes
from saliency.geometry.lattices import spread
from saliency.geometry.window import tiles_of
from saliency.receptive_field.locality import measure
from tests.support.networks import (
    METHODS,
    Lambda,
    Strided,
    dense,
    diagonal,
    in_double,
    minus_mean,
    network,
    random_pair,
    reference,
    stacked,
)


def both(G):
    return stacked((G.first, G.second))


def finished(net, pair, tile):
    *_, last = guidance_stream(net, pair, tile)
    return last


def assert_close(found, expected, tolerance=1e-4):
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(6, 7), (1, 5)])
def test_it_is_the_diagonal_of_the_dense_jacobian(name, shape):
    pair = random_pair(shape)
    G = guidance(network(name), pair)
    assert G.first.dtype == G.second.dtype == np.float32
    assert_close(both(G), diagonal(dense(in_double(name), pair)))


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_coloured_passes_agree_with_single_pixels_of_a_larger_image(name):
    # Nothing is coloured where every pixel takes a pass of its own; the widest windows have a strip.
    found = locality(network(name))
    height, width = shape = (5, 6) if not found.is_local else (30, 23) if found.radius < 20 else (40, 5)
    pair = random_pair(shape)
    G = guidance(network(name), pair)
    rng = np.random.default_rng(4)
    places = [(0, 0), (height - 1, width - 1), (0, width // 2), (height // 2, width - 1)]
    pixels = places + [(rng.integers(height), rng.integers(width)) for _ in range(6)]
    expected = np.array([reference(in_double(name), pair, at)[:, at[0], at[1]] for at in pixels]).T
    assert_close(both(G)[:, *np.transpose(pixels)], expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DeepFuse", "MaskNet"])
def test_tiles_with_their_surroundings_give_the_same_as_the_whole(name):
    pair = random_pair((27, 13))
    whole, tiled = guidance(network(name), pair), finished(network(name), pair, tile=14)
    assert tiled.is_complete
    assert tiled.total > whole.total
    assert_close(both(tiled), both(whole), 1e-5)


def test_tiles_cover_the_image_once_and_none_is_larger():
    seen = np.zeros((61, 47), int)
    for tile in tiles_of((61, 47), 20):
        seen[tile.slices] += 1
        assert max(tile.shape) <= 20
    assert (seen == 1).all()
    assert len(tiles_of((61, 47), 20)) == 4 * 3


@pytest.mark.slow
@pytest.mark.parametrize(("name", "passes"), [("DeepFuse", 169), ("MaskNet", 81), ("FunFuseAn", 144)])
def test_the_stream_sharpens_pass_by_pass(name, passes):
    net, pair = network(name), random_pair((33, 29))
    counts, done = [0], []
    for partial in guidance_stream(net, pair):
        counts.append(int(partial.known.sum()))
        done.append(partial.done)
        assert partial.is_complete == (partial.done == passes)
        assert np.array_equal(np.isfinite(partial.first), partial.known)
    assert counts == sorted(set(counts))  # every pass adds something
    assert counts[-1] == 33 * 29
    assert done == list(range(1, passes + 1))
    assert passes == (locality(net).radius + 1) ** 2 == partial.total
    np.testing.assert_array_equal(both(partial), both(guidance(net, pair)))


@pytest.mark.parametrize("shape", [(40, 30), (21, 400)])
@pytest.mark.parametrize("name", ["DeepFuse", "CAMF"])
def test_the_number_of_passes_is_known_before(name, shape):
    net = network(name)
    assert next(guidance_stream(net, random_pair(shape))).total == passes(net, shape)


def test_a_network_that_sees_everything_takes_a_pass_a_pixel():
    net = Lambda(lambda a, b: a - b.flatten().mean())
    assert passes(net, (4, 7)) == 28


def test_the_forward_pass_is_made_once():
    kernel = torch.rand(1, 1, 5, 5)
    net = Lambda(lambda a, b: F.conv2d(a * b, kernel.to(a), padding=2))
    locality(net)
    net.calls.clear()
    assert guidance(net, random_pair((20, 30))).total == 9
    assert net.calls == [(1, 1, 20, 30)]


@pytest.mark.parametrize("periods", [(1, 1), (1, 7), (9, 9), (12, 5), (18, 18), (64, 48)])
def test_spread_is_a_permutation_of_all_offsets(periods):
    order = spread(periods)
    assert sorted(order) == list(np.ndindex(periods))


@pytest.mark.parametrize("period", [9, 12, 13, 18])
def test_early_offsets_lie_far_apart(period):
    """The first 4 and 16 are no nearer to each other than about half a regular arrangement's spacing."""
    for count, per_side in ((4, 2), (16, 4)):
        points = np.array(spread((period, period))[:count])
        apart = np.abs(points[:, None] - points)
        apart = np.hypot(*np.moveaxis(np.minimum(apart, period - apart), -1, 0))
        np.fill_diagonal(apart, np.inf)
        assert apart.min() >= period // per_side


def test_what_is_known_is_what_it_is_in_the_end_and_the_rest_is_no_number():
    pair = random_pair((33, 29))
    exact = guidance(network("DeepFuse"), pair)
    stream = guidance_stream(network("DeepFuse"), pair)
    for partial in (next(stream), next(stream), next(stream)):
        np.testing.assert_array_equal(both(partial)[:, partial.known], both(exact)[:, partial.known])
        assert np.isnan(both(partial)[:, ~partial.known]).all()


def test_a_global_network_takes_a_pass_for_every_pixel_and_is_exact():
    pair, net = random_pair((8, 9)), Lambda(minus_mean)
    G = guidance(net, pair)
    assert G.total == 72
    np.testing.assert_allclose(G.first, pair.second - 1 / 72, rtol=1e-5)
    np.testing.assert_allclose(G.second, pair.first, rtol=1e-6)


def test_a_large_global_network_starts_at_once():
    stream = guidance_stream(Lambda(minus_mean), random_pair((256, 256)))
    assert next(stream).total == 65536


@pytest.mark.parametrize("to_size", [True, False])
@pytest.mark.parametrize("shape", [(24, 20), (23, 18), (21, 19)])
def test_a_strided_network_is_exact_at_every_size(to_size, shape):
    net = Strided(4, to_size=to_size).eval().requires_grad_(False)
    assert measure(net).is_local
    pair = random_pair(shape)
    expected = diagonal(dense(net.double(), pair))
    assert_close(both(guidance(net, pair)), expected, 1e-6)
    assert_close(both(finished(net, pair, tile=12)), expected, 1e-6)


def test_gradients_stay_off_for_the_caller_between_passes():
    with torch.no_grad():
        stream = guidance_stream(network("DeepFuse"), random_pair((9, 9)))
        for partial in stream:
            assert not torch.is_grad_enabled()
            if partial.done == 3:
                break


def test_rgb_holds_both_guidances_and_the_fused_image_each_scaled_by_itself():
    rng = np.random.default_rng(0)
    first, second, fused = (rng.normal(size=(5, 7)).astype(np.float32) * size for size in (1, 50, 1e-3))
    rgb = guidance_rgb(first, second, fused)
    assert rgb.shape == (5, 7, 3)
    assert rgb.dtype == np.float32
    for channel, image in enumerate((first, second, fused)):
        np.testing.assert_allclose(rgb[..., channel], (image - image.min()) / np.ptp(image), atol=1e-6)
        assert (rgb[..., channel].min(), rgb[..., channel].max()) == (0, 1)


def test_rgb_shows_a_constant_or_missing_channel_as_zero():
    image = np.array([[1.0, np.nan, 3.0]], np.float32)
    rgb = guidance_rgb(image, np.full((1, 3), 0.3, np.float32), np.full((1, 3), np.nan, np.float32))
    np.testing.assert_array_equal(rgb[0], [[0, 0, 0], [0, 0, 0], [1, 0, 0]])


def test_a_network_that_yields_nan_gives_nan_and_no_correlation():
    G = guidance(Lambda(lambda a, b: a * b * float("nan")), random_pair((5, 6)))
    assert G.is_complete
    assert np.isnan(both(G)).all()
    assert correlation(G.first, G.second).count == 0
    assert not guidance_rgb(G.first, G.second, G.first).any()


def test_rgb_refuses_sizes_that_differ():
    with pytest.raises(InputError, match="equal size"):
        guidance_rgb(*(np.zeros(shape, np.float32) for shape in ((2, 3), (3, 2), (2, 3))))
