"""Guidance of networks that see the whole image, estimated in hundreds of passes, its error measured.

Seeds a spacing s apart share a backward pass, with random signs. What the others add at a seed's own pixel is
not zero, but of either sign, and falls as they move apart. Exact rows of a few pixels tell how much it
is at any spacing, so the smallest good enough is taken; the same pixels, estimated like all others, tell
what came out. (Probing of a matrix's diagonal: Bekas, Kokiopoulou & Saad 2007; Tang & Saad 2012.)

A pixel may receive far more than others, such as the brightest one, by which a network scales the whole picture.
Passes with a seed at every pixel find those; their own rows are computed, and stand in the images.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.derivatives.guidance import EstimatedError, Guidance
from saliency.derivatives.guidance_order import Wanted, nowhere
from saliency.derivatives.whole_image import WholeImage
from saliency.geometry.lattices import lattices_of
from saliency.geometry.window import Pixel, Shape, Window, whole

FIELDS = 4
"""A pixel is drawn in each of so many rows and columns of fields; their rows are computed exactly."""
PROBES = 4
"""Passes with a seed at every pixel."""
REPLACED = 4
"""Pixels that receive most: exact in the end …"""
SUSPECT = 4
"""… and those that follow, where the error is measured, too."""
FRESH = 8
"""Further pixels drawn once an estimate is there, as its spacing was chosen by the others."""
SPACINGS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Between seeds of one pass, of which the smallest good enough is taken."""
MARGIN = 1.5
"""The largest of the drawn pixels' expected errors has to stay this factor below what is allowed."""
SEED = 11

_Rows = NDArray[np.float32]
"""Two images (H, W): what one fused pixel depends on, or what was made of that."""


@dataclass(frozen=True, eq=False)
class EstimatedGuidance(Guidance):
    """Guidance that is estimated, with all that is needed to go on.

    Attributes
    ----------
    estimate : object
        How far it is; grows as the images do.
    """

    estimate: _Estimate | None = None


def estimated_guidance_stream(
    network: nn.Module,
    pair: ImagePair,
    within: float,
    seed: int = SEED,
    so_far: Guidance | None = None,
    wanted: Wanted = nowhere,
    image: Callable[[], WholeImage] | None = None,
) -> Generator[Guidance, None, None]:
    """Guidance images that are within a part of their largest value of exact ones, as far as some pixels tell.

    For networks that see the whole image, whose exact guidance takes a pass for each pixel. The last one carries
    its measured ``error``. Where no spacing is good enough, each pixel takes a pass after all, and there is none.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    within : float
        The largest error that is allowed, as a part of the largest value of both images, above 0.
    seed : int
        Of signs and pixels.
    so_far : Guidance, optional
        What a stream of the same network, pair and error gave before it was closed: this one goes on from there.
    wanted : callable, optional
        What is looked at: the row of the pixel in its middle comes first.
    image : callable, optional
        Gives the pair's graph where others use it too; else it is built.

    Raises
    ------
    InputError
        ``within`` is not above 0.

    Examples
    --------
    >>> import fusion
    >>> *_, last = estimated_guidance_stream(fusion.load("Weighted Averaging"), fusion.phantom(1, size=64), 0.01)
    >>> last.is_complete, last.error.largest, last.total < 64 * 64
    (True, 0.0, True)
    """
    if not within > 0:
        raise InputError(f"An error has to be allowed, such as 0.03 of the largest value, not {within}.")
    begun = so_far.estimate if isinstance(so_far, EstimatedGuidance) else None
    estimate = begun or _Estimate(pair.shape, np.random.default_rng(seed))
    with estimate.opened(image or partial(WholeImage, network, pair)):
        yield from estimate.looked_at(wanted())
        yield from estimate.looked_around()
        while True:
            spacing = estimate.begin(within)
            yield from estimate.lattices(spacing)
            if spacing >= max(pair.shape):  # a pass for each pixel: exact
                yield estimate.guidance(estimate.done)
                return
            yield from estimate.looked_again()
            error = estimate.error()
            if error <= within * _largest(estimate.images):
                yield estimate.finished(error)
                return
            estimate.is_refuted = True


