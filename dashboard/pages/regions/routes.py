"""What Regions fetches beside its callbacks: a mask file goes up, a table of figures comes down."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
from flask import Flask, Response, jsonify, request

from dashboard.access.audited import note
from dashboard.jobs.unfinished import hold_of
from dashboard.pages.regions import region_table
from dashboard.pages.regions.region_jobs import RegionJobs, finished_results
from dashboard.pages.regions.slice_figures import SliceChoice, SliceJobs
from dashboard.pages.regions.slice_table import slice_table
from dashboard.pages.regions.state import RegionState, read_regions
from dashboard.pages.regions.uploads import LARGEST_FILE, mask_of
from dashboard.report.number_table import table_csv
from dashboard.report.provenance import about_table
from dashboard.report.render import MIME
from dashboard.server import body_limits, messages, query_parameters
from fusion import InputError

FORMATS = ("csv", "pdf", "svg", "png")
DPI = 300
"""Dots per inch of a PNG."""


def register(server: Flask, regions: RegionJobs) -> None:
    """Add ``/regions/`` ``mask pixels table.<format> slices.csv`` and, to be posted, ``hold``.

    400 with a sentence where something cannot be used; 413 where a mask file is too large to be looked at, 409
    while figures are still computed.
    """
    server.add_url_rule("/regions/mask", "regions-mask", partial(_mask, regions), methods=["POST"])
    body_limits.allow(server, "regions-mask", LARGEST_FILE)
    server.add_url_rule("/regions/pixels", "regions-pixels", partial(_pixels, regions))
    server.add_url_rule("/regions/table.<kind>", "regions-table", partial(_table, regions))
    server.add_url_rule("/regions/slices.csv", "regions-slices", partial(_slices, regions))
    server.add_url_rule("/regions/hold", "regions-hold", partial(_hold, regions), methods=["POST"])


def _mask(regions: RegionJobs) -> tuple[Response, int]:
    name = request.args.get("name", "")[:80] or "file"
    content = request.get_data(cache=False)
    note(content=hashlib.sha256(content).hexdigest())
    pair = regions.service.catalogue.pair(request.args.get("pair", ""))
    return jsonify(region=regions.uploads.take(content, name, pair.shape)), 200


def _hold(regions: RegionJobs) -> tuple[str, int]:
    """A network's figures, of one slice or along slices, are paused or cancelled, or go on."""
    if along := request.args.get("along"):
        SliceJobs(regions).hold(along, hold_of(request.args.get("how", "")))
        return "", 204
    pair, region, network, how = (request.args.get(name, "") for name in ("pair", "region", "network", "how"))
    regions.hold(pair, region, network, hold_of(how))
    return "", 204


def _pixels(regions: RegionJobs) -> Response:
    """Which pixels of a pair a region's words mean, a byte each: 1 inside, 0 elsewhere."""
    pair = regions.service.catalogue.pair(request.args.get("pair", ""))
    mask = mask_of(request.args.get("region", ""), pair, regions.uploads)
    return query_parameters.binary(messages.packed({}, {"mask": mask.astype(np.uint8)}))


def _table(regions: RegionJobs, kind: str) -> Response | tuple[Response, int]:
    if kind not in FORMATS:
        raise InputError(f"A table comes as {', '.join(FORMATS)}, not as {kind[:20]!r}.")
    state = _state(request.query_string.decode("utf-8", "replace"), regions)
    progress = regions.finished(state.pair, state.region, state.networks)
    missing = [name for name in state.networks if name not in progress]
    if missing:
        return jsonify(error=f"Figures of {', '.join(missing)} are not finished; ask again in a moment."), 409
    failures = {name: each.failure for name, each in progress.items() if each.failure}
    response = Response(_file(regions, state, kind, failures), mimetype=MIME[kind])
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"fusevis {regions.service.catalogue.pair(state.pair).title} region")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _slices(regions: RegionJobs) -> Response | tuple[Response, int]:
    """The figures of a region along slices that are there."""
    state = _state(request.query_string.decode("utf-8", "replace"), regions)
    first, last = query_parameters.number("first"), query_parameters.number("last")
    choice = SliceChoice(state.pair, state.region, state.ring, first, last)
    found = SliceJobs(regions).known(choice, state.networks)
    if not any(each.rows for each in found.values()):
        return jsonify(error="No slice has figures yet; ask again in a moment."), 409
    pair = regions.service.catalogue.pair(state.pair)
    networks = [(name, regions.service.network_pool.get(name).weights) for name in state.networks]
    about = about_table(pair, networks, date.today())
    origin = region_table.RegionOrigin(**about, region=state.region, ring=state.ring)
    response = Response(table_csv(slice_table(pair.names, found), origin), mimetype=MIME["csv"])
    response.headers["Content-Disposition"] = 'attachment; filename="fusevis-region-along-slices.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _state(query: str, regions: RegionJobs) -> RegionState:
    """What the address asks for; InputError with the first thing in it that cannot be used."""
    state, problems = read_regions(query, RegionState(), regions.usable())
    if problems:
        raise InputError(problems[0])
    if not state.region:
        raise InputError("Draw or name a region first.")
    return replace(state, networks=state.networks or regions.usable())


def _file(regions: RegionJobs, state: RegionState, kind: str, failures: Mapping[str, str]) -> bytes:
    pair = regions.service.catalogue.pair(state.pair)
    found = finished_results(regions.finished(state.pair, state.region, state.networks))
    if not found:
        raise InputError("None of these networks has figures: " + " ".join(failures.values()))
    reports = regions.reports(state.pair, state.region, found, state.ring)
    origin = region_table.origin(pair, found, state.region, state.ring, date.today())
    figures = region_table.table(f"A region of {pair.title}", reports, pair.names, failures)
    if kind == "csv":
        return table_csv(figures, origin)
    # Matplotlib takes a third of a second to load: not before a figure is asked for.
    from dashboard.report import page_canvas, tables

    with page_canvas.house_style():
        return page_canvas.saved(tables.table_figure(region_table.turned(figures), origin), kind, DPI, origin)
