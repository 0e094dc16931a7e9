"""From which value of its file to which an image is scaled."""

import math

import numpy as np
import pytest

from fusion import InputError
from fusion.data.normalisation import Normalisation, of_slice
from fusion.data.picture import to_unit_range


def levels(seed=0):
    return np.random.default_rng(seed).uniform(-1024, 3071, (37, 31))


def test_the_whole_range_of_a_slice_is_what_readers_scale_to():
    np.testing.assert_array_equal(of_slice(levels()).image(levels()), to_unit_range(levels()).astype(np.float32))


def test_a_window_is_clipped_and_told():
    window, values = Normalisation("window", -100, 300), levels()
    expected = [[min(max((v + 100) / 400, 0), 1) for v in row] for row in values]
    np.testing.assert_allclose(window.image(values), expected, atol=1e-7)
    assert window.clipped(values) == (int((values < -100).sum()), int((values > 300).sum()))


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (math.nan, 1), (0, math.inf)])
def test_what_scales_nothing_is_refused(low, high):
    with pytest.raises(InputError, match="from a lower to a higher number"):
        Normalisation("window", low, high)


def test_float64_wide_bounds_do_not_overflow():
    window = Normalisation("window", -1.7e308, 1.7e308)
    assert window.image(np.array([[-1.7e308, 0.0, 1.7e308]])).tolist() == [[0.0, 0.5, 1.0]]
