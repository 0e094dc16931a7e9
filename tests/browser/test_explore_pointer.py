"""Explore in a real browser: pointer and keys, guidance and networks, and what happens when something fails."""

import re
from itertools import pairwise

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
    geometry_is_right,
    until,
)
from tests.support.explore_page import Explore

# ---- pointer and keys

RECORD = """() => {
  const painted = FuseVis.live.painted, seen = window.seen = [];
  const canvas = document.querySelector(".panel[data-image=first][data-zoom='0'] canvas.live");
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const reddish = (x, y) => {
    copy.clearRect(0, 0, 1, 1);
    copy.drawImage(canvas, x, y, 1, 1, 0, 0, 1, 1);
    const [r, , b] = copy.getImageData(0, 0, 1, 1).data;
    return r - b > 50; // of a line that falls between two pixels each has half
  };
  FuseVis.live.painted = (timing, frame) => {
    painted(timing, frame);
    const { pixel, width, height } = FuseVis.explore.state;
    const at = (place, count, length) => Math.floor(((place + 0.5) * length) / count);
    const x = at(pixel.col, width, canvas.width), y = at(pixel.row, height, canvas.height);
    const line = canvas.height > y + 12 ? 12 : -12;
    seen.push({
      row: pixel.row, col: pixel.col, words: document.getElementById("readout-pixel").textContent,
      crossed: reddish(1, y) && reddish(x, 1), beside: reddish(1, y + line) || reddish(x + line, 1),
      painted: [timing.row, timing.col],
    });
  };
}"""


def test_words_and_picture_are_of_one_pixel_however_fast_the_pointer(explore, world):
    explore.page.evaluate(RECORD)
    for row in range(16, 48, 2):
        for col in (14, 25, 36, 47):
            explore.move("fused", (row, col))
    explore.shows((46, 47))
    explore.settle_on("window.seen.length && window.seen.at(-1).row === 46 && window.seen.at(-1).col === 47")
    seen = explore.page.evaluate("window.seen")
    assert len({(each["row"], each["col"]) for each in seen}) >= 5
    for each in seen:
        assert each["words"] == f"row {each['row']}, column {each['col']}"
        assert each["crossed"], each
        assert not each["beside"], each
    check_readout(explore, expected_readout(world, NETWORK, (46, 47)))


def test_one_request_at_a_time_and_the_latest_wins(explore):
    explore.hover("fused", (10, 10))
    before = len(explore.asked("jacobian"))
    spans = """() => FuseVis.live.timings.map(({ sent, received }) => [sent ?? null, received])"""
    for col in range(10, 60):
        explore.move("fused", (40, col))
    explore.shows((40, 59))
    times = [each for each in explore.page.evaluate(spans) if each[0] is not None]
    assert len(times) > 1
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(times))
    asked = explore.asked("jacobian")[before:]
    assert 0 < len(asked) < 50 + 10, "positions that were passed are asked for"


SWIFT = """() => {
  const { askAll } = FuseVis.wire;
  FuseVis.wire.askAll = async (...words) => {
    const messages = await askAll(...words);
    for (const { about } of messages) about.milliseconds = Math.min(about.milliseconds, 1);
    return messages;
  };
}"""
"""Every answer says that it took no longer than on an idle machine: a slow server is not asked ahead."""


