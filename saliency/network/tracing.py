"""How a network is written down: it runs on stand-ins for its two inputs, which note what is done to them.

What has no step in `saliency.network.plan` is refused, and the network is then differentiated in the plain
way. Whether a plan does what its network does is checked where it is used (`saliency.network.optimized`,
`saliency.receptive_field.locality`): a network could show the stand-ins something else than tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard, cast

import torch
from torch import Tensor, nn

from fusion.method.pair_constants import HasPairConstants
from saliency.geometry.window import Shape
from saliency.network.grid_plan import GridPlan, GridStep
from saliency.network.plan import (
    INPUTS,
    Concatenation,
    Convolution,
    Expansion,
    Plan,
    Pointwise,
    Step,
    WeightedSum,
)
from saliency.network.pointwise import METHODS, PAIRED, POINTWISE, UNCHANGED, slope_of
from saliency.network.saturating import FUNCTIONS

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
    return Record((SIDE, SIDE)).of(network).plan()


Functions = Mapping[Callable[..., Any], Callable[..., "StandIn"]]
"""What is noted where a network calls one of torch's functions."""


@dataclass
class Record:
    """What was done to the stand-ins for two images of ``size``; functions of ``more`` are known, too."""

    size: Shape
    more: Functions = field(default_factory=dict)
    steps: list[GridStep] = field(default_factory=list)
    maps: list[StandIn] = field(default_factory=list)
    result: int = 0

    def of(self, network: nn.Module) -> Record:
        """Let ``network`` run; NoPlanError where it does what has no step."""
        inputs = [self.stand_in(1, self.size) for _ in range(INPUTS)]
        try:
            with torch.inference_mode(False), torch.enable_grad():
                result = network(*inputs)
        except NoPlanError:
            raise
        except Exception as error:  # whatever a network does with what is no tensor
            raise NoPlanError(f"{type(error).__name__}: {error}") from error
        is_made = isinstance(result, StandIn) and result.number >= INPUTS
        if not (is_made and result.channels == 1 and result.size == self.size):
            raise NoPlanError("the result is not what a step makes")
        self.result = result.number
        return self

    def stand_in(self, channels: int, size: Shape) -> StandIn:
        """For one more map."""
        made = StandIn(self, len(self.maps), channels, size)
        self.maps.append(replace(made))  # the one that is handed out may be renumbered by what works in place
        return made

    def add(self, step: GridStep, channels: int, size: Shape | None = None) -> StandIn:
        """Note a step; the map it makes has the size of its sources unless another one is given."""
        sizes = {self.maps[source].size for source in step.sources}
        if size is None and len(sizes) > 1:
            raise NoPlanError("maps of unequal sizes")
        size = size or sizes.pop()
        self.steps.append(step)
        made = self.stand_in(channels, size)
        if torch.is_grad_enabled():
            return made
        # Under no_grad autograd takes what is made for a constant, and so must the plan.
        self.steps.append(Pointwise((made.number,), torch.Tensor.detach, lambda _, value: torch.zeros_like(value)))
        return self.stand_in(channels, size)

    def plan(self) -> Plan:
        """The steps that lead to the result, of a network whose maps all have the picture's size."""
        steps, maps = self._kept()
        return Plan(cast("tuple[Step, ...]", steps), tuple(each.channels for each in maps))

    def grid_plan(self) -> GridPlan:
        """The same, of a network whose maps may have any size."""
        steps, maps = self._kept()
        return GridPlan(steps, tuple(each.channels for each in maps), tuple(each.size for each in maps))

    def _kept(self) -> tuple[tuple[GridStep, ...], list[StandIn]]:
        """The steps that lead to the result, without those whose maps nobody used, and every map left."""
        needed = {self.result}
        for number in range(self.result, INPUTS - 1, -1):
            if number in needed:
                needed.update(self.steps[number - INPUTS].sources)
        kept = [*range(INPUTS), *sorted(needed - set(range(INPUTS)))]
        places = {number: place for place, number in enumerate(kept)}
        steps = tuple(_from_maps(self.steps[number - INPUTS], places) for number in kept[INPUTS:])
        return steps, [self.maps[number] for number in kept]


def _from_maps(step: GridStep, places: Mapping[int, int]) -> GridStep:
    """The step with its sources renumbered."""
    return replace(step, sources=tuple(places[source] for source in step.sources))


