"""How alike fused image and inputs are in their local patterns: SSIM on one scale and on five."""

from __future__ import annotations

import math

import torch
from pytorch_msssim import ms_ssim, ssim
from torch import Tensor

from fusion.metrics.levels import PEAK, GreyLevels, require_side

WINDOW = 7
"""Side of SSIM's square window."""
LEAST_FOR_SCALES = 161
"""The smallest side of an image whose fifth scale still holds MS-SSIM's 11×11 window."""
_COUNT = WINDOW**2


def structural_similarity(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """SSIM: how alike are local brightness, contrast and pattern? Without unit, −2 to 2, a sum over both inputs.

    SSIM(x1, y) + SSIM(x2, y) (Wang, Bovik, Sheikh & Simoncelli 2004, *IEEE Transactions on Image Processing*
    13), each the mean over all positions of a flat 7×7 window inside the image, with sample covariances (n − 1),
    range 255, K = (0.01, 0.03): scikit-image's default, by which fusion tables are made.

    Pitfalls: the paper itself takes a Gaussian window of 11×11, σ = 1.5, as this project's objective and its
    table with the ceiling do; the two differ in the second digit. Sum or mean over the inputs halves the
    figure; a range other than the true one changes it without a sign. Dark ground counts as perfect agreement.
    A copy has 1 from its own input already.

    Raises
    ------
    UndefinedError
        A side is below 7 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.add.outer(np.arange(16.0), np.arange(16.0))
    >>> round(structural_similarity(image, image, image), 6)
    2.0
    """
    require_side(fused, WINDOW)
    window = torch.full((1, 1, 1, WINDOW), 1 / WINDOW, dtype=torch.float64)
    # The library divides covariances by n; n − 1 is the same formula with its second constant made smaller.
    constants = (0.01, 0.03 * math.sqrt((_COUNT - 1) / _COUNT))
    return sum(
        float(ssim(_batch(source), _batch(fused), data_range=PEAK, win=window, K=constants))
        for source in (first, second)
    )


def multiscale_structural_similarity(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """MS-SSIM: how alike are the patterns from fine to coarse? Without unit, 0 to 2, a sum over both inputs.

    For each input the product over five scales, each half the size of the one before, of contrast and pattern
    (the coarsest also brightness) to the powers 0.0448, 0.2856, 0.3001, 0.2363 and 0.1333 (Wang, Simoncelli &
    Bovik 2003, *Asilomar Conference*). Gaussian window 11×11, σ = 1.5, range 255, K = (0.01, 0.03).

    Pitfalls: a scale on which the images are opposites would be a negative number to a broken power; it counts
    as 0 and makes that input's product 0. Sum or mean over the inputs, as for SSIM.

    Raises
    ------
    UndefinedError
        A side is below 161 pixels: the fifth scale would be smaller than the window.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.add.outer(np.arange(161.0), np.arange(161.0)) / 2
    >>> round(multiscale_structural_similarity(image, image, image), 6)
    2.0
    """
    require_side(fused, LEAST_FOR_SCALES)
    return sum(float(ms_ssim(_batch(source), _batch(fused), data_range=PEAK)) for source in (first, second))


def _batch(image: GreyLevels) -> Tensor:
    return torch.tensor(image)[None, None]
