"""Convolutions that keep nothing for the way back, for a graph of a whole image that has to fit into memory.

Torch keeps what goes into a convolution, for the derivative by its weights. By its input a convolution's
derivative is its transpose, whatever went in; where weights are frozen nothing needs to be kept. That holds for
every order of derivative.
"""

# torch's Function, which is subclassed here, has no annotations.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.grad import conv2d_input

from saliency.network.network_copy import copied

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class _Frozen:
    """What a convolution does, but for its bias, which no derivative knows."""

    weight: Tensor
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int

    def convolved(self, features: Tensor, bias: Tensor | None) -> Tensor:
        return F.conv2d(features, self.weight, bias, self.stride, self.padding, self.dilation, self.groups)

    def transposed(self, gradient: Tensor, shape: torch.Size) -> Tensor:
        found: Tensor = conv2d_input(
            shape, self.weight, gradient, self.stride, self.padding, self.dilation, self.groups
        )
        return found


class _Convolved(Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, by: _Frozen, bias: Tensor | None) -> Tensor:  # noqa: ANN401
        ctx.by, ctx.shape = by, features.shape
        return by.convolved(features, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        return _Transposed.apply(gradients[0], ctx.by, ctx.shape), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:  # noqa: ANN401
        along: Tensor = _Convolved.apply(tangents[0], ctx.by, None)
        return along


class _Transposed(Function):
    @staticmethod
    def forward(ctx: Any, gradient: Tensor, by: _Frozen, shape: torch.Size) -> Tensor:  # noqa: ANN401
        ctx.by, ctx.shape = by, shape
        return by.transposed(gradient, shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        return _Convolved.apply(gradients[0], ctx.by, None), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:  # noqa: ANN401
        along: Tensor = _Transposed.apply(tangents[0], ctx.by, ctx.shape)
        return along


class FrozenConv2d(nn.Module):
    """A convolution whose weights are never differentiated for."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        sides = conv.stride, conv.padding, conv.dilation
        self._stride, self._padding, self._dilation = (cast("Pair", each) for each in sides)
        self._groups = conv.groups

    def forward(self, features: Tensor) -> Tensor:
        """Convolve (N, C, H, W)."""
        by = _Frozen(self.weight.detach(), self._stride, self._padding, self._dilation, self._groups)
        convolved: Tensor = _Convolved.apply(features, by, self.bias)
        return convolved


def lean(network: nn.Module) -> nn.Module:
    """A copy that keeps less for the way back, of the same weights, which must not be differentiated for.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.SiLU())
    >>> type(lean(net)[0]).__name__
    'FrozenConv2d'
    """
    found = copied(network).requires_grad_(False)
    for part in list(found.modules()):
        for name, layer in part.named_children():
            if type(layer) is nn.Conv2d and layer.padding_mode == "zeros" and not isinstance(layer.padding, str):
                part._modules[name] = FrozenConv2d(layer)
    return found
