"""Q^AB/F: how well the inputs' edges survive in the fused image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import sobel

from fusion.metrics.levels import GreyLevels, is_constant
from fusion.metrics.value import UndefinedError

EdgeMap = NDArray[np.float64]


class _Edges(NamedTuple):
    strength: EdgeMap
    angle: EdgeMap


class _Sigmoid(NamedTuple):
    """top / (1 + exp(slope (preserved − middle))), the paper's view of when a loss of edges is seen."""

    top: float
    slope: float
    middle: float

    def __call__(self, preserved: EdgeMap) -> EdgeMap:
        return self.top / (1 + np.exp(self.slope * (preserved - self.middle)))


_OF_STRENGTH = _Sigmoid(0.9994, -15, 0.5)
_OF_ANGLE = _Sigmoid(0.9879, -22, 0.8)


def edge_preservation(first: GreyLevels, second: GreyLevels, fused: GreyLevels) -> float:
    """Q^AB/F: how much of the inputs' edges, in strength and direction, is found again? 0 to 0.975.

    Σ (Q1 g1 + Q2 g2) / Σ (g1 + g2) over all pixels (Xydeas & Petrović 2000, *Electronics Letters* 36). g is the
    length of Sobel's gradient, images continued by zeros. Q_k is a product of two sigmoids: of the smaller over
    the larger of g_k and g_y (Γ = 0.9994, κ = −15, σ = 0.5), and of 1 − |α_k − α_y| / (π/2) with
    α = arctan(vertical over horizontal derivative), π/2 where the latter is 0 (0.9879, −22, 0.8).

    Pitfalls: Γ keeps even a perfect result below 1. α has no sign, and is taken as an angle on a line, not a
    circle: two nearly vertical gradients that lean to different sides count as opposites. Input pixels weigh
    by their own gradient, so that the sharper input decides: a copy of an MRI scores high beside a blurred PET.
    The frame counts as an edge where a picture is bright at its border. Programs differ where strengths are
    equal: their ratio is 1 here, where a widely used one takes the strength itself.

    Raises
    ------
    UndefinedError
        Both inputs are constant and have no edge but their frame.

    Examples
    --------
    >>> step = np.zeros((9, 9))
    >>> step[:, 4:] = 200
    >>> blank = np.zeros((9, 9))
    >>> round(edge_preservation(step, blank, step), 3), round(edge_preservation(step, blank, blank), 3)
    (0.975, 0.0)
    """
    if is_constant(first) and is_constant(second):
        raise UndefinedError("neither input has an edge")
    edges = _edges(fused)
    sources = [_edges(image) for image in (first, second)]
    total = sum(float(source.strength.sum()) for source in sources)
    return sum(float((_preserved(source, edges) * source.strength).sum()) for source in sources) / total


def _edges(image: GreyLevels) -> _Edges:
    across = -sobel(image, axis=1, mode="constant")
    down = sobel(image, axis=0, mode="constant")
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.where(across == 0, np.pi / 2, np.arctan(down / across))
    return _Edges(np.hypot(across, down), angle)


def _preserved(source: _Edges, fused: _Edges) -> EdgeMap:
    aligned = 1 - np.abs(source.angle - fused.angle) / (np.pi / 2)
    return _OF_STRENGTH(_ratio(source.strength, fused.strength)) * _OF_ANGLE(aligned)


def _ratio(one: EdgeMap, other: EdgeMap) -> EdgeMap:
    """The smaller strength over the larger, 1 where they are equal."""
    larger = np.maximum(one, other)
    return np.where(larger > 0, np.minimum(one, other) / np.where(larger > 0, larger, 1), 1)
