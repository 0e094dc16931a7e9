"""How a network's diagonal is computed: by its plan, on grids, by coloured passes, or pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import cropped, gradients_on, leaves
from saliency.derivatives.low_rank import Diagonals
from saliency.derivatives.whole_image import WholeImage
from saliency.geometry.lattices import Lattice, moved
from saliency.geometry.window import TILE, Shape, Window, whole
from saliency.network.blockwise import Linearised, chunks_of, diagonal, linearised, seed_bytes
from saliency.network.device import free_bytes
from saliency.network.grid_backward import grid_diagonal
from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.grid_linearised import with_margins
from saliency.network.optimized import grid_derivatives, optimized, optimized_plan
from saliency.network.pair_function import at_pair
from saliency.network.plan import Plan
from saliency.receptive_field.locality import Locality, locality

GPU_SHARE = 0.25
"""The part of a GPU's free memory that one pass may take."""
SEEDS = 256
"""About how many pixels a pass through a network whose maps change their size is for."""


def way_of(
    network: nn.Module, shape: Shape, image: Callable[[], WholeImage] | None = None
) -> _Blockwise | _OnGrids | _ByAutograd | _OnWholeImage:
    """How this network's diagonal is computed."""
    found, plan = locality(network), optimized_plan(network)
    if not found.is_local:
        return _OnWholeImage(network, image)
    if plan is not None and found.crops(shape) and plan.radius == found.radius:
        return _Blockwise(optimized(network), plan)
    grids = grid_derivatives(network) if found.stride > 1 and found.crops(shape) else None
    if grids is not None and grids.is_right():
        return _OnGrids(grids)
    return _ByAutograd(network)  # at a stride of 1 coloured passes multiply less: IFCNN's a quarter


@dataclass(frozen=True)
class _Blockwise:
    """On a block around each seed, step by step backwards through the network's plan."""

    network: nn.Module
    plan: Plan

    def period(self, found: Locality, shape: Shape) -> int:
        """Blocks never mix, so any spacing is right: on a GPU the one that fills its memory in a few passes."""
        free = free_bytes(self.network)
        if free is None:
            return found.radius + 1
        tile = min(shape[0], TILE) * min(shape[1], TILE)
        return max(1, math.ceil(math.sqrt(tile * seed_bytes(self.plan) / (GPU_SHARE * free))))

    def diagonals(
        self, pair: ImagePair, area: Window, lattices: Iterator[Lattice]
    ) -> Iterator[tuple[Lattice, Diagonals]]:
        """The diagonal at each lattice in turn, by one forward pass over ``area``."""
        with torch.inference_mode(False), torch.no_grad():
            at = linearised(self.plan, [leaf.detach() for leaf in leaves(self.network, pair, area)])
        for lattice in lattices:
            yield lattice, self._diagonal(at, moved(lattice, -area.top, -area.left))

    def _diagonal(self, at: Linearised, lattice: Lattice) -> Diagonals:
        with torch.inference_mode(False), torch.no_grad():
            parts = [diagonal(at, part) for part in chunks_of(at, lattice)]
            first, second = (torch.cat(images).float().cpu().numpy() for images in zip(*parts, strict=True))
        return first, second


@dataclass(frozen=True)
class _OnGrids:
    """On what each seed needs of every map, back through the steps of a network whose maps change their size."""

    grids: GridDerivatives

    def period(self, found: Locality, shape: Shape) -> int:
        """Seeds never mix; those on the same points of every map's grid are computed together."""
        tile = min(shape[0], TILE) * min(shape[1], TILE)
        return found.stride * max(1, round(math.sqrt(tile / SEEDS) / found.stride))

    def diagonals(
        self, pair: ImagePair, area: Window, lattices: Iterator[Lattice]
    ) -> Iterator[tuple[Lattice, Diagonals]]:
        """The diagonal at each lattice in turn, by one forward pass over ``area``."""
        kept = self.grids.at(pair) if area == whole(pair.shape) else None
        with torch.inference_mode(False), torch.no_grad():
            at = with_margins(self.grids.linearised(cropped(pair, area)) if kept is None else kept)
        for lattice in lattices:
            rows, cols = (range(*each.indices(each.stop)) for each in moved(lattice, -area.top, -area.left))
            with torch.inference_mode(False), torch.no_grad():
                first, second = (each.float().cpu().numpy() for each in grid_diagonal(at, rows, cols))
            yield lattice, (first, second)


@dataclass(frozen=True)
class _ByAutograd:
    """By autograd, the whole area's graph kept for all passes."""

    network: nn.Module

    def period(self, found: Locality, shape: Shape) -> int:
        """Seeds further apart than the radius do not disturb each other."""
        del shape
        return found.radius + 1

    def diagonals(
        self, pair: ImagePair, area: Window, lattices: Iterator[Lattice]
    ) -> Iterator[tuple[Lattice, Diagonals]]:
        """The diagonal at each lattice in turn, by one forward pass over ``area`` and a backward pass each."""
        with gradients_on():
            inputs = leaves(self.network, pair, area)
            fused = at_pair(self.network, pair, area, optimized(self.network))(*inputs)
        lattice, following = next(lattices, None), next(lattices, None)
        while lattice is not None:
            found = _by_autograd(inputs, fused, moved(lattice, -area.top, -area.left))
            # The graph goes before the next tile's is built, and before the finished images are kept on a screen.
            if following is None:
                del fused
            yield lattice, found
            lattice, following = following, next(lattices, None)


@dataclass(frozen=True)
class _OnWholeImage:
    """A pass through the whole image for each pixel: others are never out of its reach."""

    network: nn.Module
    image: Callable[[], WholeImage] | None

    def period(self, found: Locality, shape: Shape) -> int:
        """One seed a pass."""
        del found
        return max(shape)

    def diagonals(
        self, pair: ImagePair, area: Window, lattices: Iterator[Lattice]
    ) -> Iterator[tuple[Lattice, Diagonals]]:
        """The diagonal at each lattice in turn, by one forward pass and a backward pass each."""
        del area  # all of the pair
        image = WholeImage(self.network, pair) if self.image is None else self.image()
        for lattice in lattices:
            first, second = image.back(lattice, np.float32(1))[:, *lattice]
            yield lattice, (first, second)


def _by_autograd(inputs: list[Tensor], fused: Tensor, lattice: Lattice) -> Diagonals:
    """J_k[i, j, i, j] at every pixel of the lattice, for both inputs."""
    at = (0, 0, *lattice)
    with gradients_on():
        seeds = torch.zeros_like(fused)
        seeds[at] = 1
        gradients = torch.autograd.grad(fused, inputs, seeds, retain_graph=True, materialize_grads=True)
    first, second = (gradient[at].float().cpu().numpy() for gradient in gradients)
    return first, second
