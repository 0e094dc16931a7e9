"""Guidance images: the Jacobian's diagonal, for every pixel, exact, a lattice of pixels at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.derivatives.guidance_order import GuidanceOrder, Wanted, nowhere
from saliency.derivatives.jacobian import cropped, gradients_on, leaves
from saliency.derivatives.whole_image import WholeImage
from saliency.geometry.lattices import Lattice, moved
from saliency.geometry.window import TILE, Shape, Window, whole
from saliency.network.blockwise import Linearised, chunks_of, diagonal, linearised, seed_bytes
from saliency.network.device import free_bytes
from saliency.network.grid_backward import grid_diagonal, with_margins
from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.optimized import grid_derivatives, optimized, optimized_plan
from saliency.network.pair_function import at_pair
from saliency.network.plan import Plan
from saliency.receptive_field.locality import Locality, locality

GPU_SHARE = 0.25
"""The part of a GPU's free memory that one pass may take."""
SEEDS = 256
"""About how many pixels a pass through a network whose maps change their size is for."""


@dataclass(frozen=True)
class EstimatedError:
    """How far estimated guidance is from exact, where that was looked at.

    Attributes
    ----------
    largest : float
        The largest difference at the pixels below: no bound for the others.
    pixels : int
        At how many: one drawn in each field of the image, and those that receive much from others.
    """

    largest: float
    pixels: int


@dataclass(frozen=True, eq=False)
class Guidance:
    """How strongly each fused pixel depends on the input pixels at its own place.

    Attributes
    ----------
    first, second : float32 (H, W)
        J_k[i, j, i, j]; NaN where not computed yet, and where the network itself yields NaN. Signed, unscaled.
    known : bool (H, W)
        Where both are computed, whatever came out.
    done, total : int
        Backward passes made and needed.
    error : EstimatedError or None
        How far from exact it is, where it was estimated; None where it is exact.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    known: NDArray[np.bool_]
    done: int
    total: int
    error: EstimatedError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every pixel is computed."""
        return self.done == self.total


def guidance(network: nn.Module, pair: ImagePair) -> Guidance:
    """How strongly does each fused pixel depend on its own input pixels? (Kumar & Gumhold 2020, Eq. 2.)

    Examples
    --------
    >>> import fusion
    >>> G = guidance(fusion.load("Weighted Averaging"), fusion.phantom(seed=7))
    >>> G.done, float(G.first[0, 0])
    (1, 0.5)
    """
    for partial in guidance_stream(network, pair):
        latest = partial
    return latest


def guidance_stream(
    network: nn.Module,
    pair: ImagePair,
    tile: int = TILE,
    so_far: Guidance | None = None,
    wanted: Wanted = nowhere,
    image: Callable[[], WholeImage] | None = None,
) -> Generator[Guidance, None, None]:
    """Guidance images that sharpen pass by pass; the last one is complete.

    A backward pass seeded at every (radius + 1)-th row and column yields, at each seed, its own derivative
    and nothing of the others': their windows do not reach it. (radius + 1)² shifted lattices thus give the
    diagonal exactly (sparse-Jacobian colouring; Curtis, Powell & Reid 1974). Early lattices spread evenly.
    A network whose steps are all known is carried back on a small block around each seed only
    (`saliency.network.blockwise`), to the same result with a third to a half of the multiplications; one whose
    maps change their size, on what each seed needs of them (`saliency.network.grid_backward`).

    An image of at most ``tile`` rows and columns takes (radius + 1)² passes, or one for each pixel where it is
    smaller than that. A larger one is cut into the fewest tiles, and each takes as many by itself. On a GPU
    the lattices are as dense as its memory allows, so that there are fewer passes.

    What is ``wanted`` is computed first, by itself where that is quick: the passes for it are further ones.
    What is known once is not computed again and does not change.

    Each yielded `Guidance` is a view of the same growing arrays: copy what is to be kept. Closing the
    generator ends the computation; what it held is free at once.

    Parameters
    ----------
    network : Module
        In eval mode. One that is not local is never cut and takes one pass for every pixel of the image.
    pair : ImagePair
    tile : int
        Largest side of the tiles that are computed one after the other, in pixels.
    so_far : Guidance, optional
        Of the same network and pair, unfinished: the stream goes on from there.
    wanted : callable, optional
        What is looked at; asked before each pass.
    image : callable, optional
        Gives the pair's graph where others use it too, for networks that are not local; else it is built.
    """
    shape = pair.shape
    found, way = locality(network), _way(network, shape, image)
    at = Guidance(*_nothing(shape), 0, 0) if so_far is None else _copied(so_far)
    order, done, total = GuidanceOrder(found, shape, tile, way.period(found, shape), at.known), at.done, -1
    for area, lattices in order.visits(wanted):
        for lattice, diagonals in way.diagonals(pair, found.window(area, shape), lattices):
            _note(at, lattice, diagonals)
            order.passed()
            done, total = done + 1, done + 1 + order.left
            yield replace(at, done=done, total=total)
    if total != done:  # what was left turned out to be known already
        yield replace(at, done=done, total=done)


