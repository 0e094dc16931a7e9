"""Which of a network's operations condense a whole map to a few numbers: seen while it runs, or given held values.

Found are the means, sums, spreads and extremes over all rows and columns of a map, as torch's own functions name
them, and those that are inside of instance and group normalisation. Any other way from a whole picture into a
number is not seen, and the network then stays one that sees everything (`saliency.receptive_field.locality`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

Function = Callable[..., Any]


class OtherReductionsError(RuntimeError):
    """A network condenses this picture in other steps than the one it was looked at with."""


class Reduction(NamedTuple):
    """One that was seen: what it is called, and the shape of what it makes, at every size of pictures."""

    name: str
    shape: torch.Size


class Reductions(TorchFunctionMode):
    """Within the block, hears of each reduction over whole maps; hands back what is held instead of computing it.

    Parameters
    ----------
    held : sequence of tensors, optional
        What the reductions make, in their order; None: they are computed.

    Attributes
    ----------
    seen : list of Reduction
    made : list of tensors
        What was handed out, with the graph back to the pictures where it was computed.

    Examples
    --------
    >>> picture = torch.ones(1, 2, 4, 4)
    >>> with Reductions() as reductions:
    ...     _ = picture.mean((2, 3)), picture.mean(1), torch.nn.InstanceNorm2d(2)(picture)
    >>> [each.name for each in reductions.seen]
    ['mean', 'mean', 'var']
    >>> with Reductions([torch.zeros(1, 2)]):
    ...     picture.mean((2, 3)).tolist()
    [[0.0, 0.0]]
    """

    def __init__(self, held: Sequence[Tensor] | None = None) -> None:
        super().__init__()
        self._held = held
        self.seen: list[Reduction] = []
        self.made: list[Tensor] = []

    def __torch_function__(
        self,
        func: Function,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  # whatever the function gives
        """Compute ``func`` unless its value is held."""
        del types
        options = dict(kwargs or {})
        if func in _TOGETHER and len(args) <= 2 and _condenses(_TOGETHER[func], args, options):
            common = {name: value for name, value in options.items() if name not in ("correction", "unbiased")}
            spread = self._value(_TOGETHER[func], args, options)
            return spread, self._value(torch.mean, args, common)
        if func in _NORMALISING:
            return _NORMALISING[func](self, *args, **options)
        return self._value(func, args, options)

    def _value(self, func: Function, args: Sequence[Any], options: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if not _condenses(func, args, options):
            return func(*args, **options)
        return self.reduced(func.__name__, lambda: func(*args, **options))

    def reduced(self, name: str, compute: Callable[[], Tensor]) -> Tensor:
        """What a reduction makes: a copy, as what works in place must not alter what is noted."""
        if self._held is None:
            value = compute()
        elif len(self.made) == len(self._held):
            raise OtherReductionsError(f"{name} is one more than before")
        else:
            value = self._held[len(self.made)]
            value = value if torch.is_grad_enabled() else value.detach()  # or what is made in no_grad had a graph
        self.seen.append(Reduction(name, value.shape))
        self.made.append(value)
        return value.clone()

    def normalised(
        self, maps: Tensor, dims: tuple[int, ...], eps: float, weight: Tensor | None, bias: Tensor | None
    ) -> Tensor:
        """Maps without their mean and in units of their spread along ``dims``, (N, C, H, W) or in groups."""
        mean = self.reduced("mean", lambda: maps.mean(dims, keepdim=True))
        variance = self.reduced("var", lambda: maps.var(dims, unbiased=False, keepdim=True))
        found = ((maps - mean) * (variance + eps).rsqrt()).flatten(1, -3)
        channels = (1, -1, 1, 1)
        found = found if weight is None else found * weight.view(channels)
        return found if bias is None else found + bias.view(channels)


def _instance_norm(
    reductions: Reductions,
    features: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    if not use_input_stats or running_mean is not None or features.dim() != MAP:
        return F.instance_norm(features, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)
    return reductions.normalised(features, (2, 3), eps, weight, bias)


def _group_norm(
    reductions: Reductions,
    features: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    if features.dim() != MAP or features.shape[1] % num_groups:
        return F.group_norm(features, num_groups, weight, bias, eps)
    groups = features.unflatten(1, (num_groups, -1))
    return reductions.normalised(groups, (2, 3, 4), eps, weight, bias)


MAP = 4
"""Axes of a feature map."""
_ALONG = frozenset(
    each
    for name in ("mean", "sum", "var", "std", "amax", "amin")
    for each in (getattr(torch, name), getattr(torch.Tensor, name))
)
"""Functions of a map and the axes they reduce."""
_OF_ALL = frozenset((torch.max, torch.min, torch.Tensor.max, torch.Tensor.min))
"""Those that reduce all axes where they are given nothing else."""
_POOLING = frozenset((F.adaptive_avg_pool2d, F.adaptive_max_pool2d))
_TOGETHER: Mapping[Function, Function] = MappingProxyType({torch.var_mean: torch.var, torch.std_mean: torch.std})
"""Two reductions in one: this and the mean."""
_NORMALISING: Mapping[Function, Callable[..., Tensor]] = MappingProxyType(
    {F.instance_norm: _instance_norm, F.group_norm: _group_norm}
)


def _condenses(func: Function, args: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """Whether ``func`` reduces all rows and columns of a map."""
    maps = args[0] if args else options.get("input")
    if not (isinstance(maps, Tensor) and maps.dim() == MAP and maps.is_floating_point()) or "out" in options:
        return False
    if func in _OF_ALL:
        return len(args) == 1 and not options
    if func in _POOLING:
        size = args[1] if len(args) > 1 else options.get("output_size")
        return size in (1, (1, 1), [1, 1]) and not options.get("return_indices") and len(args) < 3
    return func in _ALONG and _is_whole(args[1] if len(args) > 1 else options.get("dim", options.get("axis")))


def _is_whole(dims: Any) -> bool:  # noqa: ANN401  # whatever it is given
    """Whether rows and columns are among the axes; None stands for all, as a word of another setting does."""
    if dims is None or isinstance(dims, bool):
        return True
    return isinstance(dims, list | tuple) and {2, 3} <= {each % MAP for each in dims}
