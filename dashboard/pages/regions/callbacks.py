"""What Regions asks of the server: a pair opened, a region chosen, how far its figures are."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard.access.audited import note
from dashboard.access.guard import require
from dashboard.access.roles import Role
from dashboard.components.network_choice import standings
from dashboard.pages.regions import layout as page
from dashboard.pages.regions import region_images
from dashboard.pages.regions import region_table as figures
from dashboard.pages.regions import region_view as parts
from dashboard.pages.regions.region_jobs import RegionJobs, finished_results
from dashboard.pages.regions.region_stores import RegionChoice, RegionView, TypedNumber, ring_width
from dashboard.pages.regions.state import RegionState, read_regions
from fusion import InputError
from saliency.geometry.masks import ring

TWO = (0, 1)


def register(app: Dash, regions: RegionJobs, default: RegionState) -> None:
    """Wire the page's callbacks to ``app``."""
    app.callback(
        Output(page.PAIR, "value"),
        Output(page.NETWORKS, "value"),
        Output(page.WORDS, "value"),
        Output(page.RING, "value"),
        Output(page.LIGHT, "checked"),
        Output(page.ADDRESS_PROBLEM, "children"),
        Input(page.ADDRESS, "search"),
    )(partial(restore, regions, default))
    app.callback(
        Output(page.VIEW, "data"),
        Output(page.PAIR, "value", allow_duplicate=True),
        Output(page.PROBLEM, "children", allow_duplicate=True),
        Output(page.LABELS, "children"),
        *(Output(f"{page.INPUT}{input_index}", "src") for input_index in TWO),
        *(Output(f"{page.NAME}{input_index}", "children") for input_index in TWO),
        Input(page.PAIR, "value"),
        State(page.VIEW, "data"),
        prevent_initial_call="initial_duplicate",
    )(partial(open_pair, regions))
    app.callback(
        Output(page.CHOICE, "data"),
        Output(page.PROBLEM, "children"),
        Output(page.NOTE, "children"),
        *(Output(f"{page.OUTLINE}{input_index}", "src") for input_index in TWO),
        Input(page.VIEW, "data"),
        Input(page.NETWORKS, "value"),
        Input(page.WORDS, "value"),
        Input(page.RING, "value"),
        State(page.CHOICE, "data"),
        prevent_initial_call=True,
    )(partial(choose, regions))
    app.callback(
        Output(page.PROGRESS, "children"),
        Output(page.CLOCK, "disabled"),
        Output(page.SHOWN, "data"),
        Output(page.REQUIREMENTS, "children"),
        Output(page.TABLE, "rowData"),
        Output(page.TABLE, "columnDefs"),
        Output(page.PICTURES, "children"),
        Output(page.FINDINGS, "children"),
        Output(page.EXPORT, "children"),
        Input(page.CLOCK, "n_intervals"),
        Input(page.CHOICE, "data"),
        State(page.TOKEN, "data"),
        State(page.SHOWN, "data"),
        prevent_initial_call=True,
    )(partial(follow, regions))
    app.callback(
        Output(page.CHOICE, "data", allow_duplicate=True),
        Input({"type": parts.ANYWAY, "network": ALL}, "n_clicks"),
        State(page.CHOICE, "data"),
        prevent_initial_call=True,
    )(compute_anyway)
    in_browser = partial(ClientsideFunction, "regions")
    app.clientside_callback(in_browser("attach"), Input(page.VIEW, "data"), Input(page.TOOL, "value"))
    app.clientside_callback(in_browser("refused"), Input(page.PROBLEM, "children"))
    app.clientside_callback(in_browser("settle"), Input(page.CHOICE, "data"), Input(page.LIGHT, "checked"))


