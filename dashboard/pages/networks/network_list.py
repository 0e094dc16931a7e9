"""The list of networks on the Networks page: below each name, how the network stands to the pair."""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, html, no_update

from dashboard.components import controls, network_choice
from dashboard.components.unbroken_words import unbroken
from dashboard.pages.networks.layout import NETWORK, PAIR
from dashboard.service.saliency_service import SaliencyService


def register(app: Dash, service: SaliencyService) -> None:
    """Let the list follow the chosen pair."""
    app.callback(Output(NETWORK, "children"), Input(PAIR, "value"))(partial(network_options, service))


def network_options(service: SaliencyService, pair_id: str) -> Any:
    """Every network as a choice of the list; unchanged where there is no such pair."""
    found = network_choice.options(service, pair_id)
    return found if found is no_update else dmc.Stack([_choice(each) for each in found], gap=2)


def _choice(option: dict[str, Any]) -> dmc.Radio:
    below = ["not installed · "] if option["disabled"] else []
    note = html.Span(
        [*below, *unbroken(option["note"])], className="standing warns" if option["isWarning"] else "standing"
    )
    return dmc.Radio(value=option["value"], label=option["value"], description=note, size=controls.SIZE)
