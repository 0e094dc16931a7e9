"""A small network with every kind of step that plans know, for what carries gradients back."""

import torch
import torch.nn.functional as F

KERNEL = torch.rand(1, 1, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
CROSS = torch.rand(4, 1, 3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) - 0.5


def residual(a, b):
    """Every kind of step: grouped, dilated and oblong convolutions, sums, products, skips, slopes of each kind."""
    wide = F.conv2d(a, KERNEL, padding=(1, 2)) - b / 3
    both = F.relu(torch.cat((wide, 2 * b + 0.1), dim=1))
    many = torch.tanh(F.conv2d(both, CROSS, padding=2, dilation=2, groups=2))
    last = F.conv2d(many, CROSS[:, 0].reshape(1, 4, 3, 3), padding=1)
    return F.leaky_relu(last + wide * b - 0.2, 0.1) - wide
