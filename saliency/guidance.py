"""Guidance images: the Jacobian's diagonal, for every pixel, exact, in (radius + 1)² backward passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import Tensor, nn

from fusion.errors import InputError
from fusion.fusing import as_tensors
from fusion.pairs import ImagePair
from saliency.locality import Locality, locality
from saliency.window import Pixel, Shape, Window, whole

TILE = 512
"""Side of the tiles a large image is cut into, so that the retained graph fits in memory."""


@dataclass(frozen=True, eq=False)
class Guidance:
    """How strongly each fused pixel depends on the input pixels at its own place.

    Attributes
    ----------
    first, second : float32 (H, W)
        J_k[i, j, i, j]; NaN where not computed yet. Signed, unscaled.
    known : bool (H, W)
        Where both are computed.
    done, total : int
        Backward passes made and needed.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    known: NDArray[np.bool_]
    done: int
    total: int

    @property
    def is_complete(self) -> bool:
        """Whether every pixel is computed."""
        return self.done == self.total

    def preview(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both images with each gap filled from the nearest computed pixel: to look at, not to measure."""
        if self.is_complete or not self.known.any():
            return self.first, self.second
        nearest = distance_transform_edt(~self.known, return_distances=False, return_indices=True)
        rows, cols = nearest
        return self.first[rows, cols], self.second[rows, cols]


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


def guidance_stream(network: nn.Module, pair: ImagePair) -> Iterator[Guidance]:
    """Guidance images that sharpen pass by pass; the last one is complete.

    A backward pass seeded at every (radius + 1)-th row and column yields, at each seed, its own derivative
    and nothing of the others': their windows do not reach it. (radius + 1)² shifted lattices thus give the
    diagonal exactly (sparse-Jacobian colouring; Curtis, Powell & Reid 1974). Early lattices spread evenly.

    Each yielded `Guidance` is a view of the same growing arrays: copy what is to be kept.
    """
    shape = pair.shape
    found = locality(network)
    first, second = (np.full(shape, np.nan, dtype=np.float32) for _ in range(2))
    known = np.zeros(shape, dtype=bool)
    passes = _passes(found, shape)
    total = sum(len(lattices) for _, lattices in passes)
    done = 0
    for tile, lattices in passes:
        differentiate = _retained(network, pair, tile, found)
        for rows, cols in lattices:
            first[rows, cols], second[rows, cols] = differentiate(rows, cols)
            known[rows, cols] = True
            done += 1
            yield Guidance(first, second, known, done, total)


Lattice = tuple[slice, slice]


def _passes(found: Locality, shape: Shape) -> list[tuple[Window, list[Lattice]]]:
    """The tiles of an image and, for each, the lattices to seed, in the image's own coordinates."""
    tiles = _tiles(shape) if found.is_local else [whole(shape)]
    return [(tile, _lattices(found, tile)) for tile in tiles]


def _tiles(shape: Shape) -> list[Window]:
    return [
        Window(top, min(top + TILE, shape[0]), left, min(left + TILE, shape[1]))
        for top, left in product(range(0, shape[0], TILE), range(0, shape[1], TILE))
    ]


def _lattices(found: Locality, tile: Window) -> list[Lattice]:
    """The shifted lattices that together cover ``tile``, those that spread most evenly first."""
    height, width = tile.shape
    period = found.radius + 1 if found.is_local else max(height, width)
    periods = min(period, height), min(period, width)
    return [
        (slice(tile.top + row, tile.bottom, periods[0]), slice(tile.left + col, tile.right, periods[1]))
        for row, col in spread(periods)
    ]


def spread(periods: Shape) -> list[Pixel]:
    """Every offset of a periodic cell, ordered so that any first few lie far from each other.

    Each next offset is the one farthest from all before it, distances wrapping around (Gonzalez 1985).

    Examples
    --------
    >>> spread((2, 2))
    [(0, 0), (1, 1), (0, 1), (1, 0)]
    """
    rows, cols = np.indices(periods)
    nearest = np.full(periods, np.inf)
    order: list[Pixel] = []
    chosen = (0, 0)
    for _ in range(periods[0] * periods[1]):
        order.append(chosen)
        nearest = np.minimum(nearest, _wrapped_distance(rows, cols, chosen, periods))
        row, col = np.unravel_index(int(np.argmax(nearest)), periods)
        chosen = int(row), int(col)
    return order


def _wrapped_distance(rows: np.ndarray, cols: np.ndarray, to: Pixel, periods: Shape) -> np.ndarray:
    down, across = np.abs(rows - to[0]), np.abs(cols - to[1])
    return np.minimum(down, periods[0] - down) ** 2 + np.minimum(across, periods[1] - across) ** 2


class _Retained:
    """One forward pass over a tile and its surroundings, whose graph answers any number of lattices."""

    def __init__(self, network: nn.Module, pair: ImagePair, tile: Window, found: Locality) -> None:
        self.area = found.window(tile, pair.shape)
        rows, cols = self.area.slices
        self.inputs = [
            image[..., rows, cols].contiguous().requires_grad_() for image in as_tensors(network, pair)
        ]
        self.fused: Tensor = network(*self.inputs)

    def __call__(self, rows: slice, cols: slice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The diagonal at the lattice ``rows`` × ``cols``, for both inputs."""
        at = (0, 0, _shifted(rows, self.area.top), _shifted(cols, self.area.left))
        seeds = torch.zeros_like(self.fused)
        seeds[at] = 1
        gradients = torch.autograd.grad(
            self.fused, self.inputs, seeds, retain_graph=True, materialize_grads=True
        )
        first, second = (gradient[at].float().cpu().numpy() for gradient in gradients)
        return first, second


def _retained(network: nn.Module, pair: ImagePair, tile: Window, found: Locality) -> _Retained:
    return _Retained(network, pair, tile, found)


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start - by, span.stop - by, span.step)


def guidance_rgb(
    first: NDArray[np.float32], second: NDArray[np.float32], fused: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where does which input lead, and how bright is it there? Red: guidance 1; green: 2; blue: fused.

    Each channel is min–max scaled by itself to [0, 1] (paper, Section 3.2.3), so red and green do not
    compare in size. A constant channel becomes 0.

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
    low, high = channel.min(), channel.max()
    return (channel - low) / (high - low) if high > low else np.zeros_like(channel)
