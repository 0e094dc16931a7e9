"""Guidance to look at: nothing is shown that is not computed, and what is shown is what it is in the end."""

import numpy as np
import pytest

from dashboard.imaging.downsampling import strongest
from dashboard.imaging.seen_guidance import seen, seen_in
from saliency import Guidance
from saliency.geometry.window import Window

SHAPE = (23, 31)


@pytest.fixture
def half_way():
    """Guidance of which half the pixels are computed, one of them without a slope, and the finished images."""
    rng = np.random.default_rng(5)
    finished = rng.normal(size=(2, *SHAPE)).astype(np.float32)
    finished[:, 3, 3] = np.nan
    known = np.zeros(SHAPE, dtype=bool)
    known[:, :16], known[::2, ::2] = True, True
    first, second = np.where(known, finished, np.nan).astype(np.float32)
    return Guidance(first, second, known, 3, 9), finished


@pytest.mark.parametrize("step", [1, 2, 5])
def test_a_block_is_known_once_all_of_it_is(half_way, step):
    G, finished = half_way
    found = seen(G, step)
    for row, line in enumerate(found.known):
        for col, is_known in enumerate(line):
            block = G.known[row * step : (row + 1) * step, col * step : (col + 1) * step]
            assert is_known == block.all()
    assert 0 < found.known.sum() < found.known.size
    for image, last in zip(found.images, finished, strict=True):
        np.testing.assert_array_equal(image[found.known], strongest(last, step)[found.known])
        assert np.isnan(image[~found.known]).all()


def test_a_window_holds_what_is_known_of_it_and_does_not_grow(half_way):
    G, finished = half_way
    area = Window(2, 20, 10, 25)
    found = seen_in(G, area)
    before = found.first.copy()
    np.testing.assert_array_equal(found.known, G.known[area.slices])
    G.known[:], G.first[:] = True, finished[0]
    np.testing.assert_array_equal(found.first, before)
    np.testing.assert_array_equal(found.first[found.known], finished[0][area.slices][found.known])
    assert np.isnan(found.first[~found.known]).all()
    assert seen_in(G, area).known.all()
