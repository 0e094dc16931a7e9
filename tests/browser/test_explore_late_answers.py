"""Explore in a real browser: answers that are late or lost, and views that were left meanwhile."""

from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest

import saliency
from dashboard.imaging.encoding import to_bytes
from tests.support.explore_checks import (
    NETWORK,
    PAIR,
    START,
    WINDOW,
    check_readout,
    expected_readout,
    until,
)


def hold(page, store, most=1):
    """Requests that a store caused, the first ``most`` of them, held back until they are let go."""
    held = []

    def keep(route):
        if f'"{store}.data"' in (route.request.post_data or "") and len(held) < most:
            return held.append(route)
        return route.continue_()

    page.page.route("**/_dash-update-component*", keep)
    return held


def quick(page):
    """Ask again for what is lost after a fraction of a second instead of many."""
    page.page.evaluate("Object.assign(FuseVis.pace.pace, { late: 400, later: 400 })")


def is_of(page, world, network, pixel):
    """Control, caption, pixels, read-out, scatterplot and address are all of one network."""
    until(page, lambda: page.words()["network"] == network)
    # The address names a choice before its view is there: until then the old view may be whole.
    until(page, lambda: page.page.locator("#fused-name").inner_text() == f"Fused, {network}")
    page.shows(pixel)
    page.sharp()
    page.settled()
    assert page.page.locator("input#network").input_value() == network
    fused = saliency.fused_image(world.networks[network], world.pairs[PAIR])
    places = [(r, c) for r in range(1, 12, 3) for c in range(1, 12, 3)]
    shown = page.at_pixels("fused", places).astype(int)
    expected = [np.full(3, to_bytes(fused)[each]) for each in places]
    assert np.abs(shown - expected).max() <= 1
    check_readout(page, expected_readout(world, network, pixel))


@pytest.mark.parametrize("times", [1, 2])
def test_a_choice_that_is_changed_back_before_it_is_answered_is_kept(at_start, world, times):
    held = []

    def keep(route):
        return held.append(route) if "Weighted+Averaging" in route.request.url else route.continue_()

    at_start.page.route("**/explore/view*", keep)
    for _ in range(times):
        waiting = len(held)
        at_start.choose("network", "Weighted Averaging")
        until(at_start, lambda waiting=waiting: len(held) > waiting)
        at_start.choose("network", NETWORK)
        until(at_start, lambda: at_start.page.locator("input#network").input_value() == NETWORK)
    for route in held:
        route.continue_()
    is_of(at_start, world, NETWORK, (30, 28))


def test_a_choice_whose_answer_comes_while_it_is_changed_back_is_changed_back(at_start, world):
    """The browser had the view before when it asked for it again, and the other one on its way."""
    at_start.choose("network", "Weighted Averaging")
    at_start.page.locator("#fused-name").get_by_text("Weighted Averaging").wait_for()
    asked = []
    at_start.page.route("**/explore/view*", lambda route: (asked.append(route.request.url), route.continue_())[1])
    at_start.choose("network", NETWORK)
    is_of(at_start, world, NETWORK, (30, 28))
    words = [parse_qs(urlsplit(each).query) for each in asked]
    assert words
    assert all(set(each) == {"pair", "network", "side"} for each in words), "the answer depends on what was shown"


def test_a_scatterplot_that_never_came_is_asked_for_again(alone, world):
    held = hold(alone, "scatter-view")
    alone.open(**START)
    quick(alone)
    until(alone, lambda: held)
    held[0].fulfill(status=500, body="")
    is_of(alone, world, NETWORK, (30, 28))


def test_a_scatterplot_that_takes_long_is_waited_for(alone, world):
    """Asking again gives up what was asked before: each wait has to be longer than the last."""
    alone.page.add_init_script(
        """exposed.then(() => { FuseVis.pace.pace.late = 400; });
        window.addEventListener("DOMContentLoaded", () => {
          const plain = window.fetch;
          window.asked = 0;
          window.fetch = async (address, options) => {
            const answer = await plain(address, options);
            if (String(options?.body).includes('"scatter-view.data"')) {
              window.asked += 1;
              await new Promise((resolve) => { setTimeout(resolve, 1000); });
            }
            return answer;
          };
        });"""
    )
    alone.open(**START)
    is_of(alone, world, NETWORK, (30, 28))
    assert alone.page.evaluate("window.asked") >= 2, "it was asked for once only: the test shows nothing"
    assert alone.console == []


@pytest.mark.parametrize("store", ["commit", "scatter-pixel"])
def test_a_lost_answer_at_rest_is_asked_for_again(alone, world, store):
    alone.open(**START)
    alone.sharp()
    quick(alone)
    held = hold(alone, store)
    alone.hover("first", (12, 50))
    until(alone, lambda: held)
    held[0].abort()
    is_of(alone, world, NETWORK, (12, 50))


