"""An input scaled from a fixed window in the unit of its file."""

import numpy as np
import pytest
from PIL import Image

from fusion import ImagePair, InputError, read_pair
from fusion.data.normalisation import Normalisation
from fusion.data.windowed_pair import file_levels, windowed


def window(low, high):
    return Normalisation("window", low, high)


def saved(folder, name, levels):
    path = folder / f"{name}.png"
    Image.fromarray(levels).save(path)
    return path


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(4)
    grey = rng.integers(3, 251, (37, 31), dtype=np.uint8)
    fine = rng.integers(117, 65000, (37, 31), dtype=np.uint16)
    return (grey, fine), read_pair(saved(tmp_path, "mri", grey), saved(tmp_path, "pet", fine))


def test_whole_numbers_of_a_file_come_back_exactly(files):
    levels, pair = files
    for index, expected in enumerate(levels):
        np.testing.assert_array_equal(file_levels(pair, index), expected)


def test_colours_of_a_file_come_back_to_float32s_rounding(tmp_path):
    color = np.random.default_rng(5).integers(0, 256, (37, 31, 3), dtype=np.uint8)
    pair = read_pair(saved(tmp_path, "mri", color[..., 0]), saved(tmp_path, "pet", color))
    grey = color.astype(float) @ (0.2989, 0.5870, 0.1140)
    np.testing.assert_allclose(file_levels(pair, 1), grey, atol=256 * 2**-24)


def test_a_window_is_what_reading_with_it_would_give(files):
    levels, pair = files
    found = windowed(pair, (window(50, 100), window(1000.5, 30000)))
    for image, values, (low, high) in zip(
        (found.first, found.second), levels, ((50, 100), (1000.5, 30000)), strict=True
    ):
        expected = np.clip((values.astype(float) - low) / (high - low), 0, 1)
        np.testing.assert_allclose(image, expected, atol=1e-7)
    assert (found.raw[0].low, found.raw[0].high, found.raw[0].unit) == (50, 100, "grey level")
    np.testing.assert_array_equal(found.levels[1], levels[1])  # clipped ones too
    below, above = int((levels[0] < 50).sum()), int((levels[0] > 100).sum())
    assert f"{below} pixels below and {above} above are clipped" in found.remarks[0]
    assert found.content_hash != pair.content_hash


def test_one_window_after_another_forgets_nothing(files):
    levels, pair = files
    narrow = windowed(pair, (window(100, 110), None))
    np.testing.assert_array_equal(
        windowed(narrow, (window(3, 250), None)).first, windowed(pair, (window(3, 250), None)).first
    )
    np.testing.assert_array_equal(file_levels(narrow, 0), levels[0])


def test_the_other_input_stays(files):
    _, pair = files
    found = windowed(pair, (None, window(1000, 2000)))
    assert found.first is not None
    np.testing.assert_array_equal(found.first, pair.first)
    assert (found.raw[0], found.levels[0]) == (pair.raw[0], None)


def test_a_window_beside_all_values_is_refused(files):
    with pytest.raises(InputError, match="every pixel of first has the same value"):
        windowed(files[1].__class__(files[1].first, files[1].second, "x"), (window(2, 3), None))


def test_an_image_without_a_file_is_scaled_from_its_own_values():
    image = np.array([[0, 0.25, 0.5, 1]], np.float32)
    found = windowed(ImagePair(image, image, "made"), (None, window(0, 0.5)))
    assert found.second.tolist() == [[0, 0.5, 1, 1]]
    assert found.raw == (None, None)
