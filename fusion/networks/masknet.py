"""MaskNet: a dense encoder of the stacked images and a plain decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.layers.blocks import FusionNetwork, concatenated, conv_norm
from fusion.method.registry import register


@register(
    name="MaskNet",
    reference="FuseVis reference 71; FuseVis Figure A1 b",
    summary="Stacks both images, keeps every layer's features for the next (dense), then decodes.",
    gamma_l2=0.494,
    order=20,
    bounds=(-1.0, 1.0),
)
class MaskNet(FusionNetwork):
    """Dense encoder (each layer sees all before it), decoder 192→192→128→64→1. Receptive-field radius 8.

    The figure's additional last 3×3 convolution of one channel is left out, as in the authors' notebooks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(
            [conv_norm(2, 48, 3), conv_norm(48, 48, 3), conv_norm(96, 48, 3), conv_norm(144, 48, 3)]
        )
        self.decoder = nn.Sequential(
            conv_norm(192, 192, 3), conv_norm(192, 128, 3), conv_norm(128, 64, 3), conv_norm(64, 1, 3)
        )

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs; tanh bounds the result to (−1, 1)."""
        features = self.encoder[0](concatenated(first, second))
        for layer in list(self.encoder)[1:]:
            features = torch.cat((features, layer(features)), dim=1)
        return torch.tanh(self.decoder(features))
