"""Zooming and panning as products of matrices: what assets/js/viewer/view_transform.js has to agree with."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.option_values import WINDOWS

Matrix = NDArray[np.float64]
POINTS = 12


def views() -> dict[str, Any]:
    """Gestures on images of several sizes, and which pixel lies under points of the frame after each."""
    rng = np.random.default_rng(5)
    cases = [
        ((256, 256), (300.0, 300.0), 1.0),
        ((48, 72), (300.0, 211.5), 1.0),
        ((1000, 600), (320.0, 480.0), 1.0),
        ((48, 256), (300.0, 300.0), 4.8),
        ((300, 37), (200.0, 420.0), 0.2),
    ]
    return {"sizes": list(WINDOWS), "gestures": [_case(rng, *case) for case in cases]}


def _case(
    rng: np.random.Generator, shape: tuple[int, int], frame: tuple[float, float], aspect: float
) -> dict[str, Any]:
    """Zooms about points near the middle, and small pans: none that an image's border would stop."""
    matrix = fitted(shape, frame, aspect)
    steps = []
    for number in range(6):
        kind = "pan" if number in (3, 5) else "zoom"
        x, y = (float(each) for each in rng.uniform(0.45, 0.55, 2) * frame)
        factor = float(rng.uniform(1.3, 1.5))
        if kind == "zoom":
            matrix = reduce(np.matmul, (moved(x, y), scaled(factor), moved(-x, -y), matrix))
        else:
            x, y = x / 20, -y / 20
            matrix = moved(x, y) @ matrix
        steps.append({"kind": kind, "x": x, "y": y, "factor": factor, "points": _points(rng, matrix, frame)})
    return {"height": shape[0], "width": shape[1], "aspect": aspect, "frame": frame, "steps": steps}


def fitted(shape: tuple[int, int], frame: tuple[float, float], aspect: float) -> Matrix:
    """The whole image in the middle of a frame (width, height), as large as fits, in millimetres first."""
    in_columns = np.diag([1.0, aspect, 1.0])
    wide, high, _ = in_columns @ [shape[1], shape[0], 1]
    scale = min(frame[0] / wide, frame[1] / high)
    return moved(frame[0] / 2, frame[1] / 2) @ scaled(scale) @ moved(-wide / 2, -high / 2) @ in_columns


def moved(x: float, y: float) -> Matrix:
    """A translation of (x, y, 1)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def scaled(by: float) -> Matrix:
    """Larger in both directions."""
    return np.diag([by, by, 1.0])


def _points(rng: np.random.Generator, matrix: Matrix, frame: tuple[float, float]) -> list[dict[str, Any]]:
    found = []
    for x, y in rng.uniform(0, 1, (POINTS, 2)) * frame:
        col, row, _ = np.linalg.solve(matrix, [x, y, 1])
        found.append({"x": float(x), "y": float(y), "row": float(row), "col": float(col)})
    return found
