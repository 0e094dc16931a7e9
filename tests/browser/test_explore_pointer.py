"""Explore in a real browser: pointer and keys, guidance and networks, and what happens when something fails."""

from itertools import pairwise

from tests.support.explore_checks import (
    NETWORK,
    START,
    check_readout,
    expected_readout,
    until,
)

# ---- pointer and keys

RECORD = """() => {
  const { timings } = FuseVis.jacobians, seen = window.seen = [];
  const canvas = document.querySelector(".panel[data-image=first][data-zoom='0'] canvas.live");
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const reddish = (x, y) => {
    copy.clearRect(0, 0, 1, 1);
    copy.drawImage(canvas, x, y, 1, 1, 0, 0, 1, 1);
    const [r, , b] = copy.getImageData(0, 0, 1, 1).data;
    return r - b > 50; // the light line; the dark one is beside it
  };
  const { fillText } = CanvasRenderingContext2D.prototype, drawn = window.drawn = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    if (this.canvas.matches("#readout canvas")) drawn.push(text);
    return fillText.call(this, text, ...place);
  };
  timings.push = (timing) => { // in the frame that draws it
    Array.prototype.push.call(timings, timing);
    const { pixel, width, height } = FuseVis.explore.state;
    const at = (place, count, length) => Math.round(((place + 0.5) * length) / count);
    const x = at(pixel.col, width, canvas.width), y = at(pixel.row, height, canvas.height);
    const line = canvas.height > y + 12 ? 12 : -12;
    seen.push({
      row: pixel.row, col: pixel.col, words: drawn[0] ?? document.getElementById("readout-pixel").textContent,
      crossed: reddish(1, y) && reddish(x, 1), beside: reddish(1, y + line) || reddish(x + line, 1),
      painted: [timing.row, timing.col],
    });
    drawn.length = 0;
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
    spans = """() => FuseVis.jacobians.timings.map(({ sent, received }) => [sent ?? null, received])"""
    for col in range(10, 60):
        explore.move("fused", (40, col))
    explore.shows((40, 59))
    times = [each for each in explore.page.evaluate(spans) if each[0] is not None]
    assert len(times) > 1
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(times))
    asked = explore.asked("jacobian")[before:]
    assert 0 < len(asked) < 50 + 10, "positions that were passed are asked for"


SWIFT = """() => {
  const { parse } = JSON;
  JSON.parse = (...words) => {
    const found = parse(...words);
    if (found?.milliseconds) found.milliseconds = Math.min(found.milliseconds, 1);
    return found;
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
        alone.settle_on("FuseVis.jacobians.isIdle()")
    wanted = {(each["row"], each["col"]) for each in alone.asked("jacobian")}
    ahead = {text for each in alone.asked("jacobian") for text in each.get("ahead", "").split(",") if text}
    assert ahead, "nothing was asked for ahead"
    assert len([pixel for pixel in pixels if tuple(map(str, pixel)) in wanted]) < len(pixels)
    assert any("isAhead" in each for each in alone.page.evaluate("FuseVis.jacobians.timings"))
    check_readout(alone, expected_readout(world, NETWORK, alone.pixel))
    assert alone.console == []


def test_a_new_network_forgets_what_was_asked_ahead(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.page.evaluate(SWIFT)
    alone.click("fused", (30, 20))
    alone.page.keyboard.press("ArrowRight")
    alone.shows((30, 21))
    alone.settle_on("FuseVis.jacobians.isIdle()")
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


def test_a_field_that_says_it_already_is_not_written_again(explore):
    """A column that is typed just as the pixel of a typed row comes to rest was put back to the one before."""
    explore.hover("first", (11, 13))
    explore.settled()
    explore.page.evaluate(
        """() => {
          const { set_props } = dash_clientside;
          window.written = [];
          dash_clientside.set_props = (id, props) => { written.push([id, props]); set_props(id, props); };
        }"""
    )
    row = explore.page.get_by_label("Row", exact=True)
    row.fill("40")
    row.press("Enter")
    explore.shows((40, 13))
    explore.settled()
    written = dict(explore.page.evaluate("written"))
    assert written["commit"]["data"]["row"] == 40
    assert written["row"] == written["col"] == {"max": 63}


def test_the_screen_reader_is_told_the_committed_pixel(explore):
    explore.hover("first", (44, 21))
    spoken = explore.page.locator("#spoken")
    until(explore, lambda: spoken.inner_text().startswith("Row 44, column 21: fused "))
    assert spoken.get_attribute("aria-live") == "polite"
