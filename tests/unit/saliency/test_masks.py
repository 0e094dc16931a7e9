from itertools import pairwise

import numpy as np
import pytest
from matplotlib.path import Path as Outline
from PIL import Image

import fusion
from fusion.errors import InputError
from saliency.geometry.masks import (
    between,
    bounds,
    brushed,
    check_region,
    disk,
    joined_to,
    labelled,
    outline,
    read_mask,
    rectangle,
    ring,
)
from saliency.geometry.region_shapes import drawn
from tests.support.networks import random_pair

SHAPE = (37, 31)


@pytest.mark.parametrize(
    "corners",
    [
        [(3, 2), (30, 9), (20, 28)],
        [(5, 5), (5, 25), (15, 15), (33, 25), (33, 5)],
        [(-10, 4), (20, 50), (45, 12)],
    ],
    ids=["triangle", "concave", "over the border"],
)
def test_an_outline_holds_what_another_library_calls_inside(corners):
    mask = outline(corners, SHAPE)
    points = np.argwhere(np.ones(SHAPE, dtype=bool))
    path = Outline([*corners, corners[0]], closed=True)
    # Half a pixel's diagonal either way: pixels that the line runs over may be counted by one and not the other.
    surely, perhaps = (
        path.contains_points(points, radius=r) | path.contains_points(points, radius=-r) for r in (0, 0.75)
    )
    edge = np.zeros(points.shape[0], dtype=bool)
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        a, along = np.array(a, float), np.array(b, float) - a
        t = np.clip(((points - a) @ along) / (along @ along), 0, 1)
        edge |= np.linalg.norm(points - (a + t[:, None] * along), axis=1) <= 0.75
    found = mask[tuple(points.T)]
    np.testing.assert_array_equal(found[~edge], surely[~edge])
    assert not (found & ~perhaps & ~edge).any()


def test_direction_and_starting_corner_of_an_outline_do_not_matter():
    corners = [(3, 2), (30, 9), (20, 28), (8, 20)]
    expected = outline(corners, SHAPE)
    np.testing.assert_array_equal(outline(corners[2:] + corners[:2], SHAPE), expected)
    np.testing.assert_array_equal(outline(corners[::-1], SHAPE), expected)


def test_shapes_over_the_border_are_cut_off():
    assert disk((0, 0), 2, SHAPE).sum() == 6
    assert rectangle((-5, -5), (1, 2), SHAPE).sum() == 6
    assert disk((36, 30), 0, SHAPE)[36, 30]


def test_a_disk_has_the_area_of_one():
    assert disk((100, 100), 60, (201, 203)).sum() == pytest.approx(np.pi * 60**2, rel=0.01)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: outline([(1, 1), (2, 2)], SHAPE), "at least three"),
        (lambda: outline([(50, 50), (60, 50), (60, 60)], SHAPE), "no pixel"),
        (lambda: outline([(1, 1), (2, "b"), (3, 3)], SHAPE), "two numbers"),
        (lambda: outline([(1, 1), (2, float("nan")), (3, 3)], SHAPE), "too far"),
        (lambda: outline([(1, 1), (2, 1e12), (3, 3)], SHAPE), "too far"),
        (lambda: rectangle((-9, 0), (-2, 5), SHAPE), "no pixel"),
        (lambda: rectangle((1.2, 1.2), (1.8, 1.8), SHAPE), "no pixel"),
        (lambda: disk((5, 5), -1, SHAPE), "0 or more"),
        (lambda: disk((90, 5), 3, SHAPE), "no pixel"),
        (lambda: check_region(np.ones((3, 4), dtype=bool), SHAPE), "agree"),
        (lambda: ring(np.ones(SHAPE, dtype=bool), 0), "above 0"),
        (lambda: labelled(random_pair(SHAPE), "core"), "no labelled regions"),
        (lambda: labelled(fusion.phantom(1, size=64), "core"), "necrotic core"),
    ],
)
def test_what_is_no_region_is_refused_in_a_sentence(draw, said):
    with pytest.raises(InputError, match=said):
        draw()


