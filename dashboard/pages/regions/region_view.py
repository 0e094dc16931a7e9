"""The parts of Regions that are made anew for every region: progress, requirements, pictures, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.access.roles import Role, unless_may
from dashboard.components.handled_pictures import hands, proportions, windowed
from dashboard.imaging.colormaps import DIVERGING, table
from dashboard.jobs.spans import spelled
from dashboard.jobs.unfinished import Hold
from dashboard.pages.regions import region_images, region_table
from dashboard.pages.regions.region_jobs import RegionProgress
from dashboard.pages.regions.region_result import RegionResult
from dashboard.pages.regions.routes import FORMATS
from fusion import ImagePair
from saliency import RegionReport
from saliency.geometry.masks import Mask, ring
from saliency.measures.region_figures import region_figures
from saliency.measures.requirements import REQUIREMENTS, Finding, Requirement, ranked

Reports = Mapping[str, RegionReport]
Warnings = Mapping[str, str]
"""By network, that it was not made for the pair's modalities or has learned from its case; empty where neither."""
ANYWAY = "regions-anyway"
"""Type of the buttons by which figures are asked for that take long."""


def progress_bars(progress: Mapping[str, RegionProgress]) -> list[Component]:
    """A bar for each network that is not finished, a sentence for each that failed; nothing when all are."""
    return [_bar(name, each) for name, each in progress.items() if each.result is None]


def _bar(name: str, each: RegionProgress) -> Component:
    if each.failure:
        asking = (
            [
                html.Button(
                    "Compute", id={"type": ANYWAY, "network": name}, type="button", **unless_may(Role.ANALYST)
                )
            ]
            if each.is_long
            else []
        )
        return html.Div([html.B(name), f": {each.failure} ", *asking], className="regions-failure")
    part = 100 * each.done / each.total if each.total else 0
    said = _said(each)
    bar = dmc.Progress(value=part, size="sm", **{"aria-label": f"{name}: {said}"})
    told = html.Span(said, className="quiet")
    return html.Div([html.Span(name), bar, told, hold_buttons(name, each.hold)], className="regions-waiting")


def _said(each: RegionProgress) -> str:
    """How far the figures are and how long they still take."""
    if each.hold is Hold.CANCELLED:
        return "cancelled"
    done = f"{each.done:,} of {each.total:,} pixels" if each.total else "waiting"
    if each.hold is Hold.PAUSED:
        return f"paused, {done}"
    return done if each.left is None else f"{done}, {spelled(each.left)} left"


def hold_buttons(name: str, hold: Hold | None, along: str = "") -> html.Span:
    """Buttons that pause, resume and cancel, ``along`` slices by a key; js/pages/regions takes them."""
    offered = {None: ("pause", "cancel"), Hold.PAUSED: ("resume", "cancel"), Hold.CANCELLED: ("resume",)}[hold]
    words = {"pause": "Pause", "cancel": "Cancel", "resume": "Resume" if hold is Hold.PAUSED else "Start"}
    buttons: list[Any] = [
        html.Button(
            words[how],
            type="button",
            **{"title": f"{words[how]} {name}"}
            | unless_may(Role.ANALYST)
            | _data(network=name, how=how, along=along),
        )
        for how in offered
    ]
    return html.Span(buttons, className="regions-holds")


def _data(**words: str) -> dict[str, Any]:
    """Attributes that scripts read; Dash types none of them."""
    return {f"data-{name}": word for name, word in words.items()}


def requirement_cards(reports: Reports, warnings: Warnings) -> Component:
    """The paper's four requirements, the networks ranked on each; beside a name, why it differs."""
    cards = [_card(number, each, reports, warnings) for number, each in enumerate(REQUIREMENTS, 1)]
    return html.Section(
        [html.H2("What a clinician asks (Kumar & Gumhold 2020, Section 5.3)"), html.Div(cards, className="cards")]
    )


