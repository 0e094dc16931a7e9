"""Estimated guidance: within what it says of exact, in far fewer passes, and exact where that cannot be had."""

import numpy as np
import pytest
import torch

import fusion
from fusion.errors import InputError
from saliency.derivatives import estimated_guidance
from saliency.derivatives.estimated_guidance import _Estimate, drawn, estimated_guidance_stream, spacing_for
from saliency.derivatives.guidance import guidance
from saliency.receptive_field.locality import Locality, remember
from tests.support.kinds_of_networks import WHOLE, built
from tests.support.networks import Lambda, frozen, random_pair

NETWORKS = ("squeeze and excitation", "attention everywhere", "InstanceNorm", "a Fourier low-pass")
TELLS = 4
"""How much larger the largest error of all pixels was than that of those looked at, at most, here; no law."""


@pytest.fixture(scope="module")
def pair():
    return _part(32)


def _part(side):
    whole = fusion.phantom(5, size=64)
    part = np.s_[16 : 16 + side, 16 : 16 + side]
    return fusion.ImagePair(whole.first[part], whole.second[part], whole.title, whole.names)


def off(found, exact):
    """The largest difference, and the largest value."""
    images = np.stack((exact.first, exact.second))
    return np.abs(np.stack((found.first, found.second)) - images).max(), np.abs(images).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_within_what_is_allowed_and_says_how_far_it_is(pair, name):
    network = built(WHOLE[name])
    remember(network, Locality(0, is_local=False))  # or some were exact in a few passes
    exact = guidance(network, pair)
    for within in (0.1, 0.02):
        *_, last = estimated_guidance_stream(network, pair, within)
        error, largest = off(last, exact)
        assert last.is_complete
        assert last.known.all()
        assert last.total < exact.total / 2
        assert last.error.largest <= within * largest * (1 + 1e-5)
        assert error <= TELLS * max(last.error.largest, 1e-4 * largest)


def test_a_smaller_error_takes_more_passes(pair):
    network = built(WHOLE["a Fourier low-pass"])
    passes = [list(estimated_guidance_stream(network, pair, within))[-1].total for within in (0.2, 0.05, 0.02)]
    assert passes == sorted(passes)
    assert passes[0] < passes[-1]


def brightest(first, second):
    """All fused pixels depend on one input pixel."""
    return first * first.amax((2, 3), True) + second


def test_pixels_that_receive_from_all_are_found_and_stand_exactly():
    network, pair = frozen(Lambda(brightest)), random_pair((32, 32))
    exact = guidance(network, pair)
    *_, last = estimated_guidance_stream(network, pair, 0.02)
    error, largest = off(last, exact)
    assert largest > 1.5  # the brightest pixel's own; all others' are at most 1
    assert error <= 0.05 * largest


def test_where_no_spacing_is_good_enough_each_pixel_takes_a_pass():
    pair = _part(8)
    network = frozen(Lambda(lambda x, y: x.cumsum(-1) + y))
    exact = guidance(network, pair)
    *_, last = estimated_guidance_stream(network, pair, 1e-6)
    assert last.error is None
    assert last.is_complete
    assert np.allclose(last.first, exact.first, rtol=1e-6)


def test_it_grows_until_it_is_complete_and_is_the_same_each_time(pair):
    network = built(WHOLE["attention everywhere"])
    one, other = (list(estimated_guidance_stream(network, pair, 0.05)) for _ in range(2))
    assert [each.done for each in one] == list(range(1, len(one) + 1))
    assert [each.is_complete for each in one] == [False] * (len(one) - 1) + [True]
    assert np.array_equal(one[-1].first, other[-1].first)


def test_pixels_by_which_the_spacing_was_not_chosen_are_looked_at_too(pair, monkeypatch):
    """Far and sparse dependence may miss all rows that were looked at first."""
    monkeypatch.setattr(estimated_guidance, "spacing_for", lambda *_, **__: next(spacings))
    spacings = iter((2, 4, 32))
    network = frozen(Lambda(lambda x, y: x + 0.5 * torch.roll(x, (2, 6), (2, 3)) + y))
    *_, last = estimated_guidance_stream(network, pair, 0.01)
    assert last.error.largest == 0  # 4 pixels down and across nothing is met
    assert last.error.pixels == 16 + 4 + 2 * 8
    monkeypatch.setattr(_Estimate, "error", lambda estimate: max([0.0, *estimate._fresh]))
    spacings = iter((2, 4, 32))
    *_, again = estimated_guidance_stream(network, pair, 0.01)
    assert again.total == last.total  # they alone have seen that 2 is too near


def test_undefined_derivatives_are_no_estimate(pair):
    """A root at 0 makes every pass NaN there; nothing may pass for a number that is none."""
    network = frozen(Lambda(lambda x, y: torch.sqrt((x - x[..., :1, :1]).abs()) + y - y.mean((2, 3), True)))
    small = _part(8)
    exact = guidance(network, small)
    *_, last = estimated_guidance_stream(network, small, 0.05)
    assert np.isnan(exact.first).any()
    assert np.array_equal(np.isnan(last.first), np.isnan(exact.first))


def test_the_pixels_are_all_over_the_image():
    found = drawn((40, 80), np.random.default_rng(1))
    assert {(row // 10, col // 20) for row, col in found} == {(r, c) for r in range(4) for c in range(4)}
    assert len(drawn((3, 5), np.random.default_rng(1))) == 12


def test_a_spacing_is_chosen_by_what_is_given_to_other_seeds():
    row = np.zeros((2, 40, 40), dtype=np.float32)
    row[0, 20, 20], row[0, 20, 24], row[1, 28, 20] = 1, 0.3, 0.01
    assert spacing_for([row], [(20, 20)], allowed=0.5) == 2
    assert spacing_for([row], [(20, 20)], allowed=0.1) == 3
    assert spacing_for([row], [(20, 20)], allowed=0.1, more_than=3) == 6
    assert spacing_for([row], [(20, 20)], allowed=1e-3, more_than=2) == 3


@pytest.mark.parametrize("within", [0, -0.1, float("nan")])
def test_some_error_has_to_be_allowed(pair, within):
    with pytest.raises(InputError, match="has to be allowed"):
        next(estimated_guidance_stream(frozen(Lambda(brightest)), pair, within))
