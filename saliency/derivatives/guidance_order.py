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
WORTH = 10
"""A part is computed by itself where its passes are on so much smaller an area than its tile's."""


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
        self._found, self._crops, self._is_single = found, found.crops(shape), not found.is_local
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
        sizes = [_size(self._found.window(tile, self._shape)) for tile in self._pending]
        own = _size(self._found.window(part, self._shape))
        return part if sizes and WORTH * own <= max(sizes) else None

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
            if self._part(looked_at) is not None or self._nearest(looked_at) != tile:
                return
            pixel = self._pixel(looked_at, tile)
            if pixel is not None:
                lattice = self._through(pixel, tile)
            else:
                lattice = pending.popleft()
                if self._taken[lattice].all():
                    continue
            self._taken[lattice] = True
            yield lattice
        del self._pending[tile]

    def _pixel(self, looked_at: Window | None, tile: Window) -> Pixel | None:
        """The next pixel of a tile that is looked at, from the middle outward."""
        if looked_at is None:
            return None
        seen = np.ones(self._shape, dtype=bool)
        seen[looked_at.slices] = self._taken[looked_at.slices]
        rows, cols = np.nonzero(~seen[tile.slices])
        if not rows.size:
            return None
        row, col = (int(middle) for middle in _middle(looked_at))
        nearest = np.argmin((rows + tile.top - row) ** 2 + (cols + tile.left - col) ** 2)
        return tile.top + int(rows[nearest]), tile.left + int(cols[nearest])

    def _through(self, pixel: Pixel, tile: Window) -> Lattice:
        """The lattice of a tile that holds a pixel."""
        rows, cols = (
            slice(start + (at - start) % min(self._period, stop - start), stop, min(self._period, stop - start))
            for at, start, stop in zip(pixel, tile[::2], tile[1::2], strict=True)
        )
        return rows, cols

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
