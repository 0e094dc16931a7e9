"""Do two volumes lie in one space, so that a place in one is the same place in the other?"""

from __future__ import annotations

from itertools import product

import numpy as np

from fusion.data.volumes.grid import Grid
from fusion.data.volumes.volume_files import VolumeFiles
from fusion.errors import InputError

TEMPLATES = ("MNI152", "Talairach")
"""Frames of reference that are everybody's, not one scanner's."""
FLAG = "--same-space"


def common_space(first: VolumeFiles, second: VolumeFiles, *, is_declared: bool = False) -> str:
    """Tell why two volumes belong together, as a sentence without a full stop.

    Parameters
    ----------
    first, second : VolumeFiles
    is_declared : bool
        Whether the user says that they lie in one space, where the files do not.

    Raises
    ------
    InputError
        They are of two patients; nothing says that they lie in one space; they do not overlap.
    """
    if first.patient_key and second.patient_key and first.patient_key != second.patient_key:
        raise InputError(f"{_both(first, second)} are of two patients; give two volumes of one.")
    frame = first.frame_of_reference
    if frame is not None and frame == second.frame_of_reference:
        _check_overlap(first, second)
        return f"Both lie in {frame} space" if frame in TEMPLATES else "Both have one frame of reference"
    if _are_stacks(first, second):
        return "Neither file says where it lies; slices, rows and columns were taken in their order"
    reason = _unknown(first, second)
    if not is_declared:
        raise InputError(
            f"{_both(first, second)} are not known to lie in one space: {reason}; if you know that they do, "
            f"say so with {FLAG}."
        )
    if first.is_placed and second.is_placed:
        _check_overlap(first, second)
        return f"They were declared to lie in one space; {reason}"
    if first.is_placed != second.is_placed:
        lost = second if first.is_placed else first
        raise InputError(f"{_named(lost)} does not say where its voxels lie; export it again with its place.")
    if first.grid.shape != second.grid.shape:
        raise InputError(
            f"Neither {_named(first)} nor {_named(second)} says where its voxels lie, and they have not the same "
            "rows, columns and slices; export them again with their place."
        )
    return "They were declared to lie in one space; neither says where, so voxels were taken in their order"


def _are_stacks(first: VolumeFiles, second: VolumeFiles) -> bool:
    """Whether both are pictures in one file each, which say as little of their place as two pictures do."""
    is_stack = all(each.source.get("kind") == "tiff" for each in (first, second))
    return is_stack and first.grid.shape == second.grid.shape


def _both(first: VolumeFiles, second: VolumeFiles) -> str:
    return f"{_named(first)} and {_named(second)}"


def _named(files: VolumeFiles) -> str:
    """A volume by its title, and by its modality, as both of a pair may be called alike."""
    return f"{files.title} ({files.modality})" if files.modality else files.title


def _unknown(first: VolumeFiles, second: VolumeFiles) -> str:
    """Why the files do not say that the volumes lie in one space."""
    named = [each.frame_of_reference is not None for each in (first, second)]
    if all(named):
        return "their frames of reference differ"
    if not any(named):
        return "neither names a frame of reference"
    return f"{_named(first if named[1] else second)} names no frame of reference"


def _check_overlap(first: VolumeFiles, second: VolumeFiles) -> None:
    if not do_overlap(first.grid, second.grid):
        raise InputError(
            f"{_both(first, second)} do not overlap anywhere; choose volumes of one part of the body."
        )


def do_overlap(one: Grid, other: Grid) -> bool:
    """Tell whether the boxes that hold the voxels of two grids overlap, along the axes of either.

    Examples
    --------
    >>> grid = Grid((4, 4, 4), np.eye(4))
    >>> moved = np.eye(4)
    >>> moved[0, 3] = 9
    >>> do_overlap(grid, grid), do_overlap(grid, Grid((4, 4, 4), moved))
    (True, False)
    """
    return all(_reaches(*grids) for grids in ((one, other), (other, one)))


def _reaches(one: Grid, other: Grid) -> bool:
    """Whether the corners of ``other`` leave none of the sides of ``one`` wholly behind them."""
    ends = ((-0.5, length - 0.5) for length in other.shape)
    corners = np.array([(*corner, 1) for corner in product(*ends)])
    places = (np.linalg.solve(one.affine, other.affine) @ corners.T)[:3]
    size = np.array(one.shape)
    return bool(((places.max(axis=1) > -0.5) & (places.min(axis=1) < size - 0.5)).all())
