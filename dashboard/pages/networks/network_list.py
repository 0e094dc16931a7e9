"""The list of networks on the Networks page: below each name, how the network stands to the pair."""

from __future__ import annotations

from functools import partial
from typing import Any

from dash import Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from dashboard.components import network_choice
from dashboard.pages.networks.layout import NETWORK, PAIR
from dashboard.service.saliency_service import SaliencyService


def register(app: Dash, service: SaliencyService) -> None:
    """Let the list follow the chosen pair."""
    app.callback(Output(NETWORK, "options"), Input(PAIR, "value"))(partial(network_options, service))


def network_options(service: SaliencyService, pair_id: str) -> Any:
    """Every network as a choice of the list; unchanged where there is no such pair."""
    found = network_choice.options(service, pair_id)
    if found is no_update:
        return no_update
    return [{"value": each["value"], "label": _label(each)} for each in found]


def _label(option: dict[str, Any]) -> Component:
    below = [html.Small("not installed")] if option["disabled"] else []
    note = html.Div(option["note"], className="standing warns" if option["isWarning"] else "standing")
    return html.Span([option["value"], *below, note])
