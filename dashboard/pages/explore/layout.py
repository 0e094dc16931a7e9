"""Explore: one pair, one network, 17 panels under one pointer (Kumar & Gumhold 2020, Figure 1).

How a pointer's move travels:

    pointer ─▶ assets/pointer.js ─▶ assets/live.js ─▶ /explore/jacobian ─▶ canvases        (fast path)
                                        │ after it rests
                                        ▼
                                 dcc.Store "commit" ─▶ commit() ─▶ Plotly figures, read-out  (committed path)

The canvases are a preview that leaves nothing to wait for; the figures below them are what is exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import controls, ids, navigation, plots
from dashboard.components.ids import Panel
from dashboard.components.url_state import State
from dashboard.imaging.colormaps import tables
from dashboard.report import export_menu
from dashboard.service.saliency_service import SaliencyService
from fusion import names


def layout(service: SaliencyService, default: State) -> html.Div:
    """The page as it is first sent: every panel empty, every control at its default."""
    return html.Div(
        [
            *_stores(),
            navigation.navigation_bar("Explore"),
            controls.bar(service.catalogue.entries, service.network_pool.problems(), names(), default),
            *(
                html.Div(id=id_, className="problem")  # the alert inside announces itself
                for id_ in (ids.ADDRESS_PROBLEM, ids.VIEW_PROBLEM)
            ),
            html.Main([_heads(default), *map(_panel, ids.PANELS), _readout()], className="panels", id="panels"),
            _footer(service),
        ],
        className="page explore",
    )


def later() -> list[dcc.Graph]:
    """What comes to stand on the page once it can be used."""
    return graphs([plots.blank(panel.id) for panel in ids.PANELS])


def _stores() -> list[Component]:
    return [
        dcc.Location(id=ids.ADDRESS, refresh=False),
        dcc.Store(id=ids.TABLES, data=dict(tables())),
        *(dcc.Store(id=id_) for id_ in (ids.START, ids.VIEW, ids.MEASURED, ids.SHOWN, ids.FIGURED)),
        *(dcc.Store(id=id_) for id_ in (ids.COMMIT, ids.READOUT, ids.GUIDANCE, ids.GUIDANCE_DRAWN)),
    ]


def _heads(state: State) -> html.Div:
    """The three column heads: what stands below, its colour bar and its γ."""
    images = [html.H2("Images"), html.Span(id="pair-note"), html.Div(id=ids.STATUS, role="status")]
    return html.Div(
        [
            html.Div(images, className="head"),
            _head("Guidance", "∂y(i)/∂x(i)", controls.gamma(ids.GAMMA2, "γ2", "guidance images", state.gamma2)),
            _head("Jacobian", "∂y(i)/∂x", controls.gamma(ids.GAMMA1, "γ1", "Jacobian images", state.gamma1)),
        ],
        className="heads",
    )


def _head(title: str, formula: str, gamma: Component) -> html.Div:
    bar = html.Canvas(id=f"{title.lower()}-bar", className="bar", role="img")
    return html.Div([html.H2(title), html.Span(formula, className="formula"), bar, gamma], className="head")


def _panel(panel: Panel) -> html.Section:
    kinds = ["panel", "zoom" if panel.is_zoom else "whole", *(["picks"] if panel.picks else [])]
    attributes: Any = {"aria-hidden": "true"}  # the figure below says the same to a screen reader
    return html.Section(
        [
            html.H3([html.B(panel.letter), " ", html.Span(id=f"{panel.id}-name")], className="caption"),
            html.Div(
                [html.Div(id=panel.slot), html.Canvas(className="live", id=f"{panel.id}-live", **attributes)],
                className="plot",
                tabIndex=0 if panel.picks else None,
                role="group",  # carries the panel's name, which assets/explore.js sets
            ),
        ],
        className=" ".join(kinds),
        style={
            "--row": str(panel.row),
            "--col": str(panel.col),
            "--alone-row": str(panel.alone_row),
            "--alone-col": str(panel.alone_col),
        },
        **{"data-image": panel.image, "data-zoom": "1" if panel.is_zoom else "0"},  # type: ignore[arg-type]  # Dash types no data-*
    )


def graphs(drawn: Sequence[Any]) -> list[dcc.Graph]:
    """The graphs of all panels. They come after the first pixel: making them takes a browser a second."""
    configs = [plots.graph_config(f"panel {panel.letter}") for panel in ids.PANELS]
    return [
        dcc.Graph(id=panel.id, figure=figure, config=config, className="graph")
        for panel, figure, config in zip(ids.PANELS, drawn, configs, strict=True)
    ]


def _readout() -> html.Section:
    return html.Section(
        [
            html.H3("Read-out", className="caption"),
            html.Div(id="readout", className="readout"),
            dmc.VisuallyHidden(id=ids.SPOKEN, **{"aria-live": "polite"}),
        ],
        className="panel readout-panel",
    )


def _footer(service: SaliencyService) -> html.Footer:
    problems = service.network_pool.problems()
    return navigation.footer(export_menu.export_menu([name for name in names() if name not in problems]))
