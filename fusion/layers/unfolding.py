"""The parts of an unfolded optimisation: gradient step, proximal block, and a memory across stages."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = 32
FIRST_STEP = 1e-3
"""Every stage's step size before training (UAAFusion)."""
STEP_RATE = 10.0
"""How much faster than other weights step sizes learn: they have to grow by powers of ten."""


class Reflected(nn.Module):
    """A 3×3 convolution whose surroundings are the picture's mirror image; a side of one pixel is repeated."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3)
        nn.init.kaiming_normal_(self.conv.weight, a=0.25)  # PReLU's first slope

    def forward(self, features: Tensor) -> Tensor:
        """Convolve (N, inputs, H, W) to (N, outputs, H, W)."""
        if min(features.shape[-2:]) > 1:
            padded = F.pad(features, (1, 1, 1, 1), mode="reflect")
        else:
            rows, cols = ("reflect" if side > 1 else "replicate" for side in features.shape[-2:])
            padded = F.pad(F.pad(features, (1, 1, 0, 0), mode=cols), (0, 0, 1, 1), mode=rows)
        convolved: Tensor = self.conv(padded)
        return convolved


def unit(inputs: int, outputs: int) -> nn.Sequential:
    """Convolution and PReLU: UAAFusion's conv unit."""
    return nn.Sequential(Reflected(inputs, outputs), nn.PReLU())


class Memory(NamedTuple):
    """What one stage hands to the next, (N, 32, H, W) each: a ConvLSTM's output and its cell."""

    short: Tensor
    long: Tensor


class ConvLSTM(nn.Module):
    """A long short-term memory of feature maps (Shi et al. 2015, without peepholes)."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.gates = Reflected(2 * channels, 4 * channels)

    def forward(self, features: Tensor, memory: Memory) -> Memory:
        """Take ``features`` (N, channels, H, W) into the memory."""
        gates = self.gates(torch.cat((features, memory.short), dim=1))
        take, forget, show, candidate = gates.chunk(4, dim=1)
        long = forget.sigmoid() * memory.long + take.sigmoid() * candidate.tanh()
        return Memory(show.sigmoid() * long.tanh(), long)


class FirstMemory(nn.Module):
    """The memories before the first stage, of 16 channels from each source."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.short = nn.ModuleList([unit(1, channels // 2) for _ in range(2)])
        self.long = nn.ModuleList([unit(1, channels // 2) for _ in range(2)])

    def forward(self, first: Tensor, second: Tensor) -> Memory:
        """From both sources, (N, 1, H, W)."""
        short, long = (torch.cat((units[0](first), units[1](second)), dim=1) for units in (self.short, self.long))
        return Memory(short, long)


class GradientStep(nn.Module):
    """f − α·(f − (w1·x1 + w2·x2)) with a learned α in (0, 1): towards the sources, weighed by attribution.

    What is learned is α's logit. Left free, α became negative: a step away from what attribution asks for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.tensor(FIRST_STEP).logit())

    @property
    def size(self) -> Tensor:
        """α, a number (0-d tensor)."""
        return self.logit.sigmoid()

    def forward(self, fused: Tensor, target: Tensor) -> Tensor:
        """Move ``fused`` towards ``target``, (N, 1, H, W) both."""
        return fused - self.size * (fused - target)


class Proximal(nn.Module):
    """What a stage makes of the moved image: features, joined with the memory, gated by attention, drawn."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.lifted = unit(1, channels)
        self.joined = unit(3 * channels, channels)
        self.attended = unit(channels, channels)
        self.drawn = nn.Sequential(unit(channels, channels // 2), Reflected(channels // 2, 1))

    def forward(self, moved: Tensor, memory: Memory, attention: Tensor) -> tuple[Tensor, Tensor]:
        """The next fused image (N, 1, H, W) in (0, 1) and the features (N, channels, H, W) behind it.

        ``attention`` (N, 1, H, W) is in logits: its sigmoid lets features through.
        """
        joined = self.joined(torch.cat((self.lifted(moved), memory.short, memory.long), dim=1))
        features = joined + attention.sigmoid() * self.attended(joined)
        return self.drawn(features).sigmoid(), features
