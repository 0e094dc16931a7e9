"""Guidance images: the Jacobian's diagonal, for every pixel, exact, in (radius + 1)² backward passes a tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import Tensor, nn

from fusion.errors import InputError
from fusion.pairs import ImagePair
from saliency.jacobian import gradients_on, leaves
from saliency.locality import Locality, locality
from saliency.prepared import prepared
from saliency.window import TILE, Pixel, Shape, Window, tiles_of, whole


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


def guidance_stream(network: nn.Module, pair: ImagePair, tile: int = TILE) -> Iterator[Guidance]:
    """Guidance images that sharpen pass by pass; the last one is complete.

    A backward pass seeded at every (radius + 1)-th row and column yields, at each seed, its own derivative
    and nothing of the others': their windows do not reach it. (radius + 1)² shifted lattices thus give the
    diagonal exactly (sparse-Jacobian colouring; Curtis, Powell & Reid 1974). Early lattices spread evenly.

    An image of at most ``tile`` rows and columns takes (radius + 1)² passes, or one for each pixel where it is
    smaller than that. A larger one is cut into the fewest tiles, and each takes as many by itself.

    Each yielded `Guidance` is a view of the same growing arrays: copy what is to be kept.

    Parameters
    ----------
    network : Module
        In eval mode. One that is not local is never cut and takes one pass for every pixel of the image.
    pair : ImagePair
    tile : int
        Largest side of the tiles that are computed one after the other, in pixels.
    """
    shape = pair.shape
    found, network = locality(network), prepared(network)
    first, second = (np.full(shape, np.nan, dtype=np.float32) for _ in range(2))
    known = np.zeros(shape, dtype=bool)
    visits = _visits(found, shape, tile)
    total = sum(len(lattices) for _, lattices in visits)
    done = 0
    for area, lattices in visits:
        for (rows, cols), diagonals in _diagonals(network, pair, found.window(area, shape), lattices):
            first[rows, cols], second[rows, cols] = diagonals
            known[rows, cols] = True
            done += 1
            yield Guidance(first, second, known, done, total)


Lattice = tuple[slice, slice]
"""Rows and columns of evenly spaced pixels, in the image's own coordinates."""
Diagonals = tuple[NDArray[np.float32], NDArray[np.float32]]


def _visits(found: Locality, shape: Shape, tile: int) -> list[tuple[Window, list[Lattice]]]:
    """The tiles in the order they are computed, with the lattices to seed, in the image's own coordinates.

    Of several tiles each is visited twice, first for one pass: the whole image is there, coarse, at once.
    """
    tiles = tiles_of(shape, tile) if found.crops(shape) else [whole(shape)]
    every = [(area, lattices_of(found, area)) for area in tiles]
    if len(tiles) == 1:
        return every
    rest = [(area, lattices[1:]) for area, lattices in every if len(lattices) > 1]
    return [*((area, lattices[:1]) for area, lattices in every), *rest]


def lattices_of(found: Locality, area: Window) -> list[Lattice]:
    """The shifted lattices that together cover ``area``, those that spread most evenly first."""
    height, width = area.shape
    period = found.radius + 1 if found.is_local else max(height, width)
    periods = min(period, height), min(period, width)
    return [
        (slice(area.top + row, area.bottom, periods[0]), slice(area.left + col, area.right, periods[1]))
        for row, col in spread(periods)
    ]


def spread(periods: Shape) -> list[Pixel]:
    """Every offset of a periodic cell, ordered so that any first few lie far from each other.

    The order of ordered dithering (Bayer 1973) on a grid of a power of two, laid over the cell.

    Examples
    --------
    >>> spread((2, 2))
    [(0, 0), (1, 1), (1, 0), (0, 1)]
    """
    bits = (max(periods) - 1).bit_length()
    rows, cols = np.indices((1 << bits, 1 << bits)).reshape(2, -1)
    rank = np.zeros_like(rows)
    for bit in range(bits):  # the coarsest position weighs most
        rank = 4 * rank + 2 * ((rows ^ cols) >> bit & 1) + (cols >> bit & 1)
    order = np.argsort(rank)
    offsets = (rows[order] * periods[0] >> bits) * periods[1] + (cols[order] * periods[1] >> bits)
    _, first_met = np.unique(offsets, return_index=True)
    down, across = np.divmod(offsets[np.sort(first_met)], periods[1])
    return list(zip(down.tolist(), across.tolist(), strict=True))


def _diagonals(
    network: nn.Module, pair: ImagePair, area: Window, lattices: list[Lattice]
) -> Iterator[tuple[Lattice, Diagonals]]:
    """The diagonal at each lattice in turn, by one forward pass over ``area`` and a backward pass each."""
    with gradients_on():
        inputs = leaves(network, pair, area)
        fused = network(*inputs)
    for lattice in lattices[:-1]:
        yield lattice, _diagonal(inputs, fused, area, lattice)
    last = _diagonal(inputs, fused, area, lattices[-1])
    # The graph goes before the next tile's is built, and before the finished images are kept on a screen.
    del fused
    yield lattices[-1], last


def _diagonal(inputs: list[Tensor], fused: Tensor, area: Window, lattice: Lattice) -> Diagonals:
    """J_k[i, j, i, j] at every pixel of the lattice, for both inputs."""
    at = (0, 0, _shifted(lattice[0], area.top), _shifted(lattice[1], area.left))
    with gradients_on():
        seeds = torch.zeros_like(fused)
        seeds[at] = 1
        gradients = torch.autograd.grad(fused, inputs, seeds, retain_graph=True, materialize_grads=True)
    first, second = (gradient[at].float().cpu().numpy() for gradient in gradients)
    return first, second


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start - by, span.stop - by, span.step)


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
    return np.nan_to_num(scaled, posinf=0, neginf=0).astype(np.float32)
