"""Building blocks that several fusion networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.method.inference import check_inputs


def conv(inputs: int, outputs: int, size: int) -> nn.Conv2d:
    """Convolve with stride 1, zero-padded so that the picture keeps its size."""
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


def conv_norm(inputs: int, outputs: int, size: int) -> nn.Sequential:
    """Convolution, BatchNorm and LReLU (slope 0.2): the block of FunFuseAn, MaskNet and DeepFuse."""
    return nn.Sequential(conv(inputs, outputs, size), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2))


class FusionNetwork(nn.Module):
    """A network of two images: checks what comes in, then lets `fuse` do its work.

    Input: two tensors (N, 1, H, W) in [0, 1]. Output: the fused image, (N, 1, H, W), nominally in [0, 1].
    """

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse ``first`` with ``second``."""
        check_inputs(first, second)
        return self.fuse(first, second)

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Map two checked (N, 1, H, W) inputs to the fused (N, 1, H, W); each method says how."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it fuses")


def concatenated(first: Tensor, second: Tensor) -> Tensor:
    """Both inputs as the two channels of one picture, (N, 2, H, W)."""
    return torch.cat((first, second), dim=1)
