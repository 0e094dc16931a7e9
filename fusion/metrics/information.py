"""How many bits a fused image holds, and how many of them tell something about the inputs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fusion.metrics.levels import PEAK, GreyLevels
from fusion.metrics.value import UndefinedError

Probabilities = NDArray[np.float64]
_BINS = int(PEAK) + 1


def entropy(fused: GreyLevels) -> float:
    """EN: how evenly does the fused image use its grey levels? In bits, 0 (constant) to 8.

    −Σ p(g) log₂ p(g) over the histogram of the 256 grey levels (Shannon 1948; for fused images Roberts, van
    Aardt & Ahmed 2008).

    Pitfalls: noise raises it, and it asks nothing about the inputs. A dark background lowers it, so that
    figures of images with more or less background cannot be compared. Stretching contrast without adding a
    single new level leaves it as it was.

    Examples
    --------
    >>> entropy(np.array([[0.0, 0.0], [255.0, 255.0]]))
    1.0
    """
    return _entropy(_histogram(fused)) / math.log(2)


def mutual_information(first: GreyLevels, second: GreyLevels, fused: GreyLevels, *, base: float = math.e) -> float:
    """MI: how much do the fused grey levels tell about those of both inputs? In nats, a sum over both.

    I(x1; y) + I(x2; y) with I(x; y) = H(x) + H(y) − H(x, y), from the joint histogram of 256 × 256 grey levels
    (Qu, Zhang & Yan 2002, *Electronics Letters* 38). From 0 to H(x1) + H(x2).

    Pitfalls: papers print nats or bits (``base=2``: 1.4427 times as many) and seldom say which, and some print
    the mean over both inputs. The histogram has about as many cells as a 256×256 image has pixels, so that even
    independent images share "information". A copy of one input gets all of that input's entropy: the measure
    does not ask whether the other one is there.

    Examples
    --------
    >>> image, blank = np.array([[0.0, 255.0]]), np.zeros((1, 2))
    >>> mutual_information(image, blank, image, base=2)
    1.0
    """
    nats = sum(_shared(source, fused)[0] for source in (first, second))
    return nats / math.log(base)


def normalized_mutual_information(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """NMI: how much of the grey levels' entropy is shared with the inputs? Without unit, 0 to 2.

    2 [I(x1; y) / (H(x1) + H(y)) + I(x2; y) / (H(x2) + H(y))] (Hossny, Nahavandi & Creighton 2008, *Electronics
    Letters* 44, who corrected MI's preference for the input of the larger entropy).

    Pitfalls: several other normalisations carry the same name, with ranges 0…1 and 1…2. A copy of one input
    already has 1 from that input.

    Raises
    ------
    UndefinedError
        The fused image and one of the inputs are both constant: there is no entropy to share.

    Examples
    --------
    >>> image, other = np.array([[0.0, 255.0, 0.0, 255.0]]), np.array([[0.0, 0.0, 255.0, 255.0]])
    >>> normalized_mutual_information(image, other, image), normalized_mutual_information(image, image, image)
    (1.0, 2.0)
    """
    total = 0.0
    for source in (first, second):
        nats, both = _shared(source, fused)
        if both == 0:
            raise UndefinedError("the fused image and an input are both constant")
        total += 2 * nats / both
    return total


def _shared(source: GreyLevels, fused: GreyLevels) -> tuple[float, float]:
    """I(x; y) and H(x) + H(y), in nats."""
    joint = _joint(source, fused)
    both = _entropy(joint.sum(axis=1)) + _entropy(joint.sum(axis=0))
    # Never below zero, whatever the rounding of the sums.
    return max(both - _entropy(joint.ravel()), 0.0), both


def _cells(image: GreyLevels) -> NDArray[np.int64]:
    return np.rint(np.clip(image, 0, PEAK)).astype(np.int64).ravel()


def _histogram(image: GreyLevels) -> Probabilities:
    return np.bincount(_cells(image), minlength=_BINS) / image.size


def _joint(source: GreyLevels, fused: GreyLevels) -> Probabilities:
    counts = np.bincount(_BINS * _cells(source) + _cells(fused), minlength=_BINS**2)
    return counts.reshape(_BINS, _BINS) / fused.size


def _entropy(probabilities: Probabilities) -> float:
    """−Σ p ln p, in nats."""
    held = probabilities[probabilities > 0]
    return abs(float(held @ np.log(held)))
