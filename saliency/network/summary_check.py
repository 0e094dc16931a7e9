"""Whether a network's summaries give what autograd gives for the network: held against it once, in float64."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from fusion.method.pair_summaries import HasPairSummaries
from saliency.network.summary_slopes import Pictures, SlopeSteps

TOLERANCE = 1e-9
"""Largest difference from autograd, relative to the largest value or derivative; rounding makes about 1e-14."""
SHAPE = (24, 16)
"""Rows and columns of the pictures that show it, which a network may halve three times."""


def summaries_agree(network: nn.Module, copy: nn.Module) -> bool:
    """Whether the derivatives by a copy's summaries are the network's own, on noise and a round thing on black.

    Looked at are a corner's pixel, and all pixels with random weights.
    """
    return all(_agree_on(network, copy, pictures) for pictures in (_noise(), _disk()))


def _agree_on(network: nn.Module, copy: nn.Module, pictures: Pictures) -> bool:
    if not isinstance(copy, HasPairSummaries):
        return False
    weight = next(network.parameters(), pictures[0])
    inputs = pictures[0].to(weight), pictures[1].to(weight)
    with torch.inference_mode(False):
        found = SlopeSteps(copy, inputs).finished(copy)
        with torch.enable_grad():
            own, other = ([each.clone().requires_grad_() for each in inputs] for _ in range(2))
            fused, by_summaries = network(*own), found.fused(copy, *other)
            if not _is_close(by_summaries, fused):
                return False
            for weights in _weights(fused):
                pair = zip(_back(by_summaries, other, weights), _back(fused, own, weights), strict=True)
                if not all(_is_close(*both) for both in pair):
                    return False
    return True


def _weights(fused: Tensor) -> Iterator[Tensor]:
    corner = torch.zeros_like(fused)
    corner[0, 0, 0, 0] = 1
    yield corner
    yield torch.rand(fused.shape, generator=torch.Generator().manual_seed(5), dtype=fused.dtype).to(fused)


def _back(fused: Tensor, inputs: list[Tensor], weights: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(fused, inputs, weights, retain_graph=True, materialize_grads=True)


def _is_close(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())


def _noise() -> Pictures:
    generator = torch.Generator().manual_seed(4)
    first, second = (torch.rand(1, 1, *SHAPE, generator=generator, dtype=torch.float64) for _ in range(2))
    return first, second


def _disk() -> Pictures:
    sides = (torch.linspace(-1, 1, side, dtype=torch.float64) for side in SHAPE)
    rows, cols = torch.meshgrid(*sides, indexing="ij")
    inside = (rows**2 + cols**2 < 0.5).double()
    first, second = (inside * (0.5 + 0.4 * ramp) for ramp in (rows, -cols))
    return first[None, None], second[None, None]
