"""From when on are a page's requests held? From the moment that ``page.route`` returns."""

from __future__ import annotations

from playwright.sync_api import Page, Route

MARK = "held=1"
IS_HELD = f"""() => fetch("/live?{MARK}").then((answer) => answer.status === 204)"""


def holds_at_once(page: Page) -> None:
    """Let ``page.route`` return once the page's requests do go that way.

    Chromium says that it holds them before the page's own process knows: what a busy machine's page asks for in
    that moment is neither held nor told of.
    """
    route = page.route

    def route_at_once(url: object, handler: object) -> None:
        route(url, handler)  # type: ignore[arg-type]
        if page.url.startswith("http"):
            route(f"**/live?{MARK}", _answer)
            while not page.evaluate(IS_HELD):
                pass
            page.unroute(f"**/live?{MARK}", _answer)

    page.route = route_at_once  # type: ignore[assignment,method-assign]


def _answer(route: Route) -> None:
    route.fulfill(status=204)
