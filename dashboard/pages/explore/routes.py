"""The fast path: binary addresses beside Dash's, for the pointer and the pictures it moves over."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from flask import Flask, Response, jsonify, request
from numpy.typing import NDArray

from dashboard.cache.disk import Images
from dashboard.imaging import downsampling
from dashboard.imaging.density import density
from dashboard.server import messages
from dashboard.server.query_parameters import ahead, binary, number
from dashboard.service.saliency_service import FusedPair, PixelAnswer, SaliencyService
from dashboard.views.pictures import pictures
from fusion import InputError
from saliency.geometry.window import check_pixel, whole

AGAIN = 0.2
"""Seconds after which a page may ask for sharper guidance, at the earliest …"""
AGAIN_EACH = 0.04
"""… and for every page that watches: all together ask so often that answering stays a small part of the work …"""
AGAIN_PER_MEGABYTE = 0.04
"""… and for what it was sent."""
LARGEST_WINDOW = 512
"""Side of the largest exact window that is sent, in pixels."""


def register(server: Flask, service: SaliencyService) -> None:
    """Add ``/explore/…``: ``images``, ``window``, ``jacobian``, ``guidance`` and ``leave``.

    Answers hold no thread while they wait: who wants sharper guidance asks again, when it was told to.
    """

    @server.get("/explore/images")
    def images() -> Response:
        return binary(image_message(_fused_pair(service), number("side", 0)))

    @server.get("/explore/window")
    def window() -> Response:
        pixel, side = (number("row"), number("col")), number("side")
        return binary(window_message(service, _fused_pair(service), pixel, side))

    @server.get("/explore/jacobian")
    def jacobian() -> Response:
        start = time.perf_counter()
        fused_pair = _fused_pair(service)
        answers = service.answers(fused_pair, [(number("row"), number("col")), *ahead()])
        response = binary(b"".join(jacobian_message(fused_pair, answer) for answer in answers))
        response.headers["Server-Timing"] = f"handled;dur={(time.perf_counter() - start) * 1000:.2f}"
        return response

    @server.get("/explore/guidance")
    def guidance() -> Response:
        fused_pair, have, side = _fused_pair(service), number("have"), number("side", 0)
        if request.args.get("retry"):
            service.guidance_queue.retry(fused_pair.key)
        return binary(guidance_message(service, fused_pair, have, side, _watcher()))

    @server.post("/explore/leave")
    def leave() -> tuple[str, int]:
        service.guidance_queue.leave(_watcher())
        return "", 204

    @server.errorhandler(InputError)
    def refuse(error: InputError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    del images, window, jacobian, guidance, leave, refuse


def image_message(fused_pair: FusedPair, side: int = 0, more: Mapping[str, Any] = MappingProxyType({})) -> bytes:
    """Both inputs and the fused image as grey levels, and in colour where the pair has any.

    Where the image is large, reduced to about ``side`` pixels: ``step`` in the header says how far. It tells
    ``more`` besides.
    """
    height, width = fused_pair.pair.shape
    step = downsampling.step_for(fused_pair.pair.shape, side)
    about = {"height": height, "width": width, "step": step, **more}
    return messages.packed(about, pictures(fused_pair, whole(fused_pair.pair.shape), step))


def window_message(service: SaliencyService, fused_pair: FusedPair, pixel: tuple[int, int], side: int) -> bytes:
    """Every pixel of the pictures and of guidance within ``side`` around a pixel."""
    if not 0 < side <= LARGEST_WINDOW:
        raise InputError(f"A window has 1 to {LARGEST_WINDOW} pixels a side, not {side}.")
    area = downsampling.window_around(check_pixel(pixel, fused_pair.pair.shape), side, fused_pair.pair.shape)
    arrays: dict[str, NDArray[Any]] = dict(pictures(fused_pair, area))
    snapshot = service.guidance_queue.look(fused_pair.key)
    if snapshot.grown is not None:
        arrays |= zip(("guidance1", "guidance2"), downsampling.looked_at_in(snapshot.grown, area), strict=True)
    about = {"key": fused_pair.key, "top": area.top, "left": area.left, "done": snapshot.done}
    return messages.packed(about, arrays)


def jacobian_message(fused_pair: FusedPair, answer: PixelAnswer) -> bytes:
    """The two windows of a Jacobian, where they lie, and the read-out of their pixel."""
    J = answer.jacobian
    about = {
        "key": fused_pair.key,
        "row": J.pixel[0],
        "col": J.pixel[1],
        "top": J.area.top,
        "left": J.area.left,
        "queued": round(answer.queued, 2),
        **readout(fused_pair, answer),
    }
    return messages.packed(about, {"first": J.first, "second": J.second})


def readout(fused_pair: FusedPair, answer: PixelAnswer) -> dict[str, float | None]:
    """The figures shown for a principal pixel."""
    J, found = answer.jacobian, answer.influence
    at = J.pixel[0] - J.area.top, J.pixel[1] - J.area.left
    figures = {
        "x1": float(fused_pair.pair.first[J.pixel]),
        "x2": float(fused_pair.pair.second[J.pixel]),
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


def guidance_message(
    service: SaliencyService, fused_pair: FusedPair, have: int, side: int = 0, page: str = ""
) -> bytes:
    """Guidance as it stands, without images where nothing is newer than ``have`` passes.

    The header says after how many seconds it is worth while to ask ``again``. Of a large image the pictures
    are reduced to about ``side`` pixels, each the strongest of its block, and what cannot be told from them
    is sent beside: the values' ``ranges`` and, once finished, the scatterplot's dots.

    Parameters
    ----------
    page : str
        Which open page asks; see `GuidanceQueue.ask`.
    """
    snapshot = service.guidance(fused_pair, page)
    step = downsampling.step_for(fused_pair.pair.shape, side)
    images, done = service.previews.of(fused_pair.key, step, snapshot)
    # Finished images are always sent: those of the store count one pass, whatever the browser has seen.
    is_new = images is not None and (snapshot.is_complete or done != have)
    arrays: dict[str, NDArray[Any]] = {}
    about: dict[str, Any] = {
        "done": done,
        "passes": snapshot.done,
        "total": snapshot.total,
        "failure": snapshot.failure,
        "step": step,
    }
    if is_new and images is not None:
        arrays = {"first": images[0], "second": images[1]}
        if step > 1:
            about |= _told_of(service, fused_pair, images, snapshot.images, arrays)
    sent = sum(array.nbytes for array in arrays.values()) / 2**20
    about["again"] = max(AGAIN, AGAIN_EACH * service.guidance_queue.watching(), AGAIN_PER_MEGABYTE * sent)
    return messages.packed(about, arrays)


def _told_of(
    service: SaliencyService,
    fused_pair: FusedPair,
    shown: Images,
    exact: Images | None,
    arrays: dict[str, NDArray[Any]],
) -> dict[str, Any]:
    """Ranges of the guidance images, exact once they are finished; adds the scatterplot to ``arrays``."""
    if exact is None:
        found = density(*shown)
        ranges = downsampling.extremes(shown[0]), downsampling.extremes(shown[1])
    else:
        found = service.density(fused_pair, exact)
        ranges = service.ranges(fused_pair, exact)
    arrays["dots"] = np.ascontiguousarray(found.dots[..., 3])
    return {"ranges": ranges, "limits": downsampling.limits(ranges), "axes": (found.x, found.y)}


def _watcher() -> str:
    """Which open page, or which of its columns, asks."""
    return request.args.get("page", "")[:64]


def _fused_pair(service: SaliencyService) -> FusedPair:
    network = request.args.get("network", "")
    service.network_pool.refuse_unmeasured(network)  # no request waits a minute
    return service.open_pair(request.args.get("pair", ""), network)
