"""Every page as it meets a person: what axe-core finds, what is too small, cut, overprinted or out of reach.

A failure names each finding with its selector and text. Pages come from the navigation bar's list, so that a new
one is tested as soon as it is there; `READY` says what has to stand on it first.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
import torch
from playwright.sync_api import TimeoutError as WaitedInVain

import fusion
from dashboard.cache.receptive_fields import ReceptiveFieldCache
from dashboard.components.navigation import PATHS
from fusion.method import checkpoints
from saliency import Locality
from support.browser import expose
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHECKS = ROOT / "tests" / "support" / "page_checks.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
"""Which of axe-core's rules: WCAG 2.1 AA and all best practices; not WCAG 2.2's targets of 24 px."""
SIZES = ((1440, 900), (853, 533), (960, 600), (1024, 768), (1280, 800), (1366, 768), (2560, 1440))
"""Of the window, in CSS pixels; 853 × 533 and 960 × 600 are 1280 × 800 and 1440 × 900 at 150 %."""
LONG = {"part": 0.58, "left": 85 * 60, "hold": None}
"""How far guidance is, in as many letters as it takes."""
HIDDEN = """(id) => {
  const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.getElementById(id);
  return [scrollWidth - clientWidth, scrollHeight - clientHeight];
}"""
"""How much of an element has to be scrolled to, across and down."""
PATIENCE_OF_LAYOUT = 30
"""Seconds in which figures come to fit a window of another size; waited for in full only where a test fails."""
MOST_STEPS = 500
"""Controls that a page has at most."""
SHOWS_ITS_INSIDE = "CAMF"
VIEW = {"pair": "phantom-1", "network": "Weighted Averaging", "row": 100, "col": 90}
ASKED = {
    "Verdict": {"pair": "cases/wide", "network": "Weighted Averaging", "row": 7, "col": 9},
    "Compare": {
        "pair": "cases/wide",  # guidance of four networks takes a second there
        "networks": "Weighted Averaging,Weighted Averaging (frozen weights),FunFuseAn,DeepFuse",
        "row": 20,
        "col": 30,
    },
    "Regions": {"networks": "Weighted Averaging,FunFuseAn", "region": "disk:120,96,4"},
    "Networks": {"pair": "cases/wide", "network": SHOWS_ITS_INSIDE},
}
"""What the address of a page says besides `VIEW`."""
WAITING = (
    ".sharpening, .awaiting, .stale, .ask-stale, .ask-waiting:not(:empty), .verdict-waiting, .regions-waiting, "
    "[title='being measured']"
)
"""What stands on a page while something is still computed."""
READY = {
    "Explore": "#readout-pixel:not(:empty), #scatter .main-svg",
    "Compare": ".compare-table td, .column-figures dd",
    "Verdict": ".verdict-table td, .verdict-rules, .ask-surface img",
    "Regions": "#regions-export a, .regions-pictures img",
    "Networks": "#net-sheet[data-drawn], #net-curves .main-svg, #net-field .main-svg",
}
"""What stands on a page, all of it, once it is finished."""


@pytest.fixture(scope="module")
def inside_address(serve, settings, tmp_path_factory):
    """Where a network is listed beside those of the other tests that shows its inside: as many maps as any."""
    from dashboard.app import JOBS, create_app

    folder = tmp_path_factory.mktemp("weights")
    shutil.copytree(settings.checkpoints, folder, dirs_exist_ok=True)
    method = fusion.find(SHOWS_ITS_INSIDE)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        checkpoints.save(method.build(), method, {"date": "2020-01-01"}, folder)
    app = create_app(replace(settings, checkpoints=folder))
    _, weights = checkpoints.load_with_hash(SHOWS_ITS_INSIDE, folder)
    ReceptiveFieldCache(app.server, settings.cache).put(
        SHOWS_ITS_INSIDE, weights, Locality(34, stride=4, any_size=False)
    )
    with serve(app) as address:
        yield address
    app.server.extensions[JOBS].close()


@pytest.fixture
def site(request):
    """Where a page is opened: its rows and columns of a network of 128 channels would take seconds elsewhere."""
    title = getattr(request.node, "callspec", None) and request.node.callspec.params.get("title")
    return request.getfixturevalue("inside_address" if title == "Networks" else "address")


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport=dict(zip(("width", "height"), SIZES[0], strict=True)))
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    context.close()


def opened(page, site, title, light=0):
    """The page of a title with everything on it."""
    page.goto(f"{site}{PATHS[title]}?{urlencode({**VIEW, **ASKED.get(title, {}), 'light': light})}")
    for each in READY.get(title, "main").split(", "):
        page.wait_for_selector(each, state="attached")
    page.wait_for_function("(waiting) => !document.querySelector(waiting)", arg=WAITING)
    checked(page)


def checked(page):
    """Bring what measures into a page."""
    page.evaluate(CHECKS.read_text("utf-8"))


def broken_rules(page):
    """What axe-core finds, a sentence for each element."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def misplaced(page):
    """What `page_checks.js` finds once figures fit the window."""
    try:
        page.wait_for_function("pageChecks.layout().length === 0", timeout=1000 * PATIENCE_OF_LAYOUT)
    except WaitedInVain:
        return page.evaluate("pageChecks.layout()")
    return []


