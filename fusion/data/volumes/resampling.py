"""What does one volume hold at the voxels of another?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fusion.data.volumes.grid import Affine, Grid
from fusion.data.volumes.volume import Volume

ALIKE = 1e-3
"""Voxels by which places of two grids may differ, at most, and still be the same ones."""


def are_alike(one: Grid, other: Grid) -> bool:
    """Tell whether two grids have the same voxels at the same places, so that nothing needs interpolating.

    Examples
    --------
    >>> grid = Grid((3, 4, 5), np.diag([2.0, 1.0, 1.0, 1.0]))
    >>> are_alike(grid, Grid((3, 4, 5), grid.affine + 1e-6)), are_alike(grid, Grid((3, 4, 4), grid.affine))
    (True, False)
    """
    if one.shape != other.shape:
        return False
    corners = np.array(
        [[s, r, c, 1] for s in (0, one.shape[0]) for r in (0, one.shape[1]) for c in (0, one.shape[2])]
    )
    return bool(np.abs(corners @ _between(one, other).T - corners).max() < ALIKE)


def resampled(volume: Volume, grid: Grid, index: int) -> NDArray[np.float32]:
    """The volume's values at slice ``index`` of another grid, (rows, cols); NaN where the volume has none.

    Between voxel centres it interpolates linearly; up to half a voxel beyond the outermost centres, where the
    outermost voxels end, their values hold. Only the voxels that are needed are read.

    Examples
    --------
    >>> voxels = np.array([[[0, 10], [20, 30]]], np.float32)
    >>> coarse = Volume(voxels, Grid((1, 2, 2), np.diag([4.0, 2.0, 2.0, 1.0])), "counts")
    >>> fine = Grid((1, 1, 5), np.diag([4.0, 2.0, 1.0, 1.0]))
    >>> resampled(coarse, fine, 0).tolist()
    [[0.0, 5.0, 10.0, 10.0, nan]]
    """
    matrix = _between(grid, volume.grid)
    start = matrix @ [index, 0, 0, 1]
    shape = grid.shape[1:]
    values = np.empty((1, *shape), np.float32)
    ndimage.affine_transform(
        volume.voxels, matrix[:3, :3], start[:3], output_shape=values.shape, output=values, order=1, mode="nearest"
    )
    found: NDArray[np.float32] = values[0]
    found[_is_outside(matrix, start, shape, volume.grid.shape)] = np.nan
    return found


def needed_slices(volume: Grid, grid: Grid, index: int) -> range:
    """Which slices of a volume's file are looked at for slice ``index`` of another grid, or of its own reordered.

    Examples
    --------
    >>> coarse = Grid((9, 4, 4), np.diag([4.0, 1.0, 1.0, 1.0]))
    >>> needed_slices(coarse, Grid((30, 4, 4), np.eye(4)), 10), needed_slices(coarse, coarse, 3)
    (range(2, 4), range(3, 4))
    """
    rows, cols = grid.shape[1:]
    corners = np.array([(index, row, col, 1) for row in (0, rows - 1) for col in (0, cols - 1)])
    places = (_between(grid, volume) @ corners.T)[0]
    last = volume.shape[0] - 1
    low, high = (
        int(np.clip(each, 0, last)) for each in (np.floor(places.min() + ALIKE), np.ceil(places.max() - ALIKE))
    )
    return range(low, high + 1)


def _between(one: Grid, other: Grid) -> Affine:
    """Takes an index of ``one`` to that of the same place in ``other``."""
    matrix: Affine = np.asarray(np.linalg.solve(other.affine, one.affine), np.float64)
    return matrix


def _is_outside(
    matrix: Affine, start: Affine, shape: tuple[int, int], size: tuple[int, int, int]
) -> NDArray[np.bool_]:
    """Which pixels of a slice lie beyond the outermost voxels of a volume of that size."""
    rows, cols = np.arange(shape[0])[:, None], np.arange(shape[1])
    outside = np.zeros(shape, dtype=bool)
    for axis, length in enumerate(size):
        place = start[axis] + matrix[axis, 1] * rows + matrix[axis, 2] * cols
        outside |= (place < -0.5 - ALIKE) | (place > length - 0.5 + ALIKE)
    return outside
