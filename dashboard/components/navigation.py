"""The pages of the dashboard: the navigation bar, and what stands on all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components import ids

PATHS: Mapping[str, str] = {
    "Explore": "/",
    "Compare": "/compare",
    "Questions": "/questions",
    "Regions": "/regions",
    "Networks": "/networks",
}
"""Title and address of every page, in the navigation bar's order."""


@dataclass(frozen=True)
class Page:
    """One page: its title in the navigation bar, what makes its content for each visitor, what joins it later."""

    title: str
    content: Callable[[], Component]
    later: Callable[[], Sequence[Component]] = tuple

    @property
    def path(self) -> str:
        """The address under which it is served."""
        return PATHS[self.title]


def install(app: Dash, pages: Sequence[Page]) -> None:
    """Let ``app`` show each page under its address; the first one everywhere else."""
    body = html.Div(id=ids.PAGE)
    provider = dmc.MantineProvider(
        [dcc.Location(id=ids.PATH, refresh=False), body], id=ids.PROVIDER, forceColorScheme="dark", theme=_theme()
    )
    app.layout = provider
    everything = [part for page in pages for part in (page.content(), *page.later())]
    # Callbacks are checked against everything that can come to stand on the page.
    app.validation_layout = html.Div([provider, *everything])  # type: ignore[assignment]  # Dash declares None
    contents = {page.path: page.content for page in pages}

    def show(path: str | None) -> Component:
        return contents.get((path or "/").rstrip("/") or "/", pages[0].content)()

    app.callback(Output(ids.PAGE, "children"), Input(ids.PATH, "pathname"))(show)


def navigation_bar(title: str) -> html.Nav:
    """The way to the other pages; js/components/navigation.js lets the pair, the pixel and the theme go along."""
    here: Any = {"className": "here", "aria-current": "page"}  # Dash types no aria-*
    links = [html.A(name, href=path, **(here if name == title else {})) for name, path in PATHS.items()]
    return html.Nav([html.H1("FuseVis", className="title"), *links], className="navigation")


def footer(*between: Component) -> html.Footer:
    """The permanent last line, with a page's own buttons in its middle."""
    return html.Footer(
        [
            html.Span("Research use only. Not for diagnosis."),
            *between,
            html.Span("Nothing on this page leaves this server.", className="quiet"),
        ]
    )


def alert(sentence: str) -> dmc.Alert | None:
    """A sentence that announces itself and can be closed; nothing where there is none."""
    if not sentence:
        return None
    return dmc.Alert(sentence, color="red", variant="light", withCloseButton=True, py=6)


def _theme() -> dict[str, object]:
    return {
        "fontFamily": "system-ui, 'Segoe UI', Roboto, sans-serif",
        "primaryColor": "cyan",
        "defaultRadius": "sm",
    }
