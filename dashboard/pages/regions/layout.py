"""Regions: a lesion on a pair, and what every network does with it.

How a region travels (scripts lie in assets/js):

    drawing ─▶ pages/regions/ ────┐
    typing, a label, a mask file ─┴▶ its words ─▶ choose() ─▶ outline, address, dcc.Store "choice"
                                                                  │ every moment while anything is open
                                                                  ▼
                                                              follow() ─▶ JobQueue ─▶ progress, figures

The words, e.g. ``disk:120,96,20``, are all that the browser and the address know of a region.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.access.roles import Role, may, refusal
from dashboard.components import controls, handled_pictures, navigation, network_choice
from dashboard.components.handled_pictures import hands, page_attributes, windowed
from dashboard.pages.regions import slice_section
from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.pages.regions.region_result import MOST_RING
from dashboard.pages.regions.state import RegionState
from dashboard.views.opening import first_view

PAIR, NETWORKS, TOOL, WORDS, RING, LIGHT = (
    "regions-pair",
    "regions-networks",
    "regions-tool",
    "regions-words",
    "regions-ring",
    "regions-light",
)
UPLOAD, ADDRESS, TOKEN, CHOICE, SHOWN, CLOCK = (
    "regions-upload",
    "regions-address",
    "regions-token",
    "regions-choice",
    "regions-shown",
    "regions-clock",
)
ADDRESS_PROBLEM, PROBLEM, LABELS, PROGRESS, VIEW = (
    "regions-address-problem",
    "regions-problem",
    "regions-labels",
    "regions-progress",
    "regions-view",
)
NAME, INPUT, OUTLINE, SURFACE = "regions-name-", "regions-input-", "regions-outline-", "regions-surface-"
"""Followed by 0 for the first input, 1 for the second."""
REQUIREMENTS, TABLE, PICTURES, FINDINGS, EXPORT, NOTE = (
    "regions-requirements",
    "regions-table",
    "regions-pictures",
    "regions-findings",
    "regions-export",
    "regions-note",
)
TOOLS = {"outline": "Outline", "rect": "Rectangle", "disk": "Disk", "brush": "Brush", "threshold": "Threshold"}
UNDO, REDO, KEPT = "regions-undo", "regions-redo", "regions-kept"
AGAIN = 300
"""Milliseconds between two questions how far the figures are."""


def layout(regions: RegionJobs, default: RegionState) -> html.Div:
    """The page as it is first sent, without a region."""
    token = uuid.uuid4().hex
    return html.Div(
        [
            dcc.Location(id=ADDRESS, refresh=False),
            dcc.Store(id=TOKEN, data=token),
            *(dcc.Store(id=id_) for id_ in (VIEW, CHOICE, SHOWN)),
            dcc.Interval(id=CLOCK, interval=AGAIN, disabled=True),
            navigation.navigation_bar("Regions"),
            _controls(regions, default),
            html.Div(id=ADDRESS_PROBLEM, className="problem"),
            html.Div(id=PROBLEM, className="problem"),
            html.Main([_drawing(), _results()], className="regions-body"),
            navigation.footer(html.Span(id=EXPORT, className="regions-export")),
        ],
        className="page regions",
        **{"data-watcher": token},  # type: ignore[arg-type]  # Dash types no data-*
        **page_attributes(),
    )


def default_state(regions: RegionJobs) -> RegionState:
    """What is shown where the address says nothing."""
    return RegionState(pair=first_view(regions.service).pair)


def _controls(regions: RegionJobs, state: RegionState) -> html.Header:
    tip, problems = controls.tip, regions.service.network_pool.problems()
    return html.Header(
        [
            tip(
                "Which two registered pictures are fused.",
                controls.pair(regions.service.catalogue.entry(state.pair), PAIR),
            ),
            tip(
                "Draw on either input: a closed outline, a rectangle from corner to corner, a disk from its "
                "centre outwards, or with a brush. Threshold: press on a pixel and drag, the farther the "
                "more values are taken in. With Shift a stroke is added, with Alt taken away. Escape gives up a "
                "stroke.",
                controls.segments(TOOL, "Draw", TOOLS, "outline"),
            ),
            tip(
                "The region in words; type to change it: disk:ROW,COL,RADIUS, rect:ROW,COL,ROW,COL, "
                "outline:ROW,COL,ROW,COL,… with the corners in turn, brush:RADIUS,ROW,COL,… or "
                "threshold:INPUT,TOLERANCE,ROW,COL, with + or - between several. Then press Enter.",
                _words(),
            ),
            tip(
                "A picture of the pair's size: what is not black is the region. It stays in this server's memory "
                "and cannot stand in the address."
                if may(Role.ANALYST)
                else refusal(Role.ANALYST),
                _upload(),
            ),
            tip("Width of the ring that the region's contrast is held against, in pixels.", _ring(state)),
            tip(
                " ".join(("Which networks are asked.", *problems.values())),
                _networks(regions.service.network_pool.names(), problems),
            ),
            tip("A light page, for reports and bright rooms.", controls.switch(LIGHT, "Light", False)),
        ],
        className="controls",
    )


def _words() -> dmc.TextInput:
    return dmc.TextInput(
        id=WORDS,
        label="Region",
        placeholder="draw, or e.g. disk:120,96,20",
        debounce=True,
        size=controls.SIZE,
        w=210,
        spellCheck=False,
    )


def _upload() -> dmc.InputWrapper:
    is_off = not may(Role.ANALYST)
    button = dmc.Button("Choose…", id=UPLOAD, size=controls.SIZE, variant="default", disabled=is_off)
    return dmc.InputWrapper(button, label="Mask file", size=controls.SIZE)


def _ring(state: RegionState) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=RING,
        label="Ring",
        value=state.ring,
        min=1,
        max=MOST_RING,
        step=1,
        size=controls.SIZE,
        w=64,
        debounce=True,
        clampBehavior="blur",
    )


def _networks(names: Iterable[str], problems: Mapping[str, str]) -> dmc.MultiSelect:
    data: list[Any] = [
        {"value": name, "label": name + " — not installed" * (name in problems), "disabled": name in problems}
        for name in names
    ]
    return dmc.MultiSelect(
        id=NETWORKS,
        label="Networks",
        data=data,
        value=[],
        size=controls.SIZE,
        className="regions-networks",
        comboboxProps={"width": 300, "position": "bottom-end"},
        hidePickedOptions=False,
        renderOption=network_choice.RENDERED,
        debounce=400,
    )


def _drawing() -> html.Section:
    labelled: Any = {"aria-label": "Labelled regions"}  # Dash types no aria-*
    return html.Section(
        [
            html.Div(id=LABELS, className="regions-labels", role="group", **labelled),
            *map(_input, (0, 1)),
            html.P(id=NOTE, className="regions-note quiet", role="status"),
            html.Div(
                [
                    html.Button("Undo", id=UNDO, type="button", disabled=True, title="Ctrl + Z"),
                    html.Button("Redo", id=REDO, type="button", disabled=True, title="Ctrl + Shift + Z"),
                ],
                className="regions-back",
            ),
            html.Div(id=KEPT, className="regions-kept"),
        ],
        className="regions-drawing",
    )


def _input(input_index: int) -> html.Figure:
    """An input that can be drawn on: its picture, the region's outline, and the stroke that is being drawn."""
    decorative: Any = {"aria-hidden": "true"}
    named: Any = {"aria-label": ("First input", "Second input")[input_index]}
    return html.Figure(
        [
            html.Figcaption(id=f"{NAME}{input_index}", className="regions-caption"),
            html.Div(
                [
                    html.Img(
                        id=f"{INPUT}{input_index}",
                        alt=("First input", "Second input")[input_index],
                        draggable="false",
                        **windowed(("first", "second")[input_index]),
                    ),
                    html.Img(
                        id=f"{OUTLINE}{input_index}", alt="", className="outline", draggable="false", **decorative
                    ),
                    html.Div(className="stroke", **decorative),
                ],
                id=f"{SURFACE}{input_index}",
                className="regions-surface",
                tabIndex=0,
                role="group",
                **hands(handled_pictures.PAIR),
                **named,
            ),
        ],
        className="regions-input",
    )


def _results() -> html.Section:
    grid = dag.AgGrid(
        id=TABLE,
        rowData=[],
        columnDefs=[],
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "minWidth": 62,
            "wrapHeaderText": True,
            "autoHeaderHeight": True,
            "suppressHeaderMenuButton": True,
            "flex": 1,
        },
        dashGridOptions={
            "domLayout": "autoHeight",
            "theme": {"function": "themeQuartz"},
            "rowHeight": 27,
            "tooltipShowDelay": 300,
            "animateRows": False,
            "suppressNoRowsOverlay": True,
        },
        className="regions-table",
        style={"height": None},
    )
    return html.Section(
        [
            html.Div(id=PROGRESS, className="regions-progress", role="status"),
            html.Div(id=REQUIREMENTS),
            html.Div(grid, className="regions-grid"),
            html.Div(id=PICTURES),
            slice_section.section(),
            html.Div(id=FINDINGS),
        ],
        className="regions-results",
    )
