"""Local attribution maps: which input pixels bring the detail into a fused pixel or region, and from how wide."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.attribution.integrated_gradients import blurred_inputs
from saliency.attribution.path_integral import check_precision, integrals
from saliency.attribution.result import Attribution, along_path
from saliency.defaults import BOUND, FIRST_BLUR, MOST_STEPS
from saliency.derivatives.target import PixelOrRegion, target_of


def local_attribution(
    network: nn.Module,
    pair: ImagePair,
    asked: PixelOrRegion,
    sigma: float = FIRST_BLUR,
    bound: float = BOUND,
    most_steps: int = MOST_STEPS,
) -> Attribution:
    """Which input pixels give a fused pixel, or a region's mean, what blurred inputs would not?

    Gradients along a path on which a Gaussian blur grows narrower at a constant rate, from ``sigma`` to none,
    each times how its input pixel changes there: ∫ ∂y/∂x(x_t) · ∂x_t/∂t dt with x_t = blur(x, (1 − t)·sigma) (Gu
    & Dong 2021). Their paper asks about the strength of edges in a patch of a super-resolved image;
    here the fused value itself is asked about, so that the map sums to what deblurring changes it by.
    See `local_attribution_stream`.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> local_attribution(net, pair, (128, 100)).is_complete
    True
    """
    for partial in local_attribution_stream(network, pair, asked, sigma, bound, most_steps):
        latest = partial
    return latest


def local_attribution_stream(
    network: nn.Module,
    pair: ImagePair,
    asked: PixelOrRegion,
    sigma: float = FIRST_BLUR,
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
    sigma : float
        Standard deviation of the first blur, in pixels.
    bound : float
        Largest error of completeness, in the fused image's unit.
    most_steps : int
        Gradients to compute at most.

    Raises
    ------
    InputError
        The pixel lies outside the image, the region has another size or no pixel, sigma is no number above 0,
        the bound or the steps are too small, or the network is in training mode.
    """
    if not (math.isfinite(sigma) and sigma > 0):
        raise InputError(f"The first blur's width is a number of pixels above 0, not {sigma}.")
    check_precision(bound, most_steps)
    target = target_of(network, pair, asked)

    def deblurring(t: float) -> tuple[Tensor, Tensor]:
        values, slopes = blurred_inputs(target, pair, (1 - t) * sigma, sigma)
        return values, -sigma * slopes

    for found in integrals(target, deblurring, bound, most_steps):
        yield along_path(target, found, bound)


def gini(values: ArrayLike) -> float | None:
    """How unequally is something shared out? The Gini coefficient of values of 0 or more, n of them.

    Σ_i Σ_j |g_i − g_j| / (2 n² · mean of g): 0 where all are equal, 1 − 1/n where one has everything. None where
    there is nothing to share, or it is not finite.

    Examples
    --------
    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 5]), gini([0, 0])
    (0.0, 0.75, None)
    """
    rising = np.sort(np.asarray(values, dtype=np.float64), axis=None)
    total = float(rising.sum())
    if not 0 < total < np.inf:
        return None
    # Among sorted values g_1 ≤ … ≤ g_n, g_i is the larger of i − 1 pairs and the smaller of n − i.
    ranks = 2 * np.arange(1, rising.size + 1) - rising.size - 1
    return float(ranks @ rising / (rising.size * total))


def diffusion_index(found: Attribution) -> float | None:
    """From how many input pixels does a fused value come? (1 − Gini) · 100, from 0 to 100.

    The Gini coefficient is that of the attributions' sizes over all pixels of both inputs, those outside the
    window included (Gu & Dong 2021). Compare networks on one pair by it, not pairs of different size. None where
    no pixel has any attribution.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> diffusion_index(local_attribution(net, pair, (128, 100))) < 0.01
    True
    """
    sizes = np.abs(np.stack([found.first, found.second]).astype(np.float64))
    within = gini(sizes)
    if within is None:
        return None
    # Pixels with nothing add no difference among themselves: 1 − Gini shrinks by the window's part of the image.
    part = found.first.size / (found.shape[0] * found.shape[1])
    return 100 * (1 - within) * part