def test_a_mask_file_is_read_back(tmp_path):
    mask = disk((10, 30), 6, SHAPE)
    Image.fromarray(mask.astype(np.uint8)).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", SHAPE), mask)


@pytest.mark.parametrize(
    ("picture", "said"), [(np.ones((31, 37)), "37 × 31 pixels.*31 × 37"), (np.zeros(SHAPE), "holds no pixel")]
)
def test_an_unusable_mask_file_is_refused(tmp_path, picture, said):
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "mask.png")
    with pytest.raises(InputError, match=said):
        read_mask(tmp_path / "mask.png", SHAPE)


def test_a_ring_lies_outside_and_within_its_width():
    mask = disk((4, 20), 5, SHAPE)
    around = ring(mask, 3)
    assert not (around & mask).any()
    rows = np.argwhere(mask)
    for pixel in np.argwhere(~mask):
        assert around[tuple(pixel)] == (np.linalg.norm(rows - pixel, axis=1).min() <= 3)
    assert not ring(np.ones(SHAPE, dtype=bool), 4).any()


def test_bounds_are_the_tightest():
    mask = outline([(9, 4), (20, 8), (11, 26)], SHAPE)
    box = bounds(mask)
    assert mask[box.slices].sum() == mask.sum()
    assert mask[box.slices][[0, -1]].any(axis=1).all()
    assert mask[box.slices][:, [0, -1]].any(axis=0).all()


def test_a_brush_paints_what_its_disks_along_the_way_hold():
    painted = brushed([(4, 3), (20, 31), (25, 12)], 2.5, (37, 41))
    corners = np.array([(4, 3), (20, 31), (25, 12)], float)
    along = np.concatenate([np.linspace(a, b, 4000) for a, b in pairwise(corners)])
    rows, cols = np.indices((37, 41))
    nearest = np.min([np.hypot(rows - row, cols - col) for row, col in along], axis=0)
    assert np.array_equal(painted, nearest <= 2.5)


def test_a_threshold_around_a_pixel_is_the_part_that_reaches_it():
    image = np.random.default_rng(7).random((19, 23)).astype(np.float32)
    start = tuple(np.argwhere(np.abs(image - 0.5) < 0.05)[3])
    mask = joined_to(image, start, 0.33)
    seen, waiting = set(), [start]
    while waiting:
        row, col = waiting.pop()
        is_inside = 0 <= row < 19 and 0 <= col < 23
        if (row, col) in seen or not is_inside or abs(image[row, col] - image[start]) > np.float32(0.33):
            continue
        seen.add((row, col))
        waiting += [(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)]
    assert 5 < len(seen) < image.size
    assert {tuple(each) for each in np.argwhere(mask)} == {(int(row), int(col)) for row, col in seen}


def test_regions_are_put_together_and_taken_away_from_left_to_right():
    shape = (30, 40)
    parts = [drawn(word, shape) for word in ("disk:10,10,6", "rect:8,8,20,30", "brush:2,9,0,9,39")]
    whole = drawn("disk:10,10,6 + rect:8,8,20,30 - brush:2,9,0,9,39", shape)
    assert np.array_equal(whole, (parts[0] | parts[1]) & ~parts[2])
    with pytest.raises(InputError, match="What is left of the region holds no pixel"):
        drawn("disk:10,10,3 - rect:0,0,29,39", shape)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: brushed([], 2, (5, 5)), "at least one point"),
        (lambda: brushed([(1, 1)], -1, (5, 5)), "radius is a number of pixels"),
        (lambda: drawn("brush:2,1", (5, 5)), "brush:RADIUS,ROW,COL"),
        (lambda: between(np.zeros((4, 4), np.float32), 0.5, 1.0), "holds no pixel"),
        (lambda: joined_to(np.zeros((4, 4), np.float32), (4, 0), 0.1), "outside the image"),
        (lambda: joined_to(np.eye(4, dtype=np.float32), (0, 1), -1), "tolerance is 0 or more"),
    ],
)
def test_what_paints_nothing_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()
