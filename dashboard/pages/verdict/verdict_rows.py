"""What the table of Verdict asks of the server: every network's row about a place, as far as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard.components import navigation
from dashboard.pages.regions.region_images import outline_source
from dashboard.pages.verdict import layout as page
from dashboard.pages.verdict.state import pixel_of
from dashboard.pages.verdict.verdict_jobs import VerdictJobs
from dashboard.pages.verdict.verdict_lines import begun, judged
from dashboard.pages.verdict.verdict_place import Place
from dashboard.pages.verdict.verdict_table import ACTION, table
from dashboard.service.purposes import purpose_of
from fusion import ImagePair, InputError
from saliency.geometry.masks import Mask

Regions = Callable[[str, str], tuple[ImagePair, Mask]]
"""From a pair's id and a region's word to the pair and the region's pixels."""
Asked = dict[str, Any]
"""What was asked of rows: ``place`` (its words), and the networks ``compute`` and ``cancel``."""


def register(app: Dash, verdicts: VerdictJobs, regions: Regions) -> None:
    """Wire the table's callbacks to ``app``."""
    app.callback(
        Output(page.TABLE, "children"),
        Output(page.PLACE, "children"),
        Output(page.ROW_PROBLEM, "children"),
        Output(page.ROW_CLOCK, "disabled"),
        Output(page.ROWS_SHOWN, "data"),
        *(Output(page.OUTLINE + each, "src") for each in page.PICTURES),
        Input(page.ROW_CLOCK, "n_intervals"),
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
    _clock: int | None,
    view: Any,
    at: Any,
    region: str | None,
    asked: Asked | None,
    is_open: bool | None,
    token: str,
    shown: Any,
) -> tuple[Any, ...]:
    """How far the rows are; sent only where something has changed."""
    try:
        place = place_of(regions, view, at, region)
    except InputError as error:
        verdicts.leave(token)
        return (None, "", navigation.alert(str(error)), True, None, "", "", "")
    if place is None:
        return (*[no_update] * 8,)
    opened = view["network"] if is_open else ""
    lines = judged(verdicts.service.network_pool, place, _rows(verdicts, place, token, asked or {}))
    now = {"place": _words(place), "opened": opened, "rows": [_told(line) for line in lines]}
    is_over = all(line.row.is_over for line in lines)
    if shown == now:
        return (*[no_update] * 3, is_over, *[no_update] * 4)
    outlines = [outline_source(place.mask) if place.region else ""] * len(page.PICTURES)
    return table(lines, place.pair.names, opened), begun(place.said()), None, is_over, now, *outlines


def _rows(verdicts: VerdictJobs, place: Place, token: str, asked: Asked) -> Any:
    """The rows; what was asked of another place counts no more."""
    names = place.pair.names

    def is_wanted(network: str) -> bool:
        return purpose_of(verdicts.service.network_pool, network).suits(names) is not False

    mine = asked if asked.get("place") == _words(place) else {}
    return verdicts.rows(token, place, is_wanted, mine.get("compute", ()), mine.get("cancel", ()))


def _told(line: Any) -> list[Any]:
    """What decides how a row looks; progress in hundredths, so that the page is not laid out for less."""
    row = line.row
    steps = round(100 * row.progress.steps)
    return [row.network, row.is_wanted, row.expected is None, row.failure, steps, row.progress.doing]


def _words(place: Place) -> list[Any]:
    """The place as what is kept in the browser."""
    return [place.pair_id, place.region, *([] if place.region else place.middle)]


def place_of(regions: Regions, view: Any, at: Any, region: str | None) -> Place | None:
    """The region where there is one, else the pixel; None while no pair is open.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the region's word means no pixel of it.
    """
    if not view or not view.get("height") or not (at or region):
        return None
    word = (region or "").strip()
    pixel = () if word else pixel_of(at[0], at[1], (view["height"], view["width"]))
    return _place(regions, view["pair"], word, pixel)


def _place(regions: Regions, pair_id: str, region: str, pixel: Sequence[int]) -> Place:
    """A region by its word, or a pixel."""
    word = region or "rect:{0},{1},{0},{1}".format(*pixel)
    return Place(pair_id, *regions(pair_id, word), region)


def act(
    verdicts: VerdictJobs,
    regions: Regions,
    clicks: list[int | None],
    asked: Asked | None,
    shown: Any,
    is_open: bool | None,
    network: str,
) -> tuple[Any, ...]:
    """A row's button: compute it or not, or unfold what else is known of its network."""
    if not any(clicks) or not shown:  # a button has come, or gone
        raise PreventUpdate
    action, name = ctx.triggered_id["action"], ctx.triggered_id["network"]
    if action == "details":
        return no_update, name, not (is_open and name == network)
    if action == "compute":
        pair_id, region, *pixel = shown["place"]
        verdicts.retry(_place(regions, pair_id, region, pixel), name)
    return with_action(asked, shown["place"], action, name), no_update, no_update


def with_action(asked: Asked | None, place: list[Any], action: str, network: str) -> Asked:
    """What was asked of the rows of a place, and one thing more; what was asked of another place is forgotten.

    Examples
    --------
    >>> asked = with_action(None, ["phantom-1", "", 3, 4], "compute", "CAMF")
    >>> with_action(asked, ["phantom-1", "", 3, 4], "cancel", "CAMF")
    {'place': ['phantom-1', '', 3, 4], 'compute': [], 'cancel': ['CAMF']}
    """
    before = asked if asked and asked["place"] == place else {}
    lists = {each: [name for name in before.get(each, ()) if name != network] for each in ("compute", "cancel")}
    lists[action].append(network)
    return {"place": place, **lists}


def unfold(is_open: bool | None, network: str, at: Any) -> tuple[bool, str]:
    """Whether the details are hidden, and whose they are."""
    where = f" at row {at[0]}, column {at[1]}" if at else ""
    return not is_open, f"Details of {network}{where}"
