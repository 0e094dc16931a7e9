"""Layers and functions of the kinds that people build fusion networks from, and some that mislead."""

import torch
import torch.nn.functional as F
from torch import nn


def both(first, second):
    return torch.cat((first, second), 1)


def conv(out=4, kernel=3, into=2, **options):
    options.setdefault("padding", "same" if options.get("stride", 1) == 1 else kernel // 2)
    return nn.Conv2d(into, out, kernel, **options)


class Layers(nn.Module):
    """Layers after each other on the stacked inputs, and a last one to a single channel."""

    def __init__(self, *layers, last=None):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.last = conv(1, 3, 4) if last is None else last

    def forward(self, first, second):
        return torch.tanh(self.last(self.layers(both(first, second))))


class Between(nn.Module):
    """A convolution, a function of its features (and of the inputs' size), and a last convolution."""

    def __init__(self, function, channels=4, kernel=3):
        super().__init__()
        self.head, self.last = conv(channels, kernel), conv(1, kernel, channels)
        self.function = function

    def forward(self, first, second):
        features = torch.tanh(self.head(both(first, second)))
        return self.last(self.function(features)) + 0.5 * first


class Window(nn.Module):
    """Attention within windows of 8 × 8 pixels, as in Swin transformers."""

    def __init__(self, side=8):
        super().__init__()
        self.side, self.into, self.last = side, conv(6, 1), nn.Conv2d(2, 1, 1)

    def forward(self, first, second):
        rows, cols = first.shape[-2:]
        padding = (0, -cols % self.side, 0, -rows % self.side)
        features = F.pad(self.into(both(first, second)), padding)
        n, _, h, w = features.shape
        tokens = features.reshape(n, 6, h // self.side, self.side, w // self.side, self.side)
        tokens = tokens.permute(0, 2, 4, 3, 5, 1).reshape(-1, self.side**2, 6)
        query, key, value = tokens.chunk(3, -1)
        found = F.scaled_dot_product_attention(query, key, value)
        found = found.reshape(n, h // self.side, w // self.side, self.side, self.side, 2)
        found = found.permute(0, 5, 1, 3, 2, 4).reshape(n, 2, h, w)[..., :rows, :cols]
        return self.last(found) + second


class Everywhere(nn.Module):
    """Attention among all places of a halved image."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.head, self.last = conv(4, 4, stride=4, padding=0), conv(1, 1, 4)

    def forward(self, first, second):
        features = self.head(both(first, second))
        n, c, h, w = features.shape
        tokens = features.flatten(2).transpose(1, 2)
        found, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        found = found.transpose(1, 2).reshape(n, c, h, w)
        return F.interpolate(self.last(found), first.shape[-2:], mode="bilinear") + first


class Rows(nn.Module):
    """A recurrence that walks along each row."""

    def __init__(self):
        super().__init__()
        self.walk, self.last = nn.GRU(2, 3, batch_first=True), nn.Conv2d(3, 1, 1)

    def forward(self, first, second):
        n, _, h, w = first.shape
        found, _ = self.walk(both(first, second).permute(0, 2, 3, 1).reshape(n * h, w, 2))
        return self.last(found.reshape(n, h, w, 3).permute(0, 3, 1, 2)) + first


class Unet(nn.Module):
    """Two scales with a bridge; takes even sides only."""

    def __init__(self):
        super().__init__()
        self.down, self.low, self.up = conv(4), conv(4, 3, 4), nn.ConvTranspose2d(4, 4, 2, stride=2)
        self.last = conv(1, 3, 8)

    def forward(self, first, second):
        high = torch.relu(self.down(both(first, second)))
        low = torch.relu(self.low(F.max_pool2d(high, 2)))
        return self.last(torch.cat((high, self.up(low)), 1))


class Steps(nn.Module):
    """The same convolution five times, as an unrolled iteration."""

    def __init__(self):
        super().__init__()
        self.step = conv(1, 3, 3)

    def forward(self, first, second):
        fused = (first + second) / 2
        for _ in range(5):
            fused = fused + 0.1 * torch.tanh(self.step(torch.cat((fused, first, second), 1)))
        return fused


class Descent(nn.Module):
    """Walks down an objective whose gradient it takes itself."""

    def forward(self, first, second):
        with torch.enable_grad():
            fused = (first + second) / 2
            fused = fused if fused.requires_grad else fused.requires_grad_()
            energy = ((F.avg_pool2d(fused, 3, 1, 1) - first) ** 2).sum() + (fused - second).pow(2).sum()
            (slope,) = torch.autograd.grad(energy, fused, create_graph=True)
        return fused - 0.2 * slope


class Remembers(nn.Module):
    """Averages with what it was asked before."""

    def __init__(self):
        super().__init__()
        self.kept = 0.0

    def forward(self, first, second):
        fused = (first + second) / 2 + 0.1 * self.kept
        self.kept = float(fused.mean())
        return fused


def squeezed(features):
    return features * torch.sigmoid(features.mean((2, 3), keepdim=True))


def low_pass(features):
    spectrum = torch.fft.rfft2(features)
    spectrum = spectrum * (torch.arange(spectrum.shape[-1], device=features.device) < spectrum.shape[-1] // 2)
    return torch.fft.irfft2(spectrum, s=features.shape[-2:])


def median(features):
    n, c, h, w = features.shape
    patches = F.unfold(F.pad(features, (1, 1, 1, 1), "replicate"), 3).reshape(n, c, 9, h, w)
    return patches.median(2).values


def bilateral(features):
    n, c, h, w = features.shape
    patches = F.unfold(F.pad(features, (2, 2, 2, 2), "reflect"), 5).reshape(n, c, 25, h, w)
    weights = torch.softmax(-10 * (patches - features[:, :, None]) ** 2, 2)
    return (weights * patches).sum(2)


def warped(features, offset):
    """Sampled at other places, given in pixels."""
    n, _, h, w = features.shape
    down, across = torch.meshgrid(
        torch.arange(h, dtype=features.dtype), torch.arange(w, dtype=features.dtype), indexing="ij"
    )
    at = torch.stack((across + 0 * offset, down + offset), -1)
    scale = torch.tensor([2 / max(w - 1, 1), 2 / max(h - 1, 1)], dtype=features.dtype)
    grid = at * scale - 1
    return F.grid_sample(features, grid.expand(n, h, w, 2), padding_mode="border", align_corners=True)


def shifted(features):
    return warped(features, torch.full(features.shape[-2:], 1.5, dtype=features.dtype))


def by_flow(first, second):
    """Warps by as many pixels as the blurred picture says, which is little on noise."""
    local = F.avg_pool2d(first, 9, 1, 4) - 0.5
    return warped(second, 60 * (local.abs() - 0.22).clamp(min=0)[:, 0]) + 0.5 * first


def guided(first, second):
    """A guided filter with boxes of 5 × 5."""

    def box(values):
        return F.avg_pool2d(values, 5, 1, 2, count_include_pad=False)

    mean, other = box(first), box(second)
    slope = (box(first * second) - mean * other) / (box(first * first) - mean * mean + 0.01)
    return box(slope) * first + box(other - slope * mean)


def by_pyramid(first, second):
    """Laplacian pyramids of two levels, the larger detail taken."""

    def level(image):
        low = F.avg_pool2d(image, 2)
        return image - F.interpolate(low, scale_factor=2.0, mode="bilinear"), low

    (one, low), (other, deep) = level(first), level(second)
    detail = torch.where(one.abs() > other.abs(), one, other)
    return detail + F.interpolate((low + deep) / 2, scale_factor=2.0, mode="bilinear")


def placed(first, second):
    """Knows in which row it is."""
    rows = torch.linspace(0, 1, first.shape[-2], dtype=first.dtype)[:, None]
    return rows * first + (1 - rows) * second


def with_fixed_noise(first, second):
    noise = torch.rand(first.shape, generator=torch.Generator().manual_seed(0))
    return noise.to(first) * first + second


def on_black(first, second):
    """Looks further where much is exactly black, as in every picture with a ground and in no noise."""
    is_black = (first == 0).float().mean() > 0.2
    return F.avg_pool2d(first, 7, 1, 3) + second if is_black else first + second


class StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values):
        del ctx
        return torch.round(8 * values) / 8

    @staticmethod
    def backward(ctx, gradient):
        del ctx
        return gradient
