"""The guidance of a whole series in a browser: begun, paused, gone on with, there at once at the next slice."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.test_regions_page import Regions
from tests.support.explore_page import Explore
from tests.support.served_study import served_study
from tests.support.visitors import OUTSIDE
from tests.support.volumes import volume
from tests.support.waiting import until

MRI = volume(3, shape=(4, 31, 26), spacing=(3.0, 1.0, 1.0))
PET = volume(4, "PET", shape=(2, 16, 13), spacing=(3.0, 2.0, 2.0))
"""Beyond it lie the first and the last slice."""
NAME = "study/P7 · axial/{}".format
NETWORK = "DeepFuse"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WORDS = {"network": NETWORK, "row": 14, "col": 11, "window": 11}


@pytest.fixture(scope="module")
def series_address(serve, tmp_path_factory, random_checkpoints):
    folder = tmp_path_factory.mktemp("volumes")
    with served_study(serve, folder, (MRI, PET), random_checkpoints, NETWORK) as address:
        yield address


@pytest.fixture
def page(chromium, series_address):
    found = Explore(chromium, series_address)
    yield found
    found.close()


def opened(page, pair):
    page.open(pair=pair, **WORDS)
    page.page.locator("#series-button").click()
    return page.page.locator("#series-tools")


def test_it_is_begun_held_and_finished_and_every_slice_is_there_at_once(page):
    tools = opened(page, NAME(2))
    assert tools.get_by_role("heading").first.inner_text() == "Series of 4 slices"
    tools.get_by_role("button", name="Compute", exact=True).click()
    tools.get_by_role("button", name="Cancel").or_(tools.get_by_role("button", name="Start again")).wait_for()
    page.settle_on(
        "document.querySelector('#series-tools p').textContent === 'The guidance of 2 of 4 slices is there.'"
    )
    assert page.page.locator("#series-button").inner_text() == "Series…"
    tools.locator("summary").click()
    told = tools.locator("li").all_inner_texts()
    assert [each.partition(":")[0] for each in told] == ["1", "4"]
    assert "PET has no value anywhere in axial slice 1" in told[0]
    tools.get_by_role("button", name="Close").click()
    before = len(page.asked("guidance"))
    page.page.evaluate("document.activeElement.blur()")
    page.page.keyboard.press("PageDown")
    page.settle_on(f"new URLSearchParams(location.search).get('pair') === {NAME(3)!r}")
    until(lambda: len(page.asked("guidance")) > before, pause=lambda: page.page.wait_for_timeout(20))
    page.sharp()
    assert len(page.asked("guidance")) == before + 1, "it was finished at the first question"
    assert page.console == []


def test_it_is_told_when_the_server_is_silent_and_goes_on_once_it_answers(page):
    page.open(pair=NAME(2), **WORDS)
    is_silent = [True]
    page.page.route("**/explore/series?*", lambda route: route.abort() if is_silent[0] else route.continue_())
    page.page.locator("#series-button").click()
    said = "document.querySelector('#series-tools p').textContent"
    page.settle_on(f"{said} === 'The server does not answer; is it still running?'")
    is_silent[0] = False
    page.settle_on(f"/4 slices/.test({said})")
    page.console.clear()  # what was given up is named there by the browser itself


def test_a_paused_series_is_paused_for_whoever_comes_and_can_be_cancelled(page):
    """Through another network, which has computed nothing yet; what a test wants to hold it asks for at once."""
    page.open(pair=NAME(2), **{**WORDS, "network": "FunFuseAn"})
    page.page.evaluate(
        """async (words) => {
          for (const how of ["start", "pause"]) {
            await fetch(`explore/series/tell?${new URLSearchParams({ ...words, how })}`, { method: "POST" });
          }
        }""",
        {"pair": NAME(3), "network": "FunFuseAn"},
    )
    page.page.locator("#series-button").click()
    tools = page.page.locator("#series-tools")
    page.settle_on("document.querySelector('#series-tools p').textContent.startsWith('Paused: ')")
    tools.get_by_role("button", name="Cancel").click()
    page.settle_on(
        "document.querySelector('#series-tools p').textContent.startsWith('Cancelled. The guidance of ')"
    )
    tools.get_by_role("button", name="Start again").click()
    page.settle_on(
        "document.querySelector('#series-tools p').textContent === 'The guidance of 2 of 4 slices is there.'"
    )
    assert page.console == []


def test_values_stand_along_the_slices_at_the_pixel_and_follow_it(page):
    tools = opened(page, NAME(2))
    tools.get_by_role("button", name="Show the values").click()
    page.settle_on("document.querySelectorAll('.slice-profile path.fused').length === 1")
    said = "[...document.querySelectorAll('#series-tools p[role=status]')].at(-1).textContent"
    page.settle_on(f"{said} === 'At row 14, column 11; 2 of 4 slices show nothing of one input.'")

    def told():
        return [each.text_content() for each in tools.locator(".slice-profile text:first-of-type").all()]

    page.settled()
    read = [page.read(name) for name in ("raw1", "raw2")]
    unit = "grey level"
    assert told()[:2] == [f"MRI in slice 2: {read[0]} {unit}", f"PET in slice 2: {read[1]} {unit}"]
    assert told()[2] == f"Fused in slice 2: {page.read('y')}"
    page.click("first", (9, 6))
    page.settle_on(f"{said}.startsWith('At row 9, column 6')")
    page.settled()
    assert told()[0] == f"MRI in slice 2: {page.read('raw1')} {unit}"
    assert page.console == []


def test_a_region_is_carried_along_the_slices(chromium, series_address):
    opened = Regions(chromium, series_address)
    page = opened.page
    page.goto(
        f"{series_address}/regions?{urlencode({'pair': NAME(2), 'networks': NETWORK, 'region': 'disk:14,11,4'})}"
    )
    opened.finished("disk:14,11,4")
    share = opened.numbers(NETWORK)["share0"]
    page.get_by_role("button", name="Compute along the slices").click()
    page.wait_for_function("document.querySelectorAll('.regions-along-table tbody tr').length === 4")
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator(".regions-along-table tbody tr").all()]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[1][2].rstrip("%")) == pytest.approx(100 * share, abs=0.06)
    assert rows[0][2] == "–"
    assert "PET has no value anywhere in axial slice 1" in rows[0][3]
    assert page.locator(".regions-along-table tr.present th").inner_text() == "2"
    page.wait_for_function("document.querySelector('.regions-along-curve .scatterlayer .trace')")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("PageDown")
    page.wait_for_function("document.querySelector('.regions-along-table tr.present th')?.textContent === '3'")
    assert opened.console == []
    opened.context.close()


def test_one_tool_is_open_at_a_time_and_single_pictures_offer_none(page):
    tools = opened(page, NAME(2))
    page.page.locator("#inputs-button").click()
    assert tools.is_hidden()
    assert page.page.locator("#inputs-tools").is_visible()
    page.page.locator("#series-button").click()
    assert page.page.locator("#inputs-tools").is_hidden()
    page.page.keyboard.press("Tab")
    tools.get_by_role("button", name="Close").press("Escape")
    assert tools.is_hidden()
    assert page.page.evaluate("document.activeElement.id") == "series-button"
    page.choose("pair", "Phantom 1")
    page.settle_on("document.getElementById('series-button').hidden")
    assert page.console == []


def violations(page):
    """What axe finds of the parts of this file, without the hint of a button that the pointer was left on."""
    page.mouse.move(*OUTSIDE)
    page.wait_for_function("!document.querySelector('[role=tooltip]')")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    seen = [(each["id"], node["html"]) for each in found["violations"] for node in each["nodes"]]
    return [each for each in seen if each[0] != "target-size"]


@pytest.mark.parametrize("light", ["0", "1"])
def test_axe_finds_nothing_on_the_tools_and_on_a_region_along_slices(page, chromium, series_address, light):
    page.open(pair=NAME(2), light=light, **WORDS)
    page.page.locator("#series-button").click()
    tools = page.page.locator("#series-tools")
    tools.get_by_role("button", name="Show the values").click()
    page.settle_on("document.querySelector('.slice-profile')")
    assert violations(page.page) == []
    opened = Regions(chromium, series_address)
    words = {"pair": NAME(2), "networks": NETWORK, "region": "disk:14,11,4", "light": light}
    opened.page.goto(f"{series_address}/regions?{urlencode(words)}")
    opened.page.get_by_role("button", name="Compute along the slices").click()
    opened.page.wait_for_function("document.querySelectorAll('.regions-along-table tbody tr').length === 4")
    assert violations(opened.page) == []
    opened.context.close()
