"""Where Regions shows a region along the slices of its case: how far it is, a curve and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.roles import Role, unless_may
from dashboard.components import controls, help_dialog, plots
from dashboard.jobs.spans import spelled
from dashboard.jobs.unfinished import Hold
from dashboard.pages.regions.region_view import hold_buttons
from dashboard.pages.regions.slice_figures import RegionAlong, SliceFigures

PREFIX = "regions-along"
ALONG, FIRST, LAST, BEGIN, CLOCK, SHOWN = (
    f"{PREFIX}{part}" for part in ("", "-first", "-last", "-begin", "-clock", "-shown")
)
SECTION, PROGRESS, CURVE, TABLE = (f"{PREFIX}-{part}" for part in ("section", "progress", "curve", "table"))
AGAIN = 1000
"""Milliseconds between two questions how far the slices are."""
COLORS = ("#339af0", "#f08c4a", "#2fbf5b", "#cc5de8", "#fcc419", "#3bc9db", "#ff6b6b")
"""Of networks, in their order."""


def section() -> html.Section:
    """The section, hidden until a region of a case with several slices is there."""
    asked = [
        _slice_number(FIRST, "From slice"),
        _slice_number(LAST, "to slice"),
        html.Button("Compute along the slices", id=BEGIN, type="button", **unless_may(Role.ANALYST)),
    ]
    return html.Section(
        [
            dcc.Store(id=ALONG),
            dcc.Store(id=SHOWN),
            dcc.Interval(id=CLOCK, interval=AGAIN, disabled=True),
            html.H2(help_dialog.term("The region along the slices", "Series")),
            html.Div(asked, className="regions-along"),
            html.Div(id=PROGRESS, role="status"),
            dcc.Graph(
                id=CURVE,
                figure=plots.blank("Shares along the slices"),
                config=plots.graph_config("shares along slices"),
                className="regions-along-curve",
                style={"display": "none"},
            ),
            html.Div(id=TABLE),
        ],
        id=SECTION,
        hidden=True,
    )


def _slice_number(id_: str, label: str) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=id_, label=label, min=1, step=1, allowDecimal=False, size=controls.SIZE, w=80, clampBehavior="blur"
    )


def failure(error: Exception) -> html.Div:
    """A sentence in place of what cannot be asked."""
    return html.Div(str(error), className="regions-failure")


def progress_lines(found: Mapping[str, RegionAlong], keys: Mapping[str, str]) -> list[Component]:
    """A bar for each network that is not finished, a sentence for each that failed."""
    return [_line(name, each, keys[name]) for name, each in found.items() if not each.is_complete]


def _line(name: str, each: RegionAlong, key: str) -> Component:
    if each.failure:
        return html.Div([html.B(name), f": {each.failure}"], className="regions-failure")
    said = _said(each)
    part = 100 * (len(each.rows) + each.part) / each.total if each.total else 0
    bar = dmc.Progress(value=part, size="sm", **{"aria-label": f"{name} along the slices: {said}"})
    told = html.Span(said, className="quiet")
    buttons = hold_buttons(name, each.hold, key)
    return html.Div([html.Span(name), bar, told, buttons], className="regions-waiting")


def _said(each: RegionAlong) -> str:
    if each.hold is Hold.CANCELLED:
        return "cancelled"
    done = f"{len(each.rows)} of {each.total} slices"
    if each.hold is Hold.PAUSED:
        return f"paused, {done}"
    return done if each.left is None else f"{done}, {spelled(each.left)} left"


def curve(
    found: Mapping[str, RegionAlong], titles: Sequence[str], name: str, present: str, *, light: bool
) -> go.Figure:
    """The share of the first input, ``name``, over the slices called ``titles``; gaps where there is none."""
    label = f"Share of {name} along the slices"
    figure = plots.dressed(plots.blank(label), label, light=light)
    for (network, each), color in zip(found.items(), COLORS * 9, strict=False):
        shares = [None if row.report is None else row.report.share[0] for row in each.rows]
        figure.add_trace(
            go.Scatter(
                x=[titles.index(row.title) for row in each.rows],
                y=shares,
                customdata=[row.title for row in each.rows],
                name=network,
                mode="lines+markers",
                line={"color": color, "width": 1.5},
                marker={"size": 4},
                connectgaps=False,
                hovertemplate=f"slice %{{customdata}}: %{{y:.1%}}<extra>{network}</extra>",
            )
        )
    grid = {"visible": True, "gridcolor": "rgba(128,128,128,0.2)", "zeroline": False, "ticks": "outside"}
    places = range(0, len(titles), max(len(titles) // 10, 1))
    figure.update_xaxes(
        title="slice",
        tickvals=list(places),
        ticktext=[titles[at] for at in places],
        range=[-0.5, len(titles) - 0.5],
        **grid,
    )
    figure.update_yaxes(title=f"share {name}", range=[0, 1], tickformat=".0%", **grid)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"})
    if present in titles:
        figure.add_vline(x=titles.index(present), line={"color": plots.RING, "width": 1.5})
    return figure


def table(
    found: Mapping[str, RegionAlong], names: tuple[str, str], present: str, words: Mapping[str, str]
) -> list[Component]:
    """A row a slice, the present one marked: each network's share of the first input, or why there is none."""
    by_title: dict[str, dict[str, SliceFigures]] = {}
    for network, each in found.items():
        for row in each.rows:
            by_title.setdefault(row.title, {})[network] = row
    heads = [
        html.Th("slice"),
        html.Th("pixels"),
        *(html.Th(f"{name}: share {names[0]}") for name in found),
        html.Th("note"),
    ]
    body = [_row(title, rows, list(found), words, title == present) for title, rows in by_title.items()]
    export = html.P(
        [
            "Export all figures of every slice: ",
            html.A("CSV", href=f"regions/slices.csv?{urlencode(words)}", download=""),
        ],
        className="regions-export",
    )
    place = html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)]),
        className="regions-along-table",
        tabIndex=0,
        role="region",
        **{"aria-label": "Shares along the slices"},  # type: ignore[arg-type]  # Dash types no aria-*
    )
    return [export, place]


def _row(
    title: str, rows: Mapping[str, SliceFigures], networks: list[str], words: Mapping[str, str], is_present: bool
) -> html.Tr:
    one = next(iter(rows.values()))
    there = {name: word for name, word in words.items() if name not in ("first", "last")} | {"pair": one.pair_id}
    link = html.A(title, href=f"regions?{urlencode(there)}", title="Go to this slice")
    pixels = next((f"{row.report.pixels:,}" for row in rows.values() if row.report), "–")
    notes = dict.fromkeys(row.note for row in rows.values() if row.note)
    shares = [html.Td(_share(rows.get(network)), className="value") for network in networks]
    cells = [html.Th(link, scope="row"), html.Td(pixels, className="value"), *shares]
    return html.Tr(
        [*cells, html.Td(" ".join(notes), className="quiet")], className="present" if is_present else ""
    )


def _share(row: SliceFigures | None) -> str:
    """Empty while it is not computed."""
    if row is None:
        return ""
    share: Any = None if row.report is None else row.report.share[0]
    return "–" if share is None else f"{share:.1%}"
