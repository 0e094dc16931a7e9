"""Which values a network is given of each input, and which values of its file they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion import ImagePair
from fusion.data.windowed_pair import file_levels

BINS = 64
"""Of a histogram, each as wide as the others, from 0 to 1."""


def input_values(pair: ImagePair, index: int) -> dict[str, Any]:
    """The histogram of what a network is given of an input, and the scale of its file.

    ``counts`` are of pixels in `BINS` parts of [0, 1]; ``low`` and ``high`` what 0 and 1 stand for, ``least`` and
    ``most`` the file's own range, ``below`` and ``above`` how many pixels are clipped. Where there is no file, all
    are of the scaled range, and ``unit`` is empty.

    Examples
    --------
    >>> grey = np.array([[0, 0.25, 0.5, 1]], np.float32)
    >>> found = input_values(ImagePair(grey, grey, "head", ("CT", "PET")), 0)
    >>> found["counts"][0], found["counts"][-1], found["low"], found["high"], found["unit"]
    (1, 1, 0.0, 1.0, '')
    """
    image, scale, levels = (pair.first, pair.second)[index], pair.raw[index], file_levels(pair, index)
    low, high, unit = (scale.low, scale.high, scale.unit) if scale else (0.0, 1.0, "")
    counts, _ = np.histogram(image, BINS, (0, 1))
    is_clipped = pair.levels[index] is not None
    return {
        "name": pair.names[index],
        "is_volume": pair.origin is not None,
        "counts": counts.tolist(),
        "low": low,
        "high": high,
        "unit": unit,
        "least": float(np.nanmin(levels)),
        "most": float(np.nanmax(levels)),
        "below": int(np.count_nonzero(levels < np.float32(low))) if is_clipped else 0,
        "above": int(np.count_nonzero(levels > np.float32(high))) if is_clipped else 0,
    }
