"""What stands beside every network's name where one is chosen: made for this modality, learned from this case."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import Dash, Input, Output, no_update

from dashboard.service.network_standing import NetworkStanding, standing, told_purpose
from dashboard.service.saliency_service import SaliencyService
from fusion import InputError

RENDERED = {"function": "networkOption"}
"""How ``assets/clientside.js`` shows an option of `options`: the name, and its note below."""


def register(app: Dash, service: SaliencyService, pair: str, networks: str, *, is_sent: bool = False) -> None:
    """Let the options of the choice ``networks`` tell how each network stands to the chosen ``pair``.

    ``is_sent``: they do so in the page as it is sent already.
    """
    app.callback(Output(networks, "data"), Input(pair, "value"), prevent_initial_call=is_sent)(
        partial(options, service)
    )


def options(service: SaliencyService, pair_id: str) -> Any:
    """What `offered` offers; unchanged where there is no such pair."""
    try:
        return offered(service, pair_id)
    except InputError:  # the page says so where it opens the pair
        return no_update


def offered(service: SaliencyService, pair_id: str) -> list[dict[str, Any]]:
    """Every network as an option, with how it stands to the pair; InputError where there is no such pair."""
    found, problems = standings(service, pair_id), service.network_pool.problems()
    return [
        {
            "value": name,
            "label": f"{name} — not installed" if name in problems else name,
            "disabled": name in problems,
            "note": each.note,
            "isWarning": bool(each.warning),
        }
        for name, each in found.items()
    ]


def standings(service: SaliencyService, pair_id: str) -> dict[str, NetworkStanding]:
    """How every network stands to the pair, by name; InputError where there is no such pair."""
    entry, pool = service.catalogue.entry(pair_id), service.network_pool
    return {name: standing(told_purpose(pool, name), entry) for name in pool.names()}
