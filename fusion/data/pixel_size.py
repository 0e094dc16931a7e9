"""How far apart are the rows and the columns of a picture?"""

from __future__ import annotations

SQUARE = 0.01
"""Part by which rows may lie further apart than columns, or closer, and pixels still count as square."""


def is_square(spacing: float | None, row_spacing: float | None) -> bool:
    """Whether pixels of these sides, in millimetres, count as square; so do those of sides that are not known."""
    if spacing is None or row_spacing is None:
        return True
    return abs(row_spacing - spacing) <= SQUARE * spacing


def pixel_aspect(spacing: float | None, row_spacing: float | None) -> float:
    """How many times as high as wide a pixel is; 1 where it counts as square.

    Examples
    --------
    >>> pixel_aspect(0.5, 2.5), pixel_aspect(1.0, 1.005), pixel_aspect(None, None)
    (5.0, 1.0, 1.0)
    """
    if spacing is None or row_spacing is None or is_square(spacing, row_spacing):
        return 1.0
    return row_spacing / spacing
