"""What Explore asks of a whole series: how far its guidance is, and that it is computed, paused or cancelled."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from dashboard.jobs.unfinished import hold_of
from dashboard.server.query_parameters import number, watcher
from dashboard.service.series_guidance import SeriesGuidance
from dashboard.service.slice_values import SliceValues

START = "start"
"""The word by which a series is begun; the others are those of `dashboard.jobs.unfinished.HOLDS`."""


def register(server: Flask, series: SeriesGuidance, values: SliceValues) -> None:
    """Add ``/explore/series``, below it ``values`` and, to be posted, ``tell``; 400 with a sentence."""
    server.add_url_rule("/explore/series/values", "explore-series-values", partial(_values, values))
    server.add_url_rule("/explore/series", "explore-series", partial(_progress, series))
    server.add_url_rule("/explore/series/tell", "explore-series-tell", partial(_tell, series), methods=["POST"])


def _progress(series: SeriesGuidance) -> Response:
    return _answer(series, *_asked())


def _tell(series: SeriesGuidance) -> Response:
    pair_id, network = _asked()
    how = request.args.get("how", "")
    if how == START:
        series.start(pair_id, network)
    else:
        series.hold(pair_id, network, hold_of(how))
    return _answer(series, pair_id, network)


def _values(values: SliceValues) -> Response:
    """What both files and the fused image hold at a pixel, slice by slice."""
    response = jsonify(values.ask(*_asked(), (number("row"), number("col")), watcher()))
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked() -> tuple[str, str]:
    return request.args.get("pair", ""), request.args.get("network", "")


def _answer(series: SeriesGuidance, pair_id: str, network: str) -> Response:
    found = series.progress(pair_id, network)
    told: dict[str, Any] = {
        "total": found.total,
        "done": found.done,
        "isBegun": found.is_begun,
        "isOver": found.is_over,
        "hold": found.hold,
        "left": found.left,
        "note": found.note,
        "failures": [{"slice": series.title(each), "sentence": why} for each, why in found.failures.items()],
    }
    response = jsonify(told)
    response.headers["Cache-Control"] = "no-store"
    return response
