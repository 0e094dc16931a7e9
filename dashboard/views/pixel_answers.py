"""Answers about a pair through a network as bytes: its pictures, an exact window, a Jacobian and its read-out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging import downsampling
from dashboard.imaging.seen_guidance import seen_in
from dashboard.server import messages
from dashboard.service.fused_pair import FusedPair
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pair_words import raw_values
from dashboard.views.pictures import pictures
from fusion import InputError
from saliency import Guidance
from saliency.geometry.window import Window, check_pixel, whole

LARGEST_WINDOW = 512
"""Side of the largest exact window that is sent, in pixels."""
AGAIN = 0.5
"""Seconds after which a page may ask again for what is still being computed."""


def image_message(fused_pair: FusedPair, side: int = 0, more: Mapping[str, Any] = MappingProxyType({})) -> bytes:
    """Both inputs and the fused image as grey levels, and in colour where the pair has any.

    Where the image is large, reduced to about ``side`` pixels: ``step`` in the header says how far. It tells
    ``more`` besides.
    """
    pair = fused_pair.pair
    (height, width), step = pair.shape, downsampling.step_for(pair.shape, side, pair.aspect)
    about = {"height": height, "width": width, "aspect": pair.aspect, "step": step, **more}
    return messages.packed(about, pictures(fused_pair, whole(pair.shape), step))


def window_message(service: SaliencyService, fused_pair: FusedPair, pixel: tuple[int, int], side: int) -> bytes:
    """Every pixel of the pictures and of guidance within ``side`` around a pixel."""
    if not 0 < side <= LARGEST_WINDOW:
        raise InputError(f"A window has 1 to {LARGEST_WINDOW} pixels a side, not {side}.")
    area = downsampling.window_around(check_pixel(pixel, fused_pair.pair.shape), side, fused_pair.pair.shape)
    arrays: dict[str, NDArray[Any]] = dict(pictures(fused_pair, area))
    snapshot = service.guidance_queue.look(fused_pair.maps_key)
    if snapshot.grown is not None:
        arrays |= guidance_in(snapshot.grown, area)
    about = {"key": fused_pair.key, "top": area.top, "left": area.left, "done": snapshot.done}
    return messages.packed(about, arrays)


def guidance_in(G: Guidance, area: Window) -> dict[str, NDArray[Any]]:
    """Guidance inside ``area`` as arrays, with which pixels of it are ``known`` where some are not."""
    found = seen_in(G, area)
    arrays: dict[str, NDArray[Any]] = {"guidance1": found.first, "guidance2": found.second}
    return arrays if found.known.all() else arrays | {"known": found.known.view(np.uint8)}


def jacobian_message(fused_pair: FusedPair, answer: PixelAnswer | LongAnswer) -> bytes:
    """The two windows of a Jacobian, where they lie, and the read-out of their pixel; else how long it takes."""
    if isinstance(answer, LongAnswer):
        row, col = answer.pixel
        return messages.packed({"key": fused_pair.key, "row": row, "col": col, **absence(answer)}, {})
    J = answer.jacobian
    about = {
        "key": fused_pair.key,
        "row": J.pixel[0],
        "col": J.pixel[1],
        "top": J.area.top,
        "left": J.area.left,
        "queued": round(answer.queued, 2),
        "reason": answer.reason,
        **readout(fused_pair, answer),
    }
    return messages.packed(about, {"first": J.first, "second": J.second})


def absence(answer: LongAnswer) -> dict[str, Any]:
    """That a Jacobian ``is_absent``; and after how many seconds to ask ``again`` where one is to come."""
    again = AGAIN if answer.is_begun else None
    times = {"spent": round(answer.spent, 1), "expected": answer.expected, "shared": answer.shared}
    return {"is_absent": True, "again": again, **times}


def readout(fused_pair: FusedPair, answer: PixelAnswer) -> dict[str, float | None]:
    """The figures shown for a principal pixel."""
    J, found = answer.jacobian, answer.influence
    at = J.pixel[0] - J.area.top, J.pixel[1] - J.area.left
    figures: dict[str, float | None] = {
        "x1": float(fused_pair.pair.first[J.pixel]),
        "x2": float(fused_pair.pair.second[J.pixel]),
        **raw_values(fused_pair.pair, J.pixel),
        "y": float(fused_pair.fused[J.pixel]),
        "d1": float(J.first[at]),
        "d2": float(J.second[at]),
        "total1": found.total_first,
        "total2": found.total_second,
        "share1": found.share_first,
        "share2": found.share_second,
        "radius1": found.radius_first,
        "radius2": found.radius_second,
        "milliseconds": round(answer.milliseconds, 2),
    }
    # NaN is no JSON; None is shown as a dash.
    return {name: value if value is not None and math.isfinite(value) else None for name, value in figures.items()}
