"""Are the derivatives the slopes of the fused image? Held against central differences in float64."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.patch import Patch, patch_of
from saliency.geometry.window import Pixel
from saliency.receptive_field.nan_probe import probed

STEP = 1e-6
"""Half the distance of a central difference, in the inputs' unit: few kinks lie within; float64 resolves it."""
TOLERANCE = 1e-3
"""Largest difference that counts as agreement, as a part of the largest derivative of the pixel."""


@dataclass(frozen=True)
class Slope:
    """One derivative beside the difference quotient.

    Attributes
    ----------
    input_index : int
        0 for the first input, 1 for the second.
    pixel : (row, col)
        The input pixel.
    derivative : float
        J_k[…, pixel], k the input, as the Jacobian image shows it.
    quotient : float
        (y(x + h) − y(x − h)) / 2h, in float64.
    kink : bool
        They disagree because the slope itself jumps within the step, as a ReLU's does: there is no
        derivative to be wrong about, and what is shown is a convention.
    """

    input_index: int
    pixel: Pixel
    derivative: float
    quotient: float
    kink: bool


@dataclass(frozen=True)
class Agreement:
    """How well a pixel's derivatives agree with differences.

    Attributes
    ----------
    slopes : tuple of Slope
        Those looked at: the strongest first, then random ones of the window.
    largest : float
        Largest |J| of the pixel, either input: what errors are measured by.
    """

    slopes: tuple[Slope, ...]
    largest: float

    @property
    def kinks(self) -> int:
        """How many of the slopes are at a kink."""
        return sum(slope.kink for slope in self.slopes)

    @property
    def error(self) -> float | None:
        """Largest disagreement away from kinks, as a part of the largest derivative.

        None where every slope looked at is a kink; infinite where all derivatives are 0 and differences are not.
        """
        errors = [abs(slope.derivative - slope.quotient) for slope in self.slopes if not slope.kink]
        if not errors:
            return None
        if self.largest == 0:
            return 0.0 if max(errors) == 0 else float("inf")
        return max(errors) / self.largest


def agreement(
    network: nn.Module, pair: ImagePair, pixel: Pixel, strongest: int = 8, others: int = 8, seed: int = 0
) -> Agreement:
    """Do the derivatives of a fused pixel agree with what really happens when an input pixel changes?

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    pixel : (row, col)
    strongest, others : int
        How many derivatives are checked: the strongest ones, and random ones of the rest of the window.
    seed : int
        Of the random ones.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> agreement(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (128, 100)).error < 1e-6
    True
    """
    J = jacobian(network, pair, pixel)
    shown = np.stack([J.first, J.second]).astype(np.float64)
    exact = probed(network)
    patch = patch_of(exact, pair, J.pixel, seen_by=network)
    # A method without weights has no type of its own that would make its inputs float64.
    patch = replace(patch, inputs=patch.inputs.double())
    chosen = _chosen(shown, strongest, others, seed)
    quotients = _quotients(exact, patch, chosen)
    largest = float(np.abs(shown).max())
    slopes = []
    for place, quotient in zip(chosen, quotients, strict=True):
        input_index, row, col = place
        derivative = float(shown[place])
        off = not abs(derivative - quotient) <= TOLERANCE * largest
        kink = off and _jumps(exact, patch, place, TOLERANCE * largest)
        at = row + patch.area.top, col + patch.area.left
        slopes.append(Slope(input_index, at, derivative, float(quotient), kink))
    return Agreement(tuple(slopes), largest)


Place = tuple[int, int, int]
"""Input, row and column within the window."""


def _chosen(shown: NDArray[np.float64], strongest: int, others: int, seed: int) -> list[Place]:
    order = np.argsort(-np.abs(shown), axis=None, kind="stable")
    rest = np.random.default_rng(seed).permutation(order[strongest:])[:others]
    inputs, rows, cols = np.unravel_index(np.concatenate([order[:strongest], rest]), shown.shape)
    return list(zip(inputs.tolist(), rows.tolist(), cols.tolist(), strict=True))


def _quotients(exact: nn.Module, patch: Patch, chosen: list[Place]) -> NDArray[np.float64]:
    variants = patch.inputs.repeat(2 * len(chosen), 1, 1, 1)
    for number, place in enumerate(chosen):
        variants[2 * number, *place] += STEP
        variants[2 * number + 1, *place] -= STEP
    above, below = patch.values(exact, variants).reshape(-1, 2).T
    return (above - below) / (2 * STEP)


def _jumps(exact: nn.Module, patch: Patch, place: Place, least: float) -> bool:
    """Whether the derivative itself jumps between the ends of the step: a smooth one hardly changes there."""
    slopes = []
    for step in (-STEP, 0.0, STEP):
        inputs: torch.Tensor = patch.inputs.clone()
        inputs[place] += step
        slopes.append(patch.gradient(exact, inputs)[place])
    return bool(np.ptp(slopes) > least)
