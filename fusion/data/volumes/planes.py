"""Axial, coronal and sagittal slices of a volume, laid out as radiologists look at them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusion.data.volumes.grid import Affine, Grid
from fusion.errors import InputError

PlaneName = Literal["axial", "coronal", "sagittal", "stack"]
PLANES: tuple[PlaneName, ...] = ("axial", "coronal", "sagittal")
STACK: PlaneName = "stack"
"""Slices as they lie in the file, of a volume whose place in the patient is not known."""
STRAIGHT = 1.0
"""Degrees by which slices may be tilted and are still called axial, coronal or sagittal without a word."""

# Which patient axis (0 x, 1 y, 2 z) runs through slices, down the rows and along the columns, and whether it
# is run backwards: the patient's right at the picture's left, what is anterior (or the head) at its top.
_LAYOUTS = MappingProxyType(
    {
        "axial": ((2, False), (1, False), (0, False)),
        "coronal": ((1, False), (2, True), (0, False)),
        "sagittal": ((0, False), (2, True), (1, False)),
    }
)
_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
"""Of each patient axis: where it begins, and where it ends."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Where the slices of one kind lie in a volume; slices are counted from 1.

    The array's axes are exchanged and turned round, never mixed: a pixel of a slice is a voxel. Of an oblique
    volume these are the slices nearest to the patient's axes, and ``tilt`` tells how far they are from them.

    Attributes
    ----------
    name : str
        ``"axial"`` (from the feet up), ``"coronal"`` (from front to back), ``"sagittal"`` (from the right to the
        left) or `STACK`.
    axes : tuple of three int
        The array's axes that run through the slices, down the rows and along the columns.
    is_turned : tuple of three bool
        Whether each of them is run backwards.
    grid : Grid
        The same voxels, in the order of slices, rows and columns of this plane.
    letters : mapping of str to str
        The side of the patient at ``"top"``, ``"bottom"``, ``"left"`` and ``"right"`` of a slice: right and left,
        anterior and posterior, head and feet, by their first letters; empty for `STACK`.
    tilt : float
        Degrees between the volume's axes and the patient's, the largest of three.
    """

    name: PlaneName
    axes: tuple[int, int, int]
    is_turned: tuple[bool, bool, bool]
    grid: Grid
    letters: MappingProxyType[str, str]
    tilt: float

    @property
    def count(self) -> int:
        """How many slices there are."""
        return self.grid.shape[0]

    @property
    def is_oblique(self) -> bool:
        """Whether its slices are noticeably tilted against the patient's axes."""
        return self.tilt > STRAIGHT

    def words(self, number: int) -> str:
        """A slice in a person's words, e.g. ``"axial slice 40"``."""
        return f"slice {number}" if self.name == STACK else f"{self.name} slice {number}"

    def index(self, number: int) -> int:
        """Which slice of `grid` is called ``number``; InputError where there is none."""
        if not 1 <= number <= self.count:
            raise InputError(f"There is no {self.words(number)}; the slices are 1 to {self.count}.")
        return number - 1

    def picture(self, voxels: NDArray[np.float32], number: int) -> NDArray[np.float32]:
        """The voxels of one slice, (rows, cols) of ``voxels`` (slices, rows, cols) as the volume has them.

        Examples
        --------
        >>> voxels = np.arange(8, dtype=np.float32).reshape(2, 2, 2)  # z, y, x
        >>> grid = Grid((2, 2, 2), np.eye(4)[[2, 1, 0, 3]])
        >>> plane_of(grid, "coronal").picture(voxels, 1).tolist()  # the head, the voxel of higher z, at the top
        [[4.0, 5.0], [0.0, 1.0]]
        """
        turned = tuple(slice(None, None, -1) if turn else slice(None) for turn in self.is_turned)
        ordered: NDArray[np.float32] = voxels.transpose(self.axes)[turned][self.index(number)]
        return np.ascontiguousarray(ordered)


def plane_of(grid: Grid, name: PlaneName) -> Plane:
    """Tell where the axial, coronal or sagittal slices of a grid lie, or those of its file.

    Examples
    --------
    >>> plane = plane_of(Grid((5, 4, 3), np.diag([3.0, -2.0, 1.0, 1.0])[[2, 1, 0, 3]]), "sagittal")
    >>> plane.grid.shape, plane.grid.spacing, plane.is_turned
    ((3, 5, 4), (1.0, 3.0, 2.0), (False, True, True))
    >>> dict(plane.letters)
    {'top': 'H', 'bottom': 'F', 'left': 'A', 'right': 'P'}
    """
    if name == STACK:
        return Plane(name, (0, 1, 2), (False, False, False), grid, MappingProxyType({}), 0.0)
    array_axes = patient_axes(grid)
    directions = _directions(grid)
    layout = _LAYOUTS[name]
    axes = tuple(array_axes.index(patient) for patient, _ in layout)
    turned = tuple(
        bool(directions[patient, axis] < 0) != back for axis, (patient, back) in zip(axes, layout, strict=True)
    )
    (_, (rows, rows_back), (cols, cols_back)) = layout
    top, bottom = reversed(_LETTERS[rows]) if rows_back else _LETTERS[rows]
    left, right = reversed(_LETTERS[cols]) if cols_back else _LETTERS[cols]
    letters = MappingProxyType({"top": top, "bottom": bottom, "left": left, "right": right})
    return Plane(name, axes, turned, _reordered(grid, axes, turned), letters, tilt(grid))  # type: ignore[arg-type]  # of three each


def patient_axes(grid: Grid) -> tuple[int, ...]:
    """Which patient axis (0 x, 1 y, 2 z) each axis of the array runs along most nearly; each once."""
    aligned = np.abs(_directions(grid))
    return max(
        permutations(range(3)), key=lambda order: sum(aligned[patient, axis] for axis, patient in enumerate(order))
    )


def native_plane(grid: Grid) -> PlaneName:
    """Tell in which plane a volume was taken: the one that its own slices are nearest to.

    Examples
    --------
    >>> native_plane(Grid((5, 4, 3), np.eye(4)))
    'sagittal'
    """
    through = patient_axes(grid)[0]
    return next(name for name in PLANES if _LAYOUTS[name][0][0] == through)


def tilt(grid: Grid) -> float:
    """Tell by how many degrees a grid's axes are turned against the patient's, at most."""
    aligned = np.abs(_directions(grid))
    cosines = [aligned[patient, axis] for axis, patient in enumerate(patient_axes(grid))]
    return float(np.degrees(np.arccos(np.clip(min(cosines), 0, 1))))


def _directions(grid: Grid) -> Affine:
    """Unit vectors of the array's axes, one a column."""
    columns = grid.affine[:3, :3]
    directions: Affine = columns / np.linalg.norm(columns, axis=0)
    return directions


def _reordered(grid: Grid, axes: tuple[int, ...], turned: tuple[bool, ...]) -> Grid:
    """The grid of the same voxels with its axes exchanged and run backwards."""
    shape = tuple(grid.shape[axis] for axis in axes)
    into = np.zeros((4, 4))  # from an index of the new order to one of the old
    into[3, 3] = 1
    for new, (old, is_back) in enumerate(zip(axes, turned, strict=True)):
        into[old, new] = -1 if is_back else 1
        into[old, 3] = grid.shape[old] - 1 if is_back else 0
    return Grid(shape, grid.affine @ into, grid.has_lengths)  # type: ignore[arg-type]  # of three numbers