def drawn(shape: Shape, random: np.random.Generator) -> tuple[Pixel, ...]:
    """A pixel at random in each of the image's fields."""
    rows, cols = (np.linspace(0, length, min(FIELDS, length) + 1).astype(int) for length in shape)
    return tuple(
        (int(random.integers(*down)), int(random.integers(*across)))
        for down, across in product(pairwise(rows), pairwise(cols))
    )


def spacing_for(rows: Sequence[_Rows], pixels: Sequence[Pixel], allowed: float, more_than: int = 0) -> int:
    """The smallest spacing beyond ``more_than`` at which the others' part is expected to stay within ``allowed``.

    The longer side where none is: each pixel then has a pass of its own.

    What a pixel receives from the others is taken to be of the size of what it gives them: the root of the sum of
    squares of its row at the other seeds.

    Examples
    --------
    >>> row = np.zeros((2, 1, 9), dtype=np.float32)
    >>> row[:, 0, 4], row[:, 0, 2] = 1, 0.5
    >>> spacing_for([row], [(0, 4)], allowed=0.1)
    3
    """
    longest: int = max(rows[0].shape[-2:])
    for spacing in (each for each in SPACINGS if more_than < each < longest):
        spread = (_others(row, pixel, spacing) for row, pixel in zip(rows, pixels, strict=True))
        if MARGIN * max(spread) <= allowed:
            return spacing
    return longest


def _others(row: _Rows, pixel: Pixel, spacing: int) -> float:
    """The size of a row at the other seeds of its pixel's lattice."""
    at = row[:, pixel[0] % spacing :: spacing, pixel[1] % spacing :: spacing].astype(np.float64)
    squares = (at**2).sum((1, 2)) - row[:, *pixel].astype(np.float64) ** 2
    return float(np.sqrt(max(squares.max(), 0.0)))


