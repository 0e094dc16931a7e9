"""What Networks is saved as: ``/export/network.<format>``, one network's card, curves and receptive field."""

from __future__ import annotations

import io
import json
from datetime import date
from functools import partial
from typing import Any

import numpy as np
from flask import Flask, Response, request

from dashboard.pages.networks.model_card import Curve, ModelCard, curves, model_card
from dashboard.pages.networks.own_card import own_card
from dashboard.report.export_request import TABLES, named, resolution
from dashboard.report.number_table import NumberTable, table_csv
from dashboard.report.provenance import TableOrigin, about_table
from dashboard.report.render import MIME
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from saliency import Locality


def register(server: Flask, service: SaliencyService) -> None:
    """Add ``/export/network.<format>``, with the parameters ``pair``, ``network`` and ``dpi``.

    400 with a sentence where the network cannot be told of.
    """
    server.add_url_rule("/export/network.<kind>", "export-network", partial(_network, service))


def _network(service: SaliencyService, kind: str) -> Response:
    if kind not in TABLES["network"]:
        raise InputError(f"A network comes as {', '.join(TABLES['network'])}, not as {kind[:20]!r}.")
    dpi, pair = resolution(request.args), service.catalogue.pair(request.args.get("pair", ""))
    name = service.network_pool.name_of(request.args.get("network", ""))
    response = Response(_file(service, name, pair, kind, dpi), mimetype=MIME[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{named(("network", name), kind)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def told_of(service: SaliencyService, name: str) -> tuple[ModelCard, tuple[Curve, ...], Locality | None]:
    """A network's card, the curves of its training, and how far it sees; None where that is not known yet."""
    pool = service.network_pool
    problem = pool.problems().get(name, "")
    reach = None if problem or not pool.is_measured(name) else service.reach(name)
    if name in pool.own:
        return own_card(pool, name), (), reach
    return model_card(name, pool.folder, problem), curves(name, pool.folder), reach


def _file(service: SaliencyService, name: str, pair: ImagePair, kind: str, dpi: int) -> bytes:
    card, found, reach = told_of(service, name)
    weights = "" if card.problem else service.network_pool.unmeasured(name)[1]
    origin = TableOrigin(**about_table(pair, [(name, weights)], date.today()))
    table = values_table(card, found, reach)
    if kind == "csv":
        return table_csv(table, origin)
    if kind == "npz":
        return _npz(card, found, reach, origin)
    # Matplotlib takes a third of a second to load: not before a figure is asked for.
    from dashboard.pages.networks import network_print
    from dashboard.report import page_canvas

    with page_canvas.house_style():
        if kind == "pdf":
            return page_canvas.bound(network_print.network_sheets(card, found, reach, pair, origin), dpi, origin)
        return page_canvas.saved(network_print.network_figure(card, found, reach, pair, origin), kind, dpi, origin)


def values_table(card: ModelCard, found: tuple[Curve, ...], reach: Locality | None) -> NumberTable:
    """Everything that is told of a network as rows: the part, a name, the step of a training, the value."""
    facts = [(each.title, name, None, text) for each in card.sections for name, text in each.rows]
    lines = [
        ("Training curves", curve.name, int(step), float(value))
        for curve in found
        for step, value in zip(curve.steps, curve.values, strict=True)
    ]
    head = [("Network", "name", None, card.name), ("Network", "reference", None, card.reference)]
    return NumberTable(card.name, ("part", "name", "step", "value"), (*head, *facts, *field_rows(reach), *lines))


def field_rows(reach: Locality | None) -> list[tuple[str, str, None, str | float]]:
    """How far a network sees, as rows of the table."""
    part = "Receptive field"
    if reach is None:
        return [(part, "radius, pixels", None, "not measured")]
    if not reach.is_local:
        return [(part, "radius, pixels", None, "whole image"), (part, "reason", None, reach.reason)]
    return [(part, "radius, pixels", None, reach.radius), (part, "stride, pixels", None, reach.stride)]


def _npz(card: ModelCard, found: tuple[Curve, ...], reach: Locality | None, origin: TableOrigin) -> bytes:
    """Curves as float64 (n, 2) of step and value; the radius is NaN where all is seen, or that is not known."""
    arrays: dict[str, Any] = {curve.name: np.column_stack([curve.steps, curve.values]) for curve in found}
    radius = np.nan if reach is None or not reach.is_local else float(reach.radius)
    facts = {each.title: [list(row) for row in each.rows] for each in card.sections}
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        **arrays,
        receptive_field_radius=np.array(radius),
        card=np.array(json.dumps(facts, ensure_ascii=False)),
        provenance=np.array(origin.json()),
    )
    return buffer.getvalue()
