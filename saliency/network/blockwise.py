"""The derivative of single fused pixels, carried backwards through a plan on small blocks around each.

The gradient of one fused pixel is non-zero only near it in the last layers. Where its value at the same
place is all that is asked for (guidance), it is needed only near it in the first layers, too. So every
feature map's gradient is kept on a block around each pixel, as small as those two reaches allow: no block is
wider than the radius + 1, and blocks never mix, so that no pixel disturbs another however near they lie.

Blocks of many pixels go through a convolution together. On CPUs the pixels stand beside each other along
the columns, and the convolution's columns are dilated by their number: one large convolution without any
work on what lies between blocks. On other devices the pixels are a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from saliency.geometry.lattices import Lattice
from saliency.geometry.window import Shape
from saliency.network.device import fastest_layout, on_gpu
from saliency.network.plan import (
    INPUTS,
    Concatenation,
    Convolution,
    Expansion,
    Plan,
    Pointwise,
    Reach,
    Step,
    WeightedSum,
)

CACHE = 16 * 2**20
"""Bytes that a part of a lattice may take on a CPU."""
TOLERANCE = 1e-9
"""Largest difference from autograd, relative to the largest gradient, that rounding in float64 may make."""


@dataclass(frozen=True, eq=False)
class Linearised:
    """A network's derivative at one pair of inputs, ready to be carried backwards.

    Attributes
    ----------
    plan : Plan
    fused : Tensor (1, 1, H, W)
    slopes : for every step, for each of its sources, (H + 2m, W + 2m, C) or None
        Derivatives of the pointwise steps, 0 in a margin of m around the image.
    inside : Tensor (H + 2m, W + 2m, 1)
        1 in the image, 0 in the margin.
    margin : int
        m, the plan's radius.
    """

    plan: Plan
    fused: Tensor
    slopes: tuple[tuple[Tensor, ...], ...]
    inside: Tensor
    margin: int


def linearised(plan: Plan, inputs: Sequence[Tensor]) -> Linearised:
    """Run the plan on both inputs, (1, 1, H, W), and keep every non-linear step's slopes."""
    maps: dict[int, Tensor] = dict(enumerate(inputs))
    slopes: list[tuple[Tensor, ...]] = []
    for number, step in enumerate(plan.steps):
        maps[number + INPUTS], found = forward(step, [maps[source] for source in step.sources])
        slopes.append(tuple(_with_margin(each, plan.radius) for each in found))
        for source in plan.last_uses[number]:
            del maps[source]
    fused = maps[len(plan.steps) - 1 + INPUTS]
    return Linearised(plan, fused, tuple(slopes), _with_margin(torch.ones_like(fused), plan.radius), plan.radius)


