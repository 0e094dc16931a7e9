"""What `locality` measures with: NaN probes, and crops held against the full image, in float64.

What a network holds fixed for a pair (`fusion.method.pair_constants`) is found for the whole probe image and
stays the same whatever is put into a pixel and however it is cropped, as in `saliency.network.pair_inputs`.

Float64 is no luxury: there convolutions are plain dot products, while float32 ones may go through Winograd
transforms, which spread a NaN over pixels that do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from fusion.method.network_refusals import first_line
from saliency.geometry.window import Pixel, Shape, Window, around, single, whole
from saliency.network.network_copy import copied
from saliency.network.pair_inputs import Fuse, constants_for, with_constants

LARGEST_STRIDE = 8
"""Largest stride that is looked for."""
STRIP = (160, 8)
"""Length and width of the first probe; a network that sees to both its ends counts as global."""
TOLERANCE = 1e-9
"""Largest difference, relative to the largest value, that rounding in float64 may make."""
BATCH = 16
"""Probe images that go through the network together."""

Probe = nn.Module
"""A network in float64, to be asked many questions."""


class ReachAndStride(NamedTuple):
    """How far a pixel's influence goes, and the shift after which that repeats."""

    radius: int
    stride: int


def probed(network: nn.Module) -> Probe:
    """A float64 copy of the network on the CPU, its weights frozen."""
    probe = copied(network).double().cpu()
    for each in probe.parameters():  # TorchScript has no requires_grad_ for the whole
        each.requires_grad_(False)
    return probe


