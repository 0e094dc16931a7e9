"""Compare: one pair, several networks side by side under one pointer (Kumar & Gumhold 2020, Figures 4 to 8).

Columns are made in the browser, one a network, because they come, go and change places while the page is open
(by assets/js/pages/compare):

    pointer ─▶ viewer/pointer.js ─▶ data/jacobians.js ─▶ /compare/jacobian ─▶ canvases of all columns
                                                      │ after it rests
                                                      └▶ /compare/figures ─▶ correlations, metrics, the address
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.components import controls, ids, navigation, network_choice
from dashboard.imaging.colormaps import tables
from dashboard.pages.compare import state as choices
from dashboard.pages.compare.state import MOST, CompareState
from dashboard.report import export_menu
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.opening import first_view
from fusion import find

PREFIX = "compare-"
NETWORKS, SCALES, REFERENCE = "compare-networks", "compare-scales", "compare-reference"
ROWS, CELLS = "compare-rows", "compare-cells"
ADDRESS, PROBLEM, TABLES, START = "compare-address", "compare-problem", "compare-tables", "compare-start"


def layout(service: SaliencyService, default: CompareState) -> html.Div:
    """The page as it is first sent: controls and an empty place for the columns."""
    return html.Div(
        [
            dcc.Location(id=ADDRESS, refresh=False),
            dcc.Store(id=TABLES, data=dict(tables())),
            dcc.Store(id=START),
            navigation.navigation_bar("Compare"),
            _controls(service, default),
            html.Div(id=PROBLEM, className="problem"),
            html.Div(id="compare-status", className="compare-status", role="status"),
            html.Main(
                [
                    _tools(default),
                    html.Div(html.Div(id="compare-grid", className="compare-grid"), id="compare-box", tabIndex=0),
                    _drawer(),
                ],
                className="compare-body",
            ),
            dmc.VisuallyHidden(id="compare-spoken", **{"aria-live": "polite"}),
            navigation.footer(export_menu.export_menu([], "compare")),
        ],
        className="page compare",
    )


def default_state(service: SaliencyService) -> CompareState:
    """What is shown where the address says nothing."""
    plain = first_view(service)
    return CompareState(pair=plain.pair, network=plain.network)


def usable(service: SaliencyService) -> tuple[str, ...]:
    """The networks that can be compared: trained ones first, then those of an own gradient, then brought ones."""
    pool = service.network_pool
    here = [name for name in pool.names() if name not in pool.problems()]
    return tuple(sorted(here, key=lambda name: (True, True) if name in pool.own else _rank(name)))


def _rank(name: str) -> tuple[bool, bool]:
    method = find(name)
    return not method.trained, not method.exact_gradient


def _controls(service: SaliencyService, state: CompareState) -> html.Header:
    pair = controls.pair(service.catalogue.entry(state.pair), PREFIX + ids.PAIR)
    return html.Header(
        [
            controls.tip("Which two registered pictures are fused.", pair),
            controls.tip(
                f"Which networks stand side by side, up to {MOST}; arrows in a column's head move it.",
                _networks(service.network_pool.names(), service.network_pool.problems()),
            ),
            *controls.looks(state, PREFIX, has_zooms=False),
            controls.tip(
                "One colour means the same value in every column; off: each column from its own largest value.",
                controls.switch(SCALES, "Shared scales", state.scales == "shared"),
            ),
            controls.gamma(PREFIX + ids.GAMMA1, "γ1", "Jacobian images", state.gamma1),
            controls.gamma(PREFIX + ids.GAMMA2, "γ2", "guidance images", state.gamma2),
        ],
        className="controls",
    )


def _networks(networks: Sequence[str], problems: Mapping[str, str]) -> dmc.MultiSelect:
    data = [
        {
            "value": name,
            "label": f"{name} — not installed" if name in problems else name,
            "disabled": name in problems,
        }
        for name in networks
    ]
    return dmc.MultiSelect(
        id=NETWORKS,
        label="Networks",
        data=data,
        value=[],
        placeholder="add or hide …",
        size="xs",
        w=130,
        renderOption=network_choice.RENDERED,
        className="compare-networks",
        comboboxProps={"width": 300, "position": "bottom-start"},
    )


def _tools(state: CompareState) -> html.Div:
    """What stands above the pictures: which rows, how large, compared with which network."""
    chips = [dmc.Chip(name, value=row, size="xs") for row, name in choices.ROWS.items()]
    cells = [{"value": key, "label": words} for key, words in choices.CELLS.items()]
    reference = dmc.Select(
        id=REFERENCE, data=[], value=None, allowDeselect=False, size="xs", w=150, **_aria(label="Reference")
    )
    return html.Div(
        [
            html.Div(
                dmc.ChipGroup(chips, id=ROWS, multiple=True, value=list(state.rows)),
                className="compare-rows",
                role="group",
                **_aria(label="Rows"),
            ),
            controls.tip(
                "≥ 1:1: a picture's pixel is at least one of the screen's, the box scrolls where they do not fit. "
                "All at once: smaller pictures, of which each block of pixels shows its strongest derivative.",
                dmc.SegmentedControl(
                    id=CELLS, data=cells, value=state.cells, size="xs", **_aria(label="Size of the pictures")
                ),
            ),
            controls.tip(
                "The network that the differences, flicker and blend compare the others with.",
                html.Div([html.Span("Reference"), reference], className="compare-reference"),
            ),
            html.Div(id="compare-blend", className="compare-blend"),
            html.Button(
                "Metrics",
                id="compare-metrics",
                type="button",
                **_aria(expanded="false", controls="compare-drawer"),
            ),
            html.Div(id="compare-legend", className="compare-legend"),
        ],
        className="compare-tools",
    )


def _aria(**words: str) -> Any:
    """Attributes of which Dash types none."""
    return {f"aria-{name}": value for name, value in words.items()}


def _drawer() -> html.Section:
    note: Any = (
        "Each metric rewards what it was made to see; a copy of one input leads some of them. Point at a head for "
        "what it means and where it misleads, click on it to sort."
    )
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Metrics, beside what needs no network"),
                    html.Button(
                        "Save as CSV",
                        id="compare-save-metrics",
                        type="button",
                        className="metrics-save",
                        title="Every value as it was computed; where one is undefined, the reason",
                    ),
                    html.Button("Close", id="compare-drawer-close", type="button", title="Escape closes it too"),
                ],
                className="metrics-head",
            ),
            html.P(note, className="quiet"),
            html.Div(id="compare-table", className="compare-table"),
        ],
        id="compare-drawer",
        className="compare-drawer",
        hidden=True,
        **_aria(label="Metrics"),
    )