@dataclass(eq=False)
class StandIn:
    """Goes through a network in a feature map's place and notes what is done to it (``__torch_function__``)."""

    record: Record
    number: int
    channels: int
    size: Shape

    @property
    def shape(self) -> torch.Size:
        """Of one picture."""
        return torch.Size((1, self.channels, *self.size))

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
        return _paired(torch.mul, self, other) if isinstance(other, StandIn) else _times(self, other)

    def __truediv__(self, other: Operand) -> StandIn:
        return _paired(torch.div, self, other) if isinstance(other, StandIn) else _scaled(self, 1 / _number(other))

    def __neg__(self) -> StandIn:
        return _scaled(self, -1)

    def __getitem__(self, key: object) -> StandIn:
        if torch.Tensor.__getitem__ not in self.record.more:
            raise NoPlanError("a part of a map")
        return self.record.more[torch.Tensor.__getitem__](self, key)

    def __getattr__(self, name: str) -> Callable[..., StandIn]:
        if name not in METHODS:
            raise AttributeError(f"a map of no network has {name!r}")
        return lambda *args, **options: self.__torch_function__(METHODS[name], (), (self, *args), options)

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
        one = next(each for each in _flat((*args, *options.values())) if isinstance(each, StandIn))
        if function in one.record.more:
            return one.record.more[function](*args, **options)
        if function in POINTWISE and isinstance(args[0], StandIn):
            return _pointwise(function, args[0], args[1:], options)
        if function in UNCHANGED and not options.get("training", True):
            return one
        if function in _OPERATORS and len(args) == 2 and not options:
            return _OPERATORS[function](*args)
        if function in PAIRED and len(args) == 2 and not options:
            return _paired(function, *args)
        if function is torch.conv2d:
            return convolved(*args, **options)
        if function is torch.cat:
            return _concatenated(*args, **options)
        raise NoPlanError(getattr(function, "__name__", repr(function)))


Operand = StandIn | Tensor | float


def _flat(args: Sequence[Any]) -> Iterator[Any]:
    """What a function is given, lists of maps taken apart."""
    for each in args:
        yield from each if isinstance(each, list | tuple) else (each,)


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


def _times(one: StandIn, factor: Tensor | float) -> StandIn:
    """A map times a number, or each of its channels times one of its own."""
    if isinstance(factor, Tensor) and factor.shape[-3:] == (one.channels, 1, 1) and factor.numel() == one.channels:
        weight = factor.detach().reshape(-1, 1, 1, 1)
        return one.record.add(Convolution((one.number,), weight, None, (1, 1), one.channels), one.channels)
    return _scaled(one, _number(factor))


def _scaled(one: StandIn, factor: float) -> StandIn:
    return one.record.add(WeightedSum((one.number,), (factor,)), one.channels)


_OPERATORS: Mapping[Callable[..., Any], Callable[..., StandIn]] = {
    torch.add: StandIn.__add__,
    torch.sub: StandIn.__sub__,
    torch.mul: StandIn.__mul__,
    torch.div: StandIn.__truediv__,
    torch.max: lambda one, other: _of_two(torch.maximum, one, other),
    torch.min: lambda one, other: _of_two(torch.minimum, one, other),
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


def _of_two(function: Callable[..., Tensor], one: Operand, other: Operand) -> StandIn:
    if not (isinstance(one, StandIn) and isinstance(other, StandIn)):
        raise NoPlanError(f"{function.__name__} along an axis")
    return _paired(function, one, other)


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

    slope = None if arguments else slope_of(function, options)
    made = one.record.add(Pointwise((one.number,), applied, slope), one.channels)
    if not in_place:
        return made
    one.number = made.number  # who uses the map again sees it changed; a plan's maps never change
    return one


def _concatenated(maps: Sequence[StandIn], dim: int = 0) -> StandIn:
    if dim != 1 or not all(isinstance(each, StandIn) for each in maps):
        raise NoPlanError("cat along another axis than the channels")
    numbers = tuple(each.number for each in maps)
    return maps[0].record.add(Concatenation(numbers), sum(each.channels for each in maps))


def convolved(
    features: StandIn,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] | int = 1,
    padding: Sequence[int] | str | int = 0,
    dilation: Sequence[int] | int = 1,
    groups: int = 1,
) -> StandIn:
    """One that keeps the picture's size."""
    dilations = both(dilation)
    sizes = weight.shape[2:]
    keeps = [step * (size // 2) for step, size in zip(dilations, sizes, strict=True)]
    is_keeping = padding == "same" or (not isinstance(padding, str) and both(padding) == keeps)
    keeps_size = both(stride) == [1, 1] and is_keeping and all(size % 2 for size in sizes)
    if not (keeps_size and isinstance(features, StandIn) and isinstance(weight, Tensor)):
        raise NoPlanError("a convolution that does not keep the picture's size")
    step = Convolution((features.number,), weight, bias, (dilations[0], dilations[1]), groups)
    return features.record.add(step, weight.shape[0])


def both(value: Sequence[int] | str | int) -> list[Any]:
    """A setting of a convolution for rows and for columns."""
    return [value, value] if isinstance(value, int) else list(value)
