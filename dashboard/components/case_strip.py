"""The case browser: a strip at the left of every page, filled and moved by ``assets/js/cases``.

A click, a key or the wheel sets the page's own choice of a pair. Whatever changes that choice, the strip follows:
it marks the pair, tells how the networks in view stand to it, and lets the server open what comes next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, html

from dashboard.service.drops import DropLimits

STRIP = "case-strip"
CHANGE = "pair-change"
ORIGIN = "slice-origin"


def strip(pairs: Sequence[str], limits: DropLimits | None = None) -> html.Aside:
    """The strip, still empty; ``pairs`` are the ids under which the pages choose a pair, one of which is there.

    Pictures can be dropped on it within ``limits``; on None they cannot.
    """
    told: Any = {"aria-label": "Cases", "data-controls": " ".join(pairs)}  # Dash types no aria-* and no data-*
    if limits is not None:
        told |= {f"data-{name}": getattr(limits, name) for name in ("files", "size", "lasts")}
    return html.Aside(id=STRIP, className="strip", **told)


def change_bar() -> html.Div:
    """Where a pair that is moved or scaled otherwise is said to be so, on every page; empty where none is."""
    told: Any = {"aria-label": "Changed pair"}
    return html.Div(id=CHANGE, className=CHANGE, role="status", hidden=True, **told)


def origin_bar() -> html.Div:
    """Where every page says how a slice of volumes was read; empty for other pairs."""
    told: Any = {"aria-label": "How the slice was read"}
    return html.Div(id=ORIGIN, className=ORIGIN, role="region", hidden=True, **told)


def register(app: Dash, choices: Sequence[tuple[str, str]], sent: Mapping[str, str]) -> None:
    """Let the strip follow each page's choices: the ids of its pair and of its network or networks.

    What these offer is made in the browser: cases, slices about the one that is shown, and what is searched. A
    changed pair is offered beside the pair that it was made of. ``sent`` has, by the id of its pair, a store of
    each page whose choices are made as it is sent: Dash calls what has no output for changes alone, and the
    store's coming is one.
    """
    in_browser = partial(ClientsideFunction, "cases")
    for pair, networks in choices:
        begun = [Input(sent[pair], "modified_timestamp")] if pair in sent else []
        # Dash tells callbacks without output apart by their inputs: a page has its own on the same, turned round.
        app.clientside_callback(in_browser("follow"), Input(networks, "value"), Input(pair, "value"), *begun)
        app.clientside_callback(
            in_browser("offered"),
            Output(pair, "data"),
            Input(pair, "value"),
            Input(pair, "searchValue"),
        )
