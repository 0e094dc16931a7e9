"""Explore in a real browser: images shown in blocks, fetched again when the panels' size changes."""

import pytest

from dashboard.imaging import downsampling
from dashboard.settings import ASSETS
from tests.support.explore_checks import until

VIEW = {"pair": "cases/wide", "network": "Weighted Averaging", "window": 11}
SMALL, LARGE = 20, 40
"""Sides of a panel for which one pixel stands for 4 × 4 and for 2 × 2 pixels of the image of 48 × 72."""
RECORD = f"window.side = {SMALL}; window.steps = [];"
SIDE = "export const largestSide = () => window.side;"
"""In place of the module that measures the panels."""
SHOWN = ("show(arrays, about,", "window.steps.push(about.step), show(arrays, about,")
"""Where guidance is handed to the page, and the same recorded."""


def record(page):
    """Panels of a size that the test chooses, and what is shown of guidance recorded."""
    page.add_init_script(RECORD)
    page.route("**/viewer/panel_size.js", lambda route: route.fulfill(body=SIDE, content_type="text/javascript"))
    plain = (ASSETS / "js" / "data" / "guidance_requests.js").read_text("utf-8")
    assert SHOWN[0] in plain
    recorded = plain.replace(*SHOWN)
    page.route(
        "**/guidance_requests.js", lambda route: route.fulfill(body=recorded, content_type="text/javascript")
    )


@pytest.fixture
def large(alone, monkeypatch):
    """A page of the test's own, whose server takes every image for a large one."""
    monkeypatch.setattr(downsampling, "WHOLE", 1)
    record(alone.page)
    yield alone
    alone.page.unroute_all()


def resize(page, side, height=800):
    page.page.evaluate("(side) => { window.side = side; }", side)
    page.page.set_viewport_size({"width": 1280, "height": height})


def test_guidance_for_the_old_size_is_not_shown_after_the_new_one_is_fetched(large):
    held = {SMALL: [], LARGE: []}

    def keep(route):
        for side, routes in held.items():
            if f"side={side}" in route.request.url and not routes:
                return routes.append(route)
        return route.continue_()

    large.page.route("**/explore/guidance*", keep)
    large.open(**VIEW)
    until(large, lambda: held[SMALL])
    resize(large, LARGE)
    until(large, lambda: held[LARGE])
    with large.page.expect_response(lambda answer: f"side={SMALL}" in answer.url) as old:
        held[SMALL][0].continue_()
    old.value.finished()
    held[LARGE][0].continue_()
    large.settle_on("window.steps.includes(2)")
    large.sharp()
    assert set(large.page.evaluate("window.steps")) == {2}
    assert {words["side"] for words in large.asked("guidance")[1:]} == {str(LARGE)}
    assert large.console == []


def test_a_size_that_changes_after_a_failed_fetch_refines_nothing(large):
    large.open(**VIEW)
    large.sharp()
    large.page.route("**/explore/view*", lambda route: route.abort())
    resize(large, LARGE)
    large.page.wait_for_selector(".explore.failed")
    assert large.state["step"] == 1
    resize(large, SMALL, height=900)
    # Longer than the pause after which a size is taken as chosen: timers of a page fire in order.
    large.page.evaluate(
        """new Promise((done) => {
          requestAnimationFrame(() => requestAnimationFrame(() => { setTimeout(done, 600); }));
        })"""
    )
    assert not [each for each in large.console if "TypeError" in each]
