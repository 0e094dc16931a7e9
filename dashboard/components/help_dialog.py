"""Help on every page: a dialog with the keys and the glossary, and a hint for who comes for the first time.

js/viewer/help.js opens them. What has the attribute `TERM` opens the glossary at the term that it names.
"""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.definitions import DEFINITIONS, FILE_DEFINITIONS, MORE_DEFINITIONS

DIALOG, TITLE, KEYS, OPEN, CLOSE, HINT, HINT_CLOSE = (
    "help",
    "help-title",
    "help-keys",
    "help-open",
    "help-close",
    "help-hint",
    "help-hint-close",
)
TERM = "data-term"
STEPS = (
    "Point at a picture: every panel follows the pixel. A click pins it, arrow keys move it.",
    "Read on the Jacobian images which input pixels made it, and in the read-out by how much.",
    "Press ? at any time: all keys, and what every word means.",
)
"""What a first visitor is told."""


def term(shown: str, name: str) -> html.Button:
    """Words on a page that open the glossary at the term ``name``.

    Examples
    --------
    >>> term("Guidance", "Guidance images").className
    'term'
    """
    return html.Button(shown, type="button", className="term", **attributes(name))


def attributes(name: str) -> Any:
    """What makes an element open the glossary at the term ``name``, and tells so.

    Examples
    --------
    >>> attributes("Scatterplot")
    {'data-term': 'Scatterplot', 'title': 'What is meant by “Scatterplot”?'}
    """
    return {TERM: name, "title": f"What is meant by “{name}”?"}


def button() -> html.Button:
    """What opens the dialog."""
    named: Any = {"aria-label": "Help", "aria-haspopup": "dialog"}
    return html.Button("?", id=OPEN, type="button", className="help-open", title="Keys and words: ?", **named)


def dialog() -> html.Dialog:
    """The keys, which the browser fills in from its own table, and the glossary, a report's and the pages' own."""
    told = (*DEFINITIONS, *MORE_DEFINITIONS, *FILE_DEFINITIONS)
    words = [part for name, meaning in told for part in (html.Dt(name, tabIndex=-1), html.Dd(meaning))]
    head = [html.H2("Help", id=TITLE), html.Button("Close", id=CLOSE, type="button", title="Escape")]
    parts = [
        html.Section([html.H3("Keys"), html.Table(id=KEYS)]),
        html.Section([html.H3("What the words mean"), html.Dl(words)]),
    ]
    scrolled: Any = {"tabIndex": 0, "role": "group", "aria-label": "Keys and words"}  # by key, too
    named: Any = {"aria-labelledby": TITLE}  # Dash types no aria-*
    return html.Dialog(
        [html.Div(head, className="help-head"), html.Div(parts, className="help-parts", **scrolled)],
        id=DIALOG,
        className="help",
        **named,
    )


def hint() -> Component:
    """Three steps that stay until they are closed, and then never come again."""
    named: Any = {"aria-label": "First steps"}
    return html.Section(
        [
            html.Ol([html.Li(each) for each in STEPS]),
            html.Button("Got it", id=HINT_CLOSE, type="button"),
        ],
        id=HINT,
        className="help-hint",
        **named,
    )
