"""Compute only what one fused pixel needs: every layer on a smaller area than the layer before.

In a crop of side 2·radius + 1 only the first layer is needed everywhere; before the last 3×3 convolution a
3×3 patch is left. `Trimmed` stands for a feature map that knows where in the image it lies. Convolutions
pad it only where it meets the image's own border and give back the smaller area that is then exact; sums
and concatenations cut their parts to the common area. For DeepPedestrian that is a third of the work.

What is not known to keep or shrink the area in this way is refused, and the network is computed on whole
crops instead. Whether the results agree is checked for every network by `saliency.locality`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.geometry.window import Shape, Window

POINTWISE = frozenset(
    {
        F.batch_norm,
        F.relu,
        F.leaky_relu,
        F.elu,
        F.gelu,
        F.silu,
        F.softplus,
        F.hardtanh,
        torch.relu,
        torch.tanh,
        torch.sigmoid,
        torch.abs,
        torch.exp,
        torch.clamp,
        F.tanh,
        F.sigmoid,
    }
)
"""Functions of one map that treat every pixel alike; batch_norm because training mode was refused before."""
PAIRED = frozenset({torch.add, torch.sub, torch.mul, torch.div, torch.maximum, torch.minimum})
"""Functions of two maps, or of a map and a number, pixel by pixel."""


class NotTrimmableError(Exception):
    """The network does something whose area is not known here."""


class Trimmed:
    """A feature map (1, C, h, w) that lies at ``area`` of an image of ``shape`` (H, W) and is exact there.

    It passes through a network in a tensor's place (``__torch_function__``).
    """

    def __init__(self, values: Tensor, area: Window, image: Shape) -> None:
        self.values, self.area, self.image = values, area, image

    @property
    def shape(self) -> torch.Size:
        """Of the values."""
        return self.values.shape

    def dim(self) -> int:
        """Axes of the values."""
        return self.values.dim()

    def cut(self, area: Window) -> Tensor:
        """The values at a smaller area."""
        if area == self.area:
            return self.values
        top, left = self.area.top, self.area.left
        return self.values[..., area.top - top : area.bottom - top, area.left - left : area.right - left]

    def with_values(self, values: Tensor) -> Trimmed:
        """Other values at the same place."""
        return Trimmed(values, self.area, self.image)

    def __add__(self, other: Operand) -> Trimmed:
        return _paired(torch.add, self, other)

    def __sub__(self, other: Operand) -> Trimmed:
        return _paired(torch.sub, self, other)

    def __mul__(self, other: Operand) -> Trimmed:
        return _paired(torch.mul, self, other)

    def __truediv__(self, other: Operand) -> Trimmed:
        return _paired(torch.div, self, other)

    __radd__ = __add__
    __rmul__ = __mul__

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],  # torch's protocol
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Trimmed:
        """Do what torch's ``function`` does, on the area where the result is exact."""
        options = dict(kwargs or {})
        if function in POINTWISE and isinstance(args[0], Trimmed):
            return args[0].with_values(function(args[0].values, *args[1:], **options))
        if function in PAIRED and len(args) == 2 and isinstance(args[0], Trimmed) and not options:
            return _paired(function, *args)
        if function is torch.conv2d:
            return _convolved(*args, **options)
        if function is torch.cat:
            return _concatenated(*args, **options)
        raise NotTrimmableError(getattr(function, "__name__", repr(function)))


Operand = Trimmed | Tensor | float


def trimmed(
    network: Callable[..., Tensor], inputs: Sequence[Tensor], area: Window, image: Shape
) -> tuple[Tensor, Window]:
    """Run ``network`` on both inputs' crops at ``area``: the output where it is exact, and where that is.

    Raises
    ------
    NotTrimmableError
        The network does something whose area is not known here.
    """
    result = network(*(Trimmed(crop, area, image) for crop in inputs))
    if not isinstance(result, Trimmed):
        raise NotTrimmableError(type(result).__name__)
    return result.values, result.area


def _common(maps: Sequence[Trimmed]) -> Window:
    areas = [each.area for each in maps]
    tops, bottoms, lefts, rights = zip(*areas, strict=True)
    return Window(max(tops), min(bottoms), max(lefts), min(rights))


def _paired(function: Callable[..., Tensor], one: Trimmed, other: Operand) -> Trimmed:
    if isinstance(other, int | float) or (isinstance(other, Tensor) and other.dim() == 0):
        return one.with_values(function(one.values, other))
    if not isinstance(other, Trimmed):
        raise NotTrimmableError(f"{type(other).__name__} of unknown place")
    area = _common((one, other))
    return Trimmed(function(one.cut(area), other.cut(area)), area, one.image)


def _concatenated(maps: Sequence[Trimmed], dim: int = 0) -> Trimmed:
    if dim != 1 or not all(isinstance(each, Trimmed) for each in maps):
        raise NotTrimmableError("cat along another axis than the channels")
    area = _common(maps)
    return Trimmed(torch.cat([each.cut(area) for each in maps], dim=1), area, maps[0].image)


def _convolved(
    features: Trimmed,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] | int = 1,
    padding: Sequence[int] | str | int = 0,
    dilation: Sequence[int] | int = 1,
    groups: int = 1,
) -> Trimmed:
    """Convolve, padding with zeros only where the map meets the image's border."""
    sizes = weight.shape[2:]
    reach = [step * (size // 2) for step, size in zip(_both(dilation), sizes, strict=True)]
    keeps_size = _both(stride) == [1, 1] and _both(padding) == reach and all(size % 2 for size in sizes)
    if not (keeps_size and isinstance(features, Trimmed)):
        raise NotTrimmableError("a convolution that does not keep the picture's size")
    area, (height, width) = features.area, features.image
    top, bottom = (reach[0] if meets else 0 for meets in (area.top == 0, area.bottom == height))
    left, right = (reach[1] if meets else 0 for meets in (area.left == 0, area.right == width))
    values = features.values
    if top or bottom or left or right:
        values = F.pad(values, (left, right, top, bottom))
    exact = Window(
        area.top + reach[0] - top,
        area.bottom - reach[0] + bottom,
        area.left + reach[1] - left,
        area.right - reach[1] + right,
    )
    return Trimmed(F.conv2d(values, weight, bias, dilation=dilation, groups=groups), exact, features.image)


def _both(value: Sequence[int] | str | int) -> list[Any]:
    """A setting of a convolution for rows and for columns."""
    return [value, value] if isinstance(value, int) else list(value)
