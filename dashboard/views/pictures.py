"""The pictures of a view as bytes a screen shows: whole, reduced, or a window of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.downsampling import mean
from dashboard.imaging.encoding import to_bytes
from dashboard.service.fused_pair import FusedPair
from fusion import recolor
from saliency.geometry.window import Window

Pictures = dict[str, NDArray[np.uint8]]


def pictures(fused_pair: FusedPair, area: Window, step: int = 1, *, in_color: bool = True) -> Pictures:
    """Inputs and fused image inside ``area`` as grey levels, in colour too where the pair has any.

    ``blue`` is the fused image on the scale of guidance RGB: from its own minimum to its own maximum.

    Parameters
    ----------
    fused_pair : FusedPair
    area : Window
    step : int
        Blocks of ``step`` × ``step`` pixels are shown as their mean; the fused image is coloured after that.
    in_color : bool
        False leaves out the colours, which take longest.
    """
    pair, fused = fused_pair.pair, mean(fused_pair.fused[area.slices], step)
    found: dict[str, Any] = {
        "first": to_bytes(mean(pair.first[area.slices], step)),
        "second": to_bytes(mean(pair.second[area.slices], step)),
        "fused": to_bytes(fused),
        "blue": unit_bytes(fused, *fused_pair.fused_range),
    }
    if in_color and pair.first_color is not None:
        found["first_color"] = mean(pair.first_color[area.slices], step)
    if in_color and pair.second_color is not None:
        found["second_color"] = mean(pair.second_color[area.slices], step)
    if in_color and pair.chroma is not None:
        found["fused_color"] = recolor(fused, mean(pair.chroma[area.slices], step))
    return found


def unit_bytes(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Grey levels from ``low`` (0) to ``high`` (255); 0 where there is no range, or no number.

    Examples
    --------
    >>> unit_bytes(np.array([-1, 0, 3, np.nan], dtype=np.float32), -1, 3).tolist()
    [0, 64, 255, 0]
    """
    if high <= low:
        return np.zeros(values.shape, dtype=np.uint8)
    return to_bytes(np.nan_to_num((values.astype(np.float64) - low) / (high - low), posinf=0, neginf=0))
