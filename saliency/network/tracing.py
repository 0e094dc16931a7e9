"""How a network is written down: it runs on stand-ins for its two inputs, which note what is done to them.

What has no step in `saliency.network.plan` is refused, and the network is then differentiated in the plain
way. Whether a plan does what its network does is checked where it is used (`saliency.network.optimized`,
`saliency.receptive_field.locality`): a network could show the stand-ins something else than tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fusion.method.pair_constants import HasPairConstants
from saliency.network.plan import (
    INPUTS,
    Concatenation,
    Convolution,
    Expansion,
    Plan,
    Pointwise,
    SlopeFunction,
    Step,
    WeightedSum,
)
from saliency.network.saturating import FUNCTIONS, tanh, tanh_slope

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
        torch.abs,
        torch.exp,
        torch.clamp,
        *FUNCTIONS,
    }
)
"""Functions of one map that treat every pixel alike; batch_norm because training mode was refused before."""
PAIRED = frozenset({torch.mul, torch.div, torch.maximum, torch.minimum})
"""Functions of two maps that treat every pixel alike and are not linear."""
SIDE = 64
"""Rows and columns that a stand-in claims to have: more than a network may ask for; no step depends on them."""


class NoPlanError(Exception):
    """The network does something that has no step here."""


def plan_of(network: nn.Module) -> Plan:
    """Write a network down by letting it run on stand-ins for its two inputs.

    Raises
    ------
    NoPlanError
        It does something that has no step here, or is no function of the two inputs alone.
    """
    if isinstance(network, HasPairConstants):
        raise NoPlanError("constants of the pair belong to the inputs")
    record = _Record()
    inputs = [record.stand_in(channels=1) for _ in range(INPUTS)]
    try:
        with torch.inference_mode(False), torch.enable_grad():
            result = network(*inputs)
    except NoPlanError:
        raise
    except Exception as error:  # whatever a network does with what is no tensor
        raise NoPlanError(f"{type(error).__name__}: {error}") from error
    if not (isinstance(result, StandIn) and result.channels == 1 and result.number >= INPUTS):
        raise NoPlanError("the result is not what a step makes")
    return record.plan_for(result.number)


@dataclass
class _Record:
    steps: list[Step] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)

    def stand_in(self, channels: int) -> StandIn:
        self.channels.append(channels)
        return StandIn(self, len(self.channels) - 1, channels)

    def add(self, step: Step, channels: int) -> StandIn:
        self.steps.append(step)
        made = self.stand_in(channels)
        if torch.is_grad_enabled():
            return made
        # Under no_grad autograd takes what is made for a constant, and so must the plan.
        self.steps.append(Pointwise((made.number,), torch.Tensor.detach, lambda _, value: torch.zeros_like(value)))
        return self.stand_in(channels)

    def plan_for(self, result: int) -> Plan:
        """The steps that lead to the map ``result``, without those whose maps nobody used."""
        needed = {result}
        for number in range(result, INPUTS - 1, -1):
            if number in needed:
                needed.update(self.steps[number - INPUTS].sources)
        kept = [*range(INPUTS), *sorted(needed - set(range(INPUTS)))]
        places = {number: place for place, number in enumerate(kept)}
        steps = tuple(_from_maps(self.steps[number - INPUTS], places) for number in kept[INPUTS:])
        return Plan(steps, tuple(self.channels[number] for number in kept))


def _from_maps(step: Step, places: Mapping[int, int]) -> Step:
    """The step with its sources renumbered."""
    return replace(step, sources=tuple(places[source] for source in step.sources))


@dataclass(eq=False)
class StandIn:
    """Goes through a network in a feature map's place and notes what is done to it (``__torch_function__``)."""

    record: _Record
    number: int
    channels: int

    @property
    def shape(self) -> torch.Size:
        """Of one small picture."""
        return torch.Size((1, self.channels, SIDE, SIDE))

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
        return _paired(torch.mul, self, other) if isinstance(other, StandIn) else _scaled(self, _number(other))

    def __truediv__(self, other: Operand) -> StandIn:
        return _paired(torch.div, self, other) if isinstance(other, StandIn) else _scaled(self, 1 / _number(other))

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
    if _is_number(value):
        number = float(value.detach() if isinstance(value, Tensor) else value)
        if math.isfinite(number):
            return number
    raise NoPlanError(f"{type(value).__name__} beside a map")


def _is_number(value: object) -> TypeGuard[float | Tensor]:
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.dim() == 0)


def _added(one: Operand, other: Operand, factor: float = 1) -> StandIn:
    if isinstance(one, StandIn) and isinstance(other, StandIn):
        one, other = _alike(one, other)
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
    if isinstance(one, StandIn) and isinstance(other, StandIn):
        one, other = _alike(one, other)
        return one.record.add(Pointwise((one.number, other.number), function), one.channels)
    if isinstance(one, StandIn) and _is_number(other):
        return _pointwise(function, one, (other,), {})
    raise NoPlanError(f"{getattr(function, '__name__', function)} of unlike things")


def _alike(one: StandIn, other: StandIn) -> tuple[StandIn, StandIn]:
    """Two maps of equal channels, as torch broadcasts them."""
    channels = max(one.channels, other.channels)
    return _expanded(one, channels), _expanded(other, channels)


def _expanded(one: StandIn, channels: int) -> StandIn:
    if one.channels == channels:
        return one
    if one.channels != 1:
        raise NoPlanError("maps of unequal channels")
    return one.record.add(Expansion((one.number,), channels), channels)


def _pointwise(
    function: Callable[..., Tensor], one: StandIn, arguments: Sequence[Any], options: dict[str, Any]
) -> StandIn:
    in_place = options.pop("inplace", False)
    if any(isinstance(value, StandIn) for value in (*arguments, *options.values())):
        raise NoPlanError(f"{function.__name__} of several maps")

    exact = FUNCTIONS.get(function)
    if exact is not None and (arguments or options):
        raise NoPlanError(f"{function.__name__} with options")

    def applied(values: Tensor) -> Tensor:
        return function(values, *arguments, **options) if exact is None else exact(values)

    slope = None if arguments else _slope_of(function, options)
    made = one.record.add(Pointwise((one.number,), applied, slope), one.channels)
    if not in_place:
        return made
    one.number = made.number  # who uses the map again sees it changed; a plan's maps never change
    return one


def _slope_of(function: Callable[..., Tensor], options: Mapping[str, Any]) -> SlopeFunction | None:
    """The derivative of the most common functions in closed form; at a kink the slope below it, as in torch."""
    if function in (F.relu, torch.relu):
        return lambda _, value: (value > 0).to(value.dtype)
    if FUNCTIONS.get(function) is tanh:
        return lambda given, _: tanh_slope(given)
    if function is F.leaky_relu and (below := options.get("negative_slope", 0.01)) > 0:
        return lambda _, value: (value > 0).to(value.dtype).mul_(1 - below).add_(below)
    return None


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
    if not (keeps_size and isinstance(features, StandIn) and isinstance(weight, Tensor)):
        raise NoPlanError("a convolution that does not keep the picture's size")
    step = Convolution((features.number,), weight, bias, (dilations[0], dilations[1]), groups)
    return features.record.add(step, weight.shape[0])


def _both(value: Sequence[int] | str | int) -> list[Any]:
    """A setting of a convolution for rows and for columns."""
    return [value, value] if isinstance(value, int) else list(value)
