"""Totals, shares and radii of a Jacobian, by hand and by law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fusion.errors import InputError
from saliency import Jacobian, influence
from saliency.geometry.window import Window
from saliency.measures.influence import radius_holding

VALUES = arrays(np.float32, (5, 4), elements=st.floats(-1, 1, width=32))


def jacobian_of(first, second, pixel=(12, 21), corner=(10, 20)):
    first, second = np.asarray(first, np.float32), np.asarray(second, np.float32)
    area = Window(corner[0], corner[0] + first.shape[0], corner[1], corner[1] + first.shape[1])
    return Jacobian(first, second, pixel, area, (64, 64), 0.5)


def test_a_map_worked_out_by_hand():
    first = [[0, 0, 0], [0, 4, 0], [0, -1, 0], [0, 0, 5]]  # pixel (12, 21) is the -1 at (2, 1)
    found = influence(jacobian_of(first, np.ones((4, 3))))
    assert (found.total_first, found.total_second) == (10, 12)
    assert (found.share_first, found.share_second) == (10 / 22, 12 / 22)
    assert found.radius_first == pytest.approx(np.sqrt(2))  # 1 at 0, 4 at 1, 5 at √2: 90 % needs all
    assert influence(jacobian_of(first, first), held=0.5).radius_first == 1
    assert influence(jacobian_of(first, first), held=0.1).radius_first == 0
    # Twelve ones at distances 0, 1×4, √2×4, 2, √5×2: 90 % of 12 is 10.8, the eleventh is at √5.
    assert found.radius_second == pytest.approx(np.sqrt(5))


def test_the_window_at_a_corner_still_measures_from_the_pixel():
    values = np.zeros((4, 5))
    values[3, 4] = -2
    found = influence(jacobian_of(values, values, pixel=(0, 0), corner=(0, 0)))
    assert found.radius_first == 5


def test_exact_parts_do_not_reach_one_ring_further():
    """Ten equal values: nine are exactly 90 %, however the running sum is rounded."""
    for size in (0.1, 0.3, 1e-20, 7e8):
        strength, distance = np.full(10, size), np.arange(10.0)
        assert radius_holding(strength, distance, 0.9) == 8
        assert radius_holding(strength, distance, 1.0) == 9


def test_no_influence_has_no_share_and_no_radius():
    zero, some = np.zeros((3, 3)), np.eye(3)
    nothing = influence(jacobian_of(zero, zero))
    assert (nothing.share_first, nothing.share_second, nothing.radius_first) == (None, None, None)
    one_sided = influence(jacobian_of(zero, some))
    assert (one_sided.share_first, one_sided.share_second) == (0, 1)
    assert one_sided.radius_first is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_has_no_share_and_no_radius(value):
    spoiled = np.eye(3)
    spoiled[0, 0] = value
    found = influence(jacobian_of(spoiled, np.eye(3)))
    assert not np.isfinite(found.total_first)
    assert (found.share_first, found.share_second, found.radius_first) == (None, None, None)
    assert found.radius_second is not None
    assert influence(jacobian_of(np.full((3, 3), value), spoiled)).radius_second is None


@pytest.mark.parametrize("held", [0, -1, 1.5, float("nan")])
def test_the_part_held_lies_between_0_and_1(held):
    with pytest.raises(InputError, match="above 0 and up to 1"):
        influence(jacobian_of(np.eye(3), np.eye(3)), held=held)


@given(VALUES, VALUES)
def test_shares_add_to_one_and_follow_the_totals(first, second):
    found = influence(jacobian_of(first, second))
    if found.share_first is None:
        assert not first.any()
        assert not second.any()
    else:
        assert found.share_first + found.share_second == pytest.approx(1)
        assert 0 <= found.share_first <= 1


@given(VALUES, VALUES, st.sampled_from([0.25, 2.0, 64.0, -1.0]))
def test_scaling_both_maps_changes_totals_only(first, second, factor):
    # Powers of two, so that scaling makes no rounding of its own; tiny values would be lost to underflow.
    first, second = (np.where(abs(x) < 1e-30, 0, x).astype(np.float32) for x in (first, second))
    before, after = (influence(jacobian_of(first * k, second * k)) for k in (1, factor))
    assert after.total_first == before.total_first * abs(factor)
    assert (after.share_first, after.share_second) == (before.share_first, before.share_second)
    assert (after.radius_first, after.radius_second) == (before.radius_first, before.radius_second)


@given(VALUES, st.floats(0.05, 1))
def test_the_radius_is_the_smallest_that_holds_the_part(values, held):
    J = jacobian_of(values, values)
    radius = influence(J, held).radius_first
    if radius is None:
        assert not values.any()
        return
    strength = np.abs(values.astype(float))
    rows, cols = np.indices(values.shape)
    distance = np.hypot(rows - 2, cols - 1)
    assert strength[distance <= radius].sum() >= held * strength.sum() * (1 - 1e-9)
    assert strength[distance < radius].sum() < held * strength.sum() * (1 + 1e-9)
