"""The pages of the dashboard: the navigation bar, and what stands on all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from flask import Flask, current_app, has_request_context, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from dashboard.access.roles import current, refusals
from dashboard.components import component_scripts, help_dialog, ids, javascript_modules
from dashboard.components.document import INDEX
from dashboard.settings import ASSETS

PATHS: Mapping[str, str] = {
    "Explore": "/",
    "Compare": "/compare",
    "Verdict": "/verdict",
    "Regions": "/regions",
    "Cohort": "/cohort",
    "Networks": "/networks",
}
"""Title and address of every page, in the navigation bar's order."""
MOVED: Mapping[str, str] = {"/questions": "/verdict"}
"""Addresses that pages had before, which links still have, and where each is now."""


_REFUSALS = Markup('<meta name="fusevis-refusals" content="{}">')


@dataclass(frozen=True)
class Page:
    """One page: its title in the navigation bar, what makes its content for each visitor, what joins it later.

    ``menus`` are further folders of JavaScript, besides the page's own, of which it calls something. ``asked``
    makes its content as the parameters of an address ask for it; without, callbacks of the page see to that.
    """

    title: str
    content: Callable[[], Component]
    later: Callable[[], Sequence[Component]] = tuple
    menus: tuple[str, ...] = ()
    asked: Callable[[str], Component] | None = None

    @property
    def path(self) -> str:
        """The address under which it is served."""
        return PATHS[self.title]

    @property
    def modules(self) -> tuple[str, ...]:
        """The JavaScript modules that Dash calls on it, as ``assets/clientside.js`` finds them."""
        folders = ("cases", f"pages/{self.title.lower()}", *self.menus)
        shared = ("data/lost_opening.js", "components/sign_out.js", "viewer/help.js")
        return (*shared, *(f"{folder}/callbacks.js" for folder in folders))


def install(app: Dash, pages: Sequence[Page], beside: Sequence[Component] = ()) -> None:
    """Let ``app`` show each page under its address, the first one everywhere else; ``beside`` stands on all."""
    body = html.Div(id=ids.PAGE)
    provider = dmc.MantineProvider(
        [dcc.Location(id=ids.PATH, refresh=False), *beside, body],
        id=ids.PROVIDER,
        forceColorScheme="dark",
        theme=_theme(),
    )
    app.layout = provider
    app.index_string = INDEX
    parts = {page: (page.content(), *page.later()) for page in pages}
    everything = [part for page in pages for part in parts[page]]
    # Everything that can come to stand on the page. A browser would check the callbacks' ids by it at each
    # opening, for which it would be sent all pages; tests do.
    app.validation_layout = html.Div([provider, *everything])  # type: ignore[assignment]  # Dash declares None
    app.config.suppress_callback_exceptions = True
    by_path = {page.path: page for page in pages}
    prefix = str(app.config.requests_pathname_prefix).rstrip("/")

    def page_at(path: str) -> Page:
        return by_path.get(path.rstrip("/") or "/", pages[0])

    def show(path: str | None, query: str | None) -> Component:
        page = page_at((path or "").removeprefix(prefix))
        return page.asked(query or "") if page.asked else page.content()

    used = {page: component_scripts.libraries([provider, *parts[page]]) for page in pages}
    _fill_head(app, used, page_at)
    _redirect(app.server)
    app.callback(Output(ids.PAGE, "children"), Input(ids.PATH, "pathname"), State(ids.PATH, "search"))(show)


def _fill_head(app: Dash, used: Mapping[Page, Collection[str]], page_at: Callable[[str], Page]) -> None:
    """Name a page's modules in its head, and what its reader may not do, for js/components/refusals.js.

    ``used`` are the component libraries of each page.
    """
    links = {page: javascript_modules.preload(ASSETS, page.modules, app.get_asset_url) for page in used}
    plain = app.interpolate_index

    def of_the_page(css: str = "", metas: str = "", scripts: str = "", **parts: Any) -> Any:
        page = page_at(request.path)
        told = _REFUSALS.format(json.dumps(refusals())) if current().name else ""
        scripts = component_scripts.needed(scripts, used[page])
        return plain(css=f"{css}\n{links[page]}", metas=f"{metas}\n{told}", scripts=scripts, **parts)

    app.interpolate_index = of_the_page  # type: ignore[assignment, method-assign]  # as Dash says to


def _redirect(server: Flask) -> None:
    """Answer under the addresses that pages had before with where they are now, their words kept."""
    for before, now in MOVED.items():

        def moved(now: str = now) -> Response:
            query = request.query_string.decode("utf-8", "replace")
            return redirect(relative(now) + f"?{query}" * bool(query), 308)

        server.add_url_rule(before, f"moved{before}", moved)


def navigation_bar(title: str) -> html.Nav:
    """The way to the other pages; clientside.js lets the pair, the pixel and the theme go along."""
    here: Any = {"className": "here", "aria-current": "page"}  # Dash types no aria-*
    links = [html.A(name, href=relative(path), **(here if name == title else {})) for name, path in PATHS.items()]
    named: Any = {"aria-label": "Pages"}
    parts = [html.H1("FuseVis", className="title"), *links, *_help(), *_account()]
    return html.Nav(parts, className="navigation", **named)


def relative(path: str) -> str:
    """A page's address as a link on another page has it, whatever prefix a proxy puts before all of them.

    Examples
    --------
    >>> relative("/compare"), relative("/")
    ('compare', './')
    """
    return path.removeprefix("/") or "./"


def _account() -> list[Component]:
    """Who has signed in, and the way out, which js/components/sign_out.js takes; nothing without sign-on."""
    who = current()
    if not who.name:
        return []
    held = ", ".join(sorted(each.value for each in who.roles))
    out: list[Component] = []
    if has_request_context() and "sign-out" in current_app.view_functions:
        out = [html.Button("Sign out", type="button", className="sign-out")]
    return [html.Span(who.name, className="account", title=f"Signed in as {who.name}: {held}"), *out]


def _help() -> list[Component]:
    return [help_dialog.button(), help_dialog.dialog(), help_dialog.hint()]


def footer(*between: Component) -> html.Footer:
    """The permanent last line, with a page's own buttons in its middle."""
    return html.Footer(
        [
            html.Span("Research use only. Not for diagnosis."),
            *between,
            html.Span("Nothing on this page leaves this server.", className="quiet"),
        ]
    )


def exposed_note() -> html.P:
    """What the log warns of where other computers can reach the page, in the place of the footer's last words."""
    told = "No password: every computer that reaches this address can open this page and its pictures."
    return html.P(told, className="exposed-note", role="note")


def alert(sentence: str) -> dmc.Alert | None:
    """A sentence that announces itself and can be closed; nothing where there is none."""
    if not sentence:
        return None
    return dmc.Alert(sentence, color="red", variant="light", withCloseButton=True, py=6)


def _theme() -> dict[str, object]:
    return {
        "fontFamily": "system-ui, 'Segoe UI', Roboto, sans-serif",
        "primaryColor": "cyan",
        "primaryShade": 9,  # white letters on it have a contrast of 5.6
        "defaultRadius": "sm",
    }
