"""DeepFuse: one encoder with tied weights for both images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.layers.blocks import FusionNetwork, conv, conv_norm
from fusion.method.registry import register


@register(
    name="DeepFuse",
    reference="Prabhakar et al., ICCV 2017; FuseVis Figure A1 c",
    summary="The same encoder reads both images; their features are added and decoded.",
    gamma_ssim=0.497,
    order=30,
    bounds=(-1.0, 1.0),
)
class DeepFuse(FusionNetwork):
    """Tied encoder, sum of features, decoder. Receptive-field radius 12.

    Because the weights are tied and the features added, swapping the inputs leaves y unchanged.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(conv_norm(1, 16, 5), conv_norm(16, 32, 7))
        self.decoder = nn.Sequential(conv_norm(32, 32, 7), conv_norm(32, 16, 5), conv(16, 1, 5), nn.BatchNorm2d(1))

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs; tanh bounds the result to (−1, 1)."""
        return torch.tanh(self.decoder(self.encoder(first) + self.encoder(second)))
