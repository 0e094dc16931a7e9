"""From which value of its file to which is an image scaled for a network?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError

Kind = Literal["slice", "volume", "window"]


@dataclass(frozen=True)
class Normalisation:
    """Values from ``low`` (0) to ``high`` (1) are what a network reads; what lies beyond is clipped.

    Attributes
    ----------
    kind : str
        Where the two values are from: ``"slice"``, the smallest and largest of the picture itself (as in the
        paper); ``"volume"``, those of all slices; ``"window"``, somebody's choice.
    low, high : float
        In the unit of the file.

    Raises
    ------
    InputError
        A bound is no finite number, or ``low`` is not below ``high``.
    """

    kind: Kind
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse what scales nothing."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(
                f"Values are scaled from a lower to a higher number, not from {self.low:g} to {self.high:g}."
            )

    def image(self, levels: NDArray[np.floating]) -> NDArray[np.float32]:
        """What a network reads of ``levels``, in [0, 1].

        Examples
        --------
        >>> Normalisation("window", 0, 80).image(np.array([[-1000.0, 20.0, 80.0, 900.0]])).tolist()
        [[0.0, 0.25, 1.0, 1.0]]
        """
        low, half = self.low / 2, self.high / 2 - self.low / 2  # in halves, which no pair of floats overflows
        scaled = (levels.astype(np.float64) / 2 - low) / half
        return scaled.clip(0, 1).astype(np.float32)

    def clipped(self, levels: NDArray[np.floating]) -> tuple[int, int]:
        """How many of ``levels`` lie below and above, so that a network cannot tell them apart.

        Examples
        --------
        >>> Normalisation("window", 0, 80).clipped(np.array([[-1000.0, 20.0, 80.0, 900.0]]))
        (1, 1)
        """
        return int(np.count_nonzero(levels < self.low)), int(np.count_nonzero(levels > self.high))


def of_slice(levels: NDArray[np.floating]) -> Normalisation:
    """From the smallest to the largest of ``levels``; InputError where they are all the same.

    Examples
    --------
    >>> of_slice(np.array([[3.0, 255.0]]))
    Normalisation(kind='slice', low=3.0, high=255.0)
    """
    return Normalisation("slice", float(levels.min()), float(levels.max()))
