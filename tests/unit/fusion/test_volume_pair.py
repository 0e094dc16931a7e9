from dataclasses import replace

import numpy as np
import pytest

from fusion import InputError
from fusion.data.normalisation import Normalisation
from fusion.data.volumes.grid import Grid
from fusion.data.volumes.planes import PLANES, plane_of
from fusion.data.volumes.resampling import are_alike, resampled
from fusion.data.volumes.slice_origin import grid_words
from fusion.data.volumes.volume import Volume
from fusion.data.volumes.volume_pair import VolumePair
from tests.support.volumes import AXIS_ORDERS, resampled_by_sitk, volume

NAMES = "MRI", "PET"
COARSE = {"shape": (3, 4, 5), "spacing": (6.0, 4.1, 3.3), "centre": (-10.0, 20.0, 3.0)}


def pair_of(first=None, second=None):
    return VolumePair(
        first or volume(0), second or volume(1, "PET", "Bq/ml"), NAMES, "P001", "One frame of reference"
    )


@pytest.mark.parametrize(("order", "signs"), AXIS_ORDERS)
def test_slices_on_another_grid_are_simpleitks(order, signs):
    first = volume(0, shape=(6, 9, 7), tilt=12)
    second = volume(1, "PET", order=order, signs=signs, tilt=-5, **COARSE)
    expected = resampled_by_sitk(second, first)
    seen = 0
    for name in PLANES:
        plane = plane_of(first.grid, name)
        for number in range(1, plane.count + 1):
            found, oracle = resampled(second, plane.grid, number - 1), plane.picture(expected, number)
            np.testing.assert_allclose(found, oracle, rtol=0, atol=1e-5 * np.ptp(second.voxels), equal_nan=True)
            seen += np.isfinite(found).sum()
    assert seen


def test_one_grid_needs_no_interpolation():
    pair = pair_of().slice("coronal", 3)
    assert pair.origin.interpolated is None
    assert pair.origin.facts()["interpolation"] == "none"
    np.testing.assert_array_equal(pair.levels[1], plane_of(volume(1).grid, "coronal").picture(volume(1).voxels, 3))


def test_a_slice_says_what_was_done_to_it():
    first, second = volume(0, shape=(6, 9, 7)), volume(1, "PET", "Bq/ml", **COARSE)
    pair = pair_of(first, second).slice("axial", 4)
    share = np.isnan(pair.levels[1]).mean()
    assert 0 < share < 1
    assert pair.origin.outside == (0, share)
    assert (pair.second[np.isnan(pair.levels[1])] == 0).all()
    assert pair.title == "P001 · axial slice 4"
    told = " ".join(pair.sentences)
    for words in (
        "Axial slice 4 of 6.",
        "PET (5 × 4 × 3 voxels of 3.3 × 4.1 × 6 mm) was interpolated linearly on the grid of MRI (7 × 9",
        f"PET has no value at {100 * share:.0f} % of the slice's pixels",
        "Bq/ml (of the slice)",
        "One frame of reference.",
    ):
        assert words in told
    assert (pair.spacing, pair.row_spacing, pair.aspect) == (0.75, 1.5, 2)


def test_values_in_their_unit_stand_beside_the_scaled_ones():
    pair = pair_of().slice("sagittal", 2)
    for image, levels, raw in zip((pair.first, pair.second), pair.levels, pair.raw, strict=True):
        assert (image.min(), image.max()) == (0, 1)
        np.testing.assert_allclose(raw.low + image * (raw.high - raw.low), levels, atol=1e-3)
    assert (pair.raw[0].unit, pair.raw[1].unit) == ("grey level", "Bq/ml")


def test_scaling_can_be_the_volumes_or_a_window():
    made = pair_of()
    pair = made.slice("axial", 1, ("volume", Normalisation("window", 0, 100)))
    low, high = made.first.voxels.min(), made.first.voxels.max()
    assert (pair.raw[0].low, pair.raw[0].high) == (low, high)
    np.testing.assert_allclose(pair.second, (pair.levels[1] / 100).clip(0, 1), atol=1e-6)
    assert "(of the volume)" in " ".join(pair.sentences)
    assert "PET from 0 to 100 Bq/ml (chosen)" in " ".join(pair.sentences)


def test_voxels_without_a_value_are_the_lowest_and_told():
    first = volume(0)
    voxels = first.voxels.copy()
    voxels[0, :2] = np.nan
    pair = pair_of(replace(first, voxels=voxels)).slice("axial", 1)
    assert (pair.first[:2] == 0).all()
    assert np.isfinite(pair.first).all()
    assert any("MRI has no value at" in remark for remark in pair.sentences)


def test_a_slice_that_shows_nothing_is_refused_and_the_next_is_not():
    first = volume(0)
    voxels = first.voxels.copy()
    voxels[0] = 7
    pair = pair_of(replace(first, voxels=voxels), volume(1, "PET", shape=(3, 7, 4), centre=(-11.0, 23.0, 2.0)))
    with pytest.raises(InputError, match="MRI has the same value everywhere in axial slice 1"):
        pair.slice("axial", 1)
    with pytest.raises(InputError, match="PET has no value anywhere in axial slice 5"):
        pair.slice("axial", 5)
    assert pair.slice("axial", 2).shape == (7, 4)


def test_grids_that_differ_by_rounding_are_one():
    grid = volume(0).grid
    assert are_alike(grid, replace(grid, affine=grid.affine + 1e-6))
    assert not are_alike(grid, replace(grid, affine=grid.affine + 0.1))


def test_no_length_is_told_where_none_is_known():
    """Voxels of a stack without spacing count as one, which is no millimetre."""
    grid = Grid((2, 4, 5), np.eye(4)[[2, 1, 0, 3]], has_lengths=False)
    voxels = np.arange(40, dtype=np.float32).reshape(grid.shape)
    stack = Volume(voxels, grid, "grey level")
    found = VolumePair(stack, stack, ("MRI", "PET"), is_placed=False).slice("stack", 1)
    assert found.spacing is found.row_spacing is None
    assert found.origin.facts()["inputs"][0]["spacing_mm"] is None
    assert "mm" not in " ".join((*found.origin.remarks(), *found.origin.short()))
    assert grid_words(grid) == "5 × 4 × 2 voxels of unknown size"
