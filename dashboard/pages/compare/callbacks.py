"""What Compare asks of Dash: the address becomes controls, and controls are told to assets/compare.js."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from dashboard.components import ids, navigation
from dashboard.pages.compare.layout import (
    ADDRESS,
    NETWORKS,
    ONE,
    OTHER,
    PREFIX,
    PROBLEM,
    SCALES,
    START,
    TABLES,
    usable,
)
from dashboard.pages.compare.state import CompareState, read_compare
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.opening import placed

CHOICES = (
    (ids.PAIR, "value"),
    (ids.DISPLAY, "value"),
    (ids.COLORMAP, "value"),
    (ids.WINDOW, "value"),
    (ids.MANNER, "value"),
    (ids.COLOR, "checked"),
    (ids.ZOOMS, "checked"),
    (ids.THEME, "checked"),
    (ids.GAMMA1, "value"),
    (ids.GAMMA2, "value"),
)
"""Controls that Explore has too, by the ids it has there."""


def register(app: Dash, service: SaliencyService, default: CompareState) -> None:
    """Wire the page's callbacks to ``app``."""
    common = [(PREFIX + id_, name) for id_, name in CHOICES]
    own = [(NETWORKS, "value"), (SCALES, "checked")]
    app.callback(
        *(Output(*each) for each in (*common, *own)),
        Output(START, "data"),
        Output(PROBLEM, "children"),
        Input(ADDRESS, "search"),
    )(partial(restore, service, default))
    in_browser = partial(ClientsideFunction, "compare")
    app.clientside_callback(
        in_browser("configure"),
        *(Input(*each) for each in (*common, *own)),
        Input(START, "data"),
        Input(TABLES, "data"),
    )
    app.clientside_callback(in_browser("go"), Input(PREFIX + ids.ROW, "value"), Input(PREFIX + ids.COL, "value"))
    app.clientside_callback(in_browser("subtract"), Input(ONE, "value"), Input(OTHER, "value"))


def restore(service: SaliencyService, default: CompareState, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for."""
    state, problems = read_compare(query or "", default, usable(service))
    state, more = placed(service, state, default)
    start = {"row": state.row, "col": state.col, "difference": list(state.difference)}
    return (
        state.pair,
        state.display,
        state.colormap,
        str(state.window),
        state.manner,
        state.color,
        state.zooms,
        state.light,
        state.gamma1,
        state.gamma2,
        list(state.networks),
        state.scales == "shared",
        start,
        navigation.alert(" ".join((*problems, *more, *service.catalogue.remarks))),
    )
