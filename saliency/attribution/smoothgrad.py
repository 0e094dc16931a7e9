"""SmoothGrad: the Jacobian averaged over noisy copies of the pair."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.attribution.result import Attribution
from saliency.defaults import NOISE, SAMPLES
from saliency.derivatives.target import PixelOrRegion, target_of


def smooth_gradients(
    network: nn.Module,
    pair: ImagePair,
    asked: PixelOrRegion,
    samples: int = SAMPLES,
    sigma: float = NOISE,
    seed: int = 0,
) -> Attribution:
    """Which input pixels does a fused pixel, or a region's mean, depend on, around this pair rather than at it?

    The mean of ∂y/∂x over copies of the pair with Gaussian noise (Smilkov et al. 2017). One copy without noise
    gives the Jacobian. See `smooth_gradients_stream`.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> smooth_gradients(net, pair, (0, 0), samples=1, sigma=0).first.tolist()
    [[0.5]]
    """
    for partial in smooth_gradients_stream(network, pair, asked, samples, sigma, seed):
        latest = partial
    return latest


def smooth_gradients_stream(
    network: nn.Module,
    pair: ImagePair,
    asked: PixelOrRegion,
    samples: int = SAMPLES,
    sigma: float = NOISE,
    seed: int = 0,
) -> Iterator[Attribution]:
    """The same, growing smoother copy by copy.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    asked : (row, col) or bool (H, W)
        A fused pixel, or a region whose fused mean is asked about.
    samples : int
        Noisy copies.
    sigma : float
        Standard deviation of the noise as a part of each image's own range; nothing is clipped to [0, 1].
    seed : int
        Of the noise, which is drawn for the pixels that the fused value sees.

    Raises
    ------
    InputError
        The pixel lies outside the image, the region has another size or no pixel, there is no copy, sigma is
        negative or no number, or the network is in training mode.
    """
    if samples < 1:
        raise InputError(f"SmoothGrad takes one noisy copy or more, not {samples}.")
    if not (math.isfinite(sigma) and sigma >= 0):
        raise InputError(f"Sigma is a part of the images' range, 0 or more, not {sigma}.")
    target = target_of(network, pair, asked)
    value = target.value(target.inputs)
    scales = torch.tensor([sigma * float(np.ptp(image)) for image in (pair.first, pair.second)])
    generator = torch.Generator().manual_seed(seed)
    total = np.zeros(target.inputs.shape)
    for done in range(1, samples + 1):
        noise: Tensor = scales[:, None, None] * torch.randn(target.inputs.shape, generator=generator)
        total += target.gradients((target.inputs + noise.to(target.inputs))[None])[0]
        first, second = (total / done).astype(np.float32)
        yield Attribution(
            first, second, target.area, target.shape, value, baseline=None, error=None, bound=None, steps=done
        )
