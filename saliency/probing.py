"""What `locality` measures with: NaN probes, and crops held against the full image, in float64.

Float64 is no luxury: there convolutions are plain dot products, while float32 ones may go through Winograd
transforms, which spread a NaN over pixels that do not depend on it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from saliency.window import Pixel, Shape, Window, around, single

LARGEST_STRIDE = 8
"""Largest stride that is looked for."""
SIDES = (24, 40, 64, 96, 136)
"""Sides of the probe images, multiples of the largest stride; a network that sees across all is global."""
TOLERANCE = 1e-9
"""Largest difference, relative to the largest value, that rounding in float64 may make."""
BATCH = 16
"""Probe images that go through the network together."""

Probe = Callable[[Tensor, Tensor], Tensor]
"""A network in float64, to be asked many questions."""


class Reach(NamedTuple):
    """How far a pixel's influence goes, and the shift after which that repeats."""

    radius: int
    stride: int


def probed(network: nn.Module) -> Probe:
    """A float64 copy of the network on the CPU, its weights frozen."""
    return copy.deepcopy(network).double().cpu().requires_grad_(False)


def reach_and_stride(probe: Probe, phases: int) -> Reach | None:
    """How far do outputs depend on an input pixel, at ``phases`` successive places? None: everywhere.

    A first probe finds an image just large enough; the rest then go through the network as one batch.
    """
    for side in SIDES:
        centre = side // 2
        first = _extents(probe, (side, side), [(centre, centre)])
        if _is_inside(first, side):
            return _at_phases(probe, _radius(first), phases)
    return None


def _at_phases(probe: Probe, radius: int, phases: int) -> Reach | None:
    """The reach over ``phases`` pixels of the diagonal, on an image that leaves a margin around all."""
    margin = radius + 1
    side = _rounded_up(2 * margin + phases)
    extents = _extents(probe, (side, side), [(margin + phase, margin + phase) for phase in range(phases)])
    if not _is_inside(extents, side):
        return _at_phases(probe, side - margin, phases) if side < SIDES[-1] else None
    return Reach(_radius(extents), _period(extents[:, :4].tolist()))


