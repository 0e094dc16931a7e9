"""Whether a `GridPlan` does what its network does: its gradients held against autograd's, in float64."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from saliency.geometry.window import Pixel, Shape
from saliency.network.grid_backward import grid_diagonal, grid_jacobian
from saliency.network.grid_linearised import GridLinearised, grid_linearised, with_margins
from saliency.network.grid_plan import GridPlan
from saliency.network.grid_spans import grid_of
from saliency.network.grid_steps_back import placed_at
from saliency.network.plan import INPUTS

TOLERANCE = 1e-9
"""Largest difference from autograd, relative to the largest gradient, that rounding in float64 may make."""


def grid_agrees(plan: GridPlan, network: nn.Module) -> bool:
    """Whether a plan gives the gradients that autograd gives for ``network``, which is in float64.

    A network could hide from autograd what it shows the stand-ins. Both are held against each other on noise of
    the plan's size: at pixels spread over the picture, its corners and borders among them, the whole gradient and
    what is left of it at the pixel's own place.
    """
    generator = torch.Generator().manual_seed(2)
    shape, weight = plan.sizes[0], next(network.parameters())
    images = [torch.rand(1, 1, *shape, generator=generator, dtype=torch.float64).to(weight) for _ in range(INPUTS)]
    with torch.enable_grad():
        leaves = [each.clone().requires_grad_() for each in images]
        fused = network(*leaves)
    with torch.no_grad():
        at = grid_linearised(plan, images)
        with_own = with_margins(at)
    if not _is_close(at.fused, fused.detach()):
        return False
    return all(_agrees_at(at, with_own, pixel, _gradients(fused, leaves, pixel)) for pixel in _spread(shape))


def _gradients(fused: Tensor, leaves: Sequence[Tensor], pixel: Pixel) -> tuple[Tensor, ...]:
    with torch.enable_grad():
        return torch.autograd.grad(fused[0, 0, *pixel], leaves, retain_graph=True, materialize_grads=True)


def _spread(shape: Shape) -> list[Pixel]:
    """Pixels at corners, borders and inside, of every phase of a small grid."""
    rows, cols = shape
    return [
        (0, 0),
        (rows - 1, cols - 1),
        *((min(rows // 2 + k, rows - 1), (k * (cols - 1)) // 3) for k in range(4)),
        *(((k * (rows - 1)) // 3, min(cols // 2 + k, cols - 1)) for k in range(4)),
    ]


def _agrees_at(at: GridLinearised, with_own: GridLinearised, pixel: Pixel, expected: Sequence[Tensor]) -> bool:
    """Whether the gradients of a pixel are as expected, and its own derivatives among those of a lattice."""
    grid, shape = grid_of(at.plan), at.plan.sizes[0]
    whole = (0, shape[0]), (0, shape[1])
    lattice = [
        [each for each in (place - grid, place, place + grid) if 0 <= each < length]
        for place, length in zip(pixel, shape, strict=True)
    ]
    with torch.no_grad():
        full = [placed_at(part[None, None], where, whole) for part, where in grid_jacobian(at, pixel)]
        own = [
            each[lattice[0].index(pixel[0]), lattice[1].index(pixel[1])]
            for each in grid_diagonal(with_own, *lattice)
        ]
    return all(
        _is_close(found, gradient)
        and bool((mine - gradient[0, 0, *pixel]).abs() <= TOLERANCE * gradient.abs().max())
        for found, mine, gradient in zip(full, own, expected, strict=True)
    )


def _is_close(found: Tensor, expected: Tensor) -> bool:
    return bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())
