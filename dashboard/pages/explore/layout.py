"""Explore: one pair, one network, 17 panels under one pointer (Kumar & Gumhold 2020, Figure 1).

How a pointer's move travels (scripts lie in assets/js):

    pointer ─▶ viewer/pointer.js ─▶ data/jacobians.js ─▶ /explore/jacobian ─▶ canvases      (fast path)
                                       │ after it rests
                                       ▼
                                 dcc.Store "commit" ─▶ commit() ─▶ read-out, correlations     (committed path)
                                 dcc.Store "scatter-…" ─▶ draw_scatter(), mark_scatter()
                                 dcc.Store "enlarged-panel" ─▶ enlarge()

The panels are canvases. Plotly stands where a person works with one figure: the scatterplot at rest, and a
panel enlarged by a double click or the key F, whose hover moves the pixel as pointing at the panel does.
"""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import controls, help_dialog, ids, navigation, network_choice, plots
from dashboard.components.ids import Panel, PanelImage
from dashboard.components.url_state import State
from dashboard.imaging.colormaps import tables
from dashboard.pages.explore.state import Start
from dashboard.report import export_menu
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.opening import asked_view

TERMS = {
    PanelImage.FUSED: "Fused image",
    PanelImage.GUIDANCE1: "Guidance images",
    PanelImage.GUIDANCE2: "Guidance images",
    PanelImage.RGB: "Guidance RGB",
    PanelImage.JACOBIAN1: "Jacobian images",
    PanelImage.JACOBIAN2: "Jacobian images",
    PanelImage.SCATTER: "Scatterplot",
}
"""What the glossary calls the picture of a panel."""


def layout(service: SaliencyService, default: State, query: str = "") -> html.Div:
    """The page as it is first sent: every panel empty, every control as the address's parameters ask for."""
    state, sentences = asked_view(service, default, query)
    entry, problems = service.catalogue.entry(state.pair), service.network_pool.problems()
    return html.Div(
        [
            *_stores(Start(row=state.row, col=state.col)),
            navigation.navigation_bar("Explore"),
            controls.bar(entry, problems, network_choice.offered(service, state.pair), state),
            html.Div(navigation.alert(sentences), id=ids.ADDRESS_PROBLEM, className="problem"),
            html.Div(id=ids.VIEW_PROBLEM, className="problem"),  # the alert inside announces itself
            html.Main(
                [_heads(state), *map(_panel, ids.PANELS), _readout(), *_side_tools(), _enlarged()],
                className="panels",
                id="panels",
            ),
            _footer(service),
        ],
        className="page explore",
    )


def later() -> list[dcc.Graph]:
    """The figures that come to stand on the page when there is something to show in them."""
    return [dcc.Graph(id=id_, config=plots.graph_config(id_)) for id_ in (ids.SCATTER, ids.ENLARGED_FIGURE)]


def _stores(start: Start) -> list[Component]:
    return [
        dcc.Store(id=ids.TABLES, data=dict(tables())),
        dcc.Store(id=ids.START, data=dict(start)),
        *(dcc.Store(id=id_) for id_ in (ids.COMMIT, ids.READOUT)),
        *(dcc.Store(id=id_) for id_ in (ids.SCATTER_VIEW, ids.SCATTER_PIXEL, ids.SCATTER_DRAWN)),
        dcc.Store(id=ids.ENLARGED_PANEL),
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
    named: Any = {"aria-label": "Colour scale"}  # with its ends, once it is drawn
    bar = html.Canvas(id=f"{title.lower()}-bar", className="bar", role="img", **named)
    shown = html.H2(help_dialog.term(title, f"{title} images"))
    return html.Div([shown, html.Span(formula, className="formula"), bar, gamma], className="head")


def _panel(panel: Panel) -> html.Section:
    kinds = ["panel", "zoom" if panel.is_zoom else "whole", *(["picks"] if panel.picks else [])]
    below = [html.Div(id=ids.SCATTER_PLACE)] if panel.image is PanelImage.SCATTER else []
    return html.Section(
        [
            html.H3([html.B(panel.letter), " ", _name(panel)], className="caption"),
            html.Div(
                [*below, html.Canvas(className="live", id=f"{panel.id}-live", role="img")],
                className="plot",
                tabIndex=0,  # the key F enlarges it
                role="group",  # js/pages/explore/status.js names it and the canvas
            ),
        ],
        className=" ".join(kinds),
        style={
            "--row": str(panel.row),
            "--col": str(panel.col),
            "--alone-row": str(panel.alone_row),
            "--alone-col": str(panel.alone_col),
        },
        **{  # type: ignore[arg-type]  # Dash types no data-*
            "data-image": panel.image.value,
            "data-zoom": "1" if panel.is_zoom else "0",
            "data-letter": panel.letter,
        },
    )


def _name(panel: Panel) -> html.Span:
    """Where the browser writes what the panel shows; it leads to the glossary where that has a word for it."""
    term = TERMS.get(panel.image) if not panel.is_zoom else None
    leads: Any = {"role": "button", "tabIndex": 0, help_dialog.TERM: term} if term else {}
    return html.Span(id=f"{panel.id}-name", **leads)


def _side_tools() -> list[html.Section]:
    """Where tools stand over the guidance images; see js/pages/explore/input_tools.js and series.js there."""
    named = {ids.INPUT_TOOLS: "Registration and input values", ids.SERIES_TOOLS: "All slices of this case"}
    told: dict[str, Any] = {id_: {"aria-label": name} for id_, name in named.items()}
    return [html.Section(id=id_, className="inputs-tools", hidden=True, **told[id_]) for id_ in named]


def _enlarged() -> html.Div:
    """Where an enlarged panel stands, over all panels; see js/pages/explore/enlarged.js."""
    close = html.Button("Close", id=ids.ENLARGED_CLOSE, type="button", title="F or Escape closes it too")
    return html.Div(
        [
            html.Header([html.H2(id=ids.ENLARGED_TITLE), close]),
            html.Div(id=ids.ENLARGED_PLACE),
        ],
        id=ids.ENLARGED,
        className="enlarged",
        role="dialog",
        hidden=True,
        **{"aria-labelledby": ids.ENLARGED_TITLE},  # type: ignore[arg-type]  # Dash types no aria-*
    )


def _readout() -> html.Section:
    return html.Section(
        [
            html.H3(help_dialog.term("Read-out", "Principal pixel"), className="caption"),
            html.Div(id="readout", className="readout"),
            dmc.VisuallyHidden(id=ids.SPOKEN, **{"aria-live": "polite"}),
        ],
        className="panel readout-panel",
    )


def _footer(service: SaliencyService) -> html.Footer:
    pool = service.network_pool
    problems = pool.problems()
    return navigation.footer(export_menu.export_menu([name for name in pool.names() if name not in problems]))
