"""What Cohort asks of the server: that a collection is measured, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from dashboard.access.audited import note
from dashboard.access.guard import require
from dashboard.access.roles import Role, may
from dashboard.components import ids, navigation
from dashboard.jobs.unfinished import Hold
from dashboard.pages.cohort import cohort_view as parts
from dashboard.pages.cohort import layout as page
from dashboard.pages.cohort.cohort_jobs import CohortJobs, CohortStanding
from dashboard.pages.cohort.learned_note import learned_note
from dashboard.pages.cohort.state import CohortChoice, CohortState, read_cohort
from fusion import InputError
from saliency.cohort.case_figures import MEANINGS, WHOLE
from saliency.cohort.cohort_summary import cohort_summary
from saliency.cohort.outliers import outliers_first

NOTHING = (None, True, True, True, True, None, no_update, no_update, page.HIDDEN, None)
"""What stands on the page before anything is asked."""
HOLDS = {page.PAUSE: Hold.PAUSED, page.CANCEL: Hold.CANCELLED, page.RESUME: None}
"""What each button tells the job."""


def register(app: Dash, jobs: CohortJobs, default: CohortState) -> None:
    """Wire the page's callbacks to ``app``."""
    app.callback(
        *(Output(id_, "value") for id_ in (page.PAIR, page.NETWORKS, page.SLICES, page.PLACE, page.FIGURE)),
        Output(page.THEME, "checked"),
        Output(page.ADDRESS_PROBLEM, "children"),
        Output(page.START, "data"),
        Output(page.ASKED, "data", allow_duplicate=True),
        Input(page.ADDRESS, "search"),
        prevent_initial_call="initial_duplicate",
    )(partial(restore, jobs, default))
    app.callback(
        Output(page.ASKED, "data"),
        Output(page.PROBLEM, "children"),
        Input(page.BEGIN, "n_clicks"),
        State(page.PAIR, "value"),
        State(page.NETWORKS, "value"),
        State(page.SLICES, "value"),
        prevent_initial_call=True,
    )(partial(begin, jobs))
    app.callback(
        Output(page.SHOWN, "data", allow_duplicate=True),
        Output(page.CLOCK, "disabled", allow_duplicate=True),
        *(Input(id_, "n_clicks") for id_ in HOLDS),
        State(page.ASKED, "data"),
        prevent_initial_call=True,
    )(partial(hold, jobs))
    app.callback(
        Output(page.PROGRESS, "children"),
        *(Output(id_, "hidden") for id_ in (page.PAUSE, page.RESUME, page.CANCEL)),
        Output(page.CLOCK, "disabled"),
        Output(page.SHOWN, "data"),
        Output(page.PLACE, "data"),
        Output(page.GRAPH, "figure"),
        Output(page.GRAPH, "style"),
        Output(page.RESULTS, "children"),
        Input(page.CLOCK, "n_intervals"),
        Input(page.ASKED, "data"),
        Input(page.PLACE, "value"),
        Input(page.FIGURE, "value"),
        Input(page.THEME, "checked"),
        State(page.TOKEN, "data"),
        State(page.SHOWN, "data"),
        prevent_initial_call=True,
    )(partial(follow, jobs))
    app.clientside_callback(
        ClientsideFunction("cohort", "configure"),
        Output(ids.PROVIDER, "forceColorScheme", allow_duplicate=True),
        *(Input(id_, "value") for id_ in (page.PAIR, page.NETWORKS, page.SLICES, page.PLACE, page.FIGURE)),
        Input(page.THEME, "checked"),
        Input(page.START, "data"),
        prevent_initial_call=True,
    )


