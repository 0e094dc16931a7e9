"""What the page exports: ``/export/<what>.<format>`` answers with a file, or says how far guidance is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

from dashboard.option_values import HOSPITAL, PAPER
from dashboard.report.collect import Sharpening, collected, open_pairs, wait_for_receptive_fields
from dashboard.report.export_request import ExportRequest, file_name, network_names, parse_export
from dashboard.report.hospital_files import hospital_place, hospital_source
from dashboard.report.render import MIME, rendered
from dashboard.report.view import ReportView
from dashboard.server.error_handler import NOT_YET
from dashboard.server.query_parameters import whole_number
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from fusion.data.outgoing.source_slice import SourceSlice
from saliency.geometry.window import Pixel

if TYPE_CHECKING:  # it loads Matplotlib
    from dashboard.report.page_flow import Part

logger = logging.getLogger(__name__)
LONGEST = 2000
"""Characters of the longest address that is looked at."""


More = Callable[[str, Sequence[str]], "Sequence[Part]"]
"""From an address's words and the networks shown to what a report has besides its views."""


def nothing_more(words: str, networks: Sequence[str]) -> Sequence[Part]:
    """A report of pictures alone."""
    del words, networks
    return ()


def register(server: Flask, service: SaliencyService, more: More = nothing_more) -> None:
    """Add ``/export/<what>.<format>``; it takes the page's parameters, ``networks``, ``panel`` and ``dpi``.

    400 with a sentence where something cannot be exported, 202 with a sentence and the passes ``done`` of
    ``total`` while guidance is still computed: asking keeps it going.
    """
    server.add_url_rule("/export/<what>.<kind>", "export", partial(_export, service, more))
    server.register_error_handler(Sharpening, _wait)


def _export(service: SaliencyService, more: More, what: str, kind: str) -> Response:
    if len(request.query_string) > LONGEST:
        raise InputError(f"The address of an export has at most {LONGEST} characters.")
    export_request = parse_export(what, kind, request.args)
    content, view, source = _exported(service, more, export_request, request.args)
    response = Response(content, mimetype=MIME[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(export_request, view.pair)}"'
    if kind in HOSPITAL:
        response.headers["Export-Note"] = hospital_place(export_request, view, source)
        names = "with" if export_request.keeps_identifiers else "without"
        logger.info("A file for a hospital was exported: %s, %s names of the patient.", kind, names)
    response.headers["Cache-Control"] = "no-store"
    return response


def _wait(error: Sharpening) -> tuple[Response, int]:
    return jsonify(error=str(error), done=error.done, total=error.total), NOT_YET


def _exported(
    service: SaliencyService, more: More, export_request: ExportRequest, parameters: Mapping[str, str]
) -> tuple[bytes, ReportView, SourceSlice | None]:
    names = network_names(parameters.get("networks") or parameters.get("network", ""))
    if export_request.what in ("panel", "explore"):
        names = names[:1]
    wait_for_receptive_fields(service, names)
    pair, through = open_pairs(service, parameters.get("pair", ""), names)
    views = collected(service, pair, through, _pixels(parameters, pair, export_request), export_request)
    words = request.query_string.decode("utf-8", "replace")
    besides = more(words, names) if export_request.what == "report" else ()
    source = hospital_source(export_request, pair)
    return rendered(export_request, views, date.today(), besides, source), views[0], source


def _pixels(parameters: Mapping[str, str], pair: ImagePair, export_request: ExportRequest) -> list[Pixel]:
    """The principal pixel, and for the paper's figures a second one (``row2``, ``col2``) where it is named."""
    centre = {"row": str(pair.shape[0] // 2), "col": str(pair.shape[1] // 2)}
    pixels = [_pixel({**centre, **parameters}, "row", "col")]
    if export_request.what in PAPER and ("row2" in parameters or "col2" in parameters):
        pixels.append(_pixel(parameters, "row2", "col2"))
    return pixels


def _pixel(parameters: Mapping[str, str], row: str, col: str) -> Pixel:
    return whole_number(row, parameters.get(row, "")), whole_number(col, parameters.get(col, ""))
