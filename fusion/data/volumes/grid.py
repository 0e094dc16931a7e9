"""Where do the voxels of a volume lie in the patient?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """Places of voxels in patient coordinates: x grows to the left, y to the back, z to the head, as in DICOM.

    Attributes
    ----------
    shape : tuple of three int
        Slices, rows and columns.
    affine : float64 (4, 4)
        Takes (slice, row, col, 1) to (x, y, z, 1) in millimetres; the centre of a voxel has whole indices.
    has_lengths : bool
        Whether the millimetres are known; else a voxel counts as one, and no length is to be told.
    """

    shape: tuple[int, int, int]
    affine: Affine
    has_lengths: bool = True

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres from a voxel to the next slice, row and column.

        Examples
        --------
        >>> Grid((9, 4, 4), np.diag([-3.0, 2.0, 1.0, 1.0])).spacing
        (3.0, 2.0, 1.0)
        """
        slices, rows, cols = (float(each) for each in np.linalg.norm(self.affine[:3, :3], axis=0))
        return slices, rows, cols
