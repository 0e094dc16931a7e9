"""Where a derivative lies on its colour scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fusion.errors import InputError
from saliency.defaults import MODES
from saliency.measures.display import scaled, shared_limit

MAPS = arrays(np.float32, (4, 5), elements=st.floats(-10, 10, width=32))
VALUES = np.array([-4.0, -1.0, 0.0, 1.0, 2.0])


def test_by_hand():
    np.testing.assert_allclose(scaled(VALUES, 4, 0.5, "signed"), [-1, -0.5, 0, 0.5, np.sqrt(0.5)])
    np.testing.assert_allclose(scaled(VALUES, 4, 0.5, "magnitude"), [1, 0.5, 0, 0.5, np.sqrt(0.5)])
    np.testing.assert_allclose(scaled(VALUES, 2, 2, "fusevis"), [0, 0, 0, 0.25, 1])


def test_the_limit_is_the_largest_that_is_shown_in_either_map():
    other = np.array([3.0, np.nan])
    assert [shared_limit(VALUES, other, mode) for mode in MODES] == [4, 4, 3]
    assert [shared_limit(other, VALUES, mode) for mode in MODES] == [4, 4, 3]
    assert [shared_limit(-np.abs(VALUES), -other, mode) for mode in MODES] == [4, 4, 0]


@pytest.mark.parametrize("mode", MODES)
def test_zero_maps_stay_zero_and_constants_are_full(mode):
    zero, constant = np.zeros((2, 3)), np.full((2, 3), 0.2, np.float32)
    assert not scaled(zero, shared_limit(zero, zero, mode), 0.3, mode).any()
    assert (scaled(constant, shared_limit(constant, zero, mode), 0.3, mode) == 1).all()


@pytest.mark.parametrize("mode", MODES)
@given(first=MAPS, second=MAPS, gamma=st.floats(0.1, 2))
def test_laws(mode, first, second, gamma):
    limit = shared_limit(first, second, mode)
    shown = scaled(first, limit, gamma, mode)
    assert shown.shape == first.shape
    assert np.abs(shown).max() <= 1
    assert mode == "signed" or shown.min() >= 0
    order = np.argsort(first, axis=None)
    if mode != "magnitude":  # rises with the value
        assert (np.diff(shown.ravel()[order]) >= 0).all()
    if limit and mode != "fusevis":  # what is drawn can be read back off the scale
        back = limit * np.abs(shown) ** (1 / gamma)
        np.testing.assert_allclose(back, np.abs(first), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("mode", MODES)
def test_beyond_the_limit_the_scale_ends_and_nan_stays(mode):
    shown = scaled(np.array([9.0, np.nan]), 3.0, 0.5, mode)
    assert shown[0] == 1
    assert np.isnan(shown[1])
    assert np.isnan(scaled(np.array([np.nan]), 0.0, 1, mode)[0])


@pytest.mark.parametrize("gamma", [0.09, 2.01, -1, float("nan")])
def test_gamma_out_of_range_is_refused(gamma):
    with pytest.raises(InputError, match=r"0\.1 to 2"):
        scaled(VALUES, 1, gamma)


def test_an_unknown_display_is_refused():
    with pytest.raises(InputError, match="signed, magnitude, fusevis"):
        shared_limit(VALUES, VALUES, "jet")
