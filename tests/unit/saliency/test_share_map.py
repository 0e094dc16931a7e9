import numpy as np
import pytest

from fusion.errors import InputError
from saliency.derivatives.region_rows import region_rows
from saliency.measures.share_map import share_map
from tests.support.networks import network, random_pair


def test_shares_of_averaging_are_the_analytic_ones():
    pair = random_pair((9, 11), seed=3)
    rows = region_rows(network("Weighted Averaging"), pair, np.ones(pair.shape, dtype=bool))
    found = share_map(*rows.totals)
    p, q = pair.first.astype(float), pair.second.astype(float)
    first, second = np.abs(p**2 + 2 * p * q - q**2), np.abs(q**2 + 2 * p * q - p**2)
    assert found.known.all()
    np.testing.assert_allclose(found.share, first / (first + second), atol=1e-5)
    np.testing.assert_array_equal(share_map(*rows.guidance).share, found.share)


def test_signs_and_a_common_gain_do_not_matter_and_inputs_swap():
    first, second = np.random.default_rng(0).normal(size=(2, 6, 7))
    found = share_map(first, second)
    np.testing.assert_array_equal(share_map(-first, second).share, found.share)
    np.testing.assert_allclose(share_map(1e-6 * first, 1e-6 * second).share, found.share)
    np.testing.assert_allclose(share_map(second, first).share, 1 - found.share, atol=1e-6)


def test_next_to_nothing_is_masked_relative_to_the_largest():
    first, second = np.array([[8.0, 1e-2, 1e-4, np.nan]]), np.array([[-2.0, 0.0, 1e-4, 1.0]])
    found = share_map(first, second)
    assert found.floor == pytest.approx(0.01)
    np.testing.assert_array_equal(found.known, [[True, False, False, False]])
    np.testing.assert_array_equal(np.isnan(found.share), ~found.known)
    assert share_map(first, second, tiny=0).known.tolist() == [[True, True, True, False]]


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_maps_of_nothing_are_masked_everywhere(value):
    found = share_map(np.full((3, 4), value), np.full((3, 4), value))
    assert not found.known.any()
    assert np.isnan(found.share).all()


def test_unequal_sizes_and_impossible_parts_are_refused():
    with pytest.raises(InputError, match="two equal sizes"):
        share_map(np.ones((3, 4)), np.ones((4, 3)))
    for tiny in (-0.1, 1.0, float("nan")):
        with pytest.raises(InputError, match=r"\[0, 1\)"):
            share_map(np.ones((3, 4)), np.ones((3, 4)), tiny)
