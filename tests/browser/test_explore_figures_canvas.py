"""The read-out while the pointer moves: drawn on a canvas, to the pixel the text that stands there at rest."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.support.explore_checks import START, until
from tests.support.explore_page import Explore

ABOUT = {
    "row": 41, "col": 7, "milliseconds": 8.7, "x1": 0.63, "x2": 0.097, "raw1": 110.739, "raw2": -1023.5, "y": 0.5,
    "d1": -0.0072, "d2": 0.5095, "total1": 3.458, "total2": 11.1, "share1": 0.527247, "share2": 0.472753,
    "radius1": 16.3, "radius2": 6.4,
}  # fmt: skip
HELD = """() => {
  const { setTimeout: begin } = window, { rest } = FuseVis.readout;
  window.setTimeout = (run, ...how) => (run === rest ? 0 : begin(run, ...how));
}"""
"""What is drawn stays until somebody calls ``rest``."""
MOVES = """(about) => {
  for (const row of [about.row - 1, about.row]) FuseVis.readout.show({ ...about, row }, false);
  return document.querySelector("#readout.moving") !== null;
}"""
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
TEXTS = """() => {
  const { fillText } = CanvasRenderingContext2D.prototype, texts = window.texts = [];
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    if (this.canvas.matches("#readout canvas")) texts.push(text);
    return fillText.call(this, text, ...place);
  };
}"""
FIGURES = """() => [...document.querySelectorAll("#readout :is(.where, td[id], #readout-time)")]
  .filter((each) => each.getClientRects().length).map((each) => each.textContent)"""
PICTURES = """() => [...document.querySelectorAll("canvas.live")].filter((each) => each.clientWidth)
  .map((each) => {
  const { left, top } = each.getBoundingClientRect();
  return [Math.round(left), Math.round(top), each.toDataURL()];
})"""


def opened(chromium, address, size=(1440, 900), **words):
    """Explore where a drawn read-out stays drawn."""
    page = Explore(chromium, address, size).open(**START, **words)
    page.sharp()
    page.settled()
    page.page.evaluate(HELD)
    return page


@pytest.fixture
def still(chromium, address):
    page = opened(chromium, address)
    yield page
    assert page.console == []
    page.close()


def seen(page: Explore) -> np.ndarray:
    """The panel of the read-out as it is on the screen, uint8 (height, width, 3)."""
    page.page.evaluate(NEXT_FRAME)
    shot = page.page.locator(".readout-panel").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


@pytest.mark.parametrize("light", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("size", [(1920, 1080), (1440, 900)], ids=str)
def test_no_pixel_of_the_screen_tells_drawn_figures_from_text(chromium, address, size, light):
    page = opened(chromium, address, size, light=light)
    before = seen(page)
    assert page.page.evaluate(MOVES, ABOUT)
    drawn = seen(page)
    page.page.evaluate("() => FuseVis.readout.rest()")
    at_rest = seen(page)
    page.close()
    assert (before != drawn).any()
    assert (drawn == at_rest).all()


def test_what_is_drawn_is_what_the_page_says_at_rest(still):
    still.page.evaluate(TEXTS)
    assert still.page.evaluate(MOVES, ABOUT)
    assert still.page.locator("#readout").get_attribute("aria-busy") == "true"
    drawn = still.page.evaluate("window.texts")
    still.page.evaluate("() => FuseVis.readout.rest()")
    assert sorted(drawn) == sorted(still.page.evaluate(FIGURES))
    assert "row 41, column 7" in drawn
    assert still.page.locator("#readout").get_attribute("aria-busy") == "false"
    assert still.page.locator("#readout canvas").is_hidden()


@pytest.mark.parametrize(
    "changed",
    [
        dict.fromkeys(("d1", "total1", "total2", "share1", "share2", "radius1", "radius2")),
        {"col": 10**20},
    ],
    ids=["no share", "no room"],
)
def test_what_has_no_place_on_the_canvas_stands_in_the_page(still, changed):
    assert not still.page.evaluate(MOVES, {**ABOUT, **changed})
    assert still.read("d2") == "0.5095"
    assert still.page.locator("#readout canvas").is_hidden()


def test_forced_colours_are_left_to_the_page(still):
    still.page.emulate_media(forced_colors="active")
    is_drawn = still.page.evaluate(MOVES, ABOUT)
    still.page.emulate_media(forced_colors="none")  # contexts are used again
    assert not is_drawn
    assert still.read("d2") == "0.5095"


def test_a_pinned_pixel_is_told_in_the_page(still):
    assert still.page.evaluate(MOVES, ABOUT)
    still.page.evaluate("(about) => FuseVis.readout.show(about, true)", ABOUT)
    assert still.read("pixel") == "row 41, column 7 · pinned"


def test_a_pixel_that_takes_long_is_told_in_the_page(still):
    assert still.page.evaluate(MOVES, ABOUT)
    still.page.evaluate("() => FuseVis.readout.awaited({ row: 3, col: 4 })")
    assert "row 3, column 4 · computing" in still.page.locator("#readout-pixel").text_content()
    assert still.page.locator("#readout.moving").count() == 0
    assert still.page.locator("#readout").get_attribute("aria-busy") == "true"


def test_another_network_begins_with_text(still):
    assert still.page.evaluate(MOVES, ABOUT)
    still.choose("network", "Weighted Averaging")
    until(still, lambda: still.page.locator("#readout.moving").count() == 0)
    assert still.page.locator("#readout canvas").is_hidden()


def test_every_picture_stands_on_whole_pixels_of_the_screen(still):
    """The browser shows what was drawn, pixel by pixel: nothing is drawn anew between them, and blurred."""
    still.page.evaluate(
        "() => document.querySelectorAll('.panel-notes').forEach((each) => { each.hidden = true; })"
    )
    still.page.evaluate(NEXT_FRAME)
    screen = np.asarray(Image.open(io.BytesIO(still.page.screenshot())).convert("RGB"))
    pictures = still.page.evaluate(PICTURES)
    assert len(pictures) >= 16
    for left, top, source in pictures:
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGB"))
        shown = screen[top : top + drawn.shape[0], left : left + drawn.shape[1]]
        assert (shown == drawn).all(), (left, top)
