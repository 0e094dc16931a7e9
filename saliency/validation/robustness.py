"""Does a Jacobian image survive a little noise, and does it change when the network's weights are randomised?"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.patch import patch_of
from saliency.geometry.window import Pixel
from saliency.measures.guidance_correlation import correlation

SIGMA = 0.01
"""Standard deviation of the noise unless told otherwise: one hundredth of the image's range."""


@dataclass(frozen=True)
class Similarity:
    """How alike two Jacobian images are, both inputs taken together.

    Attributes
    ----------
    ranks : float or None
        Spearman's correlation of |J| over the window's pixels; None where either is constant or each input
        has but one pixel: there is nothing to rank. Influence fades with distance in every convolutional
        network, whatever it learned, and that alone makes this high.
    signed : float or None
        The same of the signed J, where that fading does not count.
    change : float or None
        ‖J' − J‖ / ‖J‖, Euclidean norms of the signed values; 0 is equal; None where J is 0 everywhere.
    """

    ranks: float | None
    signed: float | None
    change: float | None


def similarity(one: NDArray[np.float64], other: NDArray[np.float64]) -> Similarity:
    """How alike are two Jacobian images, (2, h, w), the second held against the first?

    Examples
    --------
    >>> J = np.arange(8.0).reshape(2, 2, 2)
    >>> found = similarity(J, -2 * J)
    >>> round(found.ranks, 6), round(found.signed, 6), found.change
    (1.0, -1.0, 3.0)
    """
    several = one[0].size > 1
    ranks = correlation(np.abs(one), np.abs(other)).spearman if several else None
    signed = correlation(one, other).spearman if several else None
    size = float(np.linalg.norm(one))
    return Similarity(ranks, signed, float(np.linalg.norm(other - one)) / size if size > 0 else None)


def under_noise(
    network: nn.Module, pair: ImagePair, pixel: Pixel, sigma: float = SIGMA, copies: int = 8, seed: int = 0
) -> tuple[Similarity, ...]:
    """How alike stays a fused pixel's Jacobian when both inputs carry a little noise? One similarity a copy.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    pixel : (row, col)
    sigma : float
        Standard deviation of the Gaussian noise in the inputs' unit; nothing is clipped to [0, 1].
    copies : int
        Noisy copies of the pixel's window.
    seed : int

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> [round(each.change, 6) for each in under_noise(net, pair, (128, 100), sigma=0, copies=2)]
    [0.0, 0.0]
    """
    patch = patch_of(network, pair, pixel)
    quiet = patch.gradient(network)
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(copies):
        noise = sigma * torch.randn(patch.inputs.shape, generator=generator)
        found.append(similarity(quiet, patch.gradient(network, patch.inputs + noise.to(patch.inputs))))
    return tuple(found)


@dataclass(frozen=True)
class RandomisedStage:
    """A network whose last layers have random weights.

    Attributes
    ----------
    layer : str
        The layer that was randomised last, by its name in the network; all after it were before.
    similarity : Similarity
        Of the Jacobian to the trained network's.
    """

    layer: str
    similarity: Similarity


def weight_randomisation(
    network: nn.Module, pair: ImagePair, pixel: Pixel, seed: int = 0
) -> Iterator[RandomisedStage]:
    """Does the Jacobian depend on what the network learned? Its weights are randomised layer by layer.

    The model parameter randomisation test of Adebayo et al. 2018 (Section 3), cascading from output to input: a
    map that hardly changes shows the architecture, or the picture's edges, rather than what was learned. Each
    layer's weights are drawn anew from a normal distribution with the mean and the spread they had, so that the
    signal keeps its size; normalisation and bias go with the convolution before them. ``network`` itself is left
    as it is.

    Examples
    --------
    >>> import fusion
    >>> list(weight_randomisation(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (128, 100)))
    []
    """
    patch = patch_of(network, pair, pixel)
    trained = patch.gradient(network)
    randomised = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    for layer, parts in reversed(_stages(randomised)):
        for part in parts:
            _randomise(part, generator)
        yield RandomisedStage(layer, similarity(trained, patch.gradient(randomised)))


def _stages(network: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """The layers with weights in the order they were built, each with the normalisation that follows it."""
    stages: list[tuple[str, list[nn.Module]]] = []
    for name, part in network.named_modules():
        own = list(part.parameters(recurse=False))
        if not own:
            continue
        if stages and all(weight.dim() < 2 for weight in own):
            stages[-1][1].append(part)
        else:
            stages.append((name, [part]))
    return stages


def _randomise(part: nn.Module, generator: torch.Generator) -> None:
    with torch.no_grad():
        for weight in part.parameters(recurse=False):
            spread = weight.std(correction=0)
            fresh = torch.randn(weight.shape, generator=generator).to(weight)
            weight.copy_(weight.mean() + spread * fresh)
