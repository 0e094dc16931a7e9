"""Integrated gradients: the change of a fused value from a baseline to the pair, shared out over input pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.attribution.gaussian_blur import blurred, reach_of
from saliency.attribution.path_integral import check_precision, integrals
from saliency.attribution.result import Attribution, along_path
from saliency.defaults import BASELINES, BOUND, MOST_STEPS
from saliency.derivatives.target import PixelOrRegion, Target, target_of
from saliency.geometry.window import around

BLUR = 8.0
"""Standard deviation in pixels of the blurred baseline."""


def integrated_gradients(
    network: nn.Module,
    pair: ImagePair,
    asked: PixelOrRegion,
    baseline: str = "black",
    bound: float = BOUND,
    most_steps: int = MOST_STEPS,
) -> Attribution:
    """How much did each input pixel add to a fused pixel, or to a region's mean, seen from a baseline?

    (x − x') · ∫ ∂y/∂x (x' + t·(x − x')) dt over t from 0 to 1, for the pair x and the baseline x' (Sundararajan,
    Taly & Yan 2017, Eq. 1). All of them sum to y(x) − y(x'). See `integrated_gradients_stream`.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> found = integrated_gradients(net, pair, (128, 100))
    >>> found.is_complete, round(found.value - float(found.first.sum() + found.second.sum()), 4)
    (True, 0.0)
    """
    for partial in integrated_gradients_stream(network, pair, asked, baseline, bound, most_steps):
        latest = partial
    return latest


def integrated_gradients_stream(
    network: nn.Module,
    pair: ImagePair,
    asked: PixelOrRegion,
    baseline: str = "black",
    bound: float = BOUND,
    most_steps: int = MOST_STEPS,
) -> Iterator[Attribution]:
    """The same, ever more precise; the last is complete within ``bound``, or says that it is not.

    Parameters
    ----------
    network : Module
        In eval mode. One that is not local is differentiated on the full image, which may take long.
    pair : ImagePair
    asked : (row, col) or bool (H, W)
        A fused pixel, or a region whose fused mean is asked about.
    baseline : str
        Where the path starts: ``"black"`` or ``"blurred"``.
    bound : float
        Largest error of completeness, in the fused image's unit.
    most_steps : int
        Gradients to compute at most.

    Raises
    ------
    InputError
        The pixel lies outside the image, the region has another size or no pixel, there is no such baseline,
        the bound or the steps are too small, or the network is in training mode.
    """
    if baseline not in BASELINES:
        raise InputError(f"A path starts at one of the baselines {' and '.join(BASELINES)}, not {baseline!r}.")
    check_precision(bound, most_steps)
    target = target_of(network, pair, asked)
    start = _start(target, pair, baseline)

    def straight(t: float) -> tuple[Tensor, Tensor]:
        return torch.lerp(start, target.inputs, t), target.inputs - start

    for found in integrals(target, straight, bound, most_steps):
        yield along_path(target, found, bound)


def _start(target: Target, pair: ImagePair, baseline: str) -> Tensor:
    if baseline == "black":
        return torch.zeros_like(target.inputs)
    return blurred_inputs(target, pair, BLUR, BLUR)[0]


def blurred_inputs(target: Target, pair: ImagePair, sigma: float, widest: float) -> tuple[Tensor, Tensor]:
    """Both inputs blurred, (2, h, w) at the target's area, and their derivative by sigma.

    As if the whole images had been blurred: what a blurred pixel of the area sees is cut out with it.
    """
    reach = reach_of(widest)
    seen = around(target.area, reach, 1, target.shape)
    at = target.area.within(seen)
    found = [blurred(image[seen.slices], sigma, reach) for image in (pair.first, pair.second)]
    values, slopes = (np.stack([each[input_index][at] for each in found]) for input_index in (0, 1))
    return torch.from_numpy(values).to(target.inputs), torch.from_numpy(slopes).to(target.inputs)
