"""tanh and the logistic function with slopes that stay exact where they saturate.

Autograd takes the slope of tanh from its value t, as 1 − t². Where t is near ±1 that cancels: at a slope of 1e-5
float32 leaves two digits. Here it comes from what goes in, as 4 σ(2z) σ(−2z); that of σ as σ(z) σ(−z). Values are
torch's own, bit for bit.
"""

# torch's Function, which is subclassed here, has no annotations.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.overrides import handle_torch_function, has_torch_function

Elementwise = Callable[[Tensor], Tensor]
"""A function of every pixel by itself."""


def tanh_slope(values: Tensor) -> Tensor:
    """The derivative of tanh at ``values``.

    Examples
    --------
    >>> far = torch.tensor(6.0)
    >>> f"{tanh_slope(far):.6e}", f"{1 - far.tanh() ** 2:.6e}"  # in float64 2.457655e-05
    ('2.457654e-05', '2.455711e-05')
    """
    return 4 * torch.sigmoid(2 * values) * torch.sigmoid(-2 * values)


def sigmoid_slope(values: Tensor) -> Tensor:
    """The derivative of the logistic function at ``values``."""
    return torch.sigmoid(values) * torch.sigmoid(-values)


class _WithSlope(Function):
    """A function of every pixel by itself, differentiated by the slope that is given, forwards and backwards."""

    @staticmethod
    def forward(values: Tensor, function: Elementwise, slope: Elementwise) -> Tensor:
        del slope
        return function(values)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ANN401  # grows as it is used
        del output
        values, _, ctx.slope = inputs
        ctx.save_for_backward(values)
        ctx.save_for_forward(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (values,), (gradient,) = ctx.saved_tensors, gradients
        return gradient * ctx.slope(values), None, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor) -> Tensor:  # noqa: ANN401
        (values,), (tangent, *_) = ctx.saved_tensors, tangents
        along: Tensor = tangent * ctx.slope(values)
        return along


def tanh(values: Tensor) -> Tensor:
    """Hyperbolic tangent; its slope is exact however far it saturates."""
    return _applied(tanh, torch.tanh, tanh_slope, values)


def sigmoid(values: Tensor) -> Tensor:
    """Logistic function; its slope is exact however far it saturates."""
    return _applied(sigmoid, torch.sigmoid, sigmoid_slope, values)


def _applied(name: Elementwise, function: Elementwise, slope: Elementwise, values: Tensor) -> Tensor:
    if has_torch_function((values,)):  # what notes a network's steps in a tensor's place is told the name
        found: Tensor = handle_torch_function(name, (values,), values)
    else:
        found = _WithSlope.apply(values, function, slope)
    return found


class Tanh(nn.Module):
    """`tanh` as a layer."""

    def forward(self, values: Tensor) -> Tensor:
        """Any shape to the same."""
        return tanh(values)


class Sigmoid(nn.Module):
    """`sigmoid` as a layer."""

    def forward(self, values: Tensor) -> Tensor:
        """Any shape to the same."""
        return sigmoid(values)


LAYERS: Mapping[type[nn.Module], type[nn.Module]] = {nn.Tanh: Tanh, nn.Sigmoid: Sigmoid}
"""What stands for torch's own layers."""
FUNCTIONS: Mapping[Callable[..., Tensor], Elementwise] = {
    tanh: tanh,
    sigmoid: sigmoid,
    torch.tanh: tanh,
    nn.functional.tanh: tanh,
    torch.sigmoid: sigmoid,
    nn.functional.sigmoid: sigmoid,
}
"""What stands for torch's own functions, and for itself."""