def _nothing(shape: Shape) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    first, second = (np.full(shape, np.nan, dtype=np.float32) for _ in range(2))
    return first, second, np.zeros(shape, dtype=bool)


def _copied(G: Guidance) -> Guidance:
    return replace(G, first=G.first.copy(), second=G.second.copy(), known=G.known.copy())


def _note(at: Guidance, lattice: Lattice, diagonals: Diagonals) -> None:
    """Take over what a pass found where nothing is known: a value that was shown stays to the last bit."""
    known = at.known[lattice]
    for image, found in zip((at.first, at.second), diagonals, strict=True):
        image[lattice] = np.where(known, image[lattice], found)
    at.known[lattice] = True


def passes(network: nn.Module, shape: Shape) -> int:
    """How many passes does guidance of an image of ``shape`` take?

    Examples
    --------
    >>> import fusion
    >>> passes(fusion.load("MaskNet"), (256, 256))
    81
    """
    found = locality(network)
    nothing = np.zeros(shape, dtype=bool)
    return GuidanceOrder(found, shape, TILE, _way(network, shape).period(found, shape), nothing).left


Diagonals = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Both guidance images at the pixels of a lattice."""


def _way(
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


def guidance_rgb(
    first: NDArray[np.float32], second: NDArray[np.float32], fused: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where does which input lead, and how bright is it there? Red: guidance 1; green: 2; blue: fused.

    Each channel is min–max scaled by itself to [0, 1] (paper, Section 3.2.3), so red and green do not
    compare in size. A constant channel becomes 0, as does what is NaN (not computed yet).

    Returns
    -------
    float32 (H, W, 3) in [0, 1]

    Raises
    ------
    InputError
        The three images differ in size.

    Examples
    --------
    >>> ramp = np.array([[0.0, 0.5, 2.0]], dtype=np.float32)
    >>> guidance_rgb(ramp, -ramp, 0 * ramp)[0].tolist()
    [[0.0, 1.0, 0.0], [0.25, 0.75, 0.0], [1.0, 0.0, 0.0]]
    """
    if not first.shape == second.shape == fused.shape:
        raise InputError(f"Guidance RGB takes three equal sizes: {first.shape}, {second.shape}, {fused.shape}.")
    return np.stack([_unit_range(channel) for channel in (first, second, fused)], axis=-1)


def _unit_range(channel: NDArray[np.float32]) -> NDArray[np.float32]:
    finite = channel[np.isfinite(channel)].astype(np.float64)
    if finite.size == 0 or finite.min() == finite.max():
        return np.zeros(channel.shape, dtype=np.float32)
    scaled = (channel.astype(np.float64) - finite.min()) / (finite.max() - finite.min())
    finite_only: NDArray[np.float64] = np.nan_to_num(scaled, posinf=0, neginf=0)
    return finite_only.astype(np.float32)
