"""What a phantom is made of: tissues with their signal in each modality, and the regions they form."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

T1, T2, FDG = range(3)  # the columns of a tissue's signals


class Tissue(IntEnum):
    """What a point of the slice is made of, with its signals: T1 after contrast agent, T2, FDG uptake."""

    AIR = 0, 0.00, 0.00, 0.00
    SKIN = 1, 0.55, 0.30, 0.05
    FAT = 2, 1.10, 0.46, 0.03
    MUSCLE = 3, 0.38, 0.16, 0.10
    BONE = 4, 0.06, 0.03, 0.02
    MARROW = 5, 0.45, 0.14, 0.05
    FLUID = 6, 0.14, 0.88, 0.08
    FALX = 7, 0.50, 0.10, 0.10
    CORTEX = 8, 0.54, 0.45, 1.00
    NUCLEUS = 9, 0.58, 0.40, 0.95
    WHITE = 10, 0.72, 0.33, 0.34
    VENTRICLE = 11, 0.11, 0.95, 0.03
    OEDEMA = 12, 0.46, 0.72, 0.26
    RIM = 13, 1.02, 0.52, 0.50
    CORE = 14, 0.20, 0.98, 0.02

    signals: tuple[float, float, float]

    def __new__(cls, label: int, *signals: float) -> Tissue:
        """Make the label an integer that an array can hold, and keep the signals beside it."""
        tissue = int.__new__(cls, label)
        tissue._value_ = label
        tissue.signals = (signals[0], signals[1], signals[2])
        return tissue


REGIONS: dict[str, tuple[Tissue, ...]] = {
    "skull": (Tissue.BONE, Tissue.MARROW),
    "grey matter": (Tissue.CORTEX, Tissue.NUCLEUS),
    "white matter": (Tissue.WHITE,),
    "ventricles": (Tissue.VENTRICLE,),
    "oedema": (Tissue.OEDEMA,),
    "enhancing rim": (Tissue.RIM,),
    "necrotic core": (Tissue.CORE,),
}


def signals(column: int) -> NDArray[np.float64]:
    """List one signal of all tissues, in the order of their labels: float64 (tissues,)."""
    return np.array([tissue.signals[column] for tissue in Tissue])
