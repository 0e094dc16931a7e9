"""The fast path of Compare: binary addresses beside Dash's, one answer for all columns."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from dashboard.components.network_choice import standings
from dashboard.imaging import downsampling
from dashboard.pages.compare import columns, metric_export
from dashboard.pages.compare.differences import Differences
from dashboard.pages.compare.expected_times import TimeExpectations
from dashboard.pages.compare.metric_scores import Scores, described
from dashboard.pages.compare.state import MOST
from dashboard.server import messages, query_parameters
from dashboard.service.correlations import correlations
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_pool import StillMeasuringError
from dashboard.service.network_standing import NetworkStanding
from dashboard.service.pair_changes import plain_id
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pair_words import orientation, raw_scales
from dashboard.views.pixel_answers import LARGEST_WINDOW, image_message
from fusion import InputError
from fusion.comma_list import comma_separated
from saliency import locality
from saliency.geometry.window import Pixel, check_pixel

logger = logging.getLogger(__name__)


def register(server: Flask, service: SaliencyService) -> None:
    """Add ``/compare/`` ``column``, ``jacobian``, ``cancel``, ``figures`` and ``difference``.

    A column's pictures and its guidance are asked for one network at a time (guidance by Explore's own
    address), so that a slow or a failing network holds up no other. The metrics' export stands beside.
    """
    scores, differences, expectations = Scores(service.jobs), Differences(service), TimeExpectations(service)
    metric_export.register(server, service, scores)
    server.add_url_rule("/compare/column", "compare-column", partial(_column, service, expectations))
    server.add_url_rule("/compare/jacobian", "compare-jacobian", partial(_jacobian, service))
    server.add_url_rule("/compare/cancel", "compare-cancel", partial(_cancel, service), methods=["POST"])
    server.add_url_rule("/compare/figures", "compare-figures", partial(_figures, service, scores))
    server.add_url_rule("/compare/difference", "compare-difference", partial(_difference, service, differences))


def _column(service: SaliencyService, expectations: TimeExpectations) -> Response:
    pair_id, network = request.args.get("pair", ""), request.args.get("network", "")
    service.network_pool.refuse_unmeasured(network)  # guessing how long it takes asks the network
    try:
        asks = expectations.guessed(pair_id, network).asks()
        if "fused" in asks and not request.args.get("asked") and not service.is_open(pair_id, network):
            return query_parameters.binary(messages.packed({"network": network, "asks": asks}, {}))
        fused_pair = service.open_pair(pair_id, network)
        asks = expectations.of(fused_pair).asks()
    except InputError:
        raise
    except Exception as error:  # whatever a brought network raises is told in its own column
        logger.exception("A pair could not be opened through a network.")
        raise InputError(str(error)) from error
    service.look_at(pair_id, fused_pair)
    if plain_id(pair_id) != pair_id:  # nobody waits for guidance of each place that an input is moved to
        asks.setdefault("guidance", expectations.of(fused_pair).guidance)
    for what in ("fused", *(["guidance"] if service.finished_guidance(fused_pair) else [])):
        asks.pop(what, None)  # it is there
    more = {**about(fused_pair, standings(service, pair_id)[fused_pair.loaded.name]), "asks": asks}
    return query_parameters.binary(image_message(fused_pair, query_parameters.number("side", 0), more))


def _jacobian(service: SaliencyService) -> Response:
    start = time.perf_counter()
    page = query_parameters.watcher() if request.args.get("chosen") else ""
    ahead = [] if page else query_parameters.ahead()
    pixels = [(query_parameters.number("row"), query_parameters.number("col")), *ahead]
    found = columns.answered(service, request.args.get("pair", ""), _networks(), pixels, page)
    messages = [columns.message(found, pixel, number) for number, pixel in enumerate(pixels)]
    response = query_parameters.binary(b"".join(messages))
    response.headers["Server-Timing"] = f"handled;dur={(time.perf_counter() - start) * 1000:.2f}"
    return response


def _cancel(service: SaliencyService) -> tuple[str, int]:
    """An open page does not wait any more for what takes long."""
    for name in _networks():
        service.long_answers.leave(columns.column_watcher(query_parameters.watcher(), name))
    return "", 204


def _figures(service: SaliencyService, scores: Scores) -> Response:
    pixel, window = (
        (query_parameters.number("row"), query_parameters.number("col")),
        query_parameters.number("window"),
    )
    return jsonify(figures_of(service, scores, request.args.get("pair", ""), _networks(), pixel, window))


def _difference(service: SaliencyService, differences: Differences) -> Response:
    one, other = _fused_pair(service, "one"), _fused_pair(service, "other")
    if "row" not in request.args:
        return query_parameters.binary(differences.message(one, other, query_parameters.number("side", 0)))
    pixel = check_pixel((query_parameters.number("row"), query_parameters.number("col")), one.pair.shape)
    side = min(query_parameters.number("side"), LARGEST_WINDOW)
    area = downsampling.window_around(pixel, side, one.pair.shape)
    return query_parameters.binary(differences.window_message(one, other, area))


def about(fused_pair: FusedPair, standing: NetworkStanding) -> dict[str, Any]:
    """What the page has to know of a pair through a network besides its pictures."""
    pair = fused_pair.pair
    return {
        "standing": standing.note,
        "warning": standing.warning,
        "key": fused_pair.key,
        "network": fused_pair.loaded.name,
        "title": pair.title,
        "names": list(pair.names),
        "spacing": pair.spacing,
        "row_spacing": pair.row_spacing,
        "orientation": orientation(pair),
        "raw": raw_scales(pair),
        "reason": locality(fused_pair.loaded.network).reason,
        "has_color": pair.first_color is not None or pair.second_color is not None,
    }


def figures_of(
    service: SaliencyService, scores: Scores, pair_id: str, networks: Sequence[str], pixel: Pixel, window: int
) -> dict[str, Any]:
    """What stands in figures under the columns: correlations of guidance, metrics, and the trivial rules' metrics.

    What is not there yet is None; ``waits`` says whether asking again brings more without another pixel.
    """
    pair = service.catalogue.pair(pair_id)
    check_pixel(pixel, pair.shape)
    found = [_column_figures(service, scores, (pair_id, name), pixel, window) for name in networks]
    rules = scores.rules(pair)
    return {
        "row": pixel[0],
        "col": pixel[1],
        "window": window,
        "columns": [shown for shown, _ in found],
        "rules": rules,
        "metrics": described(),
        "waits": rules is None or any(waits for _, waits in found),
    }


def _column_figures(
    service: SaliencyService, scores: Scores, names: tuple[str, str], pixel: Pixel, window: int
) -> tuple[dict[str, Any], bool]:
    """The figures of a pair through a network, and whether asking again brings more."""
    nothing = {"network": names[1], "correlation": None, "metrics": None}
    try:
        fused_pair = _opened(service, *names)
    except StillMeasuringError:
        return nothing, True
    if fused_pair is None:  # its column says why
        return nothing, False
    found = correlations(service, fused_pair, service.finished_guidance(fused_pair), pixel, window)
    row = scores.of(fused_pair)
    shown = {"network": fused_pair.loaded.name, "correlation": found, "metrics": row and row["values"]}
    return shown, row is None or (found is not None and found["all"] is None)


def _opened(service: SaliencyService, pair_id: str, network: str) -> FusedPair | None:
    try:
        return service.open_measured(pair_id, network)
    except StillMeasuringError:
        raise
    except InputError as error:
        logger.debug("A network without figures:", exc_info=error)
    except Exception:  # whatever a brought network raises
        logger.exception("A network is without figures.")
    return None


def _fused_pair(service: SaliencyService, word: str) -> FusedPair:
    return service.open_measured(request.args.get("pair", ""), request.args.get(word, ""))


def _networks() -> tuple[str, ...]:
    names = comma_separated(request.args.get("networks", ""))
    if not 0 < len(names) <= MOST:
        raise InputError(f"Name 1 to {MOST} networks, with commas between them, not {len(names)}.")
    return names
