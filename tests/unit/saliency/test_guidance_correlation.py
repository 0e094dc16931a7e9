"""Correlations against scipy's own, with ties, constants and gaps."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, spearmanr

from fusion.errors import InputError
from saliency import correlation

IMAGES = arrays(np.float64, (2, 24), elements=st.floats(-1, 1, width=32))


@pytest.mark.parametrize("ties", [False, True])
def test_it_agrees_with_scipy(ties):
    rng = np.random.default_rng(2)
    first = rng.normal(size=(37, 31)).astype(np.float32)
    second = (0.4 * first + rng.normal(size=(37, 31))).astype(np.float32)
    if ties:
        first, second = np.round(first), np.round(second)
    found = correlation(first, second)
    assert found.pearson == pytest.approx(pearsonr(first.ravel(), second.ravel()).statistic, abs=1e-6)
    assert found.spearman == pytest.approx(spearmanr(first.ravel(), second.ravel()).statistic, abs=1e-12)
    assert found.count == 37 * 31


def test_by_hand():
    found = correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
    assert (found.pearson, found.spearman) == pytest.approx((0.5, 0.5))
    opposite = correlation(np.array([1.0, 2.0, 3.0]), np.array([9.0, 1.0, -50.0]))
    assert opposite.spearman == -1
    assert -1 < opposite.pearson < -0.9


@pytest.mark.parametrize("constant", [0.0, 0.1, -3.7e-5])
def test_a_constant_image_has_no_correlation(constant):
    found = correlation(np.full((3, 4), constant, np.float32), np.arange(12, dtype=np.float32).reshape(3, 4))
    assert (found.pearson, found.spearman, found.count) == (None, None, 12)
    assert str(found) == "Pearson undefined, Spearman undefined"


@pytest.mark.parametrize("size", [0, 1])
def test_too_few_pixels_have_no_correlation(size):
    assert correlation(np.ones(size), np.ones(size)).pearson is None


def test_pixels_missing_in_either_are_left_out():
    first = np.array([1.0, np.nan, 3.0, 4.0, 0.0])
    second = np.array([2.0, 5.0, np.nan, 1.0, 7.0])
    found = correlation(first, second)
    assert found == correlation(np.array([1.0, 4.0, 0.0]), np.array([2.0, 1.0, 7.0]))
    assert found.count == 3


def test_sizes_that_differ_are_refused():
    with pytest.raises(InputError, match="equal sizes"):
        correlation(np.zeros((2, 3)), np.zeros((3, 2)))


@given(IMAGES, st.floats(1e-12, 1e12), st.floats(1e-150, 1e150))
def test_positive_scaling_changes_nothing_and_a_sign_turns_it(images, one, other):
    first, second = np.where(np.abs(images) < 1e-3, 0, np.round(images, 3))
    assume(np.ptp(first) > 0)
    assume(np.ptp(second) > 0)
    plain, scaled, turned = (
        correlation(first, second),
        correlation(first * one, second * other),
        correlation(-first * one, second),
    )
    assert scaled.pearson == pytest.approx(plain.pearson, abs=1e-9)
    assert scaled.spearman == pytest.approx(plain.spearman, abs=1e-12)
    assert turned.pearson == pytest.approx(-plain.pearson, abs=1e-9)
    assert -1 <= plain.pearson <= 1


@given(IMAGES)
def test_it_is_symmetric_and_one_with_itself(images):
    first, second = images
    there, back = correlation(first, second), correlation(second, first)
    assert there.pearson == (back.pearson if back.pearson is None else pytest.approx(back.pearson))
    itself = correlation(first, first)
    assert itself.pearson is None or itself.pearson == pytest.approx(1)
