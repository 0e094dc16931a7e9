"""Small networks of every kind that somebody may bring, those among them that are not what they seem."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.networks import Lambda, frozen
from tests.support.odd_networks import (
    Between,
    Descent,
    Everywhere,
    Layers,
    Remembers,
    Rows,
    Steps,
    StraightThrough,
    Unet,
    Window,
    bilateral,
    by_flow,
    by_pyramid,
    conv,
    guided,
    low_pass,
    median,
    on_black,
    placed,
    shifted,
    squeezed,
    with_fixed_noise,
)

Kind = Callable[[], nn.Module]


LOCAL: dict[str, Kind] = {
    "zero padding": lambda: Layers(conv()),
    "replicate padding": lambda: Layers(conv(padding_mode="replicate"), nn.ReLU(), conv(4, 3, 4)),
    "reflect padding": lambda: Layers(conv(kernel=5, padding_mode="reflect"), nn.ReLU()),
    "padding with ones": lambda: Layers(nn.ConstantPad2d(1, 1.0), nn.Conv2d(2, 4, 3)),
    "an even kernel": lambda: Layers(nn.ZeroPad2d((0, 1, 1, 0)), nn.Conv2d(2, 4, 2)),
    "long kernels": lambda: Layers(
        nn.Conv2d(2, 4, (1, 7), padding=(0, 3)), nn.Conv2d(4, 4, (7, 1), padding=(3, 0))
    ),
    "dilation": lambda: Layers(conv(dilation=3), nn.Tanh(), conv(4, 3, 4, dilation=2)),
    "a wide dilation": lambda: Layers(conv(dilation=9)),
    "groups": lambda: Layers(conv(4, groups=2), nn.GELU(), conv(4, 3, 4, groups=4)),
    "a dense block": lambda: Between(lambda x: x + torch.tanh(F.avg_pool2d(x, 3, 1, 1)) * x),
    "BatchNorm": lambda: Layers(conv(), nn.BatchNorm2d(4), nn.ReLU()),
    "BatchNorm before": lambda: Layers(nn.BatchNorm2d(2), conv(), nn.BatchNorm2d(4)),
    "response norm": lambda: Layers(conv(), nn.LocalResponseNorm(3)),
    "LayerNorm of channels": lambda: Between(lambda x: F.layer_norm(x.movedim(1, -1), (4,)).movedim(-1, 1)),
    "weight norm": lambda: Layers(nn.utils.parametrizations.weight_norm(conv())),
    "spectral norm": lambda: Layers(nn.utils.parametrizations.spectral_norm(conv())),
    "PReLU": lambda: Layers(conv(), nn.PReLU(4)),
    "SiLU": lambda: Layers(conv(), nn.SiLU()),
    "Mish": lambda: Layers(conv(), nn.Mish()),
    "Hardswish": lambda: Layers(conv(), nn.Hardswish()),
    "Softplus": lambda: Layers(conv(), nn.Softplus(beta=3)),
    "ELU": lambda: Layers(conv(), nn.ELU(), conv(4, 3, 4), nn.SELU()),
    "clamping": lambda: Between(lambda x: x.clamp(-0.3, 0.4)),
    "dropout, off": lambda: Layers(conv(), nn.Dropout2d(0.5)),
    "a gate": lambda: Between(lambda x: x[:, :2].sigmoid().repeat(1, 2, 1, 1) * x),
    "softmax weights": lambda: Between(lambda x: torch.softmax(x, 1) * x),
    "the larger input": lambda: Lambda(lambda x, y: torch.maximum(F.avg_pool2d(x, 3, 1, 1), y)),
    "the stronger input": lambda: Lambda(lambda x, y: torch.where(x.abs() > y.abs(), x, y) * y),
    "L2 pooling": lambda: Between(lambda x: F.avg_pool2d(x * x, 3, 1, 1).add(1e-3).sqrt()),
    "a bilateral filter": lambda: Between(bilateral),
    "a guided filter": lambda: Lambda(guided),
    "a gradient's size": lambda: Lambda(lambda x, y: torch.hypot(x - x.roll(0), y + 1) * x),
    "a constant shift by warping": lambda: Between(shifted),
    "spatial attention": lambda: Between(lambda x: x * torch.sigmoid(x.mean(1, True) + x.amax(1, True))),
    "an iteration": Steps,
    "a descent that differentiates": Descent,
    "an own gradient": lambda: Between(StraightThrough.apply),
    "a part without gradient": lambda: Between(lambda x: x * x.detach().abs()),
    "a traced module": lambda: torch.jit.trace(
        frozen(Layers(conv(), nn.Tanh())), (torch.zeros(1, 1, 16, 16), torch.zeros(1, 1, 16, 16))
    ),
    "in place": lambda: Between(lambda x: (x + 0.1).mul_(2).sigmoid_()),
}
"""What sees no further than some pixels, at every place alike."""

ON_A_GRID: dict[str, Kind] = {
    "a stride and its transpose": lambda: Layers(
        conv(stride=2), nn.ReLU(), last=nn.ConvTranspose2d(4, 1, 2, stride=2)
    ),
    "pixel shuffle": lambda: Layers(nn.PixelUnshuffle(2), conv(4, 3, 8), last=nn.PixelShuffle(2)),
    "average pooling and bilinear": lambda: Between(
        lambda x: F.interpolate(F.avg_pool2d(x, 4), scale_factor=4.0, mode="bilinear", align_corners=False)
    ),
    "a pyramid": lambda: Lambda(by_pyramid),
    "two scales": Unet,
}
"""What repeats itself every few pixels, on images that fit."""

TIES: dict[str, Kind] = {
    "max pooling at stride 1": lambda: Between(lambda x: F.max_pool2d(x, 3, 1, 1)),
    "a median": lambda: Between(median),
    "max pooling and nearest": lambda: Between(lambda x: F.interpolate(F.max_pool2d(x, 2), scale_factor=2.0)),
}
"""What takes one of several values: where they are equal, as on a black ground, rounding decides which."""

ANY_SIZE: dict[str, Kind] = {
    "bilinear to the inputs' size": lambda: Between(
        lambda x: F.interpolate(F.avg_pool2d(x, 2, ceil_mode=True), x.shape[-2:], mode="bilinear")
    ),
    "aligned corners": lambda: Between(
        lambda x: F.interpolate(F.avg_pool2d(x, 2), x.shape[-2:], mode="bilinear", align_corners=True)
    ),
    "bicubic": lambda: Between(lambda x: F.interpolate(F.avg_pool2d(x, 3), x.shape[-2:], mode="bicubic")),
    "attention in windows": Window,
}

WHOLE: dict[str, Kind] = {
    "circular padding": lambda: Layers(conv(kernel=5, padding_mode="circular")),
    "InstanceNorm": lambda: Layers(conv(), nn.InstanceNorm2d(4), nn.GELU()),
    "GroupNorm": lambda: Layers(conv(), nn.GroupNorm(2, 4)),
    "squeeze and excitation": lambda: Between(squeezed),
    "attention everywhere": Everywhere,
    "a walk along rows": Rows,
    "a Fourier low-pass": lambda: Between(low_pass),
    "stretched from minimum to maximum": lambda: Lambda(
        lambda x, y: (x - x.amin((2, 3), True)) / (x.amax((2, 3), True) - x.amin((2, 3), True)) + y
    ),
    "a running sum": lambda: Lambda(lambda x, y: x.cumsum(-1) / x.shape[-1] + y),
    "global maximum": lambda: Between(lambda x: x * x.amax((2, 3), True)),
}
"""What depends on the whole image."""

LIARS: dict[str, Kind] = {
    "a flow": lambda: Lambda(by_flow),
    "a branch on the picture": lambda: Lambda(on_black),
    "its place": lambda: Lambda(placed),
    "fixed noise": lambda: Lambda(with_fixed_noise),
    "rolled round": lambda: Lambda(lambda x, y: x.roll(5, -1) + y),
}
"""What is another on a picture than on noise, or at another place."""

CHANCE: dict[str, Kind] = {
    "dropout, always on": lambda: Between(lambda x: F.dropout(x, 0.3)),
    "noise": lambda: Lambda(lambda x, y: x + y + 0.1 * torch.randn_like(x)),
    "what it saw before": Remembers,
}
"""What is another at every call."""


def built(kind: Kind) -> nn.Module:
    """The network, its random weights the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return frozen(kind())
