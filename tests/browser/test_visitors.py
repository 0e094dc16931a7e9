"""Browser tests share profiles: whoever comes finds nothing of the visitors before."""

import pytest

from tests.support.explore_checks import START
from tests.support.explore_page import Explore
from tests.support.visitors import SIZE

LEAVE = """async () => {
  localStorage.setItem("left", "1");
  sessionStorage.setItem("left", "1");
  document.cookie = "left=1";
  window.name = "left";
  const open = indexedDB.open("left", 1);
  await new Promise((done) => { open.onsuccess = done; });
  await (await caches.open("left")).put("/left", new Response("1"));
  window.open("about:blank");
}"""
FOUND = """async () => ({
  local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookies: document.cookie,
  databases: (await indexedDB.databases()).map(({ name }) => name), caches: await caches.keys(),
  script: window.left, opener: window.opener, name: window.name,
  scale: devicePixelRatio, size: [innerWidth, innerHeight],
  under: [...document.querySelectorAll(":hover")].map(({ localName }) => localName),
})"""
UNUSED = {
    "local": ["fusevis-hint-closed"],
    "session": [],
    "cookies": "",
    "databases": [],
    "caches": [],
    "script": None,
    "opener": None,
    "name": "",
    "under": ["html"],
    "scale": 1,
    "size": list(SIZE.values()),
}


@pytest.fixture
def found(chromium, address):
    """What a visitor who comes now finds; what the page itself stores when it opens is not among it."""

    def found():
        visit = chromium.new_context()
        page = visit.new_page()
        page.goto(f"{address}/assets/styles/site.css")
        there = page.evaluate(FOUND)
        visit.close()
        return there

    return found


def test_the_next_one_finds_nothing(chromium, address, found):
    visit = chromium.new_context({"width": 900, "height": 700})
    visit.add_init_script("window.left = 1")
    page = visit.new_page()
    page.goto(f"{address}/assets/styles/site.css")
    page.evaluate(LEAVE)
    there = page.evaluate(FOUND)
    assert there["script"] == 1
    assert all("left" in there[each] for each in ("local", "session", "databases", "caches"))
    assert there["size"] == [900, 700]
    assert len(page.context.pages) == 3, "one of the profile's own, one that was opened by the other"
    visit.close()
    assert found() == UNUSED


def test_one_who_comes_meanwhile_finds_nothing_either(chromium, address, found):
    visit = chromium.new_context()
    page = visit.new_page()
    page.goto(f"{address}/assets/styles/site.css")
    page.evaluate(LEAVE)
    assert found() == UNUSED
    visit.close()


def test_a_page_that_failed_leaves_nothing(chromium, address, found):
    page = Explore(chromium, address, (900, 700))
    page.page.add_init_script("window.left = 1")
    page.page.keyboard.down("Alt")
    page.page.mouse.move(300, 20)
    page.page.mouse.down()
    page.page.route("**/explore/jacobian*", lambda route: route.abort())
    page.page.goto(f"{address}/?pair={START['pair']}")
    page.page.wait_for_selector("#panels")
    page.close()
    assert found() == UNUSED
    told = len(page.console), len(page.requests)
    again = Explore(chromium, address).open(**START)
    again.sharp()
    assert again.console == []
    assert again.asked("jacobian")
    again.close()
    assert (len(page.console), len(page.requests)) == told, "the page that left still listens"
