"""Weighted averaging as the public FuseVis code differentiates it: with the weights held fixed."""

from __future__ import annotations

from torch import Tensor

from fusion.layers.blocks import FusionNetwork
from fusion.method.registry import register
from fusion.networks.weighted_averaging import brightness_weights


@register(
    name="Weighted Averaging (frozen weights)",
    reference="Kumar & Gumhold, Computers 2020, Figures 5–8",
    summary="The same fused picture, differentiated with constant weights, as in the paper's figures.",
    trained=False,
    order=1,
    bounds=(0.0, 1.0),
    exact_gradient=False,
)
class FrozenWeightedAveraging(FusionNetwork):
    """The fused image of `WeightedAveraging`, with ∂y/∂x_k = w_k: the weights are no function of x.

    This is not the derivative of the fused image. It is here to reproduce the paper's Figures 5–8.
    """

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Average (N, 1, H, W) inputs pixel by pixel; the fused value stays in [0, 1]."""
        weight_first, weight_second = brightness_weights(first.detach(), second.detach())
        return weight_first * first + weight_second * second
