"""What a verdict is saved as: ``/export/verdict.<format>``, with everything that stands on the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from flask import Flask, Response, request

from dashboard.components.url_state import read
from dashboard.pages.verdict.state import PARSERS, QuestionState, pixel_of
from dashboard.pages.verdict.verdict_jobs import VerdictJobs
from dashboard.pages.verdict.verdict_lines import VerdictLine, judged, values_table
from dashboard.pages.verdict.verdict_place import Place
from dashboard.pages.verdict.verdict_rows import Regions, place_of
from dashboard.pages.verdict.verdict_stores import VerdictView
from dashboard.report.export_request import TABLES, named, resolution
from dashboard.report.number_table import table_csv, table_npz
from dashboard.report.provenance import TableOrigin, about_table
from dashboard.report.render import MIME
from dashboard.service.fused_pair import FusedPair
from fusion import InputError


def register(server: Flask, verdicts: VerdictJobs, regions: Regions) -> None:
    """Add ``/export/verdict.<format>``, with the words of the page's address and ``dpi``.

    Rows that are not computed are empty, and said to be. 400 with a sentence where nothing can be told.
    """
    server.add_url_rule("/export/verdict.<kind>", "export-verdict", partial(_verdict, verdicts, regions))


def _verdict(verdicts: VerdictJobs, regions: Regions, kind: str) -> Response:
    if kind not in TABLES["verdict"]:
        raise InputError(f"A verdict comes as {', '.join(TABLES['verdict'])}, not as {kind[:20]!r}.")
    dpi = resolution(request.args)
    place = place_in(verdicts, regions, request.query_string.decode("utf-8", "replace"))
    lines = judged(verdicts.purpose, place, verdicts.known(place))
    computed = [line for line in lines if line.evidence.report is not None]
    if not computed:
        raise InputError("No network's row is computed for this place yet; wait for the first one.")
    fused_pair = verdicts.service.open_pair(place.pair_id, computed[0].network)
    response = Response(_file(place, lines, fused_pair, kind, dpi), mimetype=MIME[kind])
    name = named((place.pair.title, "verdict"), kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def place_in(verdicts: VerdictJobs, regions: Regions, query: str) -> Place:
    """The place that an address asks for: its region, else its pixel, else the image's centre."""
    state, _ = read(query, QuestionState(), PARSERS)
    pair = verdicts.service.catalogue.pair(state.pair)
    (height, width), aspect = pair.shape, pair.aspect
    view = VerdictView(pair=state.pair, network=state.network, height=height, width=width, aspect=aspect)
    found = place_of(regions, view, pixel_of(state.row, state.col, pair.shape), state.region)
    if found is None:
        raise InputError("Choose a pixel or a region first.")
    return found


def _file(place: Place, lines: Sequence[VerdictLine], fused_pair: FusedPair, kind: str, dpi: int) -> bytes:
    networks = [(line.network, line.row.progress.weights) for line in lines if line.evidence.report is not None]
    origin = TableOrigin(**about_table(place.pair, networks, date.today()))
    table = values_table(place, lines)
    if kind == "csv":
        return table_csv(table, origin)
    if kind == "npz":
        return table_npz(table, origin)
    # Matplotlib takes a third of a second to load: not before a figure is asked for.
    from dashboard.pages.verdict.verdict_print import printed_table, verdict_sheets
    from dashboard.report import page_canvas, tables

    with page_canvas.house_style():
        if kind == "pdf":
            return page_canvas.bound(verdict_sheets(place, lines, fused_pair, origin), dpi, origin)
        return page_canvas.saved(tables.table_figure(printed_table(place, lines), origin), kind, dpi, origin)
