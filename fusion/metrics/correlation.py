"""How the fused image runs along with the inputs, pixel by pixel: correlations and squared distance."""

from __future__ import annotations

import numpy as np

from fusion.metrics.levels import PEAK, GreyLevels, is_constant
from fusion.metrics.value import UndefinedError


def correlation(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """CC: does the fused image rise and fall with the inputs? Without unit, −1 to 1, a mean over both.

    (r(x1, y) + r(x2, y)) / 2 with Pearson's r (for fused images: Deshmukh & Bhosale 2010).

    Pitfalls: the common dark ground alone makes it high. It is highest for an average of both standardised
    inputs, blurred or not: mean fusion is hard to beat.

    Raises
    ------
    UndefinedError
        One of the three images is constant.

    Examples
    --------
    >>> rising, falling = np.array([[0.0, 1.0, 2.0]]), np.array([[2.0, 1.0, 0.0]])
    >>> correlation(rising, falling, rising), correlation(rising, rising, rising)
    (0.0, 1.0)
    """
    _refuse_constant({"the fused image": fused, "the first image": first, "the second image": second})
    return (_pearson(first, fused) + _pearson(second, fused)) / 2


def sum_of_correlations_of_differences(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """SCD: is what was added to one input just what the other one shows? Without unit, −2 to 2.

    r(y − x2, x1) + r(y − x1, x2) with Pearson's r (Aslantas & Bendes 2015, *AEU International Journal of
    Electronics and Communications* 69).

    Pitfalls: undefined for a copy of either input, whose difference from it is nothing; for a near-copy it is
    the correlation of rounding errors. It favours adding the inputs beyond any sensible brightness: x1 + x2 is
    its optimum, 2.

    Raises
    ------
    UndefinedError
        An input is constant, or the fused image differs from one by a constant.

    Examples
    --------
    >>> first, second = np.array([[0.0, 1.0, 2.0]]), np.array([[5.0, 3.0, 7.0]])
    >>> sum_of_correlations_of_differences(first, second, first + second)
    2.0
    """
    _refuse_constant({"the first image": first, "the second image": second})
    for name, image in (("first", first), ("second", second)):
        if is_constant(fused - image):
            raise UndefinedError(f"the fused image is a copy of the {name}, but for a constant")
    return _pearson(fused - second, first) + _pearson(fused - first, second)


def peak_signal_to_noise(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """PSNR: how small is the squared distance from both inputs? In decibels.

    10 log₁₀(255² / M), M the mean of both inputs' mean squared distances. The peak is the greatest grey level
    there can be.

    Pitfalls: programs differ in the peak (255, 1, or the fused image's own maximum, which rewards bright
    images) and in taking the mean of the distances, as here, or of two decibel figures. Mean fusion is its
    optimum whatever the images are.

    Raises
    ------
    UndefinedError
        The fused image equals both inputs, and the figure has no bound.

    Examples
    --------
    >>> black, white = np.zeros((1, 1)), np.full((1, 1), 255.0)
    >>> round(peak_signal_to_noise(black, white, black), 4)
    3.0103
    """
    distance = (((first - fused) ** 2).mean() + ((second - fused) ** 2).mean()) / 2
    if distance == 0:
        raise UndefinedError("the fused image equals both inputs, and the figure has no bound")
    return float(10 * np.log10(PEAK**2 / distance))


def _refuse_constant(images: dict[str, GreyLevels]) -> None:
    for name, image in images.items():
        if is_constant(image):
            raise UndefinedError(f"{name} is constant")


def _pearson(one: GreyLevels, other: GreyLevels) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))
