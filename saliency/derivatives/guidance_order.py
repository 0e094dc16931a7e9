"""Which pixels of guidance are computed next: those that somebody looks at, then outward, none of them twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from saliency.geometry.lattices import Lattice, lattices_of
from saliency.geometry.window import Pixel, Shape, Window, tiles_of, whole
from saliency.receptive_field.locality import Locality

Wanted = Callable[[], Window | None]
"""What is looked at now; None where nobody looks at a part of the image."""
GRID = 16
"""Pixels to which a part that is looked at is widened, so that a small move needs little more."""
WORTH = 4
"""A part is computed by itself where its tile is so many times as large."""


def nowhere() -> None:
    """Nobody looks at a part of the image."""


class GuidanceOrder:
    """What is left to compute, tile by tile.

    Parameters
    ----------
    found : Locality
        Whether parts of the image can be computed by themselves.
    shape : (rows, cols)
    tile : int
        Largest side of a tile, in pixels.
    period : int
        Spacing of the pixels that share a pass.
    known : bool (H, W)
        What is computed already.

    Attributes
    ----------
    left : int
        Passes that are needed from here on.
    """

    def __init__(self, found: Locality, shape: Shape, tile: int, period: int, known: NDArray[np.bool_]) -> None:
        self._crops, self._is_single = found.crops(shape), not found.is_local
        self._period, self._shape, self._taken = period, shape, known.copy()
        tiles = tiles_of(shape, tile) if self._crops else [whole(shape)]
        every = {area: lattices_of(area, period) for area in tiles}
        if known.any():
            every = {area: [each for each in found if not known[each].all()] for area, found in every.items()}
        self._pending = {area: deque(lattices) for area, lattices in every.items() if lattices}
        self.left = sum(map(len, every.values()))

    def visits(self, wanted: Wanted) -> Iterator[tuple[Window, Iterator[Lattice]]]:
        """Areas in the order in which they are computed, each with the lattices to seed in it.

        A visit ends before its area is computed where ``wanted`` has moved elsewhere; it is taken up again later.
        """
        while True:
            looked_at = wanted()
            part = self._part(looked_at)
            if part is not None:
                yield part, self._of_part(part)
            elif self._pending:
                tile = self._nearest(looked_at)
                yield tile, self._of_tile(tile, wanted)
            else:
                return

    def passed(self) -> None:
        """A pass is made."""
        self.left -= 1

    def _part(self, looked_at: Window | None) -> Window | None:
        """What is looked at, where it is worth while to compute it by itself."""
        if looked_at is None or not self._crops or self._period == 1:
            return None
        part = widened(looked_at, self._shape)
        if self._taken[part.slices].all():
            return None
        sizes = [_size(tile) for tile in self._pending]
        return part if sizes and WORTH * _size(part) <= max(sizes) else None

    def _of_part(self, part: Window) -> Iterator[Lattice]:
        lattices = [each for each in lattices_of(part, self._period) if not self._taken[each].all()]
        self.left += len(lattices)
        for lattice in lattices:
            self._taken[lattice] = True
            yield lattice

    def _of_tile(self, tile: Window, wanted: Wanted) -> Iterator[Lattice]:
        pending = self._pending[tile]
        while pending:
            looked_at = wanted()
            pixel = self._pixel(looked_at)
            if pixel is not None:
                lattice = slice(pixel[0], pixel[0] + 1, 1), slice(pixel[1], pixel[1] + 1, 1)
            elif self._part(looked_at) is not None or self._nearest(looked_at) != tile:
                return
            else:
                lattice = pending.popleft()
                if self._taken[lattice].all():
                    self.left -= not self._is_single  # a single pixel's pass was counted when it was taken
                    continue
            self._taken[lattice] = True
            yield lattice
        del self._pending[tile]

    def _pixel(self, looked_at: Window | None) -> Pixel | None:
        """Where each pixel takes a pass of its own: the next one that is looked at, from the middle outward."""
        if looked_at is None or not self._is_single:
            return None
        rows, cols = np.nonzero(~self._taken[looked_at.slices])
        if not rows.size:
            return None
        height, width = looked_at.shape
        nearest = np.argmin((rows - height // 2) ** 2 + (cols - width // 2) ** 2)
        return looked_at.top + int(rows[nearest]), looked_at.left + int(cols[nearest])

    def _nearest(self, looked_at: Window | None) -> Window:
        """The tile to go on with: the one whose middle is nearest to what is looked at."""
        if looked_at is None:
            return next(iter(self._pending))
        row, col = _middle(looked_at)
        return min(self._pending, key=lambda tile: (_middle(tile)[0] - row) ** 2 + (_middle(tile)[1] - col) ** 2)


def widened(area: Window, shape: Shape) -> Window:
    """The area with its edges on a grid of `GRID` pixels, within the image.

    Examples
    --------
    >>> widened(Window(20, 30, 0, 17), (40, 40))
    Window(top=16, bottom=32, left=0, right=32)
    """
    (top, bottom), (left, right) = (
        (max(start, 0) // GRID * GRID, min(-(-stop // GRID) * GRID, length))
        for start, stop, length in zip(area[::2], area[1::2], shape, strict=True)
    )
    return Window(top, bottom, left, right)


def _size(area: Window) -> int:
    return area.shape[0] * area.shape[1]


def _middle(area: Window) -> tuple[float, float]:
    return (area.top + area.bottom) / 2, (area.left + area.right) / 2
