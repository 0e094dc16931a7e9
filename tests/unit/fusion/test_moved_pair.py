"""A pair whose second image is moved: whole pixels exactly, fractions linearly, turns about the centre."""

import math

import numpy as np
import pytest

from fusion import ImagePair, InputError, phantom
from fusion.data.moved_pair import Move, moved
from fusion.data.raw_scale import RawScale

H, W = 37, 31


def pair(seed=0, **more):
    first, second = np.random.default_rng(seed).uniform(0.1, 1, (2, H, W)).astype(np.float32)
    return ImagePair(first, second, "noise", ("MRI", "PET"), **more)


def shifted(image, right, down, beyond):
    found, (height, width) = np.full_like(image, beyond), image.shape
    for row in range(height):
        for col in range(width):
            if 0 <= row - down < height and 0 <= col - right < width:
                found[row, col] = image[row - down, col - right]
    return found


@pytest.mark.parametrize(("right", "down"), [(1, 0), (-1, 0), (0, 1), (0, -1), (3, -2), (-5, 7), (-1, -1)])
def test_whole_pixels_are_shifted_arrays(right, down):
    still = pair()
    found = moved(still, Move(right, down))
    np.testing.assert_array_equal(found.second, shifted(still.second, right, down, still.second.min()))
    np.testing.assert_array_equal(found.first, still.first)
    assert found.content_hash != still.content_hash
    beyond = H * W - (H - abs(down)) * (W - abs(right))
    assert found.remarks == (
        f"PET: {beyond} of {H * W:,} pixels lie beyond the border of the moved image and have its lowest value.",
    )


@pytest.mark.parametrize("move", [Move(0.5, -1.25), Move(2, 1, 7), Move(-0.3, 0.4, -123), Move(0, 0, 90)])
def test_any_move_is_linear_between_four_neighbours(move):
    still, found = pair(1), moved(pair(1), move)
    angle = math.radians(move.angle)
    for row in range(H):
        for col in range(W):
            x, y = col - (W - 1) / 2 - move.right, row - (H - 1) / 2 - move.down
            from_col = math.cos(angle) * x + math.sin(angle) * y + (W - 1) / 2
            from_row = -math.sin(angle) * x + math.cos(angle) * y + (H - 1) / 2
            if min(from_col, from_row, W - 1 - from_col, H - 1 - from_row) < 1e-9:
                continue  # at the border, where rounding decides, or beyond
            top, left = int(from_row), int(from_col)
            down, right = from_row - top, from_col - left
            corners = still.second[top : top + 2, left : left + 2].astype(float)
            expected = np.array([1 - down, down]) @ corners @ np.array([1 - right, right])
            assert found.second[row, col] == pytest.approx(expected, abs=1e-6)


def test_a_positive_angle_turns_clockwise_on_the_screen():
    image = np.zeros((9, 9), np.float32)
    image[4, 7] = 1  # to the right of the centre
    found = moved(ImagePair(image, image, "dot"), Move(angle=90))
    assert np.unravel_index(found.second.argmax(), image.shape) == (7, 4)  # below it


def test_colours_and_clipped_values_go_along():
    color = np.random.default_rng(2).integers(0, 256, (H, W, 3), dtype=np.uint8)
    levels = np.random.default_rng(3).uniform(-50, 900, (H, W)).astype(np.float32)
    found = moved(pair(second_color=color, levels=(None, levels)), Move(2, -3))
    np.testing.assert_array_equal(
        found.second_color, np.dstack([shifted(color[..., k], 2, -3, 0) for k in range(3)])
    )
    np.testing.assert_array_equal(found.levels[1], shifted(levels, 2, -3, np.nan))


def test_beyond_the_border_and_where_there_was_none_no_value_of_the_file_is_told():
    still = pair(raw=(None, RawScale(0, 250)))
    found = moved(still, Move(1, 0))
    assert np.isnan(found.levels[1][:, 0]).all()
    np.testing.assert_allclose(found.levels[1][:, 1:], 250 * still.second[:, :-1], atol=2e-5)
    levels = np.random.default_rng(3).uniform(-50, 900, (H, W)).astype(np.float32)
    levels[4:9, 5:8] = np.nan
    for right, down in ((3, -2), (-1, 1)):
        found = moved(pair(levels=(None, levels)), Move(right, down))
        np.testing.assert_array_equal(found.levels[1], shifted(levels, right, down, np.nan))
    half = moved(pair(levels=(None, levels)), Move(0.5, 0)).levels[1]
    assert np.isnan(half[4:9, 5:9]).all()
    assert np.isfinite(half[4:9, [4, 9]]).all()


def test_a_turn_keeps_lengths_where_rows_are_further_apart_than_columns():
    image = np.zeros((21, 41), np.float32)
    image[10, 30] = 1  # 10 mm to the right of the centre
    found = moved(ImagePair(image, image, "dot", spacing=1.0, row_spacing=2.0), Move(angle=90))
    assert np.unravel_index(found.second.argmax(), image.shape) == (15, 20)  # 10 mm below it


def test_no_move_changes_nothing():
    still = pair()
    assert moved(still, Move(0.0004, -0.0004, 0)) is still  # less than what counts
    regions = phantom(3).regions
    assert moved(phantom(3), Move(1, 2, 3)).regions.keys() == regions.keys()


@pytest.mark.parametrize("numbers", [(math.nan, 0, 0), (0, math.inf, 0), (0, 0, 181)])
def test_what_is_no_move_is_refused(numbers):
    with pytest.raises(InputError, match="A move is a number of pixels"):
        Move(*numbers)


def test_a_move_out_of_the_picture_is_refused():
    with pytest.raises(InputError, match="Nothing of the second image is left"):
        moved(pair(), Move(W + 1, 0))
