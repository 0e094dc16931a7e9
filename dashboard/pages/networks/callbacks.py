"""What the Networks page asks of the server: cards, curves, receptive fields."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from dashboard.access.audited import note
from dashboard.access.guard import require
from dashboard.access.roles import Role
from dashboard.components import ids, url_state
from dashboard.imaging import downsampling
from dashboard.jobs.background_cache import ComputationFailedError
from dashboard.pages.networks import layout as page
from dashboard.pages.networks import network_list
from dashboard.pages.networks.examination_table import NOT_EXAMINED, examination_table
from dashboard.pages.networks.layout import NetworksState
from dashboard.pages.networks.model_card import Curve, ModelCard, Section, curve_sentence, curves, model_card
from dashboard.pages.networks.network_plots import curves_figure, field_figure, key
from dashboard.pages.networks.own_card import own_card
from dashboard.service.cost import Cost
from dashboard.service.network_pool import NetworkPool
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from saliency import Locality

Fields = dict[str, Locality]
"""Receptive fields that are measured, by network."""


def register(app: Dash, service: SaliencyService, default: NetworksState) -> None:
    """Wire the page's callbacks to ``app``."""
    app.callback(
        Output(page.PAIR, "value"),
        Output(page.NETWORK, "value"),
        Output(page.SORT, "value"),
        Output(page.SCALE, "value"),
        Output(page.COLORMAP, "value"),
        Output(page.THEME, "checked"),
        Output(page.PROBLEM, "children"),
        Output(page.START, "data"),
        Input(page.ADDRESS, "search"),
    )(partial(restore, service, default))
    network_list.register(app, service)
    app.callback(
        Output(page.CARD, "children"),
        Output(page.CURVES, "figure"),
        Output(page.CURVES_TEXT, "children"),
        Output(page.CURVES_FRAME, "aria-label"),
        Output(page.CURVES_FRAME, "hidden"),
        Input(page.NETWORK, "value"),
    )(partial(show_card, service))
    app.callback(
        Output(page.FIELD, "figure"),
        Output(page.FIELD_KEY, "children"),
        Output(page.FIELD_TEXT, "children"),
        Output(page.COST, "children"),
        Output(page.FIELD_STATE, "data"),
        Input(page.PAIR, "value"),
        Input(page.NETWORK, "value"),
        Input(page.FIELD_TICK, "data"),
        State(page.FIELD_STATE, "data"),
    )(partial(show_field, service))
    app.callback(
        Output(page.EXAMINATION, "children"),
        Output(page.EXAMINE, "hidden"),
        Output(page.EXAMINATION_STATE, "data"),
        Input(page.NETWORK, "value"),
        Input(page.EXAMINATION_TICK, "data"),
        Input(page.EXAMINE, "n_clicks"),
        State(page.EXAMINATION_STATE, "data"),
    )(partial(show_examination, service))
    in_browser = partial(ClientsideFunction, "networks")
    app.clientside_callback(
        in_browser("configure"),
        Output(ids.PROVIDER, "forceColorScheme", allow_duplicate=True),
        Input(page.PAIR, "value"),
        Input(page.NETWORK, "value"),
        Input(page.SORT, "value"),
        Input(page.SCALE, "value"),
        Input(page.COLORMAP, "value"),
        Input(page.THEME, "checked"),
        Input(page.START, "data"),
        State(page.TABLES, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(in_browser("again"), Input(page.FIELD_STATE, "data"))
    app.clientside_callback(in_browser("examined"), Input(page.EXAMINATION_STATE, "data"))


def restore(service: SaliencyService, default: NetworksState, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for."""
    state, problems = url_state.read(query or "", default, page.PARSERS)
    state, more = _known(service, state, default)
    sentence = " ".join((*problems, *more))
    alert = dmc.Alert(sentence, color="red", variant="light", withCloseButton=True, py=6) if sentence else None
    start = {name: asdict(state)[name] for name in ("pair", "network", "view", "item")}
    return state.pair, state.network, state.sort, state.scale, state.colormap, state.light, alert, start


def _known(
    service: SaliencyService, state: NetworksState, default: NetworksState
) -> tuple[NetworksState, list[str]]:
    """What of ``state`` is here; a network that is not installed has its card."""
    problems = []
    if absent := service.catalogue.why_absent(state.pair):
        problems.append(absent)
        state = replace(state, pair=default.pair)
    try:
        state = replace(state, network=service.network_pool.name_of(state.network))
    except InputError as error:
        problems.append(str(error))
        state = replace(state, network=default.network)
    return state, problems


def show_card(service: SaliencyService, network: str) -> tuple[Any, ...]:
    """The card of a network and the curves of its training."""
    found, card = _known_of(service.network_pool, network)
    sentence = curve_sentence(found, card.name) or "There is no record of a training."
    return page.facts(card), curves_figure(found, card.name), sentence, sentence, not found


def _known_of(pool: NetworkPool, network: str) -> tuple[tuple[Curve, ...], ModelCard]:
    """The curves of a network's training and its card; of a brought one there is no record."""
    if network in pool.own:
        return (), own_card(pool, network)
    return curves(network, pool.folder), model_card(network, pool.folder, pool.problems().get(network, ""))


def show_field(
    service: SaliencyService, pair_id: str, network: str, tick: int | None, before: dict[str, Any] | None
) -> tuple[Any, ...]:
    """Receptive fields as far as they are measured; the browser asks again until all are."""
    del tick  # only that time has passed
    try:
        pair = service.catalogue.pair(pair_id)
    except InputError as error:
        return no_update, no_update, str(error), [], {"waiting": False}
    fields, missing, failures = _measured(service, network)
    cost = _cost(service, pair_id, network) if network in fields else None
    is_known = network in service.network_pool.problems() or network in failures or cost is not None
    state = {"waiting": bool(missing) or not is_known, "pair": pair_id, "network": network, "known": list(fields)}
    same = before is not None and all(before.get(each) == state[each] for each in ("pair", "network", "known"))
    figure = no_update if same else _figure(pair, fields, network)
    told_cost = page.section(Section("Cost", _costs(service, pair_id, network, fields, cost)))
    sentence = failures.pop(network, "") or _field_sentence(network, fields, missing)
    sentence = " ".join([sentence, *failures.values()])
    return figure, page.key(key(fields), network), sentence, told_cost, state


def show_examination(
    service: SaliencyService, network: str, tick: int | None, clicks: int | None, before: dict[str, Any] | None
) -> tuple[Any, ...]:
    """The examination as far as it is. One's own network is examined once it is looked at, others when asked."""
    del tick  # only that time has passed
    if network in service.network_pool.problems():
        return [], True, {"waiting": False, "clicks": clicks}
    is_clicked = clicks != (before or {}).get("clicks")
    if is_clicked:
        require(Role.MODEL_ADMIN)
        note("long job: examination")
    is_wanted = is_clicked or network in service.network_pool.own
    found = (service.examinations.ask if is_wanted else service.examinations.look)(network)
    shown = examination_table(found) if found else [html.P(NOT_EXAMINED, className="net-note")]
    return shown, found is not None, {"waiting": bool(found and found.doing), "clicks": clicks}


def _measured(service: SaliencyService, network: str) -> tuple[Fields, list[str], dict[str, str]]:
    """What is measured of all networks that can be used, which are not yet, and why some cannot be.

    One is begun at a time, the chosen one first: other pages need not wait for all of them.
    """
    problems = service.network_pool.problems()
    here = [name for name in service.network_pool.names() if name not in problems]
    found: dict[str, Locality | str | None] = {}
    for name in sorted(here, key=lambda name: name != network):
        found[name] = _reach(service, name, may_begin=None not in found.values())
    return (
        {name: reach for name in here if isinstance(reach := found[name], Locality)},
        [name for name in here if found[name] is None],
        {name: why for name, why in found.items() if isinstance(why, str)},
    )


def _reach(service: SaliencyService, name: str, *, may_begin: bool) -> Locality | str | None:
    """How far a network sees, None while that is not measured, or why it cannot be."""
    if not may_begin and not service.network_pool.is_measured(name):
        return None
    try:
        return service.reach(name)
    except ComputationFailedError as error:
        return str(error)


def _cost(service: SaliencyService, pair_id: str, network: str) -> Cost | str | None:
    """What asking the network costs, None while that is found out, or why it cannot be."""
    try:
        return service.cost(pair_id, network)
    except ComputationFailedError as error:
        return str(error)


def _figure(pair: ImagePair, fields: Fields, network: str) -> Any:
    step = downsampling.step_for(pair.shape, downsampling.FIGURE_SIDE, pair.aspect)
    return field_figure(downsampling.mean(pair.first, step), step, pair.shape, fields, network, pair.aspect)


def _field_sentence(network: str, fields: Fields, missing: list[str]) -> str:
    """What is known of the chosen network's receptive field, and what is still measured."""
    waits = [] if network in missing or not missing else [f"Still being measured: {', '.join(missing)}."]
    if network in missing:
        return f"Measuring how far {network} sees, once for these weights; this can take a minute."
    if network not in fields:
        return " ".join(["Nothing can be measured of a network that is not installed.", *waits])
    found = fields[network]
    if not found.is_local:
        return " ".join([found.reason, *waits])
    side, grid = 2 * found.radius + 1, f", on a grid of stride {found.stride}" if found.stride > 1 else ""
    sentence = (
        f"A fused pixel depends on {side} × {side} input pixels, radius {found.radius}{grid}. Local: a crop of "
        "that size gave the values and gradients of the full image (checked in float64)."
    )
    return " ".join([sentence, *waits])


def _costs(
    service: SaliencyService, pair_id: str, network: str, fields: Fields, cost: Cost | str | None
) -> list[tuple[str, str]]:
    if network not in fields:
        return []
    if cost is None:
        return [("being counted", "multiplications, passes, seconds")]
    if isinstance(cost, str):
        return [("multiplications, passes, seconds", cost)]
    time = (
        "computed on the full image"
        if cost.milliseconds is None
        else f"{cost.milliseconds:.1f} ms, on this computer"
    )
    return [
        ("multiplications a fused pixel", f"{cost.multiplications:,.0f} in convolutions and matrix products"),
        ("one Jacobian", time),
        ("guidance images of this pair", f"{service.passes(pair_id, network):,} backward passes"),
    ]
