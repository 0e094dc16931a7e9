"""Colour and grey: one set of weights, there and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError

# Luma of BT.601 as the paper (and MATLAB's rgb2gray) rounds it.
RED, GREEN, BLUE = 0.2989, 0.5870, 0.1140


def luminance(rgb: NDArray[Any]) -> NDArray[np.float64]:
    """Tell how bright each pixel of a colour picture is.

    Parameters
    ----------
    rgb : (H, W, 3), any real dtype and range

    Returns
    -------
    float64 (H, W), in the range of ``rgb``
        0.2989 R + 0.5870 G + 0.1140 B, unrounded. The weights sum to 0.9999, so white is 254.9745.

    Raises
    ------
    InputError
        The array is not (H, W, 3).

    Examples
    --------
    >>> import numpy as np
    >>> luminance(np.array([[[255, 0, 0], [0, 255, 0]]])).round(4)
    array([[ 76.2195, 149.685 ]])
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise InputError(f"A colour picture must have the shape (H, W, 3), not {rgb.shape}.")
    # Not a matrix product: BLAS may round equal pixels differently by their place in the array.
    red, green, blue = (rgb[..., channel].astype(np.float64) for channel in range(3))
    return RED * red + GREEN * green + BLUE * blue


def recolor(fused: NDArray[np.floating[Any]], color: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Show the grey fused image with the functional (or visible) image's colours put back.

    In YCbCr (BT.601, the weights of `luminance`) the picture's Y is replaced by the fused image and its
    Cb and Cr are kept. Keeping both means keeping R − Y, G − Y and B − Y, so the change of Y is added to
    all three channels and the result is rounded and clipped to 0…255; where it is clipped, the
    luminance is no longer exactly the fused value.

    The fused image lives on the scale that the network saw, where each input's own minimum is 0 and its
    maximum is 1. It is shown on that scale: 0 is black and 1 is white. The chroma is taken as it was
    read, not stretched by that image's min–max scaling. Recolouring with the coloured image
    itself as ``fused`` therefore gives a picture of more contrast than the file where the file does not
    span black to white.

    Parameters
    ----------
    fused : floating (H, W) in [0, 1]
        Values that a network puts outside are clipped.
    color : uint8 (H, W, 3)
        The coloured picture as it was read, `ImagePair.chroma`.

    Returns
    -------
    uint8 (H, W, 3), RGB

    Raises
    ------
    InputError
        The sizes differ, ``color`` is not uint8 (H, W, 3), or ``fused`` holds NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> red = np.array([[[200, 0, 0], [200, 0, 0]]], dtype=np.uint8)
    >>> recolor(luminance(red) / 255, red).tolist()
    [[[200, 0, 0], [200, 0, 0]]]
    >>> recolor(np.array([[0.5, 1.0]]), red).tolist()
    [[[255, 68, 68], [255, 195, 195]]]
    """
    if color.dtype != np.uint8:
        raise InputError(f"The colour picture must hold uint8 values, not {color.dtype}.")
    before = luminance(color)
    if fused.shape != before.shape:
        raise InputError(
            f"The fused image {fused.shape} and the colour picture {before.shape} must have the same size."
        )
    if not np.isfinite(fused).all():
        raise InputError("The fused image holds NaN or infinite values and has no colour there.")
    change = 255.0 * np.clip(fused.astype(np.float64), 0.0, 1.0) - before
    return np.clip(np.rint(color + change[..., None]), 0, 255).astype(np.uint8)
