"""A pair of volumes with slices of 3 mm and pixels of 1 mm: from the side, a pixel is 3 times as high as wide."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dashboard.imaging.encoding import to_bytes
from fusion.data.volumes.planes import plane_of
from tests.support.volumes import volume, write_nifti

ASPECT = 3
NUMBER = 17
"""Of the coronal slice that is looked at …"""
PAIR = f"study/P7 · coronal/{NUMBER}"
"""… and what it is called."""
ROWS, COLS = 20, 40
"""Of that slice: 60 mm high, 40 mm wide."""
VOLUMES = {
    kind: volume(seed, modality, shape=(ROWS, 36, COLS), spacing=(3.0, 1.0, 1.0), signs=(1, -1, -1))
    for seed, (kind, modality) in enumerate((("mri", "MRI"), ("pet", "PET")))
}


def write_study(root: Path) -> Path:
    """The pair as a folder of NIfTI files."""
    for kind, made in VOLUMES.items():
        write_nifti(made, root / "study" / kind / "P7.nii.gz")
    return root / "study"


def levels(kind: str = "mri") -> np.ndarray:
    """An input of the slice as it is shown, uint8 (ROWS, COLS)."""
    found = voxels(kind)
    return to_bytes((found - found.min()) / np.ptp(found))


def voxels(kind: str = "mri") -> np.ndarray:
    """The same as in its file, float32 (ROWS, COLS)."""
    made = VOLUMES[kind]
    return plane_of(made.grid, "coronal").picture(made.voxels, NUMBER)