def reach_and_stride(probe: Probe, phases: int) -> ReachAndStride | None:
    """How far do outputs depend on an input pixel, at ``phases`` successive places? None: everywhere.

    A long strip each way comes first: it is cheap, and long enough to notice a reach with a gap in it, such
    as a dilated convolution's. Squares of that size then show every phase, diagonals included.
    """
    radius = 0
    for shape in (STRIP, STRIP[::-1]):
        extents = _extents(probe, shape, [(shape[0] // 2, shape[1] // 2)])
        axis = int(np.argmax(shape))
        along = extents[:, 2 * axis : 2 * axis + 2]
        if along.max() >= STRIP[0] // 2 - 1:
            return None
        radius = max(radius, int(np.abs(along).max()))
    return _at_phases(probe, radius, phases)


def _at_phases(probe: Probe, radius: int, phases: int) -> ReachAndStride | None:
    """The reach over ``phases`` pixels of the diagonal, on an image that leaves a margin around all."""
    margin = radius + 1
    side = _rounded_up(2 * margin + phases)
    extents = _extents(probe, (side, side), [(margin + phase, margin + phase) for phase in range(phases)])
    if not _is_inside(extents, side):
        return _at_phases(probe, 2 * margin, phases) if side < STRIP[0] else None
    return ReachAndStride(_radius(extents), _period(extents[:, :4].tolist()))


def odd_reach(probe: Probe, radius: int, stride: int, extra: int) -> int:
    """The reach on an image whose sides exceed a multiple of the stride by ``extra``.

    Measured at every phase of the stride at both ends and in the middle; a network that does not repeat
    itself in between fails the comparison of crops that follows. Rows and columns on a strip each, as in
    `reach_and_stride`.
    """
    side = -(-(2 * radius + 8 * stride) // stride) * stride + extra
    width = -(-STRIP[1] // stride) * stride + extra
    phases = stride
    places = [start + phase for start in (0, side // 2, side - phases) for phase in range(phases)]
    down = _extents(probe, (side, width), [(at, width // 2) for at in places])
    across = _extents(probe, (width, side), [(width // 2, at) for at in places])
    return max(_radius(down), _radius(across))


class UndefinedValueError(ValueError):
    """A network fails where a value is NaN, and not on others; says how."""


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
    clean = [noise(shape, seed) for seed in (1, 2)]
    fuse = with_constants(probe, constants_for(probe, *clean), whole(shape))
    inputs = [image.expand(len(pixels), 1, *shape).clone() for image in clean]
    for image, (number, pixel) in product(inputs, enumerate(pixels)):
        image[number, 0, pixel[0], pixel[1]] = torch.nan
    with torch.no_grad():  # not inference_mode: what a network caches must serve the gradients too
        try:
            return fuse(*inputs)[:, 0].isnan().numpy()
        except Exception as error:  # whatever somebody's network raises
            fuse(*(image.expand(len(pixels), 1, *shape) for image in clean))
            raise UndefinedValueError(first_line(error.__cause__ or error)) from error  # it takes all but NaN


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


CropRunner = Callable[[Fuse, Sequence[Tensor], Window, Shape], tuple[Tensor, Window]]
"""A way to compute a crop: network, both crops, their place, the image's shape; output and its place."""


def plainly(fuse: Fuse, crops: Sequence[Tensor], area: Window, _: Shape) -> tuple[Tensor, Window]:
    """Compute a crop as if it were an image."""
    return fuse(*crops), area


def crops_agree(probe: Probe, radius: int, stride: int, extra: int = 0, run: CropRunner = plainly) -> bool:
    """Whether crops reproduce the full image's values and gradients at inner, border and corner pixels.

    The full image is differentiated once, in a random direction over all checked outputs; the crops'
    gradients, weighted alike and laid where they belong, must add up to the same. What a crop misses and
    what it wrongly adds both show as a difference, since nothing can cancel but by chance.
    """
    shape = _check_shape(radius, stride, extra)
    pixels = _checked_pixels(shape, radius, stride) if extra == 0 else _checked_at_far_ends(shape)
    weights = noise((1, len(pixels)), seed=5).flatten() + 0.5
    full = [noise(shape, seed) for seed in (3, 4)]
    constants = constants_for(probe, *full)
    entire = with_constants(probe, constants, whole(shape))
    values, gradients = _weighted(entire, full, pixels, weights, whole(shape), shape, plainly)
    largest_value, largest = float(values.abs().max()), max(float(part.abs().max()) for part in gradients)
    for pixel, weight, value in zip(pixels, weights, values, strict=True):
        window = around(single(pixel), radius, stride, shape)
        crops = [image[..., *window.slices] for image in full]
        cropped = with_constants(probe, constants, window)
        part_value, parts = _weighted(cropped, crops, [pixel], weight[None], window, shape, run)
        if not abs(float(part_value) - float(value)) <= TOLERANCE * largest_value:
            return False
        for rest, part in zip(gradients, parts, strict=True):
            rest[..., *window.slices] -= part
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


def _checked_at_far_ends(shape: Shape) -> list[Pixel]:
    """Where alone a size that does not fit the stride can matter to crops, if it does not everywhere."""
    height, width = shape
    return [
        (height - 1, 0),
        (0, width - 1),
        (height - 1, width - 1),
        (height - 1, width // 2),
        (height // 2, width - 1),
        (height // 2, width // 2),
    ]


def _weighted(
    fuse: Fuse,
    inputs: Sequence[Tensor],
    pixels: Sequence[Pixel],
    weights: Tensor,
    area: Window,
    shape: Shape,
    run: CropRunner,
) -> tuple[Tensor, list[Tensor]]:
    """The outputs at ``pixels``, and the gradient of their weighted sum for both inputs, cut at ``area``."""
    with torch.enable_grad():
        leaves = [image.clone().requires_grad_() for image in inputs]
        fused, place = run(fuse, leaves, area, shape)
        at = torch.tensor(pixels) - torch.tensor([place.top, place.left])
        values = fused[0, 0, at[:, 0], at[:, 1]]
        gradients = torch.autograd.grad((values * weights).sum(), leaves, materialize_grads=True)
    # Autograd may hand out one tensor for both inputs (y = a + b), and these are subtracted from in place.
    return values.detach(), [gradient.clone() for gradient in gradients]


def noise(shape: Shape, seed: int) -> Tensor:
    """A random picture, float64 (1, 1, H, W) in [0, 1), the same every time."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, *shape, generator=generator, dtype=torch.float64)
