"""Evenly spaced pixels that are computed together, and the order that shows an image soonest."""

from __future__ import annotations

import numpy as np

from saliency.geometry.window import Pixel, Shape, Window

Lattice = tuple[slice, slice]
"""Rows and columns of evenly spaced pixels."""


def lattices_of(area: Window, period: int) -> list[Lattice]:
    """The lattices of that spacing that together cover ``area``, those that spread most evenly first.

    Examples
    --------
    >>> lattices_of(Window(0, 4, 0, 9), period=2)[:2]
    [(slice(0, 4, 2), slice(0, 9, 2)), (slice(1, 4, 2), slice(1, 9, 2))]
    """
    height, width = area.shape
    periods = min(period, height), min(period, width)
    return [
        (slice(area.top + row, area.bottom, periods[0]), slice(area.left + col, area.right, periods[1]))
        for row, col in spread(periods)
    ]


def moved(lattice: Lattice, down: int, across: int) -> Lattice:
    """The lattice, so many rows and columns further."""
    rows, cols = lattice
    return (
        slice(rows.start + down, rows.stop + down, rows.step),
        slice(cols.start + across, cols.stop + across, cols.step),
    )


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
