"""A gradient carried back through one step of a `GridPlan` that mixes pixels, on rectangles of its maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.network.device import fastest_layout, on_gpu
from saliency.network.grid_plan import GridConvolution, GridTransposed, Resampled
from saliency.network.grid_spans import Span, met, window_of, within
from saliency.network.plan import Convolution

SMALL = 5 * 10**6
"""Multiplications of a convolution below which a block of pixels is small."""
Rectangle = tuple[Span, Span]
"""Rows and columns of a map."""


def convolved_back(
    step: Convolution | GridConvolution, gradient: Tensor, here: Rectangle, wanted: Rectangle
) -> tuple[Tensor, Rectangle]:
    """Through a convolution, to what is wanted of its source at least."""
    seen = seen_by(step, here)
    if step.stride == (1, 1) and _is_part(wanted, seen):
        return _correlated(step, gradient, here, wanted), wanted
    small = is_small(step, gradient[:, 0].numel())
    return spread(step, gradient.contiguous(memory_format=fastest_layout(gradient)), small), seen


def seen_by(step: Convolution | GridConvolution, here: Rectangle) -> Rectangle:
    """What the outputs of a convolution see of its source."""
    rows, cols = (
        (start * stride - padding, (stop - 1) * stride - padding + (size - 1) * dilation + 1)
        for (start, stop), stride, padding, size, dilation in zip(
            here, step.stride, step.padding, step.weight.shape[2:], step.dilation, strict=True
        )
    )
    return rows, cols


def is_small(step: Convolution | GridConvolution, pixels: int) -> bool:
    """Whether torch's own product of matrices carries the gradient of so many pixels back faster.

    On small blocks it takes a third to a half of what oneDNN takes, whose plain kernels are arranged anew at
    every call.
    """
    is_plain = step.groups == 1 and not on_gpu(step.weight) and step.weight.dtype == torch.float32
    return is_plain and pixels * step.weight.numel() < SMALL


def spread(step: Convolution | GridConvolution, gradient: Tensor, small: bool) -> Tensor:
    """The gradient of a convolution's source, of all that the outputs see."""
    if small:
        found: Tensor = torch.ops.aten.slow_conv_transpose2d(
            gradient, step.weight, step.weight.shape[2:], None, step.stride, (0, 0), (0, 0), step.dilation
        )
        return found
    return F.conv_transpose2d(
        gradient, step.weight, stride=step.stride, dilation=step.dilation, groups=step.groups
    )


def gathered_back(
    step: GridTransposed, gradient: Tensor, here: Rectangle, wanted: Rectangle
) -> tuple[Tensor, Rectangle]:
    """Through a transposed convolution: each source pixel gathers from where it was spread to."""
    reached = []
    for axis, (start, stop) in enumerate(wanted):
        stride, padding, extent = window_of(step, axis)
        reached.append((start * stride - padding, (stop - 1) * stride - padding + extent))
    gradient = placed_at(gradient, here, (reached[0], reached[1]))
    gathered = F.conv2d(
        gradient.contiguous(memory_format=fastest_layout(gradient)),
        step.weight,
        stride=step.stride,
        dilation=step.dilation,
        groups=step.groups,
    )
    return gathered, wanted


def _is_part(wanted: Rectangle, seen: Rectangle) -> bool:
    """Whether less is wanted than the outputs see."""
    return any(one[0] > other[0] and one[1] < other[1] for one, other in zip(wanted, seen, strict=True))


def _correlated(
    step: Convolution | GridConvolution, gradient: Tensor, here: Rectangle, wanted: Rectangle
) -> Tensor:
    """Through a convolution of stride 1, to what is wanted and nothing else."""
    acting = tuple(
        (start + padding - (size - 1) * dilation, stop + padding)
        for (start, stop), padding, size, dilation in zip(
            wanted, step.padding, step.weight.shape[2:], step.dilation, strict=True
        )
    )
    gradient = placed_at(gradient, here, (acting[0], acting[1])).contiguous(memory_format=fastest_layout(gradient))
    return F.conv2d(gradient, step.transposed, dilation=step.dilation, groups=step.groups)


def resampled_back(step: Resampled, gradient: Tensor, here: Rectangle) -> tuple[Tensor, Rectangle]:
    """Through a resampled map: rows and columns mixed the other way round. Beyond its ends nothing was made."""
    inside, there = [], []
    for matrix, span, ends in zip(step.matrices, here, step.needed, strict=True):
        inside.append(within(span, len(matrix)))
        there.append(met(ends, span))
    gradient = placed_at(gradient, here, (inside[0], inside[1]))
    rows, cols = (step.mixing(axis, slice(*inside[axis]), slice(*there[axis]), gradient) for axis in (0, 1))
    return rows.T @ (gradient @ cols), (there[0], there[1])


def placed_at(values: Tensor, here: Rectangle, there: Rectangle) -> Tensor:
    """Values (n, C, h, w) that lie at ``here``, cut or filled up with zeros to ``there``."""
    if here == there:
        return values
    ((top, bottom), (left, right)), ((first, last), (near, far)) = here, there
    if top <= first and last <= bottom and left <= near and far <= right:
        return values[..., first - top : last - top, near - left : far - left]
    return F.pad(values, (left - near, far - right, top - first, last - bottom))
