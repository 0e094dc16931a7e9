"""The fast path: three binary addresses beside Dash's, for the pointer and the pictures it moves over."""

from __future__ import annotations

import math

from flask import Flask, Response, jsonify, request

from dashboard import wire
from dashboard.encode import to_bytes
from dashboard.workbench import Answer, Seen, Workbench
from fusion import InputError, recolor
from saliency import guidance_rgb

LONG_POLL = 0.5
"""Seconds a request for guidance waits for the next pass."""


def register(server: Flask, bench: Workbench) -> None:
    """Add the addresses ``/explore/images``, ``/explore/jacobian`` and ``/explore/guidance``."""

    @server.get("/explore/images")
    def images() -> Response:
        return _binary(image_message(_seen(bench)))

    @server.get("/explore/jacobian")
    def jacobian() -> Response:
        seen = _seen(bench)
        answer = bench.answer(seen, (_number("row"), _number("col")))
        return _binary(jacobian_message(seen, answer))

    @server.get("/explore/guidance")
    def guidance() -> Response:
        return _binary(guidance_message(bench, _seen(bench), _number("have")))

    @server.errorhandler(InputError)
    def refuse(error: InputError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    del images, jacobian, guidance, refuse


def image_message(seen: Seen) -> bytes:
    """Both inputs and the fused image as grey levels, and in colour where the pair has any."""
    pair = seen.pair
    arrays = {"first": to_bytes(pair.first), "second": to_bytes(pair.second), "fused": to_bytes(seen.fused)}
    # Guidance RGB scales the fused image by its own range, which grey levels have already clipped.
    arrays["blue"] = to_bytes(guidance_rgb(seen.fused, seen.fused, seen.fused)[..., 2])
    if pair.first_color is not None:
        arrays["first_color"] = pair.first_color
    if pair.second_color is not None:
        arrays["second_color"] = pair.second_color
        arrays["fused_color"] = recolor(seen.fused, pair.second_color)
    return wire.packed({"height": pair.shape[0], "width": pair.shape[1]}, arrays)


def jacobian_message(seen: Seen, answer: Answer) -> bytes:
    """The two windows of a Jacobian, where they lie, and the read-out of their pixel."""
    J = answer.jacobian
    about = {
        "key": seen.key,
        "row": J.pixel[0],
        "col": J.pixel[1],
        "top": J.area.top,
        "left": J.area.left,
        **readout(seen, answer),
    }
    return wire.packed(about, {"first": J.first, "second": J.second})


def readout(seen: Seen, answer: Answer) -> dict[str, float | None]:
    """The figures shown for a principal pixel."""
    J, found = answer.jacobian, answer.influence
    at = J.pixel[0] - J.area.top, J.pixel[1] - J.area.left
    figures = {
        "x1": float(seen.pair.first[J.pixel]),
        "x2": float(seen.pair.second[J.pixel]),
        "y": float(seen.fused[J.pixel]),
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


def guidance_message(bench: Workbench, seen: Seen, have: int) -> bytes:
    """Guidance beyond ``have`` passes: waits a moment for it, sends no images where nothing is new."""
    snapshot = bench.guidance(seen)
    if not snapshot.is_complete and snapshot.done <= have:
        bench.desk.wait(seen.key, have, LONG_POLL)
        snapshot = bench.guidance(seen)
    about = {"done": snapshot.done, "total": snapshot.total, "failure": snapshot.failure}
    # Finished images are always sent: those of the store count one pass, whatever the browser has seen.
    is_new = snapshot.images is not None and (snapshot.is_complete or snapshot.done > have)
    arrays = dict(zip(("first", "second"), snapshot.images, strict=True)) if is_new and snapshot.images else {}
    return wire.packed(about, arrays)


def _seen(bench: Workbench) -> Seen:
    return bench.see(request.args.get("pair", ""), request.args.get("network", ""))


def _number(name: str) -> int:
    try:
        return int(request.args.get(name, ""))
    except ValueError:
        raise InputError(f"{name} has to be a whole number, not {request.args.get(name)!r}.") from None


def _binary(message: bytes) -> Response:
    response = Response(message, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = "no-store"
    return response
