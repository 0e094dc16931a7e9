"""What Python makes of arrays that the page's JavaScript is given too, as JSON; see tests/js."""

from __future__ import annotations

import base64
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.colormaps import tables
from dashboard.imaging.density import axis_range
from dashboard.imaging.downsampling import mean, step_for, strongest
from dashboard.imaging.encoding import colored
from dashboard.server.messages import packed
from dashboard.views.short_number import short
from saliency.geometry.window import around, single
from saliency.measures.display import shared_limit
from tests.support.view_reference import views
from tests.support.window_reference import scale_bars, windows

SHAPE = (7, 5)
DISPLAYS = ("magnitude", "signed", "fusevis")
GAMMAS = (0.3, 1.0, 2.0)
COLORMAPS = ("viridis", "magma")
LARGE = (
    ((4096, 4096), 300, 1.0),
    ((400, 3000), 300, 5.0),
    ((3000, 400), 300, 0.2),
    ((2000, 4000), 900, 2.5),
    ((4096, 3000), 500, 12.0),
)
"""Rows and columns, the room that there is, and how many times as high as wide a pixel is drawn."""
NUMBERS = (0.0, 1.0, -0.5, 0.25, 0.3333333, -0.00123456, 12.3456, 999.4, -88.0)


def reference() -> dict[str, Any]:
    """Everything that the tests of JavaScript compare with; arrays travel as messages of the fast path."""
    rng = np.random.default_rng(11)
    first, second = (rng.normal(size=SHAPE).astype(np.float32) for _ in range(2))
    odd = first.copy()
    odd[0, :3] = np.nan, np.inf, -np.inf
    return {
        "wire": _wire(rng),
        "tables": dict(tables()),
        "values": _message(first=first, second=second, odd=odd),
        "limits": {each: shared_limit(odd, second, each) for each in DISPLAYS},
        "colors": _colors(odd),
        "blocks": [_blocks(first, step) for step in (2, 3)],
        "steps": [[*size, step_for(*size)] for size in LARGE],
        "axis": axis_range(first),
        "flat": axis_range(np.full((2, 2), 3, dtype=np.float32)),
        "numbers": [[each, short(each)] for each in NUMBERS],
        "windows": [_window(pixel) for pixel in ((0, 0), (3, 2), (6, 4))],
        "views": views(),
        "levels": windows(),
        "bars": scale_bars(),
    }


def _message(**arrays: NDArray[Any]) -> str:
    return base64.b64encode(packed({}, arrays)).decode()


def _wire(rng: np.random.Generator) -> dict[str, Any]:
    """A message, and what it holds: kinds and shapes of every sort, numbers at the ends of float32."""
    arrays = {
        "a": rng.normal(size=(3, 5)).astype(np.float32),
        "é": rng.integers(0, 256, (7, 3, 3), dtype=np.uint8),
        "ends": np.array([-0.0, 1e-45, 3.4e38], dtype=np.float32),
        "empty": np.zeros((0, 4), dtype=np.float32),
    }
    about = {"row": 3, "share": None, "failure": "Zu groß – ∂y/∂x"}
    held = {name: {"shape": each.shape, "values": each.ravel().tolist()} for name, each in arrays.items()}
    return {"message": base64.b64encode(packed(about, arrays)).decode(), "about": about, "arrays": held}


def _colors(values: NDArray[np.float32]) -> list[dict[str, Any]]:
    found = []
    for display, gamma, colormap, limit in product(DISPLAYS, GAMMAS, COLORMAPS, (0.0, 1.7)):
        colors = colored(values, limit, gamma, display, colormap)
        scale = {"display": display, "gamma": gamma, "colormap": colormap, "limit": limit}
        found.append({"scale": scale, "colors": colors.reshape(-1, 3).tolist()})
    return found


def _blocks(values: NDArray[np.float32], step: int) -> dict[str, Any]:
    grey = np.arange(values.size, dtype=np.uint8).reshape(values.shape) * 7
    means = np.floor(mean(grey.astype(np.float32), step) + 0.5).astype(int)
    known = grey > 20
    every = [
        bool(known[row : row + step, col : col + step].all())
        for row in range(0, SHAPE[0], step)
        for col in range(0, SHAPE[1], step)
    ]
    return {
        "step": step,
        "values": strongest(values, step).ravel().tolist(),
        "grey": grey.ravel().tolist(),
        "means": means.ravel().tolist(),
        "known": known.ravel().astype(int).tolist(),
        "every": every,
    }


def _window(pixel: tuple[int, int], side: int = 3) -> dict[str, Any]:
    """The places, row by row, of the pixels around one, as far as they lie in the image."""
    window = around(single(pixel), side // 2, 1, SHAPE)
    places = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE)[window.slices]
    return {"pixel": pixel, "side": side, "places": places.ravel().tolist()}
