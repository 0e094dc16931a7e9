"""What Compare asks of Dash: the address becomes controls, and controls are told to js/pages/compare."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from dashboard.components import controls, ids, navigation
from dashboard.pages.compare.layout import (
    ADDRESS,
    CELLS,
    NETWORKS,
    PREFIX,
    PROBLEM,
    REFERENCE,
    ROWS,
    SCALES,
    START,
    TABLES,
    usable,
)
from dashboard.pages.compare.state import CompareState, read_compare
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.opening import placed


def register(app: Dash, service: SaliencyService, default: CompareState) -> None:
    """Wire the page's callbacks to ``app``."""
    looks = [(PREFIX + id_, name) for id_, name in controls.LOOKS.values() if id_ != ids.ZOOMS]  # a row here
    own = [(NETWORKS, "value"), (SCALES, "checked"), (ROWS, "value"), (CELLS, "value")]
    choices = [(PREFIX + ids.PAIR, "value"), *looks, *own]
    app.callback(
        *(Output(*each) for each in choices),
        Output(START, "data"),
        Output(PROBLEM, "children"),
        Input(ADDRESS, "search"),
    )(partial(restore, service, default))
    in_browser = partial(ClientsideFunction, "compare")
    app.clientside_callback(
        in_browser("configure"),
        *(Input(*each) for each in choices),
        Input(START, "data"),
        Input(TABLES, "data"),
    )
    app.clientside_callback(in_browser("go"), Input(PREFIX + ids.ROW, "value"), Input(PREFIX + ids.COL, "value"))
    app.clientside_callback(in_browser("refer"), Input(REFERENCE, "value"))


def restore(service: SaliencyService, default: CompareState, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for."""
    state, problems = read_compare(query or "", default, usable(service))
    state, more = placed(service, state, default)
    start = {"row": state.row, "col": state.col, "reference": state.reference}
    sentences = " ".join((*problems, *more, *service.catalogue.remarks))
    return (
        state.pair,
        *controls.look_values(state, left_out="zooms"),
        list(state.networks),
        state.scales == "shared",
        list(state.rows),
        state.cells,
        start,
        navigation.alert(sentences),
    )
