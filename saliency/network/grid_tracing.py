"""How a network whose maps change their size is written down, for images of one size.

As in `saliency.network.tracing`, with the functions that change a map's size beside those that keep it. Whether a
plan does what its network does is checked where it is used (`saliency.network.grid_check`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fusion.method.pair_constants import HasPairConstants
from saliency.geometry.window import Shape
from saliency.network.grid_plan import GridConvolution, GridPlan, GridTransposed, Resampled, Selection
from saliency.network.tracing import NoPlanError, Record, StandIn, both, convolved

LINEAR = {"bilinear": "linear", "nearest": "nearest", "nearest-exact": "nearest-exact"}
"""How torch calls along one axis what it does along two."""


def grid_plan_of(network: nn.Module, shape: Shape) -> GridPlan:
    """Write a network down by letting it run on stand-ins for two images of ``shape``.

    Raises
    ------
    NoPlanError
        It does something that has no step here, or is no function of the two inputs alone.

    Examples
    --------
    >>> import fusion
    >>> plan = grid_plan_of(fusion.load("CAMF"), (70, 61))
    >>> min(plan.sizes), plan.sizes[-1]
    ((19, 17), (70, 61))
    """
    if isinstance(network, HasPairConstants):
        raise NoPlanError("constants of the pair belong to the inputs")
    return Record(shape, _FUNCTIONS).of(network).grid_plan()


def _any_convolved(
    features: StandIn,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] | int = 1,
    padding: Sequence[int] | str | int = 0,
    dilation: Sequence[int] | int = 1,
    groups: int = 1,
) -> StandIn:
    try:
        return convolved(features, weight, bias, stride, padding, dilation, groups)
    except NoPlanError:
        if not (isinstance(features, StandIn) and isinstance(weight, Tensor)):
            raise
    if padding == "same":  # of an even kernel, one more behind than before
        beyond = [(size - 1) * step for size, step in zip(weight.shape[2:], both(dilation), strict=True)]
        ends = [(each // 2, each - each // 2) for each in beyond]
        features, padding = _padded(features, [*ends[1], *ends[0]]), 0
    padded = both(0 if padding == "valid" else padding)
    (down, across), (rows, cols), (first, second) = both(stride), padded, both(dilation)
    step = GridConvolution((features.number,), weight, bias, (down, across), (rows, cols), (first, second), groups)
    return features.record.add(step, weight.shape[0], _made_by(step, features.size))


def _spread(
    features: StandIn,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sequence[int] | int = 1,
    padding: Sequence[int] | int = 0,
    output_padding: Sequence[int] | int = 0,
    groups: int = 1,
    dilation: Sequence[int] | int = 1,
) -> StandIn:
    if not (isinstance(features, StandIn) and isinstance(weight, Tensor)):
        raise NoPlanError("a transposed convolution of something else than a map")
    strides, ends, beyond, steps = (both(each) for each in (stride, padding, output_padding, dilation))
    size = [
        (length - 1) * each - 2 * end + (kernel - 1) * step + more + 1
        for length, each, end, kernel, step, more in zip(
            features.size, strides, ends, weight.shape[2:], steps, beyond, strict=True
        )
    ]
    moving, around, more, wide = ((rows, cols) for rows, cols in (strides, ends, beyond, steps))
    step = GridTransposed((features.number,), weight, bias, moving, around, more, wide, groups)
    return features.record.add(step, weight.shape[1] * groups, (size[0], size[1]))


def _made_by(step: GridConvolution, size: Shape) -> Shape:
    """Rows and columns of what a convolution makes of a map."""
    rows, cols = (
        (length + 2 * padding - (kernel - 1) * dilation - 1) // stride + 1
        for length, padding, kernel, dilation, stride in zip(
            size, step.padding, step.weight.shape[2:], step.dilation, step.stride, strict=True
        )
    )
    return rows, cols


def _padded(features: StandIn, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> StandIn:
    if len(pad) not in (2, 4) or value:
        raise NoPlanError("padding of other axes, or with a value")
    left, right, top, bottom = *pad, *(0,) * (4 - len(pad))

    def along(ends: tuple[int, int], rows: Tensor) -> Tensor:
        return F.pad(rows, ends, mode=mode)

    whole = partial(F.pad, pad=tuple(pad), mode=mode)
    return _resampled(features, whole, (partial(along, (top, bottom)), partial(along, (left, right))), (1, 1))


def _interpolated(
    features: StandIn,
    size: Sequence[int] | int | None = None,
    scale_factor: Sequence[float] | float | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> StandIn:
    if mode not in LINEAR or scale_factor is None or size is not None or antialias or align_corners:
        raise NoPlanError("interpolation to a size, or of another kind")
    scales = [float(each) for each in (scale_factor if isinstance(scale_factor, Sequence) else [scale_factor] * 2)]
    options: dict[str, Any] = {"align_corners": align_corners, "recompute_scale_factor": recompute_scale_factor}
    whole = partial(F.interpolate, scale_factor=scale_factor, mode=mode, **options)
    along = [partial(F.interpolate, scale_factor=each, mode=LINEAR[mode], **options) for each in scales]
    return _resampled(features, whole, along, [1 / Fraction(each) for each in scales])


def _averaged(
    features: StandIn,
    kernel_size: Sequence[int] | int,
    stride: Sequence[int] | int | None = None,
    padding: Sequence[int] | int = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> StandIn:
    if divisor_override is not None or (any(both(padding)) and not count_include_pad) or ceil_mode:
        raise NoPlanError("an average of a number of pixels that differs")
    kernels, strides = both(kernel_size), both(stride if stride else kernel_size)
    whole = partial(F.avg_pool2d, kernel_size=kernels, stride=strides, padding=both(padding))
    along = [
        partial(F.avg_pool1d, kernel_size=kernel, stride=step, padding=ends)
        for kernel, step, ends in zip(kernels, strides, both(padding), strict=True)
    ]
    return _resampled(features, whole, along, strides)


def _part(features: StandIn, key: Any) -> StandIn:  # noqa: ANN401  # whatever stands between brackets
    """Some channels, rows and columns of a map."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        keys[place : place + 1] = [slice(None)] * (5 - len(keys))
    keys += [slice(None)] * (4 - len(keys))
    is_known = len(keys) == 4 and all(isinstance(each, slice) and each.step in (None, 1) for each in keys)
    if not is_known or keys[0] != slice(None):
        raise NoPlanError("a part of a map that is no rectangle")
    start, stop, _ = keys[1].indices(features.channels)
    if (start, stop) != (0, features.channels):
        features = _selected(features, start, stop - start)
    rows, cols = keys[2:]
    if all(
        each.indices(length) == (0, length, 1) for each, length in zip((rows, cols), features.size, strict=True)
    ):
        return features

    def along(part: slice, lines: Tensor) -> Tensor:
        return lines[..., part]

    return _resampled(
        features, lambda map_: map_[..., rows, cols], (partial(along, rows), partial(along, cols)), (1, 1)
    )


def _selected(features: StandIn, first: int, count: int) -> StandIn:
    if count < 1:
        raise NoPlanError("no channel of a map")
    return features.record.add(Selection((features.number,), first, count), count)


def _resampled(
    features: StandIn,
    whole: Callable[[Tensor], Tensor],
    along: Sequence[Callable[[Tensor], Tensor]],
    ratio: Sequence[Fraction | int],
) -> StandIn:
    """Note a step that mixes rows with rows and columns with columns, as ``along`` does with a line of pixels."""
    rows, cols = (
        each(torch.eye(length, dtype=torch.float64)[None])[0].T.contiguous()
        for each, length in zip(along, features.size, strict=True)
    )
    down, across = map(Fraction, ratio)
    step = Resampled((features.number,), whole, (rows, cols), (down, across))
    return features.record.add(step, features.channels, (rows.shape[0], cols.shape[0]))


_FUNCTIONS: Mapping[Callable[..., Any], Callable[..., StandIn]] = MappingProxyType(
    {
        torch.conv2d: _any_convolved,
        torch.conv_transpose2d: _spread,
        F.pad: _padded,
        F.interpolate: _interpolated,
        F.avg_pool2d: _averaged,
        torch.Tensor.__getitem__: _part,
    }
)