def test_a_first_pixel_that_comes_after_guidance_brings_everything(alone, world):
    """Guidance is at hand where somebody has looked before; a busy machine's first pixel takes longer."""
    held = []
    alone.page.route("**/explore/jacobian*", lambda route: held.append(route))
    alone.page.goto(f"{alone.address}/?{urlencode(START)}")
    until(alone, lambda: held)
    alone.page.wait_for_function(
        "() => FuseVis.explore.shown().guidance?.isComplete && !document.querySelector('.explore.sharpening')"
    )
    # Longer than the pause after which a pixel is committed: timers of a page fire in order.
    alone.page.evaluate("new Promise((done) => { setTimeout(done, 3 * FuseVis.viewer.REST); })")
    assert alone.pixel is None
    held[0].continue_()
    alone.page.unroute_all()
    is_of(alone, world, NETWORK, (30, 28))
    assert alone.console == []


def test_guidance_comes_although_its_requests_fail_at_first(alone, world):
    failed = []

    def refuse(route):
        if len(failed) < 2:
            failed.append(route.request.url)
            return route.fulfill(status=500, body="")
        return route.continue_()

    alone.page.route("**/explore/guidance*", refuse)
    alone.open(**START)
    is_of(alone, world, NETWORK, (30, 28))
    assert len(failed) == 2


def test_a_scatterplot_of_a_view_that_was_left_is_not_shown(at_start, world):
    held = hold(at_start, "scatter-view")
    at_start.choose("network", "Weighted Averaging")
    until(at_start, lambda: held)
    at_start.choose("network", NETWORK)
    at_start.page.locator("#fused-name").get_by_text(NETWORK).wait_for()
    held[0].continue_()
    is_of(at_start, world, NETWORK, (30, 28))
    first = at_start.page.evaluate("document.querySelector('#scatter .js-plotly-plot').data[1].x[0]")
    G = saliency.guidance(world.networks[NETWORK], world.pairs[PAIR])
    assert first == pytest.approx(float(G.first[30, 28]), abs=1e-5)


OTHER = "Weighted Averaging"
MARK = "document.querySelector('#scatter .js-plotly-plot').data[1].x[0]"
OF_OTHER = {"pair": PAIR, "network": OTHER, "row": 30, "col": 28, "window": WINDOW}


def test_late_marks_of_a_view_that_was_left_are_covered(at_start, world):
    held = hold(at_start, "scatter-pixel")
    at_start.hover("first", (12, 50))
    until(at_start, lambda: held)
    at_start.choose("network", OTHER)
    at_start.page.locator("#fused-name").get_by_text(OTHER).wait_for()
    is_of(at_start, world, OTHER, (12, 50))
    at_start.page.evaluate(
        """() => {
          const canvas = document.getElementById("scatter-live");
          window.isCovered = false;
          const look = () => { window.isCovered ||= !canvas.hidden; };
          new MutationObserver(look).observe(canvas, { attributes: true });
        }"""
    )
    held[0].continue_()
    at_start.settle_on("window.isCovered")
    is_of(at_start, world, OTHER, (12, 50))
    G = saliency.guidance(world.networks[OTHER], world.pairs[PAIR])
    assert at_start.page.evaluate(MARK) == pytest.approx(float(G.first[12, 50]), abs=1e-5)


def test_the_figure_of_the_view_before_is_not_uncovered_for_the_new_one(at_start, world):
    """That the server has drawn a figure is known before it stands on the page."""
    held = hold(at_start, "scatter-view")
    at_start.choose("network", OTHER)
    until(at_start, lambda: held)
    at_start.page.evaluate("(drawn) => FuseVis.scatterFigure.take(drawn)", OF_OTHER)
    assert at_start.page.locator("#scatter .main-svg").count()
    assert not at_start.page.evaluate("document.getElementById('scatter-live').hidden")
    held[0].continue_()
    is_of(at_start, world, OTHER, (30, 28))
    G = saliency.guidance(world.networks[OTHER], world.pairs[PAIR])
    assert at_start.page.evaluate(MARK) == pytest.approx(float(G.first[30, 28]), abs=1e-5)


def test_figures_of_another_window_are_not_taken_for_this_ones(at_start):
    correlation = at_start.page.locator("#readout-correlation")
    before = correlation.inner_text()
    late = {"pair": PAIR, "network": NETWORK, "row": 30, "col": 28, "window": WINDOW + 10, "correlation": None}
    at_start.page.evaluate("(found) => FuseVis.commits.settle(found)", late)
    assert correlation.inner_text() == before
    at_start.page.evaluate("(found) => FuseVis.commits.settle(found)", {**late, "window": WINDOW})
    assert correlation.inner_text() != before, "an answer of this window changes nothing: the test shows nothing"


def test_colours_switched_on_and_off_again_leave_the_pictures_grey(at_start):
    for _ in range(2):
        at_start.switch("Colour")
    at_start.settle_on("!FuseVis.explore.state.color")
    at_start.settled()
    second = at_start.at_pixels("second", [(r, c) for r in range(1, 12, 3) for c in range(1, 12, 3)]).astype(int)
    assert np.ptp(second, axis=1).max() == 0
