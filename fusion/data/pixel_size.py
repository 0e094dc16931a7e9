"""How far apart are the rows and the columns of a picture?"""

from __future__ import annotations

SQUARE = 0.01
"""Part by which rows may lie further apart than columns, or closer, and pixels still count as square."""


def is_square(spacing: float | None, row_spacing: float | None) -> bool:
    """Whether pixels of these sides, in millimetres, count as square; so do those of sides that are not known."""
    if spacing is None or row_spacing is None:
        return True
    return abs(row_spacing - spacing) <= SQUARE * spacing
