"""Colour tables that can be read without colour vision, the same in Python and in the browser."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache

import matplotlib
import numpy as np
from numpy.typing import NDArray

from fusion import InputError

SEQUENTIAL = ("viridis", "cividis", "magma", "gray")
"""Offered for magnitudes; FuseVis used viridis."""
DIVERGING = "RdBu_r"
"""For signed values: blue below zero, white at zero, red above."""


@cache
def table(name: str) -> NDArray[np.uint8]:
    """The 256 colours of a map, uint8 (256, 3), from its lowest value to its highest.

    Examples
    --------
    >>> table("gray")[[0, 255]].tolist()
    [[0, 0, 0], [255, 255, 255]]
    """
    if name not in (*SEQUENTIAL, DIVERGING):
        raise InputError(f"There is no colour map {name!r}; choose one of: {', '.join(SEQUENTIAL)}.")
    colors = matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]
    return np.ascontiguousarray(colors)


def tables() -> Mapping[str, str]:
    """Every offered table as base64 of its 768 bytes, for the browser."""
    names = (*SEQUENTIAL, DIVERGING)
    return {name: base64.b64encode(table(name).tobytes()).decode() for name in names}
