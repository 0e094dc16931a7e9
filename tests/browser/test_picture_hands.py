"""A viewer's hands on the pictures of Verdict, Regions and Networks, which are no panels: pixels read back."""

import io
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image

from dashboard.imaging.encoding import to_bytes
from dashboard.imaging.grey_window import Levels
from tests.support.waiting import PATIENCE, until

PAIR = "cases/wide"
AT = (0.31, 0.58)
"""Where the pointer is, in parts of a picture's width and height."""
NOTES = "(isAway) => document.querySelectorAll('.hand-note').forEach((each) => { each.hidden = isAway; })"


class Pictures:
    """One open page; a picture is a CSS selector of what stands around it."""

    def __init__(self, browser):
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.console = []
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def open(self, address, picture, **words):
        self.page.goto(f"{address}?{urlencode(words)}")
        self.page.wait_for_function(
            "(picture) => document.querySelector(`${picture} > img`)?.naturalWidth > 8", arg=picture
        )

    def words(self):
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def box(self, picture, part=AT):
        box = self.page.locator(picture).bounding_box()
        return round(box["x"] + part[0] * box["width"]), round(box["y"] + part[1] * box["height"])

    def wheel(self, picture, notches):
        self.page.mouse.move(*self.box(picture))
        self.page.mouse.wheel(0, 100 * notches)

    def seen_at(self, picture, x, y, shape):
        """The place (row, col) in the picture, in pixel edges, under a point of the screen."""
        left, top, width, height = self.page.evaluate(
            """(picture) => {
              const layer = document.querySelector(picture).firstChild;
              const { left, top, width, height } = layer.getBoundingClientRect();
              return [left, top, width, height];
            }""",
            picture,
        )
        return (y - top) / height * shape[0], (x - left) / width * shape[1]

    def drag(self, picture, by, button):
        x, y = self.box(picture, (0.5, 0.5))
        self.page.mouse.move(x, y)
        self.page.mouse.down(button=button)
        self.page.mouse.move(x + by[0], y + by[1], steps=3)
        self.page.mouse.up(button=button)

    def rest(self):
        """Wait longer than the pause after which the address follows: timers of a page fire in order.

        A busy machine pauses amid a drag, and the address has what stood there then.
        """
        self.page.evaluate("new Promise((done) => { setTimeout(done, 240); })")

    def shown(self, left, top, width, height):
        """A part of the screen, (height, width, 3)."""
        clip = {"x": left, "y": top, "width": width, "height": height}
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")).astype(int)

    def compared(self, picture, values, *, marks):
        """How many places of a picture were found to show their pixel's grey level; away from ``marks``."""
        self.page.mouse.move(2, 2)
        box = self.page.locator(picture).bounding_box()
        self.page.evaluate(NOTES, True)
        count, left, top = 0, int(box["x"]), int(box["y"])
        screen = self.shown(left, top, int(box["width"]), int(box["height"]))
        for across, down in np.random.default_rng(3).uniform(0.08, 0.92, (40, 2)):
            x, y = int(box["x"] + across * box["width"]), int(box["y"] + down * box["height"])
            row, col = self.seen_at(picture, x + 0.5, y + 0.5, values.shape[:2])
            is_edge = min(row % 1, col % 1, 1 - row % 1, 1 - col % 1) < 0.15
            if is_edge or any(np.hypot(row - each[0], col - each[1]) < each[2] for each in marks):
                continue
            expected = np.broadcast_to(np.asarray(values[int(row), int(col)], int), 3)
            assert np.abs(screen[y - top, x - left] - expected).max() <= 2, (picture, row, col)
            count += 1
        self.page.evaluate(NOTES, False)
        return count


@pytest.fixture
def pictures(chromium):
    made = Pictures(chromium)
    yield made
    assert made.console == []
    made.context.close()


PAGES = {
    "verdict": (".ask-surface:has(#ask-picture-first)", ".ask-surface:has(#ask-picture-second)"),
    "regions": ("#regions-surface-0", "#regions-surface-1"),
}


