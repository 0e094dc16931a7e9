"""What the metrics' table is saved as: ``/export/metrics.<format>``, beside the exports of pictures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from functools import partial

from flask import Flask, Response, jsonify, request

from dashboard.pages.compare.metric_scores import MetricRow, Scores, unmeasured
from dashboard.pages.compare.metric_table import printed_table, values_table, with_rules
from dashboard.report.collect import wait_for_receptive_fields
from dashboard.report.export_request import TABLES, named, network_names, resolution
from dashboard.report.number_table import table_csv
from dashboard.report.provenance import TableOrigin, about_table
from dashboard.report.render import MIME
from dashboard.server.error_handler import NOT_YET
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError

logger = logging.getLogger(__name__)


def register(server: Flask, service: SaliencyService, scores: Scores) -> None:
    """Add ``/export/metrics.<format>``, with the parameters ``pair``, ``networks`` and ``dpi``.

    A network that fails has a row of reasons. 400 with a sentence where nothing can be used, 202 with one while
    metrics are still measured.
    """
    server.add_url_rule("/export/metrics.<kind>", "export-metrics", partial(_metrics, service, scores))


def _metrics(service: SaliencyService, scores: Scores, kind: str) -> Response | tuple[Response, int]:
    if kind not in TABLES["metrics"]:
        raise InputError(f"The metrics come as {', '.join(TABLES['metrics'])}, not as {kind[:20]!r}.")
    dpi = resolution(request.args)
    pair = service.catalogue.pair(request.args.get("pair", ""))
    names = network_names(request.args.get("networks") or request.args.get("network", ""))
    wait_for_receptive_fields(service, names)
    fused_pairs = {name: _fused_pair(service, request.args.get("pair", ""), name) for name in names}
    usable = [each.loaded for each in fused_pairs.values() if isinstance(each, FusedPair)]
    if not usable:
        raise InputError(" ".join(map(str, fused_pairs.values())))
    rows, rules = [_row(scores, *each) for each in fused_pairs.items()], scores.rules(pair)
    measured = [row for row in rows if row is not None]
    if rules is None or len(measured) < len(rows):
        return jsonify(error="The metrics are still being measured; ask again in a moment."), NOT_YET
    networks = [(each.name, each.weights) for each in usable]
    origin = TableOrigin(**about_table(pair, networks, date.today()))
    response = Response(_file(pair, with_rules(measured, rules), kind, dpi, origin), mimetype=MIME[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{named((pair.title, "metrics"), kind)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _fused_pair(service: SaliencyService, pair_id: str, name: str) -> FusedPair | str:
    """The pair through a network, or why there is none: the other networks' rows do not depend on it."""
    try:
        return service.open_pair(pair_id, name)
    except InputError as error:
        return str(error)
    except Exception as error:  # whatever a brought network raises is told in its own row
        logger.exception("A pair could not be opened through %s.", name)
        return str(error)


def _row(scores: Scores, name: str, fused_pair: FusedPair | str) -> MetricRow | None:
    return unmeasured(name, fused_pair) if isinstance(fused_pair, str) else scores.of(fused_pair)


def _file(pair: ImagePair, rows: Sequence[MetricRow], kind: str, dpi: int, origin: TableOrigin) -> bytes:
    title = f"Fusion metrics of {pair.title}"
    if kind == "csv":
        return table_csv(values_table(title, rows), origin)
    # Matplotlib takes a third of a second to load: not before a figure is asked for.
    from dashboard.report import page_canvas, tables

    with page_canvas.house_style():
        return page_canvas.saved(tables.table_figure(printed_table(title, rows), origin), kind, dpi, origin)
