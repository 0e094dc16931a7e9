"""Guidance images: the Jacobian's diagonal, for every pixel, exact, a lattice of pixels at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.guidance_order import GuidanceOrder, Wanted, nowhere
from saliency.derivatives.guidance_passes import way_of
from saliency.derivatives.low_rank import Diagonals
from saliency.derivatives.low_rank_derivatives import low_rank_derivatives
from saliency.derivatives.whole_image import WholeImage
from saliency.geometry.lattices import Lattice
from saliency.geometry.window import TILE, Shape
from saliency.receptive_field.locality import locality


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
        In eval mode. One that is not local is never cut and takes one pass for every pixel of the image, unless it
        is local but for a few numbers (`saliency.derivatives.low_rank`).
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
    derivatives = low_rank_derivatives(network)
    low_rank = None if derivatives is None else derivatives.with_own(network, pair)
    if low_rank is not None:
        network = low_rank.local_part
    found, way = locality(network), way_of(network, shape, image)
    at = Guidance(*_nothing(shape), 0, 0) if so_far is None else _copied(so_far)
    order, done, total = GuidanceOrder(found, shape, tile, way.period(found, shape), at.known), at.done, -1
    for area, lattices in order.visits(wanted):
        for lattice, diagonals in way.diagonals(pair, found.window(area, shape), lattices):
            _note(at, lattice, diagonals if low_rank is None else low_rank.completed(lattice, diagonals))
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


def takes_few_passes(network: nn.Module, pair: ImagePair) -> bool:
    """Does exact guidance take fewer passes than one for each pixel, as far as is known?

    Examples
    --------
    >>> import fusion
    >>> takes_few_passes(fusion.load("MaskNet"), fusion.phantom(seed=7))
    True
    """
    low_rank = low_rank_derivatives(network)
    return locality(network).is_local or (low_rank is not None and low_rank.serves_guidance(pair))


def passes(network: nn.Module, shape: Shape) -> int:
    """How many passes does guidance of an image of ``shape`` take?

    Examples
    --------
    >>> import fusion
    >>> passes(fusion.load("MaskNet"), (256, 256))
    81
    """
    found, low_rank = locality(network), low_rank_derivatives(network)
    nothing = np.zeros(shape, dtype=bool)
    if found.held is not None and low_rank is not None and low_rank.needed(shape):
        return GuidanceOrder(found.held, shape, TILE, found.held.radius + 1, nothing).left
    return GuidanceOrder(found, shape, TILE, way_of(network, shape).period(found, shape), nothing).left