def restore(regions: RegionJobs, default: RegionState, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for."""
    state, problems = read_regions(query or "", default, regions.usable())
    if absent := regions.service.catalogue.why_absent(state.pair):
        problems += (absent,)
        state = replace(state, pair=default.pair)
    sentences = " ".join((*problems, *regions.service.catalogue.remarks))
    networks = state.networks or regions.ticked(state.pair)
    return state.pair, list(networks), state.region, state.ring, state.light, _alert(sentences)


def open_pair(regions: RegionJobs, pair_id: str, shown: RegionView | None) -> tuple[Any, ...]:
    """Show both inputs; a pair that cannot be opened is told, and the one before stays."""
    try:
        pair = regions.service.catalogue.pair(pair_id)
    except InputError as error:
        return no_update, shown["pair"] if shown else no_update, _alert(str(error)), *[no_update] * 5
    view = RegionView(pair=pair_id, height=pair.shape[0], width=pair.shape[1], aspect=pair.aspect)
    sources = [region_images.input_source(image, pair.aspect) for image in (pair.first, pair.second)]
    return view, no_update, None, parts.label_buttons(list(pair.regions)), *sources, *pair.names


def choose(
    regions: RegionJobs,
    view: RegionView | None,
    networks: list[str],
    words: str | None,
    width: TypedNumber,
    before: RegionChoice | None,
) -> tuple[Any, ...]:
    """Take a region; one that cannot be used is told, and what is drawn on this pair stays as it is."""
    if not view:
        return (*[no_update] * 5,)
    choice = RegionChoice(pair=view["pair"], networks=networks, region=(words or "").strip(), ring=width)
    if not choice["region"]:
        return _without_region(choice)
    try:
        outline, note = _outlined(regions, choice)
    except InputError as error:
        return _refused(choice, before, _alert(str(error)))
    return choice, None, note, outline, outline


def _without_region(choice: RegionChoice, problem: Any = None) -> tuple[Any, ...]:
    return {**choice, "region": ""}, problem, _note(""), "", ""


def _refused(choice: RegionChoice, before: RegionChoice | None, problem: Any) -> tuple[Any, ...]:
    """What is drawn on this pair stays; of another pair nothing does."""
    if before and before["pair"] == choice["pair"]:
        return no_update, problem, *[no_update] * 3
    return _without_region(choice, problem)


def _outlined(regions: RegionJobs, choice: RegionChoice) -> tuple[str, str]:
    """A region's outline and what is said of it."""
    width = ring_width(choice["ring"])
    if not choice["networks"]:
        raise InputError("Choose at least one network.")
    _, mask = regions.region(choice["pair"], choice["region"])
    around = ring(mask, width)
    return region_images.outline_source(mask, around), _note(choice["region"], int(mask.sum()), int(around.sum()))


def _note(word: str, pixels: int = 0, around: int = 0) -> str:
    if not word:
        return "Draw a region on either input, type it, press a label or choose a mask file."
    kept_out = " An uploaded mask cannot stand in the address: a link or a reload will not bring it back."
    return f"{pixels:,} pixels, ring {around:,} pixels." + kept_out * word.startswith("mask:")


def compute_anyway(clicks: list[int | None], choice: RegionChoice) -> RegionChoice:
    """Ask for the figures of a network though they take long, until another region is chosen."""
    if not any(clicks) or not ctx.triggered_id:  # the button has come, or gone
        raise PreventUpdate
    note("long job: region, compute anyway")
    return {**choice, "anyway": [*choice.get("anyway", ()), ctx.triggered_id["network"]]}


def follow(
    regions: RegionJobs, _clock: int | None, choice: RegionChoice | None, token: str, shown: dict[str, Any] | None
) -> tuple[Any, ...]:
    """How far the figures are; the results are sent only where a network was added to them."""
    if not choice:
        return (*[no_update] * 9,)
    try:
        asked = choice["pair"], choice["region"], choice["networks"], choice.get("anyway", ())
        if asked[-1]:
            require(Role.ANALYST)
        progress = regions.ask(token, *asked)
        found = finished_results(progress)
        now = {**choice, "finished": [each.network for each in found]}
        is_over = all(each.is_over for each in progress.values())
        results = [no_update] * 5 if shown == {**now, "isOver": is_over} else _results(regions, choice, found)
    except InputError as error:
        return (_alert(str(error)), True, *[no_update] * 7)
    links = parts.export_links(_words(choice, [each.network for each in found])) if found else None
    return parts.progress_bars(progress), is_over, {**now, "isOver": is_over}, *results, links


def _results(regions: RegionJobs, choice: RegionChoice, found: list[Any]) -> list[Any]:
    """Requirements, the table's rows and columns, pictures and findings."""
    if not found:
        return [None, [], [], None, None]
    pair, mask = regions.region(choice["pair"], choice["region"])
    reports = regions.reports(choice["pair"], choice["region"], found, ring_width(choice["ring"]))
    beside = standings(regions.service, choice["pair"])
    warnings = {name: each.warning for name, each in beside.items()}
    rows = figures.rows(reports, pair.names)
    return [
        parts.requirement_cards(reports, warnings),
        [{**row, "standing": beside[row["network"]].note} for row in rows],
        parts.column_definitions(pair.names),
        parts.picture_grid(found, reports, pair, mask, warnings),
        parts.finding_list(reports),
    ]


def _words(choice: RegionChoice, networks: list[str]) -> dict[str, str]:
    """A choice as words of an address, with ``networks`` in place of its own."""
    return {
        "pair": choice["pair"],
        "networks": ",".join(networks),
        "region": choice["region"],
        "ring": f"{choice['ring']:g}",
    }


def _alert(sentence: str) -> Any:
    return dmc.Alert(sentence, color="red", variant="light", withCloseButton=True, py=6) if sentence else None
