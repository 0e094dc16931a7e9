"""Networks that are local on noise and look further on a picture: what the check on the pair is for."""

import torch
import torch.nn.functional as F
from torch import nn


class Shifting(nn.Module):
    """Registers the second image by a displacement read from dark parts of the first, of which noise has none."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.last = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, first, second):
        height, width = first.shape[-2:]
        shift = 12 * torch.relu(0.2 - F.avg_pool2d(first, 5, 1, 2))[:, 0]
        rows = torch.arange(height).to(first)[:, None] + 0 * shift
        cols = torch.arange(width).to(first)[None, :] + shift
        grid = torch.stack((2 * cols / (width - 1) - 1, 2 * rows / (height - 1) - 1), dim=-1)
        moved = F.grid_sample(second, grid, align_corners=True, padding_mode="border")
        return self.last(torch.cat((first, moved), 1))


class MeanBranch(nn.Module):
    """Blurs widely where the whole picture is dark, which noise never is."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.last = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, first, second):
        is_dark = first.mean() < 0.35
        wide = F.avg_pool2d(second, 21, 1, 10, count_include_pad=False)
        return self.last(torch.cat((first, torch.where(is_dark, wide, second)), 1))
