"""What the table of Verdict asks of the server: every network's row about a place, as far as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard.access.audited import note
from dashboard.access.guard import require
from dashboard.access.roles import Role
from dashboard.components import navigation
from dashboard.components.stored_values import PixelFields
from dashboard.pages.regions.region_images import outline_source
from dashboard.pages.verdict import layout as page
from dashboard.pages.verdict.state import pixel_of
from dashboard.pages.verdict.verdict_jobs import VerdictJobs
from dashboard.pages.verdict.verdict_lines import begun, judged
from dashboard.pages.verdict.verdict_place import Place
from dashboard.pages.verdict.verdict_stores import (
    AskedRows,
    MeasuredView,
    PlaceWords,
    RowsShown,
    VerdictView,
)
from dashboard.pages.verdict.verdict_table import ACTION, table
from fusion import ImagePair, InputError
from saliency.geometry.masks import Mask

Regions = Callable[[str, str], tuple[ImagePair, Mask]]
"""From a pair's id and a region's word to the pair and the region's pixels."""
LISTS: tuple[Literal["compute"], Literal["cancel"]] = ("compute", "cancel")
"""What a row's button can ask for, as a list of networks."""
NOTHING_ASKED = AskedRows(place=[], compute=[], cancel=[])


def register(app: Dash, verdicts: VerdictJobs, regions: Regions) -> None:
    """Wire the table's callbacks to ``app``."""
    app.callback(
        Output(page.TABLE, "children"),
        Output(page.PLACE, "children"),
        Output(page.ROW_PROBLEM, "children"),
        Output(page.ROW_WAITS, "data"),
        Output(page.ROWS_SHOWN, "data"),
        *(Output(page.OUTLINE + each, "src") for each in page.PICTURES),
        Input(page.ROW_TICK, "data"),
        Input(page.VIEW, "data"),
        Input(page.PIXEL, "data"),
        Input(page.REGION, "value"),
        Input(page.ASKED, "data"),
        Input(page.OPEN, "data"),
        State(page.TOKEN, "data"),
        State(page.ROWS_SHOWN, "data"),
        prevent_initial_call=True,
    )(partial(weigh, verdicts, regions))
    app.callback(
        Output(page.ASKED, "data"),
        Output(page.NETWORK, "value", allow_duplicate=True),
        Output(page.OPEN, "data", allow_duplicate=True),
        Input({"type": ACTION, "action": ALL, "network": ALL}, "n_clicks"),
        State(page.ASKED, "data"),
        State(page.ROWS_SHOWN, "data"),
        State(page.OPEN, "data"),
        State(page.NETWORK, "value"),
        prevent_initial_call=True,
    )(partial(act, verdicts, regions))
    app.clientside_callback(ClientsideFunction("verdict", "again"), Input(page.ROW_WAITS, "data"))
    app.callback(
        Output(page.CLICK, "data", allow_duplicate=True),
        Input(page.VIEW, "data"),
        Input(page.REGION, "value"),
        prevent_initial_call=True,
    )(partial(centre, regions))
    app.callback(
        Output(page.DETAILS, "hidden"),
        Output(page.DETAILS_TITLE, "children"),
        Input(page.OPEN, "data"),
        Input(page.NETWORK, "value"),
        Input(page.PIXEL, "data"),
    )(unfold)


def weigh(
    verdicts: VerdictJobs,
    regions: Regions,
    tick: float | None,
    view: VerdictView | MeasuredView | None,
    at: PixelFields | None,
    region: str | None,
    asked: AskedRows | None,
    is_open: bool | None,
    token: str,
    shown: RowsShown | None,
) -> tuple[Any, ...]:
    """How far the rows are; sent only where something has changed."""
    try:
        place = place_of(regions, view, at, region)
    except InputError as error:
        verdicts.leave(token)
        return (None, "", navigation.alert(str(error)), None, None, "", "", "")
    if place is None or not view:
        return (*[no_update] * 8,)
    opened = view["network"] if is_open else ""
    lines = judged(verdicts.purpose, place, _rows(verdicts, place, token, asked))
    now = {"place": _words(place), "opened": opened, "rows": [_told(line) for line in lines]}
    waits = None if all(line.row.is_over for line in lines) else [tick]
    if shown == now:
        return (*[no_update] * 3, waits, *[no_update] * 4)
    outlines = [outline_source(place.mask) if place.region else ""] * len(page.PICTURES)
    return table(lines, place.pair.names, opened), begun(place.said()), None, waits, now, *outlines


