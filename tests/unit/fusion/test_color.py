"""Grey out of colour and colour put back, against YCbCr written out and against Pillow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fusion.data.color import luminance, recolor
from fusion.errors import InputError

SHAPE = (5, 7)
COLORS = arrays(np.uint8, (*SHAPE, 3))


def ycbcr_recolor(fused, color):
    """Replace Y by way of the explicit BT.601 transform and its numeric inverse."""
    weights = np.array([0.2989, 0.5870, 0.1140])
    forward = np.stack([weights, [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    ycbcr = color.astype(float) @ forward.T
    ycbcr[..., 0] = 255 * fused
    return ycbcr @ np.linalg.inv(forward).T


def test_luminance_is_the_weighted_sum():
    rgb = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    for row, column in np.ndindex(SHAPE):
        red, green, blue = (int(value) for value in rgb[row, column])
        expected = 0.2989 * red + 0.5870 * green + 0.1140 * blue
        assert luminance(rgb)[row, column] == pytest.approx(expected, abs=1e-11)


def test_luminance_of_equal_pixels_is_equal_wherever_they_lie():
    rgb = np.broadcast_to(np.array([13, 77, 201], np.uint8), (37, 31, 3))
    assert np.unique(luminance(rgb)).size == 1


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 4), (1, 4, 5, 3)])
def test_luminance_refuses_what_is_not_rgb(shape):
    with pytest.raises(InputError, match=r"\(H, W, 3\)"):
        luminance(np.zeros(shape))


@given(COLORS, arrays(np.float64, SHAPE, elements=st.floats(0, 1)))
def test_recolor_replaces_y_and_keeps_cb_and_cr(color, fused):
    expected = np.clip(ycbcr_recolor(fused, color), 0, 255)
    # The weights sum to 0.9999 and the standard's chroma rows are rounded: a level is the agreement.
    assert np.abs(recolor(fused, color) - expected).max() <= 1.0


def test_recolor_agrees_with_pillows_ycbcr():
    rng = np.random.default_rng(3)
    color = rng.integers(90, 160, (37, 31, 3), dtype=np.uint8)
    grey = rng.integers(100, 150, (37, 31), dtype=np.uint8)
    ycbcr = np.asarray(Image.fromarray(color).convert("YCbCr")).copy()
    ycbcr[..., 0] = grey
    expected = np.asarray(Image.fromarray(ycbcr, "YCbCr").convert("RGB")).astype(int)
    assert (
        np.abs(recolor(grey / 255.0, color) - expected).max() <= 3
    )  # Pillow cuts Cb and Cr to whole numbers, B takes 1.8 Cb


@given(COLORS)
def test_putting_back_its_own_luminance_changes_nothing(color):
    np.testing.assert_array_equal(recolor(luminance(color) / 255, color), color)


def test_the_result_has_the_fused_luminance_where_nothing_is_clipped():
    color = np.full((*SHAPE, 3), (120, 130, 110), dtype=np.uint8)
    fused = np.linspace(0.2, 0.8, 35).reshape(SHAPE)
    assert np.abs(luminance(recolor(fused, color)) - 255 * fused).max() <= 0.6


def test_grey_stays_grey_and_values_outside_are_clipped():
    color = np.full((2, 2, 3), 50, dtype=np.uint8)
    result = recolor(np.array([[-0.3, 0.0], [1.0, 7.0]], dtype=np.float32), color)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, np.repeat([[[0], [0]], [[255], [255]]], 3, axis=2))


def test_recolor_refuses_other_sizes_types_and_nan():
    color = np.zeros((4, 5, 3), dtype=np.uint8)
    with pytest.raises(InputError, match=r"\(5, 4\).*\(4, 5\).*same size"):
        recolor(np.zeros((5, 4)), color)
    with pytest.raises(InputError, match="uint8 values, not float64"):
        recolor(np.zeros((4, 5)), color.astype(float))
    with pytest.raises(InputError, match="NaN"):
        recolor(np.full((4, 5), np.nan), color)