@pytest.mark.parametrize("page", PAGES)
def test_wheel_pan_window_enlarge_and_0(pictures, address, world, page):
    first, second = PAGES[page]
    shape = world.pairs[PAIR].shape
    grey = [to_bytes(image) for image in (world.pairs[PAIR].first, world.pairs[PAIR].second)]
    pictures.open(f"{address}/{page}", second, pair=PAIR, network="DeepFuse", networks="Weighted Averaging")
    x, y = pictures.box(first)
    before = pictures.seen_at(first, x, y, shape)
    for _ in range(2):
        pictures.wheel(first, -3)
    assert pictures.seen_at(first, x, y, shape) == pytest.approx(before, abs=0.03), "it zooms about the pointer"
    until(
        lambda: float(pictures.words().get("magnification", 1)) > 3,
        pause=lambda: pictures.page.wait_for_timeout(20),
    )
    far = [(0.5 + shape[0] // 2, col, 1.5) for col in range(-9, shape[1] + 9)]  # Verdict's cross at the middle
    far += [(row, 0.5 + shape[1] // 2, 1.5) for row in range(-9, shape[0] + 9)]
    for picture, values in zip((first, second), grey, strict=True):
        assert pictures.compared(picture, values, marks=far) >= 4, "the other picture follows"

    middle = pictures.box(first, (0.5, 0.5))
    before = pictures.seen_at(second, *pictures.box(second, (0.5, 0.5)), shape)
    pictures.drag(first, (18, -11), "middle")
    x, y = pictures.box(second, (0.5, 0.5))
    assert pictures.seen_at(second, x + 18, y - 11, shape) == pytest.approx(before, abs=0.03)

    pictures.drag(first, (-30, 25), "right")
    pictures.rest()
    until(lambda: "first" in pictures.words().get("levels", ""), pause=lambda: pictures.page.wait_for_timeout(20))
    _, low, high, palette = pictures.words()["levels"].split(":")
    windowed = Levels(float(low), float(high), palette).shown(grey[0])
    assert np.abs(windowed[..., 0].astype(int) - grey[0]).max() > 20
    assert pictures.compared(first, windowed, marks=far) >= 4
    assert pictures.compared(second, grey[1], marks=far) >= 4, "the other picture keeps its window"
    assert "display only" in pictures.page.locator(f"{first} .hand-note").inner_text()

    width = pictures.page.locator(second).bounding_box()["width"]
    pictures.page.mouse.move(*middle)
    pictures.page.mouse.move(*pictures.box(second))
    pictures.page.keyboard.press("f")
    large = pictures.page.locator(second).bounding_box()
    assert large["width"] > 1.8 * width
    assert large["x"] >= 0
    assert large["x"] + large["width"] <= 1440
    assert large["y"] + large["height"] <= 900
    assert large["width"] / large["height"] == pytest.approx(shape[1] / shape[0], rel=0.02)
    pictures.page.keyboard.press("Escape")
    assert pictures.page.locator(second).bounding_box()["width"] == pytest.approx(width, abs=1)

    pictures.page.keyboard.press("0")
    until(
        lambda: not {"levels", "magnification", "centre"} & set(pictures.words()),
        pause=lambda: pictures.page.wait_for_timeout(20),
    )
    assert pictures.compared(first, grey[0], marks=far) >= 4


def test_what_is_drawn_on_a_zoomed_picture_lies_where_it_was_drawn(pictures, address, world):
    surface = PAGES["regions"][0]
    shape = world.pairs[PAIR].shape
    pictures.open(f"{address}/regions", surface, pair=PAIR, networks="Weighted Averaging")
    for _ in range(2):
        pictures.wheel(surface, -3)
    pictures.page.locator("#regions-tool").get_by_text("Rectangle", exact=True).click()
    corners = [pictures.box(surface, part) for part in ((0.2, 0.3), (0.7, 0.8))]
    places = [np.floor(pictures.seen_at(surface, *corner, shape)).astype(int) for corner in corners]
    pictures.page.mouse.move(*corners[0])
    pictures.page.mouse.down()
    pictures.page.mouse.move(*corners[1], steps=4)
    pictures.page.mouse.up()
    words = f"rect:{','.join(str(each) for each in np.concatenate(places))}"
    until(lambda: pictures.words().get("region") == words, pause=lambda: pictures.page.wait_for_timeout(20))


def test_a_click_on_a_zoomed_picture_of_verdict_chooses_the_pixel_there(pictures, address, world):
    surface = PAGES["verdict"][1]
    shape = world.pairs[PAIR].shape
    pictures.open(f"{address}/verdict", surface, pair=PAIR, network="Weighted Averaging")
    for _ in range(2):
        pictures.wheel(surface, -3)
    x, y = pictures.box(surface, (0.71, 0.34))
    row, col = np.floor(pictures.seen_at(surface, x, y, shape)).astype(int)
    pictures.page.mouse.click(x, y)
    until(
        lambda: (pictures.words().get("row"), pictures.words().get("col")) == (str(row), str(col)),
        pause=lambda: pictures.page.wait_for_timeout(20),
    )
