"""Jacobians that take long, in a browser: asked for by a click or by resting, told of, given up."""

from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from dashboard.server.messages import packed
from tests.support.explore_checks import START, until
from tests.support.hatching import hatched

MEANT, NEXT = (20, 40), (30, 50)
NOTE = ".awaited:not([hidden])"


@pytest.fixture
def slow(alone):
    """Explore, opened; from now on its server says of every Jacobian that it takes 12 s, until it is released."""
    alone.page.add_init_script("window.WebSocket = undefined;")  # what the page asks can be held back
    alone.open(**START)
    alone.released = False
    alone.at_hand = None  # a pixel whose Jacobian takes no time
    key = alone.page.evaluate("FuseVis.explore.shown().view.key")

    def answer(route):
        words = dict(parse_qsl(urlsplit(route.request.url).query))
        is_at_hand = (int(words["row"]), int(words["col"])) == alone.at_hand
        if is_at_hand or (alone.released and "chosen" in words):
            return route.continue_()
        again = 0.05 if "chosen" in words else None
        about = {"key": key, "row": int(words["row"]), "col": int(words["col"]), "is_absent": True}
        return route.fulfill(body=packed({**about, "again": again, "spent": 3.0, "expected": 12.0}, {}))

    alone.page.route("**/explore/jacobian?*", answer)
    return alone


def hover(page, pixel):
    page.move("fused", pixel)


def click(page, pixel):
    page.page.mouse.click(*page.point_of("fused", pixel))


def note(page):
    return page.page.locator(f"{NOTE} span").inner_text()


def is_greyed(page):
    """What the Jacobian's panel and the read-out look like."""
    looks = page.page.evaluate(
        """['[data-image="jacobian1"][data-zoom="1"] .plot', ".readout table"]
          .map((name) => getComputedStyle(document.querySelector(name)).opacity)"""
    )
    return {"0.35": True, "1": False}[looks[0]] and looks[0] == looks[1]


def test_it_is_computed_for_a_pointer_that_rests_and_the_last_one_stands_greyed(slow):
    before = slow.pixel
    marked = slow.canvas("fused")
    hover(slow, MEANT)
    slow.page.wait_for_selector(NOTE)
    until(slow, lambda: note(slow) == "Jacobian of row 20, column 40: 3 s so far, about 9 s to go.")
    assert slow.pixel == before
    assert is_greyed(slow)
    assert slow.read("pixel") == "row 20, column 40 · computing …"
    assert not np.array_equal(slow.canvas("fused"), marked), "the cross-hair is there already"
    slow.page.evaluate(
        "() => { setTimeout = ((later) => (act, ms) => later(act, ms === 700 ? 1e6 : ms))(setTimeout); }"
    )
    hover(slow, NEXT)  # the pointer goes on, and rests nowhere
    until(slow, lambda: any("row=30" in each for each in slow.requests))
    slow.page.mouse.move(2, 2)
    assert "row 20, column 40" in note(slow)
    assert is_greyed(slow)
    slow.released = True
    slow.shows(MEANT)
    assert not is_greyed(slow)
    assert slow.console == []


def test_a_late_answer_does_not_take_the_place_of_the_pixel_under_the_pointer(slow):
    hover(slow, MEANT)
    until(slow, lambda: slow.page.locator(NOTE).count() and "so far" in note(slow))
    slow.at_hand = NEXT
    hover(slow, NEXT)
    slow.shows(NEXT)
    slow.page.wait_for_selector(NOTE)  # MEANT is still computed
    slow.released = True
    slow.page.wait_for_selector(".awaited", state="hidden")
    slow.canvas("fused")  # the next frame is drawn
    assert slow.pixel == NEXT
    before = len(slow.requests)
    slow.hover("fused", MEANT)
    assert not any("row=20" in each for each in slow.requests[before:])


def test_a_move_alone_says_what_a_pixel_takes(slow):
    before = slow.pixel
    slow.page.evaluate("clearTimeout = (id) => id")  # no pixel is chosen by resting …
    slow.page.evaluate("setTimeout = () => 0")
    hover(slow, MEANT)
    slow.page.wait_for_selector(NOTE)
    assert "takes about 12 s a pixel: click a pixel, or rest on it." in note(slow)
    assert not slow.page.locator(f"{NOTE} button").is_visible()
    assert (slow.pixel, is_greyed(slow)) == (before, False)
    click(slow, MEANT)  # … but by a click
    until(slow, lambda: "so far" in note(slow))


def test_cancelling_ends_the_wait_and_the_same_pixel_can_be_asked_again(slow):
    before = slow.pixel
    click(slow, MEANT)
    until(slow, lambda: slow.page.locator(f"{NOTE} button").is_visible())
    slow.page.locator(f"{NOTE} button").click()
    slow.page.wait_for_selector(".awaited", state="hidden")
    until(slow, lambda: any("/explore/cancel?" in each for each in slow.requests))
    assert (slow.pixel, is_greyed(slow)) == (before, False)
    slow.released = True
    click(slow, MEANT)
    slow.shows(MEANT)
    assert slow.page.locator(NOTE).count() == 0


def test_what_all_pixels_share_is_told_of_in_its_own_words(slow):
    about = {"row": 20, "col": 40, "spent": 7.2, "expected": None, "shared": 0.4, "again": 0.5}
    said = slow.page.evaluate("(about) => FuseVis.waitingNote.sentence(about)", about)
    assert said == (
        "Jacobian of row 20, column 40: 7 s so far; 40 % of what all pixels share, found once for this pair."
    )
    later = slow.page.evaluate("(about) => FuseVis.waitingNote.sentence(about)", about | {"shared": None})
    assert later == "Jacobian of row 20, column 40: 7 s so far."


def test_pictures_do_not_wait_for_the_first_jacobian(slow):
    slow.page.goto(slow.page.url)
    slow.page.wait_for_selector(NOTE)
    until(slow, lambda: slow.canvas("fused")[..., :3].std() > 1)
    assert slow.pixel is None
    assert hatched(slow.canvas("jacobian1")).mean() > 0.9  # but for the marks of the pixel to come
    assert slow.console == []
