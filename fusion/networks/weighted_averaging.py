"""Weighted averaging: each pixel weighs itself by its own brightness."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion.layers.blocks import FusionNetwork
from fusion.method.registry import register


@register(
    name="Weighted Averaging",
    reference="Kumar & Gumhold, Computers 2020, Eq. 3",
    summary="Each pixel is weighed by its own brightness; the derivative includes the weights' own.",
    trained=False,
    order=0,
    bounds=(0.0, 1.0),
)
class WeightedAveraging(FusionNetwork):
    """y = w1·x1 + w2·x2 with w_k = x_k / (x1 + x2), that is (x1² + x2²) / (x1 + x2).

    Where both inputs are 0 the weights are ½ each, so that the derivatives there are ½ and never NaN.
    The derivative is that of the whole expression: ∂y/∂x1 = (x1² + 2·x1·x2 − x2²) / (x1 + x2)².
    """

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Average (N, 1, H, W) inputs pixel by pixel; the fused value stays in [0, 1]."""
        weight_first, weight_second = brightness_weights(first, second)
        return weight_first * first + weight_second * second


def brightness_weights(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Weights x1/(x1+x2) and x2/(x1+x2); ½ and ½ where both are 0."""
    total = first + second
    both_dark = total == 0
    # Dividing by 1 in the branch that is not taken keeps its gradient finite.
    divisor = torch.where(both_dark, torch.ones_like(total), total)
    half = torch.full_like(total, 0.5)
    return (
        torch.where(both_dark, half, first / divisor),
        torch.where(both_dark, half, second / divisor),
    )
