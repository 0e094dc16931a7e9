"""Colour tables that can be read without colour vision, the same in Python and in the browser."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache

import matplotlib
import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.palettes import palettes
from dashboard.option_values import COLORMAPS
from fusion import InputError

DIVERGING = "RdBu_r"
"""For signed values: blue below zero, white at zero, red above."""

NO_SLOPE = (255, 0, 255)
"""Where a derivative is undefined (√ at 0, 0/0) or infinite: magenta, in no table; the same in colormap.js."""


@cache
def table(name: str) -> NDArray[np.uint8]:
    """The 256 colours of a map, uint8 (256, 3), from its lowest value to its highest.

    Examples
    --------
    >>> table("gray")[[0, 255]].tolist()
    [[0, 0, 0], [255, 255, 255]]
    """
    if name not in (*COLORMAPS, DIVERGING):
        raise InputError(f"There is no colour map {name!r}; choose one of: {', '.join(COLORMAPS)}.")
    colors = matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]
    return np.ascontiguousarray(colors)


def share_colors(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Shares in [0, 1] as RGBA, uint8 (h, w, 4); where there is none, transparent.

    Examples
    --------
    >>> share_colors(np.array([[1.0, np.nan]], dtype=np.float32))[0, :, 3].tolist()
    [255, 0]
    """
    known = np.isfinite(share)
    place = np.round((1 - np.where(known, share, 0.5)) * 255).astype(np.uint8)
    return np.dstack([table(DIVERGING)[place], np.where(known, 255, 0).astype(np.uint8)])


def tables() -> Mapping[str, str]:
    """Every offered table and every palette of pictures as base64 of its 768 bytes, for the browser."""
    names = (*COLORMAPS, DIVERGING)
    return {**{name: base64.b64encode(table(name).tobytes()).decode() for name in names}, **palettes()}
