"""Addresses of the Networks page beside Dash's: is a network measured, and what does it show of itself?"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from dashboard.imaging import downsampling
from dashboard.imaging.encoding import to_bytes
from dashboard.option_values import COLORMAPS
from dashboard.server import messages
from dashboard.server.query_parameters import binary, number
from dashboard.service.inner_view_images import InnerViews, about, sheet
from dashboard.service.network_pool import StillMeasuringError
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError

PICTURE_SIDE = 768
"""Largest side of the inputs as they are shown beneath a map."""


def register(server: Flask, service: SaliencyService) -> None:
    """Add ``ready``, ``inside``, ``sheet``, ``map`` and ``pictures`` below ``/networks/``.

    What is refused is answered as on the fast path, with status 400 and a sentence.
    """
    for name, view in (
        ("ready", _ready),
        ("inside", _views),
        ("sheet", _sheet),
        ("map", _map),
        ("pictures", _pictures),
    ):
        server.add_url_rule(f"/networks/{name}", f"networks-{name}", partial(view, service))


def _ready(service: SaliencyService) -> Response:
    return jsonify(ready_message(service, request.args.get("network", "")))


def _views(service: SaliencyService) -> Response:
    pair, network = _asked()
    if service.network_pool.name_of(network) in service.network_pool.problems():
        return jsonify(ready=True, views=[], failure="Nothing can be shown of a network that is not installed.")
    found = service.inner_views(pair, network)
    return jsonify(ready=False) if found is None else jsonify(ready=True, **inside_message(found))


def _sheet(service: SaliencyService) -> Response:
    colormap = request.args.get("colormap", COLORMAPS[0])
    view = _inner_views(service).view(number("view"))
    drawn = sheet(view, is_common=bool(number("common", 0)), colormap=colormap)
    response = Response(drawn, mimetype="image/png")
    response.headers["Cache-Control"] = "no-store"
    return response


def _map(service: SaliencyService) -> Response:
    view, item = _inner_views(service).view(number("view")), number("item")
    if not 0 <= item < len(view.images):
        raise InputError(f"{view.title} has {len(view.images)} pictures, none of number {item}.")
    return binary(messages.packed({"label": view.labels[item]}, {"values": view.images[item]}))


def _pictures(service: SaliencyService) -> Response:
    pair = service.catalogue.pair(request.args.get("pair", ""))
    step = downsampling.step_for(pair.shape, PICTURE_SIDE, pair.aspect)
    first, second = (to_bytes(downsampling.mean(image, step)) for image in (pair.first, pair.second))
    return binary(
        messages.packed({"names": pair.names, "aspect": pair.aspect}, {"first": first, "second": second})
    )


def ready_message(service: SaliencyService, network: str) -> dict[str, Any]:
    """Whether a network can be asked at once; where not, its measurement goes on and a sentence says so."""
    try:
        service.network_pool.refuse_unmeasured(network, patience=0)
    except StillMeasuringError as waiting:
        return {"ready": False, "sentence": str(waiting)}
    return {"ready": True, "sentence": ""}


def inside_message(found: InnerViews) -> dict[str, Any]:
    """What the browser has to know of a network's views before it shows one."""
    return {"views": [about(view) for view in found.views], "failure": found.failure}


def _inner_views(service: SaliencyService) -> InnerViews:
    found = service.inner_views(*_asked())
    if found is None:
        raise InputError("The inner views of this pair are being computed again; ask in a moment.")
    return found


def _asked() -> tuple[str, str]:
    return request.args.get("pair", ""), request.args.get("network", "")
