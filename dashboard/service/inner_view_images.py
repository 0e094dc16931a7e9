"""What a network shows of itself, ready for a browser: few bytes for many pictures."""

from __future__ import annotations

import io
import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from dashboard.imaging import downsampling
from dashboard.imaging.colormaps import DIVERGING, table
from fusion import ImagePair, InputError
from fusion.method.inner_views import InnerView, views

MOST_PIXELS = 1024 * 1024
"""Of a pair whose inside is shown: a network may keep a hundred maps of that size."""
CELL = 256
"""Largest side of a picture on a sheet …"""
SHEET_PIXELS = 2**21
"""… and how many pixels all of them may take together."""
COLUMNS = 16
"""Pictures in a row of a sheet."""
Scale = tuple[float, float]
"""The values at both ends of a colour map."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class InnerViews:
    """The views of a network for a pair; ``failure`` says why there are none where something went wrong."""

    views: tuple[InnerView, ...] = ()
    failure: str = ""

    def view(self, number: int) -> InnerView:
        """The view of that place in the list; InputError where there is none."""
        if not 0 <= number < len(self.views):
            raise InputError(f"This network has {len(self.views)} inner views, none of number {number}.")
        return self.views[number]


def look_inside(network: nn.Module, pair: ImagePair) -> InnerViews:
    """Ask a network for its views; whatever it raises becomes a sentence."""
    if math.prod(pair.shape) > MOST_PIXELS:
        rows, cols = pair.shape
        return InnerViews(
            failure=f"Inner views are shown for pairs of up to 1024 × 1024 pixels; this has {rows} × {cols}."
        )
    try:
        return InnerViews(tuple(view.for_regions(pair.regions) for view in views(network, pair)))
    except InputError as error:
        return InnerViews(failure=str(error))
    except Exception as error:  # whatever a brought network raises must be shown
        logger.exception("A network could not show its inside.")
        return InnerViews(failure=f"The network could not show its inside: {error}")


def about(view: InnerView) -> dict[str, Any]:
    """What the browser has to know of a view before it shows a picture of it."""
    height, width = view.images.shape[1:]
    return {
        "title": view.title,
        "meaning": view.meaning,
        "labels": view.labels,
        "weights": view.weights,
        "weight_name": view.weight_name,
        "signed": view.signed,
        "common": view.common_scale,
        "height": height,
        "width": width,
        "columns": _columns(view),
        "step": step_of(view),
        "strengths": [_strength(image) for image in view.images],
        "scales": [scale_of(view, item) for item in range(len(view.images))],
        "scale": scale_of(view),
    }


def scale_of(view: InnerView, item: int | None = None) -> Scale:
    """The values at both ends of the colours, of one picture or of all; 0 is the middle of signed ones."""
    low, high = downsampling.extremes(view.images if item is None else view.images[item])
    limit = max(abs(low), abs(high))
    return (-limit, limit) if view.signed else (low, high)


def sheet(view: InnerView, *, is_common: bool, colormap: str) -> bytes:
    """All pictures of a view side by side as one PNG, `COLUMNS` in a row.

    Parameters
    ----------
    is_common : bool
        Whether one scale holds for all; otherwise each has its own.
    colormap : str
        For pictures that are not signed, one of `dashboard.option_values.COLORMAPS`.
    """
    cells = [_reduced(view, item) for item in range(len(view.images))]
    rows, cols = cells[0].shape
    columns = _columns(view)
    places = np.zeros((math.ceil(len(cells) / columns) * rows, columns * cols), dtype=np.uint8)
    for item, values in enumerate(cells):
        top, left = item // columns * rows, item % columns * cols
        places[top : top + rows, left : left + cols] = indices(values, scale_of(view, None if is_common else item))
    drawn = Image.fromarray(places, mode="P")
    drawn.putpalette(table(DIVERGING if view.signed else colormap).tobytes())
    buffer = io.BytesIO()
    drawn.save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def indices(values: NDArray[np.float32], scale: Scale) -> NDArray[np.uint8]:
    """Places in a colour table, 0 to 255; the middle where the scale has no width.

    Examples
    --------
    >>> indices(np.array([-1.0, 0.0, 1.0, np.nan], dtype=np.float32), (-1.0, 1.0)).tolist()
    [0, 128, 255, 0]
    """
    low, high = scale
    if not high > low:
        return np.full(values.shape, 128, dtype=np.uint8)
    share = np.clip((np.nan_to_num(values, nan=low) - low) / (high - low), 0, 1)
    return np.floor(share * 255 + 0.5).astype(np.uint8)


def step_of(view: InnerView) -> int:
    """How many pixels of a picture one on the sheet stands for, along each axis."""
    count, height, width = view.images.shape
    return max(math.ceil(max(height, width) / CELL), math.ceil(math.sqrt(count * height * width / SHEET_PIXELS)))


def _reduced(view: InnerView, item: int) -> NDArray[np.float32]:
    """One picture at the sheet's size; of signed values the strongest of each block, of others the mean."""
    step = step_of(view)
    if step == 1:
        return view.images[item]
    values: NDArray[np.float32] = (downsampling.strongest if view.signed else downsampling.mean)(
        view.images[item], step
    )
    return values


def _columns(view: InnerView) -> int:
    return max(min(COLUMNS, len(view.images)), 1)


def _strength(image: NDArray[np.float32]) -> float:
    """Mean absolute value of what is finite; 0 where nothing is."""
    finite = np.abs(image[np.isfinite(image)].astype(np.float64))
    return float(finite.mean()) if finite.size else 0.0