def odd_reach(probe: Probe, radius: int, stride: int, extra: int) -> int:
    """The reach on an image whose sides exceed a multiple of the stride by ``extra``, from every place."""
    side = -(-(2 * radius + 8 * stride) // stride) * stride + extra
    extents = _extents(probe, (side, side), [(at, at) for at in range(side)])
    return _radius(extents)


def _extents(probe: Probe, shape: Shape, pixels: Sequence[Pixel]) -> np.ndarray:
    """How far up, down, left and right of each pixel outputs depend on it, and the rectangle they fill.

    Returns
    -------
    int (number of pixels, 8)
        Distances up, down, left, right; first and last row, first and last column.
    """
    found = []
    for start in range(0, len(pixels), BATCH):
        some = pixels[start : start + BATCH]
        spoiled = _spoiled(probe, shape, some)
        found += [_extent(mask, pixel) for mask, pixel in zip(spoiled, some, strict=True)]
    return np.array(found)


def _spoiled(probe: Probe, shape: Shape, pixels: Sequence[Pixel]) -> np.ndarray:
    """The outputs, bool (number of pixels, H, W), that structurally depend on each pixel of either input."""
    # NaN survives ReLU, tanh, BatchNorm in eval mode, maximum and multiplication by zero.
    inputs = [noise(shape, seed).expand(len(pixels), 1, *shape).clone() for seed in (1, 2)]
    for image, (which, pixel) in product(inputs, enumerate(pixels)):
        image[which, 0, pixel[0], pixel[1]] = torch.nan
    with torch.inference_mode():
        return probe(*inputs)[:, 0].isnan().numpy()


def _extent(spoiled: np.ndarray, pixel: Pixel) -> tuple[int, ...]:
    if not spoiled.any():
        return 0, 0, 0, 0, pixel[0], pixel[0], pixel[1], pixel[1]
    rows, cols = (np.flatnonzero(spoiled.any(axis=axis)) for axis in (1, 0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]), int(cols[0]), int(cols[-1])
    return pixel[0] - top, bottom - pixel[0], pixel[1] - left, right - pixel[1], top, bottom, left, right


def _radius(extents: np.ndarray) -> int:
    return int(np.abs(extents[:, :4]).max())


def _is_inside(extents: np.ndarray, side: int) -> bool:
    """Whether no rectangle meets the image's border, where it would have been cut off."""
    return bool(extents[:, 4:].min() > 0 and extents[:, 4:].max() < side - 1)


def _rounded_up(side: int) -> int:
    return -(-side // LARGEST_STRIDE) * LARGEST_STRIDE


def _period(reaches: Sequence[Sequence[int]]) -> int:
    """Smallest shift after which the reaches repeat."""
    for period in range(1, LARGEST_STRIDE):
        if all(a == b for a, b in zip(reaches, reaches[period:], strict=False)):
            return period
    return LARGEST_STRIDE


def crops_agree(probe: Probe, radius: int, stride: int, extra: int = 0) -> bool:
    """Whether crops reproduce the full image's values and gradients at inner, border and corner pixels.

    The full image is differentiated once, in a random direction over all checked outputs; the crops'
    gradients, weighted alike and laid where they belong, must add up to the same. What a crop misses and
    what it wrongly adds both show as a difference, since nothing can cancel but by chance.
    """
    shape = _check_shape(radius, stride, extra)
    pixels = _checked_pixels(shape, radius, stride)
    weights = noise((1, len(pixels)), seed=5).flatten() + 0.5
    full = [noise(shape, seed) for seed in (3, 4)]
    values, gradients = _weighted(probe, full, pixels, weights)
    largest_value, largest = float(values.abs().max()), max(float(part.abs().max()) for part in gradients)
    for pixel, weight, value in zip(pixels, weights, values, strict=True):
        window = around(single(pixel), radius, stride, shape)
        crop_value, crop_gradients = _from_crop(probe, full, pixel, window, weight)
        if not abs(crop_value - float(value)) <= TOLERANCE * largest_value:
            return False
        for whole_image, part in zip(gradients, crop_gradients, strict=True):
            whole_image[..., *window.slices] -= part
    return all(float(rest.abs().max()) <= TOLERANCE * largest for rest in gradients)


def _check_shape(radius: int, stride: int, extra: int) -> Shape:
    """Just larger than a window, so that there is an outside to look at; not square."""
    least = 2 * radius + 2 * stride + 5
    rows = -(-least // stride) * stride + extra
    return rows, rows + 3 * stride


def _checked_pixels(shape: Shape, radius: int, stride: int) -> list[Pixel]:
    """The corners, the middles of the borders, and inner pixels at every phase of the stride."""
    height, width = shape
    places = product((0, height // 2, height - 1), (0, width // 2, width - 1))
    first = radius + 1
    return [*places, *((first + step, first + 2 * step) for step in range(1, max(stride, 3)))]


def _weighted(
    probe: Probe, inputs: Sequence[Tensor], pixels: Sequence[Pixel], weights: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """The outputs at ``pixels``, and the gradient of their weighted sum for both inputs."""
    rows, cols = zip(*pixels, strict=True)
    with torch.enable_grad():
        leaves = [image.clone().requires_grad_() for image in inputs]
        values = probe(*leaves)[0, 0, list(rows), list(cols)]
        gradients = torch.autograd.grad((values * weights).sum(), leaves, materialize_grads=True)
    return values.detach(), list(gradients)


def _from_crop(
    probe: Probe, full: Sequence[Tensor], pixel: Pixel, window: Window, weight: Tensor
) -> tuple[float, list[Tensor]]:
    crop = [image[..., *window.slices] for image in full]
    here = pixel[0] - window.top, pixel[1] - window.left
    values, gradients = _weighted(probe, crop, [here], weight[None])
    return float(values[0]), gradients


def noise(shape: Shape, seed: int) -> Tensor:
    """A random picture, float64 (1, 1, H, W) in [0, 1), the same every time."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, *shape, generator=generator, dtype=torch.float64)
