"""A number in as few digits as say what there is to say, for a table, a figure or a note."""

from __future__ import annotations

import math


def short(value: float | None, digits: int = 3) -> str:
    """A number as short as it can be read; a dash where there is none.

    Examples
    --------
    >>> short(0.5), short(-0.01234), short(0.000012), short(12345.0), short(None)
    ('0.5', '−0.0123', '1.2e−05', '1.2e+04', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    plain = size == 0 or 0.001 <= size < 10_000
    return (f"{value:.{digits}g}" if plain else f"{value:.1e}").replace("-", "−")
