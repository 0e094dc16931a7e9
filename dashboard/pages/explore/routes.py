"""The fast path: binary addresses beside Dash's, for the pointer and the pictures it moves over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from flask import Flask, Response, jsonify, request
from numpy.typing import NDArray

from dashboard.cache.disk import Images
from dashboard.imaging import downsampling
from dashboard.imaging.density import density
from dashboard.jobs.unfinished import hold_of
from dashboard.pages.explore.opened_view import view_message
from dashboard.server import messages
from dashboard.server.query_parameters import ahead, binary, number, watcher
from dashboard.service.fused_pair import FusedPair
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.input_values import input_values
from dashboard.views.pixel_answers import LARGEST_WINDOW, image_message, jacobian_message, window_message
from saliency import Guidance, locality
from saliency.derivatives.guidance import takes_few_passes
from saliency.geometry.window import Window, check_pixel

AGAIN = 0.2
"""Seconds after which a page may ask for sharper guidance, at the earliest …"""
AGAIN_EACH = 0.04
"""… and for every page that watches: all together ask so often that answering stays a small part of the work …"""
AGAIN_PER_MEGABYTE = 0.04
"""… and for what it was sent."""
HELD = 1.0
"""Seconds after which a page asks again about guidance that is held: another page may let it go."""


def register(server: Flask, service: SaliencyService) -> None:
    """Add ``/explore/`` ``view images window jacobian guidance values`` and, to be posted, ``leave cancel hold``.

    Answers hold no thread while they wait: who wants sharper guidance asks again, when it was told to.
    """
    for name, answer in _ANSWERS.items():
        server.add_url_rule(f"/explore/{name}", f"explore_{name}", partial(answer, service))
    server.add_url_rule("/explore/leave", "explore_leave", partial(leave, service), methods=["POST"])
    server.add_url_rule("/explore/cancel", "explore_cancel", partial(cancel, service), methods=["POST"])
    server.add_url_rule("/explore/hold", "explore_hold", partial(hold, service), methods=["POST"])


def view(service: SaliencyService) -> Response:
    """What is to be known of a pair through a network, with its pictures."""
    words = request.args.get("pair", ""), request.args.get("network", "")
    return binary(view_message(service, *words, number("side", 0)))


def images(service: SaliencyService) -> Response:
    """The pictures of a view alone, as far as a panel of ``side`` can show them."""
    return binary(image_message(_fused_pair(service), number("side", 0)))


def window(service: SaliencyService) -> Response:
    """Every pixel around one of a large image."""
    pixel, side = (number("row"), number("col")), number("side")
    return binary(window_message(service, _fused_pair(service), pixel, side))


def jacobian(service: SaliencyService) -> Response:
    """The Jacobian of a pixel, and of those that are asked for ahead.

    What takes long is computed only for a pixel that was ``chosen``, and asked for again until it is there.
    """
    start = time.perf_counter()
    fused_pair, pixel = _fused_pair(service), (number("row"), number("col"))
    answers: Sequence[PixelAnswer | LongAnswer]
    if request.args.get("chosen"):
        answers = [service.answer_for(fused_pair, pixel, watcher())]
    else:
        answers = service.answers_at_hand(fused_pair, [pixel, *ahead()])
    response = binary(b"".join(jacobian_message(fused_pair, answer) for answer in answers))
    response.headers["Server-Timing"] = f"handled;dur={(time.perf_counter() - start) * 1000:.2f}"
    return response


def guidance(service: SaliencyService) -> Response:
    """Guidance as it stands; ``retry`` begins anew what has failed.

    ``percent`` of its largest value is the error that is allowed where exact guidance takes a pass a pixel.
    """
    fused_pair, have, side = _fused_pair(service), number("have"), number("side", 0)
    within = number("percent", 0) / 100
    if request.args.get("retry"):
        service.guidance_queue.retry(service.guidance_key(fused_pair, within))
    return binary(guidance_message(service, fused_pair, have, side, watcher(), within, _looked_at(fused_pair)))


def values(service: SaliencyService) -> Response:
    """Which values a network is given of both inputs of a pair, with their histograms."""
    pair = service.catalogue.pair(request.args.get("pair", ""))
    return jsonify([input_values(pair, index) for index in (0, 1)])


def _looked_at(fused_pair: FusedPair) -> Window | None:
    """The window that the zooms show, where the request names one."""
    if not request.args.get("window"):
        return None
    pixel = check_pixel((number("row"), number("col")), fused_pair.pair.shape)
    return downsampling.window_around(pixel, min(number("window"), LARGEST_WINDOW), fused_pair.pair.shape)


def hold(service: SaliencyService) -> tuple[str, int]:
    """Guidance is paused or cancelled, or goes on: for all who look at it, until somebody says otherwise."""
    key = service.guidance_key(_fused_pair(service), number("percent", 0) / 100)
    service.guidance_queue.hold(key, hold_of(request.args.get("how", "")))
    return "", 204


_ANSWERS = {
    "view": view,
    "images": images,
    "window": window,
    "jacobian": jacobian,
    "guidance": guidance,
    "values": values,
}


def leave(service: SaliencyService) -> tuple[str, int]:
    """An open page looks at nothing any more."""
    service.leave(watcher())
    return "", 204


def cancel(service: SaliencyService) -> tuple[str, int]:
    """An open page does not wait any more for a Jacobian that takes long."""
    service.long_answers.leave(watcher())
    return "", 204


def guidance_message(
    service: SaliencyService,
    fused_pair: FusedPair,
    have: int,
    side: int = 0,
    page: str = "",
    within: float = 0.0,
    wanted: Window | None = None,
) -> bytes:
    """Guidance as it stands, without images where nothing is newer than ``have`` passes.

    What is not computed is no number, and ``known`` tells it from what has no slope, as long as there is any.
    The header says after how many seconds it is worth while to ask ``again``. Of a large image the pictures
    are reduced to about ``side`` pixels, each the strongest of its block, and what cannot be told from them
    is sent beside: the values' ``ranges`` and, once finished, the scatterplot's dots.

    Parameters
    ----------
    page : str
        Which open page asks; see `GuidanceQueue.ask`.
    within : float
        The error that is allowed; see `SaliencyService.guidance`.
    wanted : Window, optional
        What the page's zooms show: it is computed first.
    """
    snapshot = service.guidance(fused_pair, page, within, wanted)
    if snapshot.failure and not fused_pair.is_refuted and service.checked(fused_pair).is_refuted:
        # It failed because crops are wrong, which is known since: of whole images it may well be estimated.
        return guidance_message(service, service.checked(fused_pair), have, side, page, within, wanted)
    step = downsampling.step_for(fused_pair.pair.shape, side, fused_pair.pair.aspect)
    picture, done = service.previews.of(service.guidance_key(fused_pair, within), step, snapshot)
    # Finished images are always sent: those of the store count one pass, whatever the browser has seen.
    is_new = picture is not None and (snapshot.is_complete or done != have)
    arrays: dict[str, NDArray[Any]] = {}
    about: dict[str, Any] = {
        "done": done,
        "passes": snapshot.done,
        "total": snapshot.total,
        "failure": snapshot.failure,
        "part": snapshot.part,
        "left": snapshot.left,
        "hold": snapshot.hold,
        "isElsewhere": snapshot.is_elsewhere,
        "step": step,
        "error": snapshot.error and asdict(snapshot.error),
        "largest": _largest(snapshot.grown) if snapshot.error and snapshot.grown else None,
        "is_whole": not takes_few_passes(fused_pair.loaded.network, fused_pair.pair),
        "reason": locality(fused_pair.loaded.network).reason,
    }
    if is_new and picture is not None:
        arrays = {"first": picture.first, "second": picture.second}
        if not picture.known.all():
            arrays["known"] = picture.known.view(np.uint8)
        if step > 1:
            about |= _told_of(service, fused_pair, picture.images, snapshot.images, arrays)
    sent = sum(array.nbytes for array in arrays.values()) / 2**20
    least = HELD if snapshot.hold else AGAIN
    about["again"] = max(least, AGAIN_EACH * service.guidance_queue.watching(), AGAIN_PER_MEGABYTE * sent)
    return messages.packed(about, arrays)


def _largest(found: Guidance) -> float:
    """The largest value of both images."""
    return max(float(np.abs(np.nan_to_num(image)).max()) for image in (found.first, found.second))


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
        found = service.statistics.density(fused_pair, exact)
        ranges = service.statistics.ranges(fused_pair, exact)
    arrays["dots"] = np.ascontiguousarray(found.dots[..., 3])
    return {"ranges": ranges, "limits": downsampling.limits(ranges), "axes": (found.x, found.y)}


def _fused_pair(service: SaliencyService) -> FusedPair:
    network = request.args.get("network", "")
    return service.open_measured(request.args.get("pair", ""), network)
