"""What Regions asks of a region along slices: that it is computed, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import Dash, Input, Output, State, no_update

from dashboard.access.audited import note
from dashboard.access.guard import require
from dashboard.access.roles import Role
from dashboard.pages.regions import layout as page
from dashboard.pages.regions import slice_section as parts
from dashboard.pages.regions.region_jobs import RegionJobs
from dashboard.pages.regions.region_stores import AlongChoice, RegionChoice, TypedNumber, ring_width
from dashboard.pages.regions.slice_figures import RegionAlong, SliceChoice, SliceJobs
from dashboard.service.pair_catalogue import PairEntry
from fusion import InputError

SHOWN = {"height": "260px"}
HIDDEN = {"display": "none"}


def register(app: Dash, regions: RegionJobs) -> None:
    """Wire the section to ``app``."""
    slices = SliceJobs(regions)
    app.callback(
        Output(parts.SECTION, "hidden"),
        Output(parts.FIRST, "value"),
        Output(parts.LAST, "value"),
        Output(parts.FIRST, "max"),
        Output(parts.LAST, "max"),
        Input(page.CHOICE, "data"),
        State(parts.LAST, "max"),
    )(partial(offer, slices))
    app.callback(
        Output(parts.ALONG, "data"),
        Input(parts.BEGIN, "n_clicks"),
        State(page.CHOICE, "data"),
        State(parts.FIRST, "value"),
        State(parts.LAST, "value"),
        prevent_initial_call=True,
    )(begin)
    app.callback(
        Output(parts.PROGRESS, "children"),
        Output(parts.CLOCK, "disabled"),
        Output(parts.SHOWN, "data"),
        Output(parts.CURVE, "figure"),
        Output(parts.CURVE, "style"),
        Output(parts.TABLE, "children"),
        Input(parts.CLOCK, "n_intervals"),
        Input(parts.ALONG, "data"),
        Input(page.CHOICE, "data"),
        Input(page.LIGHT, "checked"),
        State(page.TOKEN, "data"),
        State(parts.SHOWN, "data"),
        prevent_initial_call=True,
    )(partial(follow, slices))


def offer(slices: SliceJobs, choice: RegionChoice | None, most: int | None) -> tuple[Any, ...]:
    """Whether there are slices to carry a region along, and how many; the range stays within one case."""
    count = slices.count(choice["pair"]) if choice and choice["region"] else 0
    if count < 2:
        return True, *[no_update] * 4
    return (False, *[no_update] * 4) if most == count else (False, 1, count, count, count)


def begin(_clicks: int | None, choice: RegionChoice | None, first: TypedNumber, last: TypedNumber) -> Any:
    """Carry the region that is there along the slices."""
    if not choice or not choice["region"]:
        return no_update
    note("long job: region along slices")
    return {**choice, "first": first, "last": last}


def follow(
    slices: SliceJobs,
    _clock: int | None,
    along: AlongChoice | None,
    choice: RegionChoice | None,
    light: bool,
    token: str,
    shown: dict[str, Any] | None,
) -> tuple[Any, ...]:
    """How far the slices are; curve and table are sent where they show something new."""
    if not along or not choice or not _is_same(slices, along, choice):
        slices.leave(token)
        return None, True, None, no_update, HIDDEN, None
    require(Role.ANALYST)
    try:
        found = slices.ask(token, choice_of(along), along["networks"])
    except InputError as error:
        return parts.failure(error), True, None, no_update, HIDDEN, None
    present = slices.regions.service.catalogue.entry(choice["pair"])
    now = {**along, "done": [len(each.rows) for each in found.values()], "present": present.slice, "light": light}
    keys = {name: slices.key(choice_of(along), name) for name in found}
    is_over = all(each.is_over or each.hold for each in found.values())
    drawn = (no_update,) * 3 if now == shown else _drawn(slices, along, found, present, light=light)
    return parts.progress_lines(found, keys), is_over, now, *drawn


def _drawn(
    slices: SliceJobs, along: AlongChoice, found: Mapping[str, RegionAlong], present: PairEntry, *, light: bool
) -> tuple[Any, ...]:
    """The curve, its style and the table; nothing before the first slice is there."""
    if not any(each.rows for each in found.values()):
        return no_update, HIDDEN, None
    catalogue, names = slices.regions.service.catalogue, present.names
    titles = [catalogue.entry(each).slice for each in slices.slices(choice_of(along))]
    figure = parts.curve(found, titles, names[0], present.slice, light=light)
    return figure, SHOWN, parts.table(found, names, present.slice, _words(along))


def choice_of(along: AlongChoice) -> SliceChoice:
    """What the page asks for; InputError where its range is none."""
    first, last = along["first"], along["last"]
    if not isinstance(first, int) or not isinstance(last, int) or first > last:
        raise InputError("Choose two slices, the first not after the last.")
    return SliceChoice(along["pair"], along["region"], ring_width(along["ring"]), first, last)


def _is_same(slices: SliceJobs, along: AlongChoice, choice: RegionChoice) -> bool:
    """Whether the same region is shown, in this or another slice of the same case, through the same networks."""
    if any(along[name] != choice[name] for name in ("region", "ring", "networks")):
        return False
    return choice["pair"] in slices.regions.service.catalogue.slices(along["pair"])


def _words(along: AlongChoice) -> dict[str, str]:
    """The choice as words of an address."""
    return {
        "pair": along["pair"],
        "networks": ",".join(along["networks"]),
        "region": along["region"],
        "ring": f"{along['ring']:g}",
        "first": str(along["first"]),
        "last": str(along["last"]),
    }