def _card(number: int, requirement: Requirement, reports: Reports, warnings: Warnings) -> Component:
    standings = ranked(requirement, reports).items()
    known = {name: (each.rank, each.value) for name, each in standings if each.value is not None}
    missing = requirement.missing(next(iter(reports.values())))
    largest = max((abs(value) for _, value in known.values()), default=0.0) or 1.0
    lines = [
        html.Tr(
            [
                html.Td(rank, className="rank"),
                html.Th([name, *_flag(name, warnings)], scope="row"),
                html.Td(html.Span(style={"width": f"{100 * max(value, 0) / largest:.1f}%"}), className="bar"),
                html.Td(f"{value:.3f}".replace("-", "−"), className="value"),
            ]
        )
        for name, (rank, value) in sorted(known.items(), key=lambda item: item[1][0] or 0)
    ]
    best = "higher is better" if requirement.higher_is_better else "lower is better"
    return html.Article(
        [
            html.H3([f"{number} ", requirement.name]),
            html.Div([html.Span(f"{best} ·"), _definition(requirement)], className="told quiet"),
            html.Table(html.Tbody(lines)) if lines else html.P(f"Not defined for this region: {missing}."),
        ],
        className="card",
    )


def _flag(name: str, warnings: Warnings) -> list[Component]:
    """What keeps a network from being ranked like the others; nothing where nothing does."""
    return [html.Div(warnings[name], className="standing warns")] if warnings[name] else []


def _definition(requirement: Requirement) -> dmc.Popover:
    button: Any = {"component": "button", "type": "button", "className": "regions-link"}
    told = [
        html.P(requirement.asked),
        html.P(requirement.formula, className="formula"),
        html.P(requirement.caution, className="quiet"),
    ]
    return dmc.Popover(
        [
            dmc.PopoverTarget("Definition", boxWrapperProps=button),
            dmc.PopoverDropdown(html.Div(told, className="regions-definition")),
        ],
        width=420,
        position="bottom-start",
        withArrow=True,
        shadow="md",
        trapFocus=True,
        withinPortal=False,
    )


def column_definitions(names: tuple[str, str]) -> list[dict[str, Any]]:
    """The table's columns, grouped as `region_table.columns` says."""
    number = {"function": "params.value == null ? '–' : d3.format('.3f')(params.value)"}
    groups: dict[str, list[dict[str, Any]]] = {}
    for each in region_figures(names):
        groups.setdefault(each.group, []).append(
            {
                "field": each.field,
                "headerName": each.head,
                "headerTooltip": each.definition,
                "valueFormatter": number,
                "minWidth": _least_width(each.head),
                "type": "rightAligned",
            }
        )
    name = {"field": "network", "headerName": "Network", "pinned": "left", "minWidth": 150}
    standing = {
        "field": "standing",
        "headerName": "Made for, learned from",
        "wrapText": True,
        "autoHeight": True,
        "cellStyle": {"lineHeight": "1.35", "whiteSpace": "normal", "paddingTop": "4px", "paddingBottom": "4px"},
        "minWidth": 260,
    }
    about = [{"headerName": "Fused by", "children": [name]}, {"headerName": "Its card", "children": [standing]}]
    return [*about, *({"headerName": group, "children": children} for group, children in groups.items())]


def _least_width(head: str) -> int:
    """Of a column, in screen pixels: no word of its head is broken."""
    return 24 + 7 * max(7, *map(len, head.split()))


def picture_grid(
    found: Sequence[RegionResult], reports: Reports, pair: ImagePair, region: Mask, warnings: Warnings
) -> Component:
    """A column for each network: the fused region, where influence leaks in from, which input leads."""
    limit = region_images.leakage_limit(list(found))
    width = max(report.ring_width for report in reports.values())
    lined = region_images.outline_source(region, ring(region, width), found[0].area)
    plain = region_images.outline_source(region, None, found[0].area)
    one, two = pair.names
    row = partial(_row, found=found, aspect=pair.aspect)
    rows = [
        row(
            _title("Fused", f"dashed: ring of {width:g} pixels"),
            source=region_images.fused_source,
            outline=lined,
            shown=windowed("fused"),
        ),
        row(
            _leakage(f"Leakage of {one}", limit),
            source=lambda each: region_images.leakage_source(each, 0, limit),
            outline=plain,
        ),
        row(
            _leakage(f"Leakage of {two}", limit),
            source=lambda each: region_images.leakage_source(each, 1, limit),
            outline=plain,
        ),
        row(_shares(pair.names), source=region_images.share_source, outline=plain),
    ]
    heads = [
        html.Div([*_head(each.network, reports[each.network], pair.names), *_flag(each.network, warnings)])
        for each in found
    ]
    cells = [html.Div(), *heads, *(cell for row in rows for cell in row)]
    return html.Section(
        [
            html.H2("The region through each network"),
            html.Div(cells, className="regions-pictures", style={"--columns": str(len(found))}),
        ]
    )


