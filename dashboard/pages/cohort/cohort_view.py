"""What Cohort shows of what is measured: distributions, differences, and the table with outliers first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from dashboard.components import plots
from dashboard.jobs.spans import spelled
from dashboard.jobs.unfinished import Hold
from dashboard.pages.cohort.cohort_jobs import CohortStanding
from dashboard.pages.cohort.state import CohortChoice
from dashboard.service.pair_catalogue import PairEntry
from saliency.cohort.case_bootstrap import CaseMean
from saliency.cohort.case_figures import MEANINGS, title_of
from saliency.cohort.cohort_files import has_parquet
from saliency.cohort.cohort_row import CohortRow
from saliency.cohort.cohort_summary import CohortSummary
from saliency.cohort.outliers import Outlying

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8d96a0")
"""Of networks, after Okabe & Ito: told apart without colour vision; each also has its name below it."""
MOST_LINES = 300
"""Of the table on the page; the file has all."""
SHOWN_FIGURES = ("rows_share", "guidance_share", "leakage", "radius_first", "radius_second", "pearson", "Qabf")


def progress(standing: CohortStanding) -> list[Component]:
    """A sentence with a bar, and one for each slice that is passed over."""
    found = standing.progress
    if standing.state.failure:
        return [html.P(standing.state.failure, className="cohort-failure")]
    part = 100 * found.done / found.total if found.total else 0
    said = _said(standing)
    bar = dmc.Progress(value=part, size="sm", **{"aria-label": f"Cohort: {said}"})
    failures = [
        html.Li(f"{each.title}{f' through {each.network}' if each.network else ''}: {each.sentence}")
        for each in found.failures[:20]
    ]
    missing = [html.P(f"{found.failed} measurements are passed over:"), html.Ul(failures)] if failures else []
    return [bar, html.Span(said, className="quiet"), *warned(standing.note), *missing]


def warned(note: str) -> list[Component]:
    """What has to be known before the figures are read; nothing where there is nothing to say."""
    return [html.P(note, className="cohort-note", role="note")] if note else []


def exports(choice: CohortChoice) -> html.P:
    """Where the finished cohort is fetched as files."""
    words = urlencode({**choice, "networks": ",".join(choice["networks"])})
    files = {
        "all figures (CSV)": "table.csv",
        "the same (Parquet)": "table.parquet",
        "summary (JSON)": "summary.json",
    }
    if not has_parquet():
        del files["the same (Parquet)"]
    links = [html.A(name, href=f"cohort/{file}?{words}", download="") for name, file in files.items()]
    return html.P(["Export: ", *(part for link in links for part in (link, ", "))][:-1])


def _said(standing: CohortStanding) -> str:
    found = standing.progress
    if standing.hold is Hold.CANCELLED:
        return "cancelled; what was measured is kept"
    done = f"{found.done} of {found.total} slices × networks" if found.total else "waiting for the first…"
    if standing.hold is Hold.PAUSED:
        return f"paused, {done}"
    if standing.state.is_over:
        return f"{done}, finished"
    left = "" if found.left is None else f", {spelled(found.left)} left"
    return f"{done}{left}; it goes on when this page is closed"


def distribution(rows: Sequence[CohortRow], place: str, figure: str, *, light: bool) -> go.Figure:
    """A box for each network, and a point for each slice."""
    label = f"{title_of(figure)} by network, {place}"
    drawn = plots.dressed(plots.blank(label), label, light=light)
    here = [row for row in rows if row.measured.place == place and row.figures.get(figure) is not None]
    for network, color in zip(dict.fromkeys(row.network for row in here), COLORS * 9, strict=False):
        of_network = [row for row in here if row.network == network]
        drawn.add_trace(
            go.Box(
                y=[row.figures[figure] for row in of_network],
                customdata=[row.slice for row in of_network],
                name=network,
                boxpoints="all",
                jitter=0.4,
                pointpos=0,
                marker={"size": 4, "color": color},
                line={"width": 1.2, "color": color},
                hovertemplate="%{customdata}: %{y:.4g}<extra></extra>",
            )
        )
    lines = dict.fromkeys(("gridcolor", "zerolinecolor"), "rgba(128,128,128,0.2)")
    grid = {"visible": True, "zeroline": True, "ticks": "outside", **lines}
    drawn.update_xaxes(visible=True)
    drawn.update_yaxes(title=title_of(figure), **grid)
    drawn.update_layout(showlegend=False, hovermode="closest")
    return drawn


def results(
    summary: CohortSummary, sorted_rows: Sequence[Outlying], entries: Sequence[PairEntry], chosen: tuple[str, str]
) -> list[Component]:
    """Distributions and differences of the chosen place and figure, and the table."""
    return [
        html.Div([_distributions(summary, *chosen), _differences(summary, *chosen)], className="cohort-pair"),
        _table(sorted_rows, {(each.group, each.title): each.id for each in entries}),
    ]


def _distributions(summary: CohortSummary, place: str, figure: str) -> html.Section:
    rows = [
        (each.network, _number(each.median), f"{_number(each.low)} to {_number(each.high)}", *_mean(each.mean))
        for each in summary.distributions
        if (each.place, each.figure) == (place, figure)
    ]
    heads = ("network", "median", "quartiles", "mean over cases", "95 % interval", "cases, slices")
    return _section("By network", heads, rows)


def _differences(summary: CohortSummary, place: str, figure: str) -> html.Section:
    rows = [
        (f"{each.network} − {each.other}", *_mean(each.mean), "excludes 0" if each.is_clear else "")
        for each in summary.differences
        if (each.place, each.figure) == (place, figure)
    ]
    heads = ("difference, same slices", "mean over cases", "95 % interval", "cases, slices", "")
    return _section("Paired differences", heads, rows)


def _mean(found: CaseMean) -> tuple[str, str, str]:
    interval = "one case" if found.low is None else f"{_number(found.low)} to {_number(found.high)}"
    return _number(found.mean), interval, f"{found.cases}, {found.slices}"


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> html.Section:
    body = [html.Tr([html.Th(first, scope="row"), *map(html.Td, rest)]) for first, *rest in rows]
    return html.Section([html.H2(title), _framed(title, heads, body)])


def _table(rows: Sequence[Outlying], places: Mapping[tuple[str, str], str]) -> html.Section:
    lines = [_line(each, places) for each in rows[:MOST_LINES]]
    more = f"The first {MOST_LINES} of {len(rows)} lines." if len(rows) > MOST_LINES else f"{len(rows)} lines."
    heads = ("slice", "network", "place", "lies out by", *map(title_of, SHOWN_FIGURES))
    title = "Slices, outliers first"
    told = html.P(f"{more} A slice's name opens it on Explore.", className="quiet")
    return html.Section([html.H2(title), told, _framed(title, heads, lines)])


def _framed(title: str, heads: Sequence[str], body: list[html.Tr]) -> html.Div:
    head = html.Thead(html.Tr([html.Th(each, scope="col") for each in heads]))
    named: Any = {"aria-label": title}  # Dash types no aria-*
    return html.Div(
        html.Table([head, html.Tbody(body)]), className="cohort-table", tabIndex=0, role="region", **named
    )


def _line(each: Outlying, places: Mapping[tuple[str, str], str]) -> html.Tr:
    row = each.row
    pair, (at, col) = places.get((row.collection, row.slice), ""), row.measured.middle
    words = urlencode({"pair": pair, "network": row.network, "row": at, "col": col})
    link = html.A(row.slice, href=f"./?{words}", title=f"Open on Explore at row {at}, column {col}")
    out = f"{title_of(each.figure)} ({each.ranges:.1f} ranges)" if each.figure else ""
    figures = [html.Td(_number(row.figures.get(name)), className="value") for name in SHOWN_FIGURES]
    cells = [html.Td(row.network), html.Td(row.measured.place), html.Td(out, title=MEANINGS.get(each.figure, ""))]
    return html.Tr([html.Th(link, scope="row"), *cells, *figures])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}".replace("-", "−")
