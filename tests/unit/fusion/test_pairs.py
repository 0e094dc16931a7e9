"""Two files become a pair: scaled, named, hashed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fusion.data.naming import modalities
from fusion.data.pairs import read_pair
from tests.support.picture_files import GREY8, GREY16, RGB8, H, W, grey_of, png


def test_a_pair_is_scaled_and_keeps_its_colours(write):
    first, second = write(GREY16), write(RGB8)
    pair = read_pair(first, str(second), names=("MRI", "PET"), title="case 7", spacing=0.9)
    for image, levels in ((pair.first, GREY16.astype(float)), (pair.second, grey_of(RGB8))):
        assert image.dtype == np.float32
        assert image.flags.c_contiguous
        expected = (levels - levels.min()) / (levels.max() - levels.min())
        np.testing.assert_array_equal(image, expected.astype(np.float32))
    assert pair.first_color is None
    np.testing.assert_array_equal(pair.second_color, RGB8)
    assert (pair.names, pair.title, pair.spacing, pair.shape) == (("MRI", "PET"), "case 7", 0.9, (H, W))


def test_16_bit_precision_survives_scaling(write):
    ramp = (30000 + np.arange(H * W)).reshape(H, W).astype(np.uint16)
    color = np.dstack([ramp + 1, ramp, ramp])
    pair = read_pair(write(ramp), write(png(color, 2)))
    for image in (pair.first, pair.second):
        np.testing.assert_allclose(image.ravel(), np.arange(H * W) / (H * W - 1), atol=1e-6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.uint8, st.tuples(st.integers(2, 9), st.integers(2, 9))))
def test_any_picture_spans_0_to_1_in_its_own_order(tmp_path, grey):
    assume(grey.min() < grey.max())
    Image.fromarray(grey).save(tmp_path / "any.png")
    pair = read_pair(tmp_path / "any.png", tmp_path / "any.png")
    assert (pair.first.min(), pair.first.max()) == (0.0, 1.0)
    flat, scaled = grey.ravel().astype(int), pair.first.ravel()
    order = np.sign(flat[:, None] - flat[None, :])
    np.testing.assert_array_equal(np.sign(scaled[:, None] - scaled[None, :]), order)


def test_the_content_hash_tells_one_pixel_and_the_order(write):
    changed = RGB8.copy()
    changed[3, 4, 1] ^= 1
    first, second, other = write(GREY8), write(RGB8), write(changed)
    pair = read_pair(first, second)
    assert pair.content_hash == read_pair(first, second, title="other").content_hash
    assert pair.content_hash != read_pair(first, other).content_hash
    assert pair.content_hash != read_pair(second, first).content_hash


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("mri/7.png", "pet/7.png", ("MRI", "PET")),
        ("MRI/7.png", "SPECT/7.png", ("MRI", "SPECT")),
        ("a/ct.png", "a/mr.png", ("CT", "MRI")),
        ("vis/1.png", "ir/1.png", ("Visible", "Infrared")),
        ("Vi/1.png", "thermal/1.png", ("Visible", "Infrared")),
        ("rgb/1.png", "lwir/1.png", ("Visible", "Infrared")),
        ("street/visible.png", "street/IR.png", ("Visible", "Infrared")),
        ("view/1.png", "irregular/1.png", ("view", "irregular")),
        ("p3_mri/1.png", "p3_dose/1.png", ("MRI", "p3_dose")),
        ("a/left.png", "a/right.png", ("left", "right")),
        ("a/1.png", "a/1.png", ("first", "second")),
        ("direct/1.png", "object/1.png", ("direct", "object")),
    ],
)
def test_names_are_guessed_from_words_not_parts_of_words(first, second, names):
    assert modalities(Path("/data") / first, Path("/data") / second) == names