def restore(jobs: CohortJobs, default: CohortState, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for; what was begun before is shown as it is now."""
    state, problems = read_cohort(query or "", default, jobs.usable())
    if absent := jobs.service.catalogue.why_absent(state.pair):
        problems += (absent,)
        state = replace(state, pair=default.pair)
    told = navigation.alert(" ".join(problems))
    chosen = (state.pair, list(state.networks), state.slices, state.place, state.figure)
    return *chosen, state.light, told, {"is_open": True}, _known(jobs, state)


def _known(jobs: CohortJobs, state: CohortState) -> Any:
    """The choice of an address, where who asks has begun to measure it."""
    choice = CohortChoice(pair=state.pair, networks=list(state.networks), slices=state.slices)
    is_asked = may(Role.ANALYST) and bool(choice["networks"])
    return choice if is_asked and jobs.is_known(choice) else no_update


def begin(
    jobs: CohortJobs, _clicks: int | None, pair: str, networks: list[str], slices: int | str | None
) -> tuple[Any, Any]:
    """Measure what is chosen; what cannot be is told."""
    count = slices if isinstance(slices, int) else 0
    choice = CohortChoice(pair=pair, networks=networks, slices=count)
    try:
        jobs.begin(choice)
    except InputError as error:
        return no_update, navigation.alert(str(error))
    note("long job: cohort")
    return choice, None


def hold(
    jobs: CohortJobs, _pause: int | None, _cancel: int | None, _resume: int | None, asked: CohortChoice | None
) -> tuple[Any, Any]:
    """Pause the job, cancel it or let it go on; then look again."""
    how = str(ctx.triggered_id or "")
    if asked and how in HOLDS:
        jobs.hold(asked, HOLDS[how])
    return None, False


def follow(
    jobs: CohortJobs,
    _clock: int | None,
    asked: CohortChoice | None,
    place: str | None,
    figure: str | None,
    light: bool,
    token: str,
    shown: dict[str, Any] | None,
) -> tuple[Any, ...]:
    """How far it is; figure and tables are sent where they show something new."""
    if not asked:
        jobs.leave(token)
        return NOTHING
    require(Role.ANALYST)
    try:
        return _seen(jobs, jobs.ask(token, asked), asked, (place, figure), shown, light=light)
    except InputError as error:
        return str(error), *NOTHING[1:]


def _seen(
    jobs: CohortJobs,
    standing: CohortStanding,
    asked: CohortChoice,
    looked_at: tuple[str | None, str | None],
    shown: dict[str, Any] | None,
    *,
    light: bool,
) -> tuple[Any, ...]:
    """What stands on the page now; what it has already is not sent."""
    place, figure = looked_at
    chosen = place or WHOLE, figure if figure and figure in MEANINGS else "rows_share"
    found, is_over = standing.progress, standing.state.is_over
    now = {"asked": asked, "done": found.done, "over": is_over, "chosen": list(chosen), "light": light}
    drawn = (no_update,) * 4 if now == shown else _drawn(jobs, asked, standing, chosen, light=light)
    return parts.progress(standing), *_buttons(standing), is_over or standing.hold is not None, now, *drawn


def _buttons(standing: CohortStanding) -> tuple[bool, bool, bool]:
    """Whether pausing, going on and cancelling are hidden."""
    is_going = not standing.state.is_over and standing.hold is None
    return not is_going, standing.hold is None, standing.state.is_over or standing.hold is Hold.CANCELLED


def _drawn(
    jobs: CohortJobs, asked: CohortChoice, standing: CohortStanding, chosen: tuple[str, str], *, light: bool
) -> tuple[Any, ...]:
    """Places, the figure, its style, and the tables; nothing before the first slice is there."""
    rows = standing.progress.rows
    if not rows:
        return no_update, no_update, page.HIDDEN, None
    places = list(dict.fromkeys([WHOLE, *(row.measured.place for row in rows)]))
    figure = parts.distribution(rows, *chosen, light=light)
    summary = cohort_summary(rows, chosen=chosen)
    entries = jobs.entries(asked)
    note = learned_note(jobs.service.network_pool, entries, asked["networks"])
    shown = parts.results(summary, outliers_first(rows), entries, chosen)
    over = [parts.exports(asked)] if standing.state.is_over else []
    return places, figure, {"height": "330px"}, [*parts.warned(note), *over, *shown]
