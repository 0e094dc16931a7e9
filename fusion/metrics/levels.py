"""Images as the field's metrics see them: grey levels from 0 to 255 in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError
from fusion.metrics.value import UndefinedError

GreyLevels = NDArray[np.float64]
"""Grey levels, (H, W): whole numbers in 0…255, or, where rounding was switched off, any number."""
PEAK = 255.0
_DECIMALS = 3


def grey_levels(image: NDArray[np.floating[Any]], *, rounded: bool = True) -> GreyLevels:
    """Which grey levels does an image (H, W) in [0, 1] have? 255 times it, float64.

    Rounded, values are clipped to [0, 1] and rounded to 8 bit: the picture that ``python -m fusion fuse``
    writes, and what the field's evaluators read. Otherwise they are only scaled.

    Raises
    ------
    InputError
        The image is not (H, W), is empty, or holds NaN or infinity.

    Examples
    --------
    >>> grey_levels(np.array([[0.0, 0.5, 1.2]])).tolist()
    [[0.0, 128.0, 255.0]]
    >>> grey_levels(np.array([[0.0, 0.5, 1.2]]), rounded=False).tolist()
    [[0.0, 127.5, 306.0]]
    """
    if image.ndim != 2 or image.size == 0:
        raise InputError(f"A metric takes images of the shape (H, W), not {image.shape}.")
    values = PEAK * image.astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError("An image with NaN or infinite values cannot be measured; mend the network or the file.")
    if not rounded:
        return values
    # The mean of two 8-bit pictures has halves everywhere: they go to the even level, whatever noise of float
    # arithmetic they have picked up.
    return np.rint(np.clip(values, 0, PEAK).round(_DECIMALS))


def require_side(image: GreyLevels, least: int) -> None:
    """Say that a metric is undefined where an image has a side below ``least`` pixels."""
    if min(image.shape) < least:
        height, width = image.shape
        raise UndefinedError(f"it needs {least}×{least} pixels or more; these images have {height}×{width}")


def is_constant(image: GreyLevels) -> bool:
    """Whether all pixels are equal."""
    return bool(image.min() == image.max())
