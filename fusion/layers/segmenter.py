"""A compact U-Net that names the class of every pixel of one grey picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fusion.layers.blocks import conv
from fusion.synthetic.labels import CLASSES

WIDTHS = (12, 24, 48)
"""Channels at each resolution, finest first."""
BLOCK = 2
"""Side of the blocks of pixels that are the network's finest resolution."""
GRID = BLOCK * 2 ** (len(WIDTHS) - 1)
"""Sides are padded to a multiple of this."""


def double_conv(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3×3 convolutions with SiLU, the step of a U-Net at one resolution."""
    return nn.Sequential(conv(inputs, outputs, 3), nn.SiLU(), conv(outputs, outputs, 3), nn.SiLU())


class Segmenter(nn.Module):
    """A U-Net (Ronneberger et al. 2015), small enough to be differentiated hundreds of times a picture.

    Blocks of 2×2 pixels become four channels at the entrance and are taken apart again at the exit, which
    costs a quarter of working on pixels and keeps their edges. Attribution differentiates this network, and
    exact saliency differentiates the attribution: SiLU and average pooling stand where ReLU and maximum
    would make the gradient jump. There is no normalisation, so that a picture's logits depend on no other
    picture and on no statistics of its surroundings.

    Input: (N, 1, H, W) of any size, in [0, 1]. Output: logits (N, classes, H, W).
    """

    def __init__(self, classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.classes = classes
        fine, middle, coarse = WIDTHS
        self.down = nn.ModuleList(
            [double_conv(BLOCK**2, fine), double_conv(fine, middle), double_conv(middle, coarse)]
        )
        self.up = nn.ModuleList([double_conv(coarse + middle, middle), double_conv(middle + fine, fine)])
        self.head = nn.Conv2d(fine, classes * BLOCK**2, 1)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):  # without normalisation, torch's default would fade with depth
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu")

    def forward(self, image: Tensor) -> Tensor:
        """Logits (N, classes, H, W) of ``image`` (N, 1, H, W); the class of a pixel has the greatest one."""
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % GRID, 0, -height % GRID), mode="replicate")
        features = F.pixel_unshuffle(padded, BLOCK)
        skipped = []
        for level, step in enumerate(self.down):
            features = step(F.avg_pool2d(features, 2) if level else features)
            skipped.append(features)
        for step, skip in zip(self.up, reversed(skipped[:-1]), strict=True):
            grown = F.interpolate(features, scale_factor=2, mode="nearest")
            features = step(torch.cat((grown, skip), dim=1))
        return F.pixel_shuffle(self.head(features), BLOCK)[..., :height, :width]
