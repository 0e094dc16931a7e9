"""A region's pictures: its outline, where influence leaks in from, which input leads."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging import downsampling
from dashboard.imaging.colormaps import share_colors
from dashboard.imaging.encoding import colored, png_source, to_bytes
from dashboard.pages.regions.region_result import SIDE, RegionResult
from saliency.geometry.masks import Mask
from saliency.geometry.window import Window, whole

GAMMA = 0.5
"""Power law of the leakage pictures: lifts what is faint."""
COLORMAP = "viridis"
MOST_RUNS = 5_000
"""Straight pieces of an outline; a mask of more, such as noise, is outlined coarser."""
LINES = (("#000", 3.0, 0.55), ("#ffd43b", 1.5, 1.0))
"""Colour, width in screen pixels and opacity of the strokes: a dark one below a bright one shows on any ground."""


def input_source(image: NDArray[np.float32], aspect: float) -> str:
    """An input (H, W) in [0, 1] as a picture of pixels that are drawn ``aspect`` times as high as wide."""
    return png_source(to_bytes(downsampling.mean(image, downsampling.step_for(image.shape, 2 * SIDE, aspect))))


def fused_source(found: RegionResult) -> str:
    """The fused image around the region."""
    return png_source(found.fused)


def leakage_source(found: RegionResult, input_index: int, limit: float) -> str:
    """How much input ``input_index`` (0 or 1) brings in from where, colours ending at ``limit``."""
    return png_source(colored(found.leakage[input_index], limit, GAMMA, "magnitude", COLORMAP))


def leakage_limit(found: list[RegionResult]) -> float:
    """The strongest leakage of both inputs and all networks: one scale for all, so that they compare."""
    return max((downsampling.extremes(each.leakage.reshape(-1, 1))[1] for each in found), default=0.0)


def bar_source(colors: NDArray[np.uint8]) -> str:
    """The 256 colours of a map, side by side."""
    return png_source(colors[None])


def share_source(found: RegionResult) -> str:
    """Which input leads at each fused pixel of the region: blue the first, red the second, else transparent."""
    return png_source(share_colors(found.share))


def outline_source(region: Mask, around: Mask | None = None, area: Window | None = None) -> str:
    """A picture to lay over another: the outline of a region, and dashed that of it with its ring.

    Parameters
    ----------
    region, around : bool (H, W)
        ``around`` is the ring.
    area : Window
        The part of the image that is shown; all of it unless told otherwise.
    """
    area = area or whole((region.shape[0], region.shape[1]))
    height, width = area.shape
    strokes = []
    if around is not None and around.any():
        path = outline_path((region | around)[area.slices])
        strokes.append(_stroke(path, "#fff", 1.0, 0.8, "3 3"))
    path = outline_path(region[area.slices])
    strokes += [_stroke(path, *line) for line in LINES]
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f"{''.join(strokes)}</svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


def _stroke(path: str, color: str, width: float, opacity: float, dashes: str = "") -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}" stroke-opacity="{opacity}" '
        f'stroke-dasharray="{dashes}" vector-effect="non-scaling-stroke"/>'
    )


def outline_path(mask: Mask) -> str:
    """The edges between a mask's pixels and others, as an SVG path: pixel (r, c) spans [c, c + 1] × [r, r + 1].

    Examples
    --------
    >>> outline_path(np.array([[True, True]]))
    'M0 0h2M0 1h2M0 0v1M2 0v1'
    """
    scale = 1
    while True:
        across, down = _runs(mask), _runs(mask.T)
        if len(across) + len(down) <= MOST_RUNS:
            break
        mask, scale = mask[::2, ::2], 2 * scale
    return "".join(
        [f"M{start * scale} {line * scale}h{(stop - start) * scale}" for line, start, stop in across]
        + [f"M{line * scale} {start * scale}v{(stop - start) * scale}" for line, start, stop in down]
    )


def _runs(mask: Mask) -> list[tuple[int, int, int]]:
    """Straight edges along the rows: which line between rows, from which column to which."""
    above = np.diff(mask.astype(np.int8), axis=0, prepend=0, append=0) != 0
    steps = np.diff(above.astype(np.int8), axis=1, prepend=0, append=0)
    starts, stops = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return [(int(line), int(start), int(stop)) for (line, start), (_, stop) in zip(starts, stops, strict=True)]
