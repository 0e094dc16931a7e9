"""Gradients along a path from a baseline to the pair, added up until their sum is the change of the fused value.

The gradient theorem says what that sum must be over every stretch of the path: the difference of the values at
its ends. So the error of each stretch is known, not estimated, and the stretch with the largest is halved until
the errors together are small enough (adaptive Gauss–Legendre quadrature). Kinks of ReLUs are found in this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion.errors import InputError
from saliency.derivatives.target import Target

NODES = 4
"""Points of a stretch at which gradients are computed."""

Path = Callable[[float], tuple[Tensor, Tensor]]
"""From t in [0, 1] to both inputs on the way, (2, h, w), and their derivative by t; at 1 it is the pair."""


@dataclass(frozen=True, eq=False)
class PathIntegral:
    """What each input pixel contributed on the way, as far as it is computed.

    Attributes
    ----------
    contributions : float64 (2, h, w)
        ∫ (∂y/∂x)(x(t)) · x'(t) dt over t from 0 to 1.
    start, end : float
        y at the baseline and at the pair.
    error : float
        Σ over the stretches of |sum of contributions − change of y|: no less than the residual's size.
    steps : int
        Gradients computed so far.
    """

    contributions: NDArray[np.float64]
    start: float
    end: float
    error: float
    steps: int

    @property
    def residual(self) -> float:
        """Sum of all contributions minus the change of y; 0 were the integral exact (completeness)."""
        return float(self.contributions.sum()) - (self.end - self.start)


@dataclass(frozen=True, eq=False)
class _Stretch:
    start: float
    stop: float
    value_start: float
    value_stop: float
    contributions: NDArray[np.float64]

    @property
    def error(self) -> float:
        return abs(float(self.contributions.sum()) - (self.value_stop - self.value_start))


def check_precision(bound: float, most_steps: int) -> None:
    """Refuse a bound that is not above 0, and fewer steps than one stretch takes."""
    if not bound > 0:
        raise InputError(f"The bound of the completeness error is a number above 0, not {bound}.")
    if most_steps < NODES:
        raise InputError(f"A path takes at least {NODES} steps, not {most_steps}.")


def integrals(target: Target, path: Path, bound: float, most_steps: int) -> Iterator[PathIntegral]:
    """The integral along ``path``, ever more precise; the last is within ``bound`` or took ``most_steps``."""
    ends = [target.value(path(t)[0]) for t in (0.0, 1.0)]
    stretches = [_stretch(target, path, (0.0, 1.0), (ends[0], ends[1]))]
    steps = NODES
    while True:
        error = sum(each.error for each in stretches)
        total = np.sum([each.contributions for each in stretches], axis=0)
        yield PathIntegral(total, ends[0], ends[1], error, steps)
        # Not "error > bound": where the network yields NaN, no more steps would help.
        if not error > bound or steps + 2 * NODES > most_steps:
            return
        worst = max(stretches, key=lambda each: each.error)
        stretches.remove(worst)
        stretches += _halves(target, path, worst)
        steps += 2 * NODES


def _halves(target: Target, path: Path, whole: _Stretch) -> list[_Stretch]:
    middle = (whole.start + whole.stop) / 2
    value = target.value(path(middle)[0])
    return [
        _stretch(target, path, (whole.start, middle), (whole.value_start, value)),
        _stretch(target, path, (middle, whole.stop), (value, whole.value_stop)),
    ]


def _stretch(target: Target, path: Path, ends: tuple[float, float], values: tuple[float, float]) -> _Stretch:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = (ends[1] - ends[0]) / 2
    images, speeds = zip(*(path(ends[0] + half * (1 + node)) for node in nodes.tolist()), strict=True)
    slopes = target.gradients(torch.stack(images))
    along = np.stack([speed.double().cpu().numpy() for speed in speeds])
    contributions = half * np.tensordot(weights, slopes * along, axes=1)
    return _Stretch(*ends, *values, contributions)
