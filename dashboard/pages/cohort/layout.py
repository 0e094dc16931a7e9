"""Cohort: a whole collection at a glance, measured as a job.

    Measure ─▶ dcc.Store "asked" ─▶ follow() ─▶ JobQueue ─▶ table, distribution, differences
                                      ▲ every moment while it is open

What is measured is kept slice by slice: the same choice is there at once the next time, and after a restart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.access.roles import Role, unless_may
from dashboard.components import controls, ids, navigation, network_choice, plots
from dashboard.pages.cohort.cohort_jobs import CohortJobs
from dashboard.pages.cohort.state import MOST, CohortState
from dashboard.views.opening import first_view
from saliency.cohort.case_figures import MEANINGS, WHOLE, title_of
from saliency.cohort.cohort_summary import CAUTION
from saliency.cohort.outliers import RULE

PREFIX = "cohort-"
PAIR, NETWORKS, THEME = PREFIX + ids.PAIR, PREFIX + "networks", PREFIX + ids.THEME
ADDRESS, PROBLEM, TOKEN, ASKED, SHOWN, CLOCK = (
    PREFIX + each for each in ("address", "problem", "token", "asked", "shown", "clock")
)
SLICES, PLACE, FIGURE, BEGIN, PAUSE, RESUME, CANCEL, START = (
    PREFIX + each for each in ("slices", "place", "figure", "begin", "pause", "resume", "cancel", "start")
)
PROGRESS, GRAPH, RESULTS, ADDRESS_PROBLEM = (
    PREFIX + each for each in ("progress", "graph", "results", "address-problem")
)
AGAIN = 700
"""Milliseconds between two questions how far it is."""
HIDDEN = {"display": "none"}


def layout(jobs: CohortJobs, default: CohortState) -> html.Div:
    """The page as it is first sent, with nothing measured."""
    token = uuid.uuid4().hex
    return html.Div(
        [
            dcc.Location(id=ADDRESS, refresh=False),
            dcc.Store(id=TOKEN, data=token),
            *(dcc.Store(id=id_) for id_ in (ASKED, SHOWN, START)),
            dcc.Interval(id=CLOCK, interval=AGAIN, disabled=True),
            navigation.navigation_bar("Cohort"),
            _controls(jobs, default),
            html.Div(id=ADDRESS_PROBLEM, className="problem"),
            html.Div(id=PROBLEM, className="problem"),
            html.Main([_job(), _figure(), html.Div(id=RESULTS), _meanings()], className="cohort-body"),
            navigation.footer(),
        ],
        className="page cohort",
        **{"data-watcher": token},  # type: ignore[arg-type]  # Dash types no data-*
    )


def default_state(jobs: CohortJobs) -> CohortState:
    """What is shown where the address says nothing."""
    return CohortState(pair=first_view(jobs.service).pair)


def _controls(jobs: CohortJobs, state: CohortState) -> html.Header:
    tip, problems = controls.tip, jobs.service.network_pool.problems()
    return html.Header(
        [
            tip(
                "A pair of the collection: all cases of its collection are measured.",
                controls.pair(jobs.service.catalogue.entry(state.pair), PAIR),
            ),
            tip("Slices of each case, evenly spaced.", _slices(state)),
            tip(
                " ".join(("Which networks are measured.", *problems.values())),
                _networks(jobs.service.network_pool.names(), problems),
            ),
            tip("A light page, for reports and bright rooms.", controls.switch(THEME, "Light", state.light)),
        ],
        className="controls",
    )


def _slices(state: CohortState) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=SLICES,
        label="Slices a case",
        value=state.slices,
        min=1,
        max=MOST,
        allowDecimal=False,
        size=controls.SIZE,
        w=96,
        clampBehavior="blur",
    )


def _networks(names: Iterable[str], problems: Mapping[str, str]) -> dmc.MultiSelect:
    data: list[Any] = [{"value": name, "label": name, "disabled": name in problems} for name in names]
    return dmc.MultiSelect(
        id=NETWORKS,
        label="Networks",
        data=data,
        value=[],
        size=controls.SIZE,
        className="cohort-networks",
        comboboxProps={"width": 300, "position": "bottom-end"},
        hidePickedOptions=False,
        renderOption=network_choice.RENDERED,
    )


def _job() -> html.Section:
    """What begins it, holds it, and tells how far it is."""
    begin = html.Button("Measure", id=BEGIN, type="button", **unless_may(Role.ANALYST))
    holds = [
        html.Button(word, id=id_, type="button", hidden=True, **unless_may(Role.ANALYST))
        for id_, word in ((PAUSE, "Pause"), (RESUME, "Go on"), (CANCEL, "Cancel"))
    ]
    told = html.Div(id=PROGRESS, role="status", className="cohort-progress")
    return html.Section([begin, *holds, told], className="cohort-job")


def _figure() -> html.Section:
    """Distributions by network of one figure at one place."""
    choices = [
        dmc.Select(
            id=PLACE, label="Place", data=[WHOLE], value=WHOLE, size=controls.SIZE, w=230, allowDeselect=False
        ),
        dmc.Select(
            id=FIGURE,
            label="Figure",
            data=[{"value": name, "label": title_of(name)} for name in MEANINGS],
            value="rows_share",
            size=controls.SIZE,
            w=240,
            searchable=True,
            allowDeselect=False,
        ),
    ]
    graph = dcc.Graph(
        id=GRAPH,
        figure=plots.blank("Distributions by network"),
        config=plots.graph_config("Distributions by network"),
        style=HIDDEN,
    )
    return html.Section([html.Div(choices, className="controls"), graph], className="cohort-figure")


def _meanings() -> html.Details:
    meaning = [part for name, words in MEANINGS.items() for part in (html.Dt(title_of(name)), html.Dd(words))]
    told = [html.P(CAUTION), html.P(RULE), html.Dl(meaning)]
    return html.Details([html.Summary("What the figures mean, and what to be careful of"), *told])