def _row(
    title: Any,
    *,
    found: Sequence[RegionResult],
    aspect: float,
    source: Any,
    outline: str,
    shown: Any = MappingProxyType({}),
) -> list[Component]:
    hidden: Any = {"aria-hidden": "true"}
    cells = [
        html.Div(
            [
                html.Img(src=source(each), alt=f"{title.title}, {each.network}", **shown),
                html.Img(src=outline, alt="", className="outline", **hidden),
            ],
            className="regions-cell",
            **hands("results", aspect),
            style={"--ratio": proportions(each.area.shape, aspect)},
        )
        for each in found
    ]
    return [title, *cells]


def _title(name: str, *below: Any) -> html.Div:
    return html.Div([html.B(name), *(html.Div(each) for each in below)], className="regions-row-title", title=name)


def _leakage(name: str, limit: float) -> html.Div:
    bar = html.Img(src=region_images.bar_source(table(region_images.COLORMAP)), alt="", className="bar")
    quarter = html.Div(
        [html.Span("0"), html.Span(f"{limit / 4:.2g}"), html.Span(f"{limit:.2g}")], className="ends"
    )
    return _title(name, bar, quarter, "what pixels outside bring in, one scale for all, γ 0.5")


def _shares(names: tuple[str, str]) -> html.Div:
    bar = html.Img(src=region_images.bar_source(table(DIVERGING)), alt="", className="bar")
    ends = html.Div([html.Span(f"{names[0]} alone"), html.Span(f"{names[1]} alone")], className="ends")
    return _title("Share map", bar, ends, "whose influence each fused pixel follows")


def _head(name: str, report: RegionReport, names: tuple[str, str]) -> list[Component]:
    share = report.share[0]
    if share is None:
        return [html.B(name), html.Div("no influence", className="quiet")]
    said = f"{names[0]} {share:.1%} · {names[1]} {1 - share:.1%}"
    bar = html.Div(html.Span(style={"width": f"{100 * share:.1f}%"}), className="shares")
    return [html.B(name), bar, html.Div(said, className="quiet")]


def finding_list(reports: Reports) -> Component | None:
    """What the paper reports, held against this region; nothing where none of its methods is among them."""
    found = region_table.findings(reports)
    if not found:
        return None
    lines = [_finding(*each) for each in found]
    return html.Section(
        [
            html.H2("The paper's findings, checked on this region"),
            html.Table(html.Tbody(lines), className="regions-findings"),
            html.P(
                "The same figures of the other networks stand in the table: neighbours, leakage, Pearson r.",
                className="quiet",
            ),
        ]
    )


def _finding(network: str, section: str, finding: Finding) -> html.Tr:
    words = {True: "holds", False: "does not hold", None: "undefined"}
    return html.Tr(
        [
            html.Td(words[finding.holds], className=f"verdict {words[finding.holds].replace(' ', '-')}"),
            html.Th(network, scope="row"),
            html.Td([finding.claim, html.Span(f" Section {section}", className="quiet")]),
            html.Td(finding.measured.replace("-", "−")),
        ]
    )


def export_links(words: Mapping[str, str]) -> list[Component]:
    """Where the finished table can be fetched from, as each of its formats."""
    links = [
        html.A(kind.upper(), href=f"regions/table.{kind}?{urlencode(words)}", download="") for kind in FORMATS
    ]
    return [html.Span("Export the table: "), *links]


def label_buttons(names: Sequence[str]) -> list[Component]:
    """A button for each labelled region of a pair; js/pages/regions takes the words of one that is pressed."""
    return [
        html.Button(name, type="button", **{"data-region": f"label:{name}"})  # type: ignore[arg-type]  # Dash types no data-*
        for name in names
    ]
