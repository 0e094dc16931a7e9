"""What does a series of slices hold, in its own unit, and where?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.data.volumes.grid import Grid


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels with their unit and their place in the patient.

    Attributes
    ----------
    voxels : float32 (slices, rows, cols)
        In ``unit``; read-only, often mapped from a file. NaN where the file says that there is no value.
    grid : Grid
        Where they lie.
    unit : str
        ``"HU"``, ``"Bq/ml"``, ``"SUV"``, ``"counts"``, or ``"grey level"`` where the file names none.
    modality : str
        ``"MRI"``, ``"PET"``, ``"SPECT"``, ``"CT"``; empty where unknown.
    frame_of_reference : str or None
        What volumes of one coordinate system share (DICOM's UID); None where the file has none.
    title : str
        What a person calls it; holds no name or number of a patient.
    remarks : tuple of str
        What a person should know about how it was read, a sentence each.
    """

    voxels: NDArray[np.float32]
    grid: Grid
    unit: str
    modality: str = ""
    frame_of_reference: str | None = None
    title: str = ""
    remarks: tuple[str, ...] = ()
