"""FunFuseAn: a branch of low and one of high frequencies for each modality."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.layers.blocks import FusionNetwork, conv, conv_norm
from fusion.method.registry import register


@register(
    name="FunFuseAn",
    reference="Kumar et al., ISBI 2019; FuseVis Figure A1 a",
    summary="Separate low- and high-frequency branches for each image, added and reconstructed.",
    gamma_ssim=0.47,
    order=10,
    bounds=(-1.0, 1.0),
)
class FunFuseAn(FusionNetwork):
    """Four branches, fused by h = h1 + h2 as in the authors' notebooks. Receptive-field radius 11.

    The figure's rule max(h1, h2)/(h1 + h2) is not offered: it has poles where h1 ≈ −h2, and gradients
    near them reach 10⁴ with no correct digit in float32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.low_first = conv_norm(1, 16, 9)
        self.low_second = conv_norm(1, 16, 7)
        self.high_first = nn.Sequential(conv_norm(1, 16, 3), conv_norm(16, 32, 3), conv_norm(32, 64, 3))
        self.high_second = nn.Sequential(conv_norm(1, 16, 5), conv_norm(16, 32, 5), conv_norm(32, 64, 3))
        self.reconstruct = nn.Sequential(conv_norm(64, 32, 5), conv_norm(32, 16, 5))
        self.last = conv(16, 1, 5)

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs; tanh bounds the result to (−1, 1)."""
        high = self.reconstruct(self.high_first(first) + self.high_second(second))
        mean = (high + self.low_first(first) + self.low_second(second)) / 3
        return torch.tanh(self.last(mean))
