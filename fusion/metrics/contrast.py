"""How lively the fused image is by itself: spread, frequency and gradient of its grey levels."""

from __future__ import annotations

import numpy as np

from fusion.metrics.levels import GreyLevels, require_side


def standard_deviation(fused: GreyLevels) -> float:
    """SD: how far are the fused grey levels spread? In grey levels, 0 to 127.5.

    √(mean (y − ȳ)²), n in the denominator (Rao 1997).

    Pitfalls: it measures the bright object against the dark ground before anything else; any stretch of
    contrast and any noise raises it, and the inputs play no part.

    Examples
    --------
    >>> standard_deviation(np.array([[0.0, 255.0]]))
    127.5
    """
    return float(fused.std())


def spatial_frequency(fused: GreyLevels) -> float:
    """SF: how strongly do neighbouring pixels differ? In grey levels a pixel, 0 to 361.

    √(mean of (y[r, c+1] − y[r, c])² + mean of (y[r+1, c] − y[r, c])²), each mean over the differences there are
    (Eskicioglu & Fisher 1995, *IEEE Transactions on Communications* 43).

    Pitfalls: noise, ringing and a hard pixel-wise choice between the inputs raise it. Some programs divide by
    all H·W pixels instead, which lowers it by up to 1/W (0.2 % at 256 pixels).

    Raises
    ------
    UndefinedError
        A side is below 2 pixels.

    Examples
    --------
    >>> spatial_frequency(np.array([[0.0, 3.0], [4.0, 7.0]]))
    5.0
    """
    require_side(fused, 2)
    across, down = np.diff(fused, axis=1), np.diff(fused, axis=0)
    return float(np.sqrt((across**2).mean() + (down**2).mean()))


def average_gradient(fused: GreyLevels) -> float:
    """AG: how steep is the fused image on average? In grey levels a pixel.

    Mean of √((∂r y² + ∂c y²) / 2), with central differences inside and one-sided ones at the border (Cui, Feng,
    Xu, Li & Chen 2015, *Optics Communications* 341).

    Pitfalls: as of SF. Programs that take forward differences, or leave out the 2 under the root, print figures
    that are larger by a factor of about 1.2 to 1.4.

    Raises
    ------
    UndefinedError
        A side is below 2 pixels.

    Examples
    --------
    >>> average_gradient(np.array([[0.0, 2.0, 4.0], [2.0, 4.0, 6.0]]))
    2.0
    """
    require_side(fused, 2)
    down, across = np.gradient(fused)
    return float(np.sqrt((down**2 + across**2) / 2).mean())
