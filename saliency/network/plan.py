"""A network written down: the list of steps that lead from both inputs to the fused image.

Known steps are convolutions that keep the picture's size, weighted sums, concatenations of channels, and
functions that treat every pixel alike. From such a list one reads which part of every feature map a fused
pixel needs, and can run the derivative backwards where it matters only (`saliency.network.blockwise`),
without autograd's graph. A network that does anything else has no plan and is differentiated in the plain way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from saliency.network.device import fastest_layout

Reach = tuple[int, int]
"""How far something goes in rows and in columns."""
INPUTS = 2
"""Maps 0 and 1 are the two inputs; step k makes map k + 2."""

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
PAIRED = frozenset({torch.mul, torch.div, torch.maximum, torch.minimum})
"""Functions of two maps that treat every pixel alike and are not linear."""


class NoPlanError(Exception):
    """The network does something that has no step here."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution of stride 1, padded with zeros so that the picture keeps its size."""

    sources: tuple[int]
    weight: Tensor
    bias: Tensor | None
    dilation: Reach
    groups: int

    @cached_property
    def reach(self) -> Reach:
        """How far an output pixel sees."""
        rows, cols = (
            (size - 1) * step // 2 for size, step in zip(self.weight.shape[2:], self.dilation, strict=True)
        )
        return rows, cols

    @cached_property
    def turned(self) -> Tensor:
        """The weights of the convolution that carries gradients back: channels exchanged, kernels rotated."""
        outputs, inputs, *size = self.weight.shape
        grouped = self.weight.reshape(self.groups, outputs // self.groups, inputs, *size)
        turned = grouped.transpose(1, 2).reshape(self.groups * inputs, outputs // self.groups, *size).flip(2, 3)
        return turned.contiguous(memory_format=fastest_layout(turned))


@dataclass(frozen=True)
class WeightedSum:
    """Each source times a number, added up, and a number more."""

    sources: tuple[int, ...]
    factors: tuple[float, ...]
    offset: float = 0.0


@dataclass(frozen=True)
class Concatenation:
    """The channels of all sources, one after the other."""

    sources: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pointwise:
    """A function of one or two maps that treats every pixel alike."""

    sources: tuple[int, ...]
    function: Callable[..., Tensor]

    slope: Slope | None = None

    def with_slopes(self, values: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The function's values, and its derivative with respect to each source, pixel by pixel."""
        if self.slope is not None:
            result = self.function(*values)
            return result, [self.slope(result)]
        with torch.enable_grad():
            leaves = [each.detach().requires_grad_() for each in values]
            result = self.function(*leaves)
            slopes = torch.autograd.grad(result, leaves, torch.ones_like(result))
        return result.detach(), list(slopes)


Slope = Callable[[Tensor], Tensor]
"""The derivative of a function of one map, from the value it has."""


def _slope_of(function: Callable[..., Tensor], options: Mapping[str, Any]) -> Slope | None:
    """The derivative of the most common functions in closed form; at a kink the slope below it, as in torch."""
    if function in (F.relu, torch.relu):
        return lambda value: (value > 0).to(value.dtype)
    if function in (torch.tanh, F.tanh):
        return lambda value: 1 - value * value
    if function is F.leaky_relu and (below := options.get("negative_slope", 0.01)) > 0:
        return lambda value: (value > 0).to(value.dtype).mul_(1 - below).add_(below)
    return None


Step = Convolution | WeightedSum | Concatenation | Pointwise


@dataclass(frozen=True, eq=False)
class Plan:
    """What a network does, step by step; the last step makes the fused image.

    Attributes
    ----------
    steps : tuple of steps
        Step k makes map k + 2 out of earlier maps.
    channels : tuple of int
        Of every map, the two inputs included.
    """

    steps: tuple[Step, ...]
    channels: tuple[int, ...]

    @cached_property
    def to_output(self) -> tuple[Reach, ...]:
        """How far each map's pixels act on the fused image, at most."""
        reaches = [(0, 0)] * len(self.channels)
        for number, step in reversed(list(enumerate(self.steps, INPUTS))):
            for source in step.sources:
                reaches[source] = _larger(reaches[source], _plus(reaches[number], reach_of(step)))
        return tuple(reaches)

    @cached_property
    def to_inputs(self) -> tuple[Reach, ...]:
        """How far each map's pixels see in the inputs, at most."""
        reaches = [(0, 0)] * INPUTS
        for step in self.steps:
            farthest = [reaches[source] for source in step.sources]
            widest = (max(rows for rows, _ in farthest), max(cols for _, cols in farthest))
            reaches.append(_plus(widest, reach_of(step)))
        return tuple(reaches)

    @cached_property
    def radius(self) -> int:
        """How far a fused pixel sees, in rows or columns."""
        return max(self.to_inputs[-1])

    @cached_property
    def leaves_the_image(self) -> frozenset[int]:
        """Maps whose gradient, when carried back to them, is not cut at the image's border by a slope of 0."""
        return frozenset(
            source
            for step in self.steps
            if not isinstance(step, Pointwise)
            for source in step.sources
            if source >= INPUTS and not isinstance(self.steps[source - INPUTS], Pointwise)
        )


def reach_of(step: Step) -> Reach:
    """How far an output pixel of one step sees in its sources."""
    return step.reach if isinstance(step, Convolution) else (0, 0)


def _plus(one: Reach, other: Reach) -> Reach:
    return one[0] + other[0], one[1] + other[1]


def _larger(one: Reach, other: Reach) -> Reach:
    return max(one[0], other[0]), max(one[1], other[1])


def plan_of(network: nn.Module) -> Plan:
    """Write a network down by letting it run on stand-ins for its two inputs.

    Raises
    ------
    NoPlanError
        It does something that has no step here.
    """
    record = _Record()
    inputs = [record.stand_in(channels=1) for _ in range(INPUTS)]
    try:
        result = network(*inputs)
    except NoPlanError:
        raise
    except Exception as error:  # whatever a network does with what is no tensor
        raise NoPlanError(str(error)) from error
    if not (isinstance(result, StandIn) and result.channels == 1 and result.number == len(record.channels) - 1):
        raise NoPlanError("the result is not what the last step makes")
    return Plan(tuple(record.steps), tuple(record.channels))


@dataclass
class _Record:
    steps: list[Step] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)

    def stand_in(self, channels: int) -> StandIn:
        self.channels.append(channels)
        return StandIn(self, len(self.channels) - 1, channels)

    def add(self, step: Step, channels: int) -> StandIn:
        self.steps.append(step)
        return self.stand_in(channels)


@dataclass(frozen=True, eq=False)
class StandIn:
    """Goes through a network in a feature map's place and notes what is done to it (``__torch_function__``)."""

    record: _Record
    number: int
    channels: int

    @property
    def shape(self) -> torch.Size:
        """Of a map of one pixel; no step depends on the size."""
        return torch.Size((1, self.channels, 1, 1))

    def dim(self) -> int:
        """Axes of a feature map."""
        return len(self.shape)

    def __add__(self, other: Operand) -> StandIn:
        return _added(self, other)

    def __sub__(self, other: Operand) -> StandIn:
        return _added(self, other, factor=-1)

    def __rsub__(self, other: Operand) -> StandIn:
        return _added(_scaled(self, -1), other)

    def __mul__(self, other: Operand) -> StandIn:
        return _scaled(self, _number(other)) if not isinstance(other, StandIn) else _paired(torch.mul, self, other)

    def __truediv__(self, other: Operand) -> StandIn:
        if isinstance(other, StandIn):
            return _paired(torch.div, self, other)
        return _scaled(self, 1 / _number(other))

    def __neg__(self) -> StandIn:
        return _scaled(self, -1)

    __radd__ = __add__
    __rmul__ = __mul__

    @classmethod
    def __torch_function__(
        cls,
        function: Callable[..., Any],
        types: Sequence[type],  # torch's protocol
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> StandIn:
        """Note torch's ``function`` as a step."""
        options = dict(kwargs or {})
        if function in POINTWISE and isinstance(args[0], StandIn):
            return _pointwise(function, args[0], args[1:], options)
        if function in _OPERATORS and len(args) == 2 and not options:
            return _OPERATORS[function](*args)
        if function in PAIRED and len(args) == 2 and not options:
            return _paired(function, *args)
        if function is torch.conv2d:
            return _convolved(*args, **options)
        if function is torch.cat:
            return _concatenated(*args, **options)
        raise NoPlanError(getattr(function, "__name__", repr(function)))


Operand = StandIn | Tensor | float


def _number(value: object) -> float:
    if isinstance(value, int | float) or (isinstance(value, Tensor) and value.dim() == 0):
        number = float(value.detach() if isinstance(value, Tensor) else value)
        if math.isfinite(number):
            return number
    raise NoPlanError(f"{type(value).__name__} beside a map")


def _added(one: Operand, other: Operand, factor: float = 1) -> StandIn:
    if isinstance(one, StandIn) and isinstance(other, StandIn):
        if one.channels != other.channels:
            raise NoPlanError("maps of unequal channels added")
        return one.record.add(WeightedSum((one.number, other.number), (1, factor)), one.channels)
    if isinstance(one, StandIn):
        return one.record.add(WeightedSum((one.number,), (1,), factor * _number(other)), one.channels)
    raise NoPlanError("a map added to something else")


def _scaled(one: StandIn, factor: float) -> StandIn:
    return one.record.add(WeightedSum((one.number,), (factor,)), one.channels)


_OPERATORS: Mapping[Callable[..., Any], Callable[..., StandIn]] = {
    torch.add: StandIn.__add__,
    torch.sub: StandIn.__sub__,
    torch.mul: StandIn.__mul__,
    torch.div: StandIn.__truediv__,
    # What a tensor's own operator asks for when a map stands on its right.
    torch.Tensor.mul: lambda one, other: other * one,
    torch.Tensor.add: lambda one, other: other + one,
}


def _paired(function: Callable[..., Tensor], one: Operand, other: Operand) -> StandIn:
    if not (isinstance(one, StandIn) and isinstance(other, StandIn)) or one.channels != other.channels:
        raise NoPlanError(f"{getattr(function, '__name__', function)} of unlike things")
    return one.record.add(Pointwise((one.number, other.number), function), one.channels)


def _pointwise(
    function: Callable[..., Tensor], one: StandIn, arguments: Sequence[Any], options: dict[str, Any]
) -> StandIn:
    options.pop("inplace", None)  # a map is needed as it was by others, and nobody sees the difference

    def applied(values: Tensor) -> Tensor:
        return function(values, *arguments, **options)

    slope = None if arguments else _slope_of(function, options)
    return one.record.add(Pointwise((one.number,), applied, slope), one.channels)


def _concatenated(maps: Sequence[StandIn], dim: int = 0) -> StandIn:
    if dim != 1 or not all(isinstance(each, StandIn) for each in maps):
        raise NoPlanError("cat along another axis than the channels")
    numbers = tuple(each.number for each in maps)
    return maps[0].record.add(Concatenation(numbers), sum(each.channels for each in maps))


def _convolved(
    features: StandIn,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] | int = 1,
    padding: Sequence[int] | str | int = 0,
    dilation: Sequence[int] | int = 1,
    groups: int = 1,
) -> StandIn:
    dilations = _both(dilation)
    sizes = weight.shape[2:]
    keeps = [step * (size // 2) for step, size in zip(dilations, sizes, strict=True)]
    keeps_size = _both(stride) == [1, 1] and _both(padding) == keeps and all(size % 2 for size in sizes)
    if not (keeps_size and isinstance(features, StandIn)):
        raise NoPlanError("a convolution that does not keep the picture's size")
    step = Convolution((features.number,), weight, bias, (dilations[0], dilations[1]), groups)
    return features.record.add(step, weight.shape[0])


def _both(value: Sequence[int] | str | int) -> list[Any]:
    """A setting of a convolution for rows and for columns."""
    return [value, value] if isinstance(value, int) else list(value)
