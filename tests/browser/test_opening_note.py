"""What was chosen and is not shown yet looks neither like a black picture nor like the one before."""

from urllib.parse import urlencode

import pytest

from dashboard.server.messages import packed
from tests.support.options import option
from tests.support.waiting import PATIENCE, until

PAIR = "cases/wide"
NOTE = ".opening-note"
HATCHED = """(selector) => [...document.querySelectorAll(selector)].every((each) => {
  const { visibility, backgroundImage } = getComputedStyle(each, "::before");
  return visibility === "visible" && backgroundImage.includes("repeating-linear-gradient");
})"""
PLAIN = """(selector) => [...document.querySelectorAll(selector)]
  .every((each) => getComputedStyle(each, "::before").content === "none")"""


class Held:
    """Questions to an address that hold a word, where one is named, kept until they are let go on."""

    def __init__(self, page, address, word=""):
        self.routes, self._page, self._word, self._holds = [], page, word, True
        page.route(address, self._keep)

    def _keep(self, route):
        if self._holds and self._word in (route.request.post_data or ""):
            self.routes.append(route)
        else:
            route.continue_()

    def has_come(self):
        """Wait until something is held: what a page says of a question may stand there before the question is."""
        until(lambda: self.routes, pause=lambda: self._page.wait_for_timeout(20))

    def let_go(self):
        self._holds = False
        for route in self.routes:
            route.continue_()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    context.close()


def is_opened(page):
    """Wait until Explore shows its first pixel: before the page has asked for anything there is no note either."""
    page.wait_for_selector("#readout-pixel:not(:empty)")
    page.wait_for_selector(NOTE, state="hidden")


@pytest.mark.parametrize(
    ("path", "view", "pictures"),
    [
        ("", ("**/explore/view*",), ".explore .plot"),
        ("verdict", ("**/_dash-update-component*", '"..ask-view.data'), ".ask-pictures .ask-surface"),
    ],
)
def test_the_first_pictures_are_hatched_until_they_are_there(page, address, path, view, pictures):
    held = Held(page, *view)
    page.goto(f"{address}/{path}?{urlencode({'pair': PAIR, 'network': 'DeepFuse'})}")
    page.wait_for_selector(NOTE, state="visible")
    assert page.locator(NOTE).inner_text() == f"Opening {PAIR} through DeepFuse …"
    page.wait_for_function(HATCHED, arg=pictures)
    held.let_go()
    page.wait_for_selector(NOTE, state="hidden")
    page.wait_for_function(PLAIN, arg=pictures)
    assert page.locator(NOTE).inner_text() == ""


def test_pictures_of_the_network_before_are_hatched_and_what_is_refused_leaves_them(page, address):
    page.goto(f"{address}/?{urlencode({'pair': PAIR, 'network': 'DeepFuse'})}")
    is_opened(page)
    held = Held(page, "**/explore/view*")
    page.locator("#network").click()
    option(page, "FunFuseAn").click()
    page.wait_for_selector(NOTE, state="visible")
    page.wait_for_function(HATCHED, arg=".explore .plot")
    held.has_come()
    for route in held.routes:
        refused = {"pair": PAIR, "network": "FunFuseAn", "refused": "It cannot be."}
        route.fulfill(body=packed({"view": refused}, {}))
    page.wait_for_function("document.getElementById('network').value === 'DeepFuse'")
    assert page.locator("#view-problem").inner_text() == "It cannot be."
    held.routes.clear()
    held.let_go()
    page.wait_for_function(PLAIN, arg=".explore .plot")
    assert "DeepFuse" in page.locator("#fused-name").inner_text()


def test_who_leaves_before_a_choice_is_shown_finds_it_on_the_next_page(page, address):
    page.goto(f"{address}/?{urlencode({'pair': PAIR, 'network': 'DeepFuse'})}")
    is_opened(page)
    Held(page, "**/explore/view*")
    page.locator("input#pair").click()
    option(page, "cases / square").click()
    page.wait_for_selector(NOTE, state="visible")
    page.locator(".navigation a", has_text="Compare").click()
    page.wait_for_url("**/compare?*pair=cases%2Fsquare*")
