"""Networks: every registered method's model card, and what a network can show of itself.

The card is made by Dash (dashboard/pages/networks/callbacks.py). What a network shows is drawn in the browser
(js/pages/networks/inside.js) from sheets of pictures that the server sends one view at a time; it comes through
the one protocol of `fusion.method.inner_views`, so that no network is known here by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.roles import Role, unless_may
from dashboard.components import controls, help_dialog, ids, navigation, plots
from dashboard.components.choices import ChoiceParser, index, one_of
from dashboard.components.url_state import State
from dashboard.imaging.colormaps import tables
from dashboard.pages.networks.model_card import ModelCard, Section
from dashboard.report import export_menu
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.opening import first_view

PREFIX = "net-"
ADDRESS, PROBLEM, TABLES, START = "net-address", "net-problem", "net-tables", "net-start"
PAIR, NETWORK, THEME, COLORMAP = PREFIX + ids.PAIR, PREFIX + ids.NETWORK, PREFIX + ids.THEME, PREFIX + ids.COLORMAP
SORT, SCALE = "net-sort", "net-scale"
CARD, CURVES, CURVES_TEXT, CURVES_FRAME = "net-card", "net-curves", "net-curves-text", "net-curves-frame"
EXAMINATION, EXAMINE, EXAMINATION_STATE, EXAMINATION_TICK = (
    "net-examination",
    "net-examine",
    "net-examination-state",
    "net-examination-tick",
)
FIELD, FIELD_KEY, FIELD_TEXT, FIELD_STATE, FIELD_TICK, COST = (
    "net-field",
    "net-field-key",
    "net-field-text",
    "net-field-state",
    "net-field-tick",
    "net-cost",
)
SORTS = {"listed": "As listed", "weight": "Weight", "label": "Label", "strength": "Strength"}
SCALES = {"view": "As fits", "own": "Each its own", "common": "One for all"}


@dataclass(frozen=True)
class NetworksState(State):
    """What can be chosen on Networks; every field is a parameter of the address.

    Attributes
    ----------
    view, item : int
        Which of a network's views, and which of its pictures in listed order, is looked at.
    sort : str
        A key of `SORTS`.
    scale : str
        A key of `SCALES`; ``"view"`` leaves it to the view.
    """

    view: int = 0
    item: int = 0
    sort: str = "listed"
    scale: str = "view"


PARSERS: Mapping[str, ChoiceParser] = {
    "view": index,
    "item": index,
    "sort": one_of(tuple(SORTS)),
    "scale": one_of(tuple(SCALES)),
}
"""How the parameters are read that only this page has."""


def default_state(service: SaliencyService) -> NetworksState:
    """What is shown where the address says nothing."""
    plain = first_view(service)
    return NetworksState(pair=plain.pair, network=plain.network)


def layout(service: SaliencyService, default: NetworksState) -> html.Div:
    """The page as it is first sent: the list of networks, and empty places for what is told of one."""
    return html.Div(
        [
            dcc.Location(id=ADDRESS, refresh=False),
            dcc.Store(id=TABLES, data=dict(tables())),
            *(dcc.Store(id=id_) for id_ in (START, FIELD_STATE, FIELD_TICK, EXAMINATION_STATE, EXAMINATION_TICK)),
            navigation.navigation_bar("Networks"),
            _controls(service, default),
            html.Div(id=PROBLEM, className="problem"),
            html.Main(
                [
                    html.Div(_list(service, default), className="net-list"),
                    html.Div([_about(), _examination(), _inside(default)], className="net-body"),
                ],
                className="net-main",
            ),
            navigation.footer(export_menu.export_menu([], "network")),
        ],
        className="page networks",
    )


def _controls(service: SaliencyService, state: NetworksState) -> html.Header:
    return html.Header(
        [
            controls.tip(
                "Which two registered pictures the receptive field is drawn on and the inner views are of.",
                controls.pair(service.catalogue.entry(state.pair), PAIR),
            ),
            controls.tip(
                "A light page, for reports and bright rooms.", controls.switch(THEME, "Light", state.light)
            ),
        ],
        className="controls",
    )


def _list(service: SaliencyService, state: NetworksState) -> list[Component]:
    """All methods, those that cannot be used too: a choice of one."""
    problems = service.network_pool.problems()
    options = [
        dmc.Radio(
            value=name, label=name, description="not installed" if name in problems else None, size=controls.SIZE
        )
        for name in service.network_pool.names()
    ]
    chosen = dmc.RadioGroup(
        dmc.Stack(options, gap=2),
        id=NETWORK,
        value=state.network,
        className="net-names",
        **{"aria-label": "Network"},
    )
    return [html.H2("Networks"), chosen]


def _about() -> html.Section:
    """The card: facts, curves, receptive field and cost."""
    curves = [
        html.H3("Training curves"),
        html.Div(
            _graph(CURVES, "Training curves", 330),
            id=CURVES_FRAME,
            role="group",
        ),
        html.P(id=CURVES_TEXT, className="net-note"),
    ]
    field = [
        html.H3(help_dialog.term("Receptive field, drawn to scale", "Receptive field")),
        _graph(FIELD, "Receptive fields", 240),
        html.Ul(id=FIELD_KEY, className="net-key"),
        html.P(id=FIELD_TEXT, className="net-note", role="status"),
        html.Div(id=COST),
    ]
    columns = [
        html.Div(id=CARD, className="net-facts"),
        html.Div(curves, className="net-column"),
        html.Div(field, className="net-column"),
    ]
    return html.Section(columns, className="net-about")


def _examination() -> html.Section:
    """What the network has shown in its examination, and the button that begins one."""
    head = [
        html.H2("Examination"),
        html.Button(
            "Examine",
            id=EXAMINE,
            type="button",
            hidden=True,
            **{"title": "In a process of its own, beside everything else; takes one to some minutes"}
            | unless_may(Role.MODEL_ADMIN),
        ),
    ]
    return html.Section(
        [html.Div(head, className="net-examination-head"), html.Div(id=EXAMINATION)], className="net-examination"
    )


def _graph(id_: str, name: str, height: int) -> dcc.Graph:
    """A figure that can be zoomed into."""
    config: Any = {
        **plots.graph_config(name),
        "modeBarButtons": [["toImage", "resetScale2d"]],
        "doubleClick": "reset",
    }
    return dcc.Graph(id=id_, figure=plots.blank(name), config=config, style={"height": f"{height}px"})


def _inside(state: NetworksState) -> html.Section:
    """Where js/pages/networks/inside.js shows what the network offers."""
    tools = [
        controls.tip(
            "In which order the pictures stand; the greatest weight or strength (mean size of values) first.",
            controls.segments(SORT, "Order", SORTS, state.sort),
        ),
        controls.tip(
            "Whether each picture uses all colours by itself, or one scale holds for all, so that they compare.",
            controls.segments(SCALE, "Scale", SCALES, state.scale),
        ),
        controls.tip(
            "Colours of values without a meaningful zero; others are blue below zero, red above.",
            controls.colormap(state, COLORMAP),
        ),
    ]
    return html.Section(
        [
            html.H2("Inside", id="net-inside-title"),
            html.P(id="net-inside-note", className="net-note", role="status"),
            html.Div(
                [
                    html.Div(id="net-tabs", className="net-tabs"),
                    html.P(id="net-meaning", className="net-note"),
                    html.Div(tools, className="controls net-tools"),
                    html.Div([html.Div(id="net-sheet"), html.Div(id="net-large")], className="net-pictures"),
                ],
                id="net-inside",
                hidden=True,
            ),
        ],
        className="net-inside",
    )


def facts(shown: ModelCard) -> list[Component]:
    """A model card as the page shows it."""
    problem = [html.P(shown.problem, className="net-problem")] if shown.problem else []
    return [
        html.H2(shown.name),
        html.P(shown.summary),
        html.P(shown.reference, className="quiet"),
        *problem,
        *(part for each in shown.sections for part in section(each)),
        *_command(shown),
    ]


def section(shown: Section) -> list[Component]:
    """A head, and names and texts below it; nothing where there is none of these."""
    rows = [part for name, text in shown.rows for part in (html.Dt(_word(name)), html.Dd(text))]
    return [html.H3(shown.title), html.Dl(rows, className="net-rows")] if rows else []


def _word(name: str) -> str | Component:
    """A row's name; where the glossary tells what it is, it leads there."""
    return help_dialog.term(name, "Weights, images") if name.startswith("weights, SHA") else name


def key(entries: Mapping[str, tuple[str, str]], chosen: str) -> list[Component]:
    """Which colour is whose receptive field."""
    return [
        html.Li([html.I(style={"background": color}), text], className="here" if name == chosen else None)
        for name, (color, text) in entries.items()
    ]


def _command(shown: ModelCard) -> list[Component]:
    if not shown.command:
        return []
    how = "as recorded" if shown.is_recorded else "put together from the recipe above"
    return [html.H3(f"Repeat the training ({how})"), html.Pre(shown.command, tabIndex=0)]
