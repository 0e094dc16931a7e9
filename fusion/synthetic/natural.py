"""Everyday photographs to learn from: those that come with scikit-image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage import data

from fusion.data.color import luminance
from fusion.data.pairs import ImagePair
from fusion.data.picture import to_unit_range

NATURAL = (
    "astronaut",
    "brick",
    "camera",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "hubble_deep_field",
    "immunohistochemistry",
    "moon",
    "retina",
    "rocket",
)
"""Functions of ``skimage.data`` whose pictures are installed with it and have 300 pixels a side or more."""


def natural_pictures() -> list[ImagePair]:
    """Fourteen photographs, each paired with its own negative: what an auto-encoder can learn edges from.

    Returns
    -------
    list of ImagePair
        ``first`` float32 in [0, 1], ``second`` = 1 − ``first``.
    """
    return [_with_negative(name, getattr(data, name)()) for name in NATURAL]


def _with_negative(name: str, picture: NDArray[np.uint8]) -> ImagePair:
    levels = luminance(picture) if picture.ndim == 3 else picture.astype(np.float64)
    image = to_unit_range(levels).astype(np.float32)
    return ImagePair(image, 1 - image, name, names=("photograph", "negative"))