class _Estimate:
    """Both images as they are estimated, what is known exactly, and which steps are made."""

    def __init__(self, shape: Shape, random: np.random.Generator) -> None:
        self._random, self._shape = random, shape
        self._image: WholeImage | None = None
        self.images, self._estimates = (np.full((2, *shape), np.nan, dtype=np.float32) for _ in range(2))
        self._known = np.zeros(shape, dtype=bool)
        self._pixels = drawn(shape, random)
        self._rows: list[_Rows] = []
        self._exact: dict[Pixel, NDArray[np.float32]] = {}
        self._receives, self._probes = np.zeros(shape), 0
        self._strongest: tuple[Pixel, ...] = ()
        self._spacing, self._seeded, self.is_refuted = 0, 0, True
        self._fresh: list[float] = []
        self.done = 0

    @contextmanager
    def opened(self, image: Callable[[], WholeImage]) -> Iterator[None]:
        """Within the block passes can be made; it holds no graph afterwards."""
        self._image = image()
        try:
            yield
        finally:
            self._image = None

    def guidance(self, total: int, error: EstimatedError | None = None) -> Guidance:
        """What there is after ``done`` of ``total`` passes."""
        first, second = self.images
        return EstimatedGuidance(first, second, self._known, self.done, total, error, self)

    def looked_at(self, area: Window | None) -> Iterator[Guidance]:
        """The row of the pixel in the middle of what is looked at, if anything is and estimates are not there."""
        if area is None or self._seeded:
            return
        pixel = (area.top + area.bottom) // 2, (area.left + area.right) // 2
        if pixel not in self._exact:
            self._row(pixel)
            yield self.guidance(self.done + len(self._pixels) + PROBES + REPLACED + SUSPECT + 1)

    def looked_around(self) -> Iterator[Guidance]:
        """The drawn pixels' rows and those of the pixels that receive most, a pass each."""
        expected = self.done - self._looked + len(self._pixels) + PROBES + REPLACED + SUSPECT + 1  # and more
        for pixel in self._pixels[len(self._rows) :]:
            self._rows.append(self._row(pixel))
            yield self.guidance(expected)
        while self._probes < PROBES:
            self._receives += (self._passed((slice(None), slice(None))).astype(np.float64) ** 2).max(0)
            self._probes += 1
            yield self.guidance(expected)
        self._strongest = self._strongest or self._ranked()
        for pixel in (each for each in self._strongest if each not in self._exact):
            self._row(pixel)
            yield self.guidance(expected)

    @property
    def _looked(self) -> int:
        """Passes that `looked_around` has made."""
        return len(self._rows) + self._probes + sum(pixel in self._exact for pixel in self._strongest)

    def _ranked(self) -> tuple[Pixel, ...]:
        """Those not drawn that receive most; the first of them are to be replaced."""
        order = np.argsort(np.nan_to_num(self._receives), axis=None)[::-1]
        order = order[: len(self._exact) + REPLACED + SUSPECT]
        ranked = ((int(row), int(col)) for row, col in zip(*np.unravel_index(order, self._shape), strict=True))
        return tuple([pixel for pixel in ranked if pixel not in self._exact][: REPLACED + SUSPECT])

    def begin(self, within: float) -> int:
        """The spacing to estimate at for that error, a part of the largest value; after a refuted one the next."""
        if self.is_refuted:
            allowed = within * _largest(np.array(list(self._exact.values())))
            self._spacing = spacing_for(self._rows, self._pixels, allowed, self._spacing)
            self._seeded, self._fresh, self.is_refuted = 0, [], False
            self._known[:] = False  # what was estimated before is not good enough
            self.images[:] = np.nan
            self._put_exact()
        return self._spacing

    def lattices(self, spacing: int) -> Iterator[Guidance]:
        """Every pixel's estimate at that spacing, a pass each but the last one."""
        lattices = lattices_of(whole(self._shape), spacing)[self._seeded :]
        total = self.done + len(lattices) + (FRESH if spacing < max(self._shape) else 0)
        for lattice in lattices:
            self._estimates[:, *lattice] = self.images[:, *lattice] = self._passed(lattice)
            self._known[lattice] = True
            self._put_exact()
            self._seeded += 1
            if self.done < total:
                yield self.guidance(total)

    def looked_again(self) -> Iterator[Guidance]:
        """The rows of pixels by which the spacing was not chosen, and how far they were estimated from exact."""
        self._fresh = self._fresh or [self.error()]
        for left in range(FRESH + 1 - len(self._fresh))[::-1]:
            pixel = int(self._random.integers(self._shape[0])), int(self._random.integers(self._shape[1]))
            self._row(pixel)
            self._fresh.append(_difference(self._estimates[:, *pixel], self._exact[pixel]))
            if left:
                yield self.guidance(self.done + left)

    def error(self) -> float:
        """The largest where exact values are known but not taken."""
        pixels = [pixel for pixel in self._exact if pixel not in self._strongest[:REPLACED]]
        found = np.array([self._estimates[:, *pixel] for pixel in pixels])
        return max([_difference(found, np.array([self._exact[pixel] for pixel in pixels])), *self._fresh])

    def finished(self, error: float) -> Guidance:
        """The images with what is known exactly in its place."""
        replaced = len(self._strongest[:REPLACED])
        return self.guidance(self.done, EstimatedError(error, len(self._exact) - replaced))

    def _put_exact(self) -> None:
        """An exact value stays where an estimate comes to its place."""
        for pixel, values in self._exact.items():
            self.images[:, *pixel] = values
            self._known[pixel] = True

    def _row(self, pixel: Pixel) -> _Rows:
        found = self._back(pixel, np.float32(1))
        self._exact[pixel] = self.images[:, *pixel] = found[:, *pixel].copy()
        self._known[pixel] = True
        self.done += 1
        return found

    def _passed(self, lattice: tuple[slice, slice]) -> _Rows:
        """What each seed of a lattice finds at its own pixel: its own derivative, and the others' part."""
        signs = self._random.choice(np.array([-1, 1], dtype=np.float32), size=self._known[lattice].shape)
        found: _Rows = self._back(lattice, signs)[:, *lattice] * signs
        self.done += 1
        return found

    def _back(self, at: Pixel | tuple[slice, slice], weights: NDArray[np.float32] | np.float32) -> _Rows:
        if self._image is None:
            raise RuntimeError("Passes are made between the opening of a network and its end.")
        return self._image.back(at, weights)


def _difference(found: NDArray[np.float32], exact: NDArray[np.float32]) -> float:
    """The largest; infinite where one of two alone is NaN."""
    return _largest(found - exact) if np.array_equal(np.isnan(found), np.isnan(exact)) else float("inf")


def _largest(values: NDArray[np.float32]) -> float:
    return float(np.abs(np.nan_to_num(values)).max(initial=0))
