"""DeepPedestrian: a deep residual network of small convolutions without normalisation."""

from __future__ import annotations

from torch import Tensor, nn

from fusion.layers.blocks import FusionNetwork, concatenated, conv
from fusion.method.registry import register


@register(
    name="DeepPedestrian",
    reference="FuseVis reference 51; FuseVis Figure A1 d",
    summary="Stacks both images and passes them through two residual pairs of four-layer blocks.",
    gamma_ssim=0.52,
    order=40,
)
class DeepPedestrian(FusionNetwork):
    """Seventeen 3×3 convolutions in two residual pairs. Receptive-field radius 17.

    No BatchNorm and no output non-linearity: the fused value may leave [0, 1], and is clipped for display.
    """

    def __init__(self) -> None:
        super().__init__()
        self.block1 = nn.Sequential(conv(2, 48, 3), *_activated(3))
        self.block2 = _activated(4)
        self.block3 = _activated(4)
        self.block4 = _activated(4)
        self.last = nn.Sequential(nn.ReLU(), conv(48, 1, 3))

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs; the result is not bounded."""
        shallow = self.block1(concatenated(first, second))
        shallow = shallow + self.block2(shallow)
        deep = self.block3(shallow)
        deep = deep + self.block4(deep)
        fused: Tensor = self.last(deep)
        return fused


def _activated(count: int) -> nn.Sequential:
    """``count`` times (ReLU, 3×3 convolution of 48 channels)."""
    layers: list[nn.Module] = []
    for _ in range(count):
        layers += [nn.ReLU(), conv(48, 48, 3)]
    return nn.Sequential(*layers)
