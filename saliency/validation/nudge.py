"""Does the derivative tell the truth? One input pixel nudged: the predicted fused pixel beside the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.derivatives.patch import patch_of
from saliency.geometry.window import Pixel, check_pixel

DELTAS = tuple(np.linspace(-0.5, 0.5, 41).tolist())
"""Nudges in the inputs' unit, where an image spans [0, 1]."""


@dataclass(frozen=True, eq=False)
class Nudge:
    """A fused pixel as one input pixel changes.

    Attributes
    ----------
    input_index : int
        The nudged input: 0 for the first, 1 for the second.
    source, target : (row, col)
        The nudged input pixel and the fused pixel that is watched.
    deltas : float64 (n,)
        What was added to the input pixel, rising. Nothing is clipped.
    possible : bool (n,)
        Where the nudged pixel stays in [0, 1]: other images do not occur.
    real : float64 (n,)
        The fused pixel, computed anew for each.
    predicted : float64 (n,)
        y + J·δ, the straight line that the derivative promises.
    slope : float
        J = ∂y[target] / ∂x_input_index[source].
    """

    input_index: int
    source: Pixel
    target: Pixel
    deltas: NDArray[np.float64]
    possible: NDArray[np.bool_]
    real: NDArray[np.float64]
    predicted: NDArray[np.float64]
    slope: float

    def true_within(self, part: float = 0.1) -> float:
        """How large may a nudge be, either way, before the line is off by more than ``part`` of the change?

        The change is the larger of the real and the predicted one. 0 where the first nudge is off already;
        the largest nudge tried where none is.

        Examples
        --------
        >>> import fusion
        >>> straight = nudge(fusion.load("Weighted Averaging (frozen weights)"), fusion.phantom(7), (128, 100), 0)
        >>> straight.slope == 0 or straight.true_within() < 0.5
        True
        """
        start = self.predicted - self.slope * self.deltas
        moved = np.maximum(np.abs(self.real - start), np.abs(self.predicted - start))
        off = np.abs(self.real - self.predicted) > part * moved + 1e-6
        sizes = np.abs(self.deltas).round(12)  # +δ and −δ are one size, whatever their last digit
        bad = sizes[off].min(initial=np.inf)
        return float(sizes[sizes < bad].max(initial=0.0))


def nudge(
    network: nn.Module,
    pair: ImagePair,
    source: Pixel,
    input_index: int,
    target: Pixel | None = None,
    deltas: Sequence[float] = DELTAS,
) -> Nudge:
    """What becomes of a fused pixel when one input pixel changes by δ, and what did the derivative promise?

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    source : (row, col)
        The input pixel to nudge.
    input_index : int
        In which input: 0 or 1.
    target : (row, col), optional
        The fused pixel to watch; the one at the same place unless told otherwise.
    deltas : floats
        In the inputs' unit, where an image spans [0, 1].

    Raises
    ------
    InputError
        A pixel lies outside the image, there is no such input, no nudge or one that is no number, or the
        network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> pair = fusion.phantom(seed=7)
    >>> found = nudge(fusion.load("Weighted Averaging"), pair, (0, 0), 0, deltas=[-0.1, 0.1])
    >>> found.predicted.round(3).tolist(), found.possible.tolist()
    ([-0.05, 0.05], [False, True])
    """
    if input_index not in (0, 1):
        raise InputError(f"The input to nudge is 0 (first) or 1 (second), not {input_index!r}.")
    steps = np.sort(np.asarray(deltas, dtype=np.float64).ravel())
    if steps.size == 0 or not np.isfinite(steps).all():
        raise InputError("Nudges are one number or more, all finite.")
    source = check_pixel(source, pair.shape)
    target = source if target is None else check_pixel(target, pair.shape)
    patch = patch_of(network, pair, target)
    row, col = patch.place(source)
    inside = 0 <= row < patch.inputs.shape[1] and 0 <= col < patch.inputs.shape[2]
    variants = patch.inputs.repeat(steps.size + 1, 1, 1, 1)
    if inside:
        variants[1:, input_index, row, col] += torch.as_tensor(steps).to(variants)
    values = patch.values(network, variants)
    slope = float(patch.gradient(network)[input_index, row, col]) if inside else 0.0
    before = (pair.first, pair.second)[input_index][source]
    possible = (before + steps >= 0) & (before + steps <= 1)
    return Nudge(input_index, source, target, steps, possible, values[1:], values[0] + slope * steps, slope)