def test_what_was_asked_ahead_is_shown_without_asking_and_is_exact(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.page.evaluate(SWIFT)
    alone.click("fused", (30, 20))
    alone.answered()
    pixels = [(30, col) for col in range(21, 27)]
    for pixel in pixels:
        alone.page.keyboard.press("ArrowRight")
        alone.shows(pixel)
        assert alone.read("pixel").startswith(f"row {pixel[0]}, column {pixel[1]}")
        check_readout(alone, expected_readout(world, NETWORK, pixel))
        alone.answered()
    wanted = {(each["row"], each["col"]) for each in alone.asked("jacobian")}
    ahead = {text for each in alone.asked("jacobian") for text in each.get("ahead", "").split(",") if text}
    assert ahead, "nothing was asked for ahead"
    assert len([pixel for pixel in pixels if tuple(map(str, pixel)) in wanted]) < len(pixels)
    assert any("isAhead" in each for each in alone.page.evaluate("FuseVis.live.timings"))
    check_readout(alone, expected_readout(world, NETWORK, alone.pixel))
    assert alone.console == []


def test_a_new_network_forgets_what_was_asked_ahead(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.page.evaluate(SWIFT)
    alone.click("fused", (30, 20))
    alone.page.keyboard.press("ArrowRight")
    alone.shows((30, 21))
    alone.answered()
    alone.choose("network", "Weighted Averaging")
    until(alone, lambda: alone.page.locator("#fused-name").inner_text() == "Fused, Weighted Averaging")
    alone.shows((30, 21))
    alone.page.locator(".panel[data-image=fused][data-zoom='0'] .plot").focus()
    for pixel in ((30, 22), (30, 23), (30, 22)):
        alone.page.keyboard.press("ArrowRight" if pixel != (30, 22) or alone.pixel == (30, 21) else "ArrowLeft")
        alone.shows(pixel)
        check_readout(alone, expected_readout(world, "Weighted Averaging", pixel))
    assert alone.console == []


def test_click_pins_keys_move_and_escape_releases(explore):
    explore.click("first", (30, 20))
    assert explore.state["isPinned"]
    assert "pinned" in explore.read("pixel")
    explore.move("guidance2", (50, 50), steps=3)
    for key, pixel in (
        ("ArrowRight", (30, 21)),
        ("ArrowDown", (31, 21)),
        ("Shift+ArrowRight", (31, 31)),
        ("Shift+ArrowUp", (21, 31)),
        ("ArrowLeft", (21, 30)),
        ("ArrowUp", (20, 30)),
        ("Shift+ArrowDown", (30, 30)),
        ("Shift+ArrowLeft", (30, 20)),
    ):
        explore.page.keyboard.press(key)
        explore.shows(pixel)
    asked = [(int(each["row"]), int(each["col"])) for each in explore.asked("jacobian")]
    assert (50, 50) not in asked, "the pointer changed a pinned pixel"
    for _ in range(5):
        explore.page.keyboard.press("Shift+ArrowLeft")
    explore.shows((30, 0))  # stops at the border
    explore.page.keyboard.press("Escape")
    assert not explore.state["isPinned"]
    assert "pinned" not in explore.read("pixel")
    explore.hover("guidance2", (51, 50))


def test_a_second_click_releases(explore):
    explore.click("first", (30, 20))
    explore.click("first", (30, 20))
    assert not explore.state["isPinned"]
    explore.hover("first", (30, 40))


def test_press_and_drag(explore):
    explore.segment("manner", "Drag")
    explore.settle_on("FuseVis.explore.state.manner === 'drag'")
    start = explore.pixel
    explore.move("first", (12, 12), steps=3)
    assert explore.state["asked"] == {"row": start[0], "col": start[1]}
    explore.page.mouse.down()
    explore.shows((12, 12))
    explore.hover("first", (20, 44))
    explore.page.mouse.up()
    explore.move("first", (50, 50), steps=3)
    assert explore.pixel == (20, 44)
    assert explore.state["asked"] == {"row": 20, "col": 44}


def test_row_and_column_are_typed(explore):
    explore.hover("first", (11, 13))
    explore.settled()
    row, col = explore.page.get_by_label("Row", exact=True), explore.page.get_by_label("Column", exact=True)
    assert (row.input_value(), col.input_value()) == ("11", "13")
    row.fill("40")
    row.press("Enter")
    explore.shows((40, 13))
    assert explore.state["isPinned"]
    col.fill("62")
    col.press("Tab")
    explore.shows((40, 62))
    row.fill("999")
    row.press("Enter")
    row.blur()
    explore.shows((63, 62))
    until(explore, lambda: row.input_value() == "63")


def test_the_screen_reader_is_told_the_committed_pixel(explore):
    explore.hover("first", (44, 21))
    spoken = explore.page.locator("#spoken")
    until(explore, lambda: spoken.inner_text().startswith("Row 44, column 21: fused "))
    assert spoken.get_attribute("aria-live") == "polite"


# ---- guidance, networks, failures


def test_guidance_sharpens_and_its_correlation_appears_without_a_move(chromium, empty_address, world):
    alone = Explore(chromium, empty_address)
    alone.page.add_init_script(
        """window.marks = [];
        new MutationObserver(() => {
          const page = document.querySelector(".explore");
          const mark = page && page.classList.contains("sharpening");
          if (page && mark !== window.marks.at(-1)) window.marks.push(mark);
        }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });"""
    )
    alone.open(pair=PAIR, network="FunFuseAn", window=WINDOW, row=30, col=30)
    alone.sharp()
    assert alone.page.evaluate("window.marks.slice(-2)") == [True, False]
    correlation = alone.page.locator("#readout-correlation")
    until(alone, lambda: re.search(r"all r −?\d\.\d\d, ρ −?\d\.\d\d; window r", correlation.inner_text()))
    G = saliency.guidance(world.networks["FunFuseAn"], world.pairs[PAIR])
    found = saliency.correlation(G.first, G.second)
    first = re.search(r"all r (−?\d\.\d\d), ρ (−?\d\.\d\d)", correlation.inner_text())
    numbers = [float(each.replace("−", "-")) for each in first.groups()]
    assert numbers == pytest.approx([found.pearson, found.spearman], abs=0.006)
    assert len(alone.asked("guidance")) >= 2
    assert alone.console == []
    alone.close()


def test_a_new_network_never_stands_beside_the_old_ones_pictures(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.hover("fused", (30, 40))
    held = []
    alone.page.route(
        lambda url: "/explore/jacobian" in url and "network=Weighted" in url, lambda route: held.append(route)
    )
    alone.choose("network", "Weighted Averaging")
    until(alone, lambda: held)
    alone.move("fused", (12, 50), steps=4)
    alone.move("first", (20, 22), steps=4)
    assert alone.page.locator("#fused-name").inner_text() == "Fused, Weighted Averaging"
    assert alone.state["pixel"] is None
    for image in ("jacobian1", "jacobian2"):
        for is_zoom in (False, True):
            drawn = alone.canvas(image, is_zoom)
            assert (drawn == drawn[0, 0]).all(), "a picture of the old network is still there"
            assert drawn[0, 0, 3] == 255, "the figure below shines through"
    assert alone.read("pixel") == ""
    for route in held:
        route.continue_()
    alone.page.unroute_all()
    alone.shows((20, 22))
    check_readout(alone, expected_readout(world, "Weighted Averaging", (20, 22)))
    assert alone.console == []


def test_an_answer_of_the_network_before_is_dropped(alone, world):
    alone.open(**START)
    held = []
    alone.page.route(
        lambda url: "/explore/jacobian" in url and "network=DeepFuse" in url, lambda route: held.append(route)
    )
    alone.move("fused", (12, 50))
    until(alone, lambda: held)
    alone.choose("network", "Weighted Averaging")
    until(alone, lambda: alone.page.locator("#fused-name").inner_text() == "Fused, Weighted Averaging")
    for route in held:
        route.continue_()
    alone.page.unroute_all()
    alone.page.wait_for_function("FuseVis.explore.state.pixel")
    check_readout(alone, expected_readout(world, "Weighted Averaging", alone.pixel))
    assert alone.console == []


def test_a_pair_of_another_shape_is_placed_and_read_right(alone, world):
    alone.open(pair="cases/wide", network="Weighted Averaging", window=WINDOW)
    alone.sharp()
    for image, pixel in (("first", (0, 0)), ("rgb", (47, 71)), ("guidance2", (13, 58))):
        alone.hover(image, pixel)
        check_readout(alone, expected_readout(world, "Weighted Averaging", pixel, "cases/wide"))
    alone.settled()
    until(alone, lambda: geometry_is_right(alone, (48, 72)))
    x, y = alone.point_of("first", (0, 30))
    alone.page.mouse.move(x, y - 12)  # beside the image
    alone.hover("first", (20, 30))
    assert alone.asked("jacobian")[-1]["row"] == "20"
    assert all(0 <= int(words["row"]) < 48 for words in alone.asked("jacobian"))


def test_a_damaged_pair_is_told_in_place_and_the_rest_works(alone, world):
    alone.open(**START)
    alone.choose("pair", "zz-broken")
    alert = alone.page.get_by_role("alert")
    alert.wait_for()
    assert re.search(r"zz-broken\.png is damaged or cut short", alert.inner_text())
    alone.switch("Colour")
    alone.hover("first", (20, 33))
    check_readout(alone, expected_readout(world, NETWORK, (20, 33)))
    alone.choose("pair", "wide")
    until(alone, lambda: not alert.is_visible())
    until(alone, lambda: alone.state["width"] == 72 and alone.pixel)
    alone.hover("first", (20, 60))
    check_readout(alone, expected_readout(world, NETWORK, (20, 60), "cases/wide"))
    assert alone.console == []


def test_a_lost_answer_is_told_and_the_next_one_mends_it(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.page.route("**/explore/jacobian*", lambda route: route.abort())
    alone.move("first", (10, 10))
    alone.page.wait_for_selector(".explore.failed")
    assert alone.page.locator("#status").inner_text()
    alone.page.unroute_all()
    alone.hover("first", (12, 44))
    assert alone.page.locator(".explore.failed").count() == 0
    assert alone.page.locator("#status").inner_text() == ""
    check_readout(alone, expected_readout(world, NETWORK, (12, 44)))


def test_what_is_not_installed_is_listed_and_cannot_be_taken(explore):
    explore.page.locator("input#network").click()
    option = explore.page.get_by_role("option", name="MaskNet — not installed")
    option.wait_for()
    assert option.get_attribute("data-combobox-disabled") == "true"
    explore.page.keyboard.press("Escape")
    assert explore.state["pixel"]


# ---- figures below the canvases


def hold_figures(page, most=1):
    """Requests for figures, the first ``most`` of them, held back until they are let go."""
    held = []

    def hold(route):
        if '"shown.data"' in (route.request.post_data or "") and len(held) < most:
            return held.append(route)
        return route.continue_()

    page.page.route("**/_dash-update-component*", hold)
    return held


def figures_are(page, world, network):
    """Whether what stands below the canvases can be seen, and is of ``network``."""
    page.sharp()
    page.settle_on("FuseVis.explore.state.pixel")
    page.settled()
    fused = to_bytes(saliency.fused_image(world.networks[network], world.pairs[PAIR]))
    until(page, lambda: np.array_equal(page.figure("fused"), fused))
    until(page, lambda: page.page.locator(".unfigured").count() == 0)
    page.settle_on("document.querySelector('#scatter .js-plotly-plot').data.length > 0")
    page.settle_on("document.querySelector('#first .js-plotly-plot').layout.shapes.length > 0")
    return page.words()["network"] == network


def test_the_pointer_is_followed_before_there_are_figures_and_they_catch_up(alone, world):
    held = hold_figures(alone)
    alone.open(**START)
    until(alone, lambda: held)
    alone.hover("first", (12, 50))
    assert alone.page.locator(".js-plotly-plot").count() == 0
    until(alone, lambda: (alone.words().get("row"), alone.words().get("col")) == ("12", "50"))
    held.pop().continue_()
    assert figures_are(alone, world, NETWORK)
    assert alone.page.locator(".js-plotly-plot").count() == 17
    assert alone.console == []


def test_figures_that_never_came_are_asked_for_again(alone, world):
    held = hold_figures(alone)
    alone.open(**START)
    until(alone, lambda: held)
    held[0].fulfill(status=500, body="")
    until(alone, lambda: alone.words().get("network") == NETWORK)  # the address does not wait for figures
    assert figures_are(alone, world, NETWORK)


def test_figures_of_a_view_that_was_left_are_not_shown(alone, world):
    alone.open(**START)
    alone.sharp()
    held = hold_figures(alone)
    alone.choose("network", "Weighted Averaging")
    until(alone, lambda: held)
    assert alone.words()["network"] == "Weighted Averaging"
    alone.choose("network", NETWORK)
    held[0].continue_()
    assert figures_are(alone, world, NETWORK)
    assert alone.console == []


def test_a_view_that_is_back_at_once_has_its_figures(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.page.evaluate(
        """([other, own]) => {
          dash_clientside.set_props("network", { value: other });
          setTimeout(() => dash_clientside.set_props("network", { value: own }), 60);
        }""",
        ["Weighted Averaging", NETWORK],
    )
    alone.page.wait_for_timeout(300)
    assert figures_are(alone, world, NETWORK)
    assert alone.console == []


def test_colours_switched_on_and_off_again_leave_the_figures_grey(alone, world):
    alone.open(**START)
    alone.sharp()
    held = hold_figures(alone)
    alone.switch("Colour")
    until(alone, lambda: held)
    alone.switch("Colour")
    held[0].continue_()
    assert figures_are(alone, world, NETWORK)
    second = alone.figure("second")
    assert second.ndim == 2 or (second[..., 0] == second[..., 1]).all()
    assert alone.console == []