def centre(regions: Regions, view: VerdictView | MeasuredView | None, region: str | None) -> Any:
    """A region's middle becomes the pixel: there the checks are made, and the details look at it."""
    try:
        place = place_of(regions, view, None, region)
    except InputError:  # told beside the table
        return no_update
    return no_update if place is None else list(place.middle)


def _rows(verdicts: VerdictJobs, place: Place, token: str, asked: AskedRows | None) -> Any:
    """The rows; what was asked of another place counts no more."""
    names = place.pair.names

    def is_wanted(network: str) -> bool:
        return verdicts.purpose(network).suits(names) is not False

    mine = asked if asked and asked["place"] == _words(place) else NOTHING_ASKED
    if mine["compute"]:
        require(Role.ANALYST)
    return verdicts.rows(token, place, is_wanted, mine["compute"], mine["cancel"])


def _told(line: Any) -> list[Any]:
    """What decides how a row looks; progress in hundredths, so that the page is not laid out for less."""
    row = line.row
    steps = round(100 * row.progress.steps)
    return [row.network, row.is_wanted, row.expected is None, row.failure, steps, row.progress.doing]


def _words(place: Place) -> PlaceWords:
    """The place as what is kept in the browser."""
    return [place.pair_id, place.region, *([] if place.region else place.middle)]


def place_of(
    regions: Regions, view: VerdictView | MeasuredView | None, at: Sequence[Any] | None, region: str | None
) -> Place | None:
    """The region where there is one, else the pixel; None while no pair is open.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the region's word means no pixel of it.
    """
    if not view or "measuring" in view:
        return None
    word = (region or "").strip()
    if word:
        return _place(regions, view["pair"], word, ())
    return (
        _place(regions, view["pair"], "", pixel_of(at[0], at[1], (view["height"], view["width"]))) if at else None
    )


def _place(regions: Regions, pair_id: str, region: str, pixel: Sequence[int]) -> Place:
    """A region by its word, or a pixel."""
    word = region or "rect:{0},{1},{0},{1}".format(*pixel)
    return Place(pair_id, *regions(pair_id, word), region)


def act(
    verdicts: VerdictJobs,
    regions: Regions,
    clicks: list[int | None],
    asked: AskedRows | None,
    shown: RowsShown | None,
    is_open: bool | None,
    network: str,
) -> tuple[Any, ...]:
    """A row's button: compute it or not, or unfold what else is known of its network."""
    if not any(clicks) or not shown or not ctx.triggered_id:  # a button has come, or gone
        raise PreventUpdate
    action, name = ctx.triggered_id["action"], verdicts.service.network_pool.name_of(ctx.triggered_id["network"])
    if action not in ("details", *LISTS):
        raise InputError(f"A row's button is one of details, {', '.join(LISTS)}; reload the page.")
    if action == "details":
        return no_update, name, not (is_open and name == network)
    require(Role.ANALYST)
    note(f"long job: verdict, {action}")
    if action == "compute":
        verdicts.retry(_place_of_words(regions, shown["place"]), name)
    return with_action(asked, shown["place"], action, name), no_update, no_update


def _place_of_words(regions: Regions, words: PlaceWords) -> Place:
    """The place as it was kept in the browser; InputError for one that was not."""
    match words:
        case [str(pair_id), "", int(row), int(col)]:
            return _place(regions, pair_id, "", (row, col))
        case [str(pair_id), str(region)]:
            return _place(regions, pair_id, region, ())
    raise InputError("The rows are of no place; reload the page.")


def with_action(asked: AskedRows | None, place: PlaceWords, action: str, network: str) -> AskedRows:
    """What was asked of the rows of a place, and one thing more; what was asked of another place is forgotten.

    Examples
    --------
    >>> asked = with_action(None, ["phantom-1", "", 3, 4], "compute", "CAMF")
    >>> with_action(asked, ["phantom-1", "", 3, 4], "cancel", "CAMF")
    {'place': ['phantom-1', '', 3, 4], 'compute': [], 'cancel': ['CAMF']}
    """
    before = asked if asked and asked["place"] == place else NOTHING_ASKED
    lists = {each: [name for name in before[each] if name != network] for each in LISTS}
    asked_for, given_up = lists["compute"], lists["cancel"]
    (asked_for if action == "compute" else given_up).append(network)
    return {"place": place, "compute": asked_for, "cancel": given_up}


def unfold(is_open: bool | None, network: str, at: PixelFields | None) -> tuple[bool, str]:
    """Whether the details are hidden, and whose they are."""
    where = f" at row {at[0]}, column {at[1]}" if at else ""
    return not is_open, f"Details of {network}{where}"