def forward(step: Step, values: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
    """What a step makes of its sources, and its slopes if it is pointwise."""
    return step.with_slopes(values) if isinstance(step, Pointwise) else (step.run(values), ())


def _with_margin(values: Tensor, margin: int) -> Tensor:
    """(1, C, H, W) as (H + 2m, W + 2m, C), 0 in the margin."""
    padded = F.pad(values, (margin,) * 4).contiguous(memory_format=fastest_layout(values))
    return padded[0].permute(1, 2, 0)


def diagonal(at: Linearised, lattice: Lattice) -> tuple[Tensor, Tensor]:
    """J_k[i, j, i, j] at every pixel of the lattice, for both inputs, (rows, cols) each."""
    plan = at.plan
    radii = [_smaller(*both) for both in zip(plan.to_output, plan.to_inputs, strict=True)]
    first, second = backward(LatticeBlocks(at, lattice), radii)
    return first[..., 0, 0, 0], second[..., 0, 0, 0]


def seed_bytes(plan: Plan) -> int:
    """About how much memory one pixel of a lattice takes on its way back: what a step reads and makes."""
    radii = [_smaller(*both) for both in zip(plan.to_output, plan.to_inputs, strict=True)]
    sizes = [
        channels * (2 * rows + 1) * (2 * cols + 1)
        for channels, (rows, cols) in zip(plan.channels, radii, strict=True)
    ]
    # A gradient, its product with the slopes, the map it goes to, and what a convolution needs to work.
    return 4 * 4 * max(sizes)


def chunks_of(at: Linearised, lattice: Lattice) -> list[Lattice]:
    """A lattice in parts of some of its rows: on a CPU what fits its cache; on a GPU, which has none, one."""
    rows, cols = lattice
    if on_gpu(at.fused):
        return [lattice]
    across = len(range(*cols.indices(cols.stop)))
    span = rows.step * max(1, CACHE // (seed_bytes(at.plan) * across))
    return [
        (slice(top, min(top + span, rows.stop), rows.step), cols) for top in range(rows.start, rows.stop, span)
    ]


def backward(blocks: LatticeBlocks, radii: Sequence[Reach]) -> tuple[Tensor, Tensor]:
    """The gradient of every block's pixel, on its block, for both inputs.

    Parameters
    ----------
    blocks
        Around which pixels.
    radii : (rows, cols) for every map
        Half sides of the blocks that are kept.

    Returns
    -------
    (lattice rows, lattice cols, 1, 2 · rows + 1, 2 · cols + 1) for each input
    """
    plan = blocks.plan
    final = len(plan.steps) - 1 + INPUTS
    found: dict[int, Tensor] = {final: blocks.inside((0, 0))}
    for number in range(final, INPUTS - 1, -1):
        gradient = found.pop(number, None)
        if gradient is None:  # nothing came from this map
            continue
        for source, part in zip(
            plan.steps[number - INPUTS].sources, blocks.back(number, gradient, radii), strict=True
        ):
            kept = part * blocks.inside(_radius(part)) if source in plan.leaves_the_image else part
            found[source] = _summed(found.get(source), kept, radii[source])
    first, second = (
        resized(found[each], radii[each]) if each in found else 0 * blocks.inside(radii[each])
        for each in range(INPUTS)
    )
    return first, second


def gradients(at: Linearised, lattice: Lattice) -> Tensor:
    """The whole gradient of every pixel of the lattice, (rows, cols, 2, n, n), the pixel in the middle.

    Beyond the image's border it means nothing.
    """
    both = backward(LatticeBlocks(at, lattice), at.plan.to_output)
    full = at.plan.radius, at.plan.radius
    return torch.stack([resized(each, full)[:, :, 0] for each in both], dim=2)


class LatticeBlocks:
    """Blocks around a lattice's pixels, (lattice rows, lattice cols, C, rows, cols), and how steps act on them."""

    def __init__(self, at: Linearised, lattice: Lattice) -> None:
        self.plan = at.plan
        self._at, self._lattice = at, lattice
        self._counts = tuple(len(range(*span.indices(span.stop))) for span in lattice)
        self._side_by_side = not on_gpu(at.fused)

    def slopes(self, number: int, radius: Reach) -> Sequence[Tensor]:
        """Views of the image's slopes, not copied."""
        return [self._cut(each, radius) for each in self._at.slopes[number - INPUTS]]

    def inside(self, radius: Reach) -> Tensor:
        """1 in the image, 0 in the margin."""
        return self._cut(self._at.inside, radius)

    def _cut(self, padded: Tensor, radius: Reach) -> Tensor:
        """A view of the blocks of a map with margin."""
        rows, cols = self._lattice
        height, width, channel = padded.stride()
        top, left = (
            span.start + self._at.margin - reach for span, reach in zip(self._lattice, radius, strict=True)
        )
        sizes = (*self._counts, padded.shape[2], 2 * radius[0] + 1, 2 * radius[1] + 1)
        strides = rows.step * height, cols.step * width, channel, height, width
        return padded.as_strided(sizes, strides, top * height + left * width)

    def back(self, number: int, gradient: Tensor, radii: Sequence[Reach]) -> list[Tensor]:
        """The gradients of a step's sources, given that of the map it makes."""
        step = self.plan.steps[number - INPUTS]
        if isinstance(step, WeightedSum):
            return [gradient if factor == 1 else gradient * factor for factor in step.factors]
        if isinstance(step, Concatenation):
            return list(torch.split(gradient, [self.plan.channels[source] for source in step.sources], dim=2))
        if isinstance(step, Expansion):
            return [gradient.sum(dim=2, keepdim=True)]
        if isinstance(step, Pointwise):
            return [gradient * slopes for slopes in self.slopes(number, _radius(gradient))]
        return [self._convolved_back(step, gradient, radii[step.sources[0]])]

    def _convolved_back(self, step: Convolution, gradient: Tensor, wanted: Reach) -> Tensor:
        """Carry a gradient back through a convolution, as far as it is wanted and can be non-zero."""
        radius = _radius(gradient)
        reached = _smaller(wanted, (radius[0] + step.reach[0], radius[1] + step.reach[1]))
        gradient = resized(gradient, _smaller(radius, (reached[0] + step.reach[0], reached[1] + step.reach[1])))
        radius = _radius(gradient)
        padding = step.reach[0] + reached[0] - radius[0], step.reach[1] + reached[1] - radius[1]
        down, across, channels, height, width = gradient.shape
        if not self._side_by_side:
            batch = gradient.reshape(down * across, channels, height, width)
            carried = F.conv2d(batch, step.transposed, padding=padding, dilation=step.dilation, groups=step.groups)
            return carried.reshape(down, across, *carried.shape[1:])
        count = down * across
        row = gradient.permute(3, 4, 0, 1, 2).reshape(height, width * count, channels).permute(2, 0, 1)[None]
        beside, dilation = (padding[0], padding[1] * count), (step.dilation[0], step.dilation[1] * count)
        carried = F.conv2d(row, step.transposed, padding=beside, dilation=dilation, groups=step.groups)
        sides = 2 * reached[0] + 1, 2 * reached[1] + 1
        return carried[0].permute(1, 2, 0).reshape(*sides, down, across, -1).permute(2, 3, 4, 0, 1)


def _radius(blocks: Tensor) -> Reach:
    return blocks.shape[3] // 2, blocks.shape[4] // 2


def _smaller(one: Reach, other: Reach) -> Reach:
    return min(one[0], other[0]), min(one[1], other[1])


def resized(blocks: Tensor, radius: Reach) -> Tensor:
    """The blocks cut, or filled up with zeros, to another radius."""
    if (now := _radius(blocks)) == radius:
        return blocks
    down, across = radius[0] - now[0], radius[1] - now[1]
    if down <= 0 and across <= 0:
        return blocks[..., -down : blocks.shape[3] + down, -across : blocks.shape[4] + across]
    return F.pad(blocks, (across, across, down, down))


def _summed(total: Tensor | None, part: Tensor, wanted: Reach) -> Tensor:
    """Add a contribution, on the larger of both blocks but none larger than wanted."""
    if total is None:
        return resized(part, _smaller(_radius(part), wanted))
    one, other = _radius(total), _radius(part)
    both = _smaller((max(one[0], other[0]), max(one[1], other[1])), wanted)
    return resized(total, both) + resized(part, both)


def agrees(plan: Plan, network: nn.Module) -> bool:
    """Whether the plan gives the gradients that autograd gives for ``network``, which is in float64.

    A network could hide from autograd what it shows the stand-ins: a gradient of its own making, a part under
    ``no_grad``. Both are held against each other on a small picture, at its corners, borders and inside.
    """
    shape = (plan.radius // 2 + 9, plan.radius // 2 + 12)
    generator = torch.Generator().manual_seed(2)
    weight = next(network.parameters())
    images = [
        torch.rand(1, 1, *shape, generator=generator, dtype=torch.float64).to(weight.device) for _ in range(2)
    ]
    lattice = (slice(0, shape[0], 4), slice(0, shape[1], 5))
    weights = torch.rand(1, 1, *shape, generator=generator, dtype=torch.float64).to(weight.device)[..., *lattice]
    with torch.enable_grad():
        leaves = [each.clone().requires_grad_() for each in images]
        fused = network(*leaves)
        expected = torch.autograd.grad((fused[..., *lattice] * weights).sum(), leaves, materialize_grads=True)
    with torch.no_grad():
        at = linearised(plan, images)
        blocks = backward(LatticeBlocks(at, lattice), plan.to_output)
    found = [_added_up(part * weights[0, 0, :, :, None, None, None], lattice, shape) for part in blocks]
    pairs = [(at.fused, fused.detach()), *zip(found, (each[0, 0] for each in expected), strict=True)]
    return all(bool((one - other).abs().max() <= TOLERANCE * other.abs().max()) for one, other in pairs)


def _added_up(blocks: Tensor, lattice: Lattice, shape: Shape) -> Tensor:
    """All blocks added up where they belong in an image of ``shape``."""
    rows, cols = _radius(blocks)
    image = blocks.new_zeros(shape[0] + 2 * rows, shape[1] + 2 * cols)
    for down, row in enumerate(range(*lattice[0].indices(shape[0]))):
        for across, col in enumerate(range(*lattice[1].indices(shape[1]))):
            image[row : row + 2 * rows + 1, col : col + 2 * cols + 1] += blocks[down, across, 0]
    return image[rows : rows + shape[0], cols : cols + shape[1]]