def hidden_focus(page):
    """The controls, reached by the Tab key in turn, that do not show that they have the focus."""
    found, count = [], 0
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    while problem := page.evaluate("pageChecks.focused() && [pageChecks.focusProblem()]"):
        count += 1
        assert count < MOST_STEPS, "the Tab key goes in a circle"
        found += problem
        page.keyboard.press("Tab")
    assert count > len(PATHS), "the Tab key reaches less than the navigation bar"
    return [each for each in found if each]


@pytest.mark.parametrize("light", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("title", PATHS)
def test_a_page_is_whole(page, site, title, light):
    """One opening for all: axe-core, then every size of the window, then the way of the focus.

    A light page has other colours in the same places: sizes are looked at on the dark one.
    """
    opened(page, site, title, light)
    page.wait_for_function("(light) => document.querySelectorAll('.page.light').length === light", arg=light)
    assert broken_rules(page) == []
    assert page.evaluate("pageChecks.unknownTerms()") == []
    for width, height in SIZES[: 1 if light else None]:
        page.set_viewport_size({"width": width, "height": height})
        assert misplaced(page) == [], f"{width} × {height}"
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[0], strict=True)))
    page.evaluate("document.querySelector('.page').classList.add('sharpening')")  # pictures have frames meanwhile
    assert hidden_focus(page) == []


def test_how_far_guidance_is_has_room_at_every_size(page, site):
    expose(page, status="pages/explore/status")
    opened(page, site, "Explore")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("(about) => FuseVis.status.progress(58, 100, about)", LONG)
        assert misplaced(page) == [], f"{width} × {height}"
        assert page.evaluate(HIDDEN, "status")[1] <= 0, f"{width} × {height}"


@pytest.mark.parametrize("size", [(853, 533), (960, 600)])
def test_the_read_out_of_a_small_window_is_in_sight_as_a_whole(page, site, size):
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    opened(page, site, "Explore")
    for each in page.locator("#readout :is(th, td):not(:empty)").all():
        box = each.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
    assert max(page.evaluate(HIDDEN, "readout")) <= 0


@pytest.mark.parametrize("light", [0, 1], ids=["dark", "light"])
def test_a_changed_pair_with_the_tools_of_its_inputs_open_is_whole(page, site, light):
    pair = "phantom-1~window2=0.1,0.7~move=2,-1.5,0.5"
    page.goto(f"{site}/?{urlencode({**VIEW, 'pair': pair, 'light': light})}")
    for each in ("#readout-pixel:not(:empty)", "#status button", "#pair-change button"):
        page.wait_for_selector(each)
    page.locator("#inputs-button").click()
    page.wait_for_selector(".value-plot >> nth=1")
    checked(page)
    for kind in ("checkerboard", "edges"):
        page.locator(f"#inputs-tools input[value={kind}]").check()
        page.wait_for_selector(".overlaid >> visible=true")
        assert broken_rules(page) == []
        for width, height in SIZES[: 1 if light else None]:
            page.set_viewport_size({"width": width, "height": height})
            assert misplaced(page) == [], f"{width} × {height}"
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[0], strict=True)))
    assert hidden_focus(page) == []


DEFECTS = {
    "small": "<p style='font-size: 11px'>defect</p>",
    "cut": "<div style='width: 20px; overflow: hidden; white-space: nowrap'>a long defect</div>",
    "spilled": "<div style='width: 20px; white-space: nowrap'>a long defect</div>",
    "overprinted": "<p>below</p><p style='margin-top: -24px'>defect</p>",
    "unreachable": "<button style='position: absolute; left: -40px'>defect</button>",
    "wide": "<div style='width: 3000px; height: 1px'></div>",
    "focusProblem": "<button style='outline: 2px solid #eee'>defect</button>",
}
"""A defect in a small page, by what has to find it."""
SOUND = """<main style='background: white; color: black'>
  <div style='width: 30px; overflow: hidden; white-space: nowrap' title='a long name'>a long name</div>
  <div style='width: 60px; height: 20px; overflow: auto'><p>scrolled</p><p>to</p><button>see</button></div>
  <div style='position: relative'><p>covered</p>
    <p style='position: absolute; inset: 0; margin: 0; background: white'>opaque</p></div>
  <button style='outline: 2px solid #000'>a button</button>
</main>"""


@pytest.mark.parametrize("check", DEFECTS)
def test_a_planted_defect_is_found_and_nothing_in_a_sound_page(page, check):
    for html, is_sound in ((SOUND, True), (SOUND + DEFECTS[check], False)):
        page.set_content(html)
        checked(page)
        page.locator("button").last.focus()
        found = page.evaluate(f"pageChecks.{check}()")
        assert (not found) == is_sound, (check, found)
