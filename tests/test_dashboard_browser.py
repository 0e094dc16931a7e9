"""Explore in a real browser: what a person sees, points at and types."""

import base64
import json
import re
import time
from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest

import fusion
import saliency
from dashboard import ids
from dashboard.address import State
from dashboard.colormaps import table
from dashboard.encode import colored, to_bytes
from dashboard.wire import packed
from saliency.display import shared_limit
from tests.explore_page import Explore

PAIR, NETWORK, WINDOW = "cases/square", "DeepFuse", 11
START = {"pair": PAIR, "network": NETWORK, "window": WINDOW, "row": 30, "col": 28}
PICKING = ("first", "second", "fused", "guidance1", "guidance2", "rgb")
SIZES = ((1920, 1080), (1440, 900), (1280, 800))
CONTROLS = {
    "gamma1": {"value": 0.3},
    "gamma2": {"value": 0.5},
    "display": {"value": "magnitude"},
    "colormap": {"value": "viridis"},
    "window": {"value": str(WINDOW)},
    "manner": {"value": "follow"},
    "color": {"checked": False},
    "zooms": {"checked": True},
    "theme": {"checked": False},
}


@pytest.fixture(scope="module")
def opened(chromium, address):
    """One page for all tests that leave it in order; opening one takes seconds."""
    page = Explore(chromium, address).open(**START)
    page.sharp()
    yield page
    page.close()


@pytest.fixture
def explore(opened):
    """The shared page with every choice at its start, the pixel released and the pointer beside the pictures."""
    opened.page.set_viewport_size({"width": 1440, "height": 900})
    opened.page.mouse.move(2, 2)
    opened.page.evaluate(
        """(controls) => {
          document.activeElement.blur();
          FuseVis.explore.pin(false);
          for (const [id, props] of Object.entries(controls)) dash_clientside.set_props(id, props);
        }""",
        CONTROLS,
    )
    opened.settle_on(
        """(wanted) => {
          const { state } = FuseVis.explore;
          return state.gamma1 === 0.3 && state.gamma2 === 0.5 && state.display === "magnitude"
            && state.colormap === "viridis" && state.window === wanted && state.manner === "follow"
            && !state.color && state.zooms && !state.light;
        }""",
        WINDOW,
    )
    yield opened
    assert opened.console == []


@pytest.fixture
def alone(chromium, address):
    """A page of the test's own."""
    page = Explore(chromium, address)
    yield page
    page.close()


def until(page, is_so, seconds=15.0):
    """Wait for a condition that only Python can tell, e.g. decoded pixels."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        page.page.wait_for_timeout(30)


def close_colors(found, values, limit, gamma, display, colormap):
    """Whether colours are those of ``values``, or of the neighbouring of the 256 steps where rounding decides."""
    exact = colored(values, limit, gamma, display, colormap).astype(int)
    colors = table("RdBu_r" if display == "signed" else colormap).astype(int)
    step = np.abs(np.diff(colors, axis=0)).max()
    return np.abs(found.astype(int) - exact).max() <= max(step, 2)


# ---- opening


def test_it_opens_quietly_and_asks_nobody_else(explore):
    assert explore.console == []
    assert len(explore.requests) > 10
    foreign = [url for url in explore.requests if not url.startswith((explore.address + "/", "data:", "blob:"))]
    assert foreign == []
    assert explore.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_seventeen_panels_with_the_papers_letters_and_their_names(explore):
    captions = explore.page.locator(".panel[data-image] .caption").all_inner_texts()
    assert [caption.split()[0] for caption in captions] == list("abcdefghijklmnopq")
    named = {caption.split(maxsplit=1)[1] for caption in captions}
    assert {"MRI", "PET", "Fused, DeepFuse", "Guidance MRI", "Guidance PET", "Jacobian MRI"} <= named
    assert f"zoom {WINDOW} × {WINDOW}" in named
    assert explore.page.locator(".panel[data-image]:visible").count() == 17
    assert explore.page.get_by_text("Research use only. Not for diagnosis.").is_visible()


def test_no_plot_offers_the_cloud(explore):
    titles = explore.page.eval_on_selector_all(
        ".modebar-btn", "(all) => all.map((each) => each.dataset.title || each.getAttribute('aria-label'))"
    )
    assert len(titles) == 17
    assert set(titles) == {f"Download panel {letter} as a PNG" for letter in "abcdefghijklmnopq"}


# ---- the read-out


def expected_readout(world, network, pixel, pair=PAIR):
    net, images = world.networks[network], world.pairs[pair]
    J = saliency.jacobian(net, images, pixel)
    found, full = saliency.influence(J), J.full()
    return {
        "x1": (images.first[pixel], 5e-4),
        "x2": (images.second[pixel], 5e-4),
        "y": (fusion.fuse(net, images)[pixel], 5e-4),
        "d1": (full[0][pixel], 5e-5),
        "d2": (full[1][pixel], 5e-5),
        "total1": (np.abs(full[0]).sum(), 5e-4),
        "total2": (np.abs(full[1]).sum(), 5e-4),
        "share1": (100 * found.share_first, 0.05),
        "share2": (100 * found.share_second, 0.05),
        "radius1": (found.radius_first, 0.05),
        "radius2": (found.radius_second, 0.05),
    }


def check_readout(page, expected):
    for name, (value, rounding) in expected.items():
        assert page.number(name) == pytest.approx(float(value), abs=1.1 * rounding), name


@pytest.mark.parametrize("image", PICKING)
def test_pointing_at_any_picture_reads_the_pixel_under_the_pointer(explore, world, image):
    for pixel in ((13 + 5 * PICKING.index(image), 50), (0, 0), (63, 63)):
        explore.hover(image, pixel)
        assert explore.read("pixel") == f"row {pixel[0]}, column {pixel[1]}"
        check_readout(explore, expected_readout(world, NETWORK, pixel))


@pytest.mark.parametrize("image", ["jacobian1", "scatter"])
def test_pointing_at_a_result_chooses_nothing(explore, image):
    explore.hover("first", (20, 20))
    explore.move(image, (40, 40))
    explore.hover("first", (20, 21))
    assert [words["row"] for words in explore.asked("jacobian")[-2:]] == ["20", "20"]


def test_the_edge_between_two_pixels_is_where_it_is_drawn(explore):
    x, y = explore.point_of("first", (20, 20))
    half = (explore.point_of("first", (20, 21))[0] - x) / 2
    for shift, col in ((-half + 0.4, 20), (half - 0.4, 20), (half + 0.4, 21), (-half - 0.4, 19)):
        explore.page.mouse.move(x + shift, y)
        explore.shows((20, col))


# ---- pictures


@pytest.mark.parametrize("display", ["magnitude", "signed", "fusevis"])
def test_the_jacobian_on_the_screen_is_the_jacobian(explore, world, display):
    labels = {"magnitude": "Magnitude", "signed": "Signed", "fusevis": "FuseVis"}
    explore.segment("display", labels[display])
    explore.settle_on("(display) => FuseVis.explore.state.display === display", display)
    for pixel in ((31, 17), (2, 60)):
        explore.hover("fused", pixel)
        J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], pixel)
        limit = shared_limit(J.first, J.second, display)
        around = [
            (pixel[0] + down, pixel[1] + right)
            for down in range(-4, 5)
            for right in range(-4, 5)
            if down and right and 0 <= pixel[0] + down < 64 and 0 <= pixel[1] + right < 64  # beside the cross-hair
        ]
        for image, full in zip(("jacobian1", "jacobian2"), J.full(), strict=True):
            values = np.array([full[each] for each in around])
            found = explore.at_pixels(image, around, is_zoom=True)
            assert len(np.unique(found, axis=0)) > 5, "one colour everywhere would prove nothing"
            assert close_colors(found, values, limit, 0.3, display, "viridis")


def beside_marks(along, centre):
    """Those rows (or columns) that neither the cross-hair nor the window box passes over."""
    half = WINDOW // 2
    marks = (centre, centre - half, centre - half - 1, centre + half, centre + half + 1)
    return [each for each in along if all(abs(each - mark) > 1 for mark in marks)]


def test_the_figure_below_comes_to_the_same_picture(explore, world):
    explore.hover("fused", (33, 18))
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], (33, 18))
    limit = shared_limit(J.first, J.second, "magnitude")
    for image, full in zip(("jacobian1", "jacobian2"), J.full(), strict=True):
        expected = colored(full, limit, 0.3, "magnitude", "viridis")
        for id_ in (image, f"{image}-zoom"):
            until(explore, lambda id_=id_, expected=expected: np.array_equal(explore.figure(id_), expected))
        rows, cols = (beside_marks(range(2, 64, 5), centre) for centre in (33, 18))
        places = [(r, c) for r in rows for c in cols]
        on_canvas = explore.at_pixels(image, places).astype(int)
        in_figure = np.array([expected[each] for each in places]).astype(int)
        assert np.abs(on_canvas - in_figure).max() <= 4


def test_guidance_on_the_screen_is_guidance(explore, world):
    explore.sharp()
    explore.hover("guidance1", (5, 5))
    net, pair = world.networks[NETWORK], world.pairs[PAIR]
    G = saliency.guidance(net, pair)
    limit = shared_limit(G.first, G.second, "magnitude")
    places = [(r, c) for r in range(16, 64, 5) for c in range(16, 64, 5)]
    rgb = np.rint(255 * saliency.guidance_rgb(G.first, G.second, fusion.fuse(net, pair))).astype(int)
    for image, values in (("guidance1", G.first), ("guidance2", G.second)):
        shown = np.array([values[each] for each in places])
        assert close_colors(explore.at_pixels(image, places), shown, limit, 0.5, "magnitude", "viridis"), image
        figure = explore.figure(image)
        assert close_colors(figure, values, limit, 0.5, "magnitude", "viridis"), image
    expected = np.array([rgb[each] for each in places])
    assert np.abs(explore.at_pixels("rgb", places) - expected).max() <= 2
    assert np.abs(explore.figure("rgb") - rgb).max() <= 2


def test_inputs_and_fused_image_in_grey_and_in_colour(explore, world):
    explore.hover("second", (5, 5))
    pair, fused = world.pairs[PAIR], fusion.fuse(world.networks[NETWORK], world.pairs[PAIR])
    places = [(r, c) for r in range(16, 64, 6) for c in range(16, 64, 6)]

    def check(image, expected):
        found = explore.at_pixels(image, places).astype(int)
        pixels = np.array([expected[each] for each in places]).astype(int)
        assert np.abs(found - (pixels if pixels.ndim == 2 else pixels[:, None])).max() <= 1, image
        until(explore, lambda: np.array_equal(explore.figure(image), expected))

    for image, levels in (("first", pair.first), ("second", pair.second), ("fused", fused)):
        check(image, to_bytes(levels))
    explore.switch("Colour")
    explore.settle_on("FuseVis.explore.state.color")
    check("first", to_bytes(pair.first))  # its file has no colour
    check("second", pair.second_color)
    check("fused", fusion.recolor(fused, pair.second_color))


@pytest.mark.parametrize("image", ["first", "jacobian1", "rgb"])
def test_a_zoom_shows_the_box_wherever_the_pixel_lies(explore, image):
    """At the border part of the box lies beside the image: nothing may be drawn there."""
    explore.switch("Light")  # where the ground beside a picture is white, and no picture's edge is
    explore.settle_on("FuseVis.explore.state.light")
    explore.hover("first", (1, 62))
    inside = [(0, 60), (4, 59), (5, 63)]
    assert np.array_equal(explore.at_pixels(image, inside, is_zoom=True), explore.at_pixels(image, inside))
    drawn = explore.canvas(image, is_zoom=True)
    # Rows above the image: five of the eleven minus the row that is there.
    assert drawn[int(drawn.shape[0] * 2 / 11), drawn.shape[1] // 4].tolist() == [255, 255, 255, 255]


def test_window_size_and_colour_table(explore, world):
    pixel = (31, 30)
    explore.hover("fused", pixel)
    explore.choose("window", "21 × 21")
    explore.choose("colormap", "magma")
    explore.settle_on("FuseVis.explore.state.window === 21 && FuseVis.explore.state.colormap === 'magma'")
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], pixel)
    limit, full = shared_limit(J.first, J.second, "magnitude"), J.full()[0]
    around = [(31 + down, 30 + right) for down in (-9, -3, 4, 9) for right in (-9, -2, 5, 9)]
    found = explore.at_pixels("jacobian1", around, is_zoom=True)
    values = np.array([full[each] for each in around])
    assert close_colors(found, values, limit, 0.3, "magnitude", "magma")
    zoom = "document.querySelector('#first-zoom .js-plotly-plot').layout.xaxis.range.join()"
    explore.settle_on(f"{zoom} === '19.5,40.5'")


def test_gamma_acts_in_the_browser_alone(explore, world):
    explore.hover("fused", (31, 30))
    explore.settled()
    before = len(explore.asked("jacobian")) + len(explore.asked("guidance")) + len(explore.asked("images"))
    explore.page.get_by_role("slider", name="γ1").focus()
    for _ in range(6):
        explore.page.keyboard.press("ArrowRight")
    explore.settle_on("Math.abs(FuseVis.explore.state.gamma1 - 0.6) < 1e-9")
    assert explore.page.locator("#gamma1-shown").inner_text() == "0.60"
    assert explore.pixel == (31, 30), "arrow keys on a slider must not move the pixel"
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], (31, 30))
    limit, full = shared_limit(J.first, J.second, "magnitude"), J.full()[1]
    around = [(31 + down, 30 + right) for down in (-4, -1, 2, 4) for right in (-4, -2, 1, 4)]
    values = np.array([full[each] for each in around])
    found = explore.at_pixels("jacobian2", around, is_zoom=True)
    assert close_colors(found, values, limit, 0.6, "magnitude", "viridis")
    assert not close_colors(found, values, limit, 0.3, "magnitude", "viridis")

    explore.page.get_by_role("slider", name="γ2").focus()
    faint = explore.canvas("guidance1")
    explore.page.keyboard.press("End")
    explore.settle_on("FuseVis.explore.state.gamma2 === 2")
    assert explore.canvas("guidance1")[..., :3].mean() < faint[..., :3].mean() - 5
    after = len(explore.asked("jacobian")) + len(explore.asked("guidance")) + len(explore.asked("images"))
    assert after == before
    until(explore, lambda: explore.words().get("gamma1") == "0.6" and explore.words().get("gamma2") == "2")
    expected = colored(J.full()[1], limit, 0.6, "magnitude", "viridis")
    until(explore, lambda: np.array_equal(explore.figure("jacobian2"), expected))


GEOMETRY = """() => [...document.querySelectorAll(".panel[data-image]")].map((panel) => {
  const plot = panel.querySelector(".plot"), gd = panel.querySelector(".js-plotly-plot");
  const { xaxis, yaxis } = gd._fullLayout;
  const frame = plot.getBoundingClientRect(), figure = gd.getBoundingClientRect();
  const canvas = panel.querySelector("canvas.live");
  return {
    image: panel.dataset.image, zoom: panel.dataset.zoom === "1", size: [frame.width, frame.height],
    drawn: [canvas.width, canvas.height, canvas.hidden ? null : canvas.getBoundingClientRect().left - frame.left],
    x: figure.left - frame.left + xaxis._offset, y: figure.top - frame.top + yaxis._offset,
    width: xaxis._length, height: yaxis._length, range: [xaxis.range, yaxis.range],
  };
})"""


def check_geometry(page, shape):
    """Plotly's plot area lies where the canvas paints the image, to a pixel of the screen."""
    for found in page.page.evaluate(GEOMETRY):
        side = found["size"][0]
        assert abs(found["size"][1] - side) < 0.5
        if found["drawn"][2] is not None:  # a canvas that is hidden takes its size when it is shown
            assert found["drawn"] == pytest.approx([side, side, 0], abs=0.6)
        if found["image"] == "scatter":
            assert (found["x"], found["width"]) == pytest.approx((34, side - 34), abs=1)
            assert (found["y"], found["height"]) == pytest.approx((0, side - 34), abs=1)
            continue
        rows, cols = (WINDOW, WINDOW) if found["zoom"] else shape
        scale = min(side / rows, side / cols)
        assert (found["x"], found["y"]) == pytest.approx(
            ((side - cols * scale) / 2, (side - rows * scale) / 2), abs=1
        ), found
        assert (found["width"], found["height"]) == pytest.approx((cols * scale, rows * scale), abs=1), found
        (left, right), (bottom, top) = found["range"]
        assert (right - left, bottom - top) == pytest.approx((cols, rows))


@pytest.mark.parametrize("size", SIZES)
def test_canvas_and_figure_coincide(explore, size):
    explore.page.set_viewport_size({"width": size[0], "height": size[1]})
    explore.hover("first", (30, 30))
    explore.settled()
    until(explore, lambda: geometry_is_right(explore, (64, 64)))


def geometry_is_right(page, shape):
    """Plotly resizes a moment after the window did."""
    try:
        check_geometry(page, shape)
    except AssertionError:
        return False
    return True


def test_the_scatterplots_canvas_has_the_figures_axes(explore):
    explore.sharp()
    explore.hover("first", (30, 31))
    explore.settled()
    both = """() => {
      const { xaxis, yaxis } = document.querySelector("#scatter .js-plotly-plot")._fullLayout;
      return [xaxis.range, yaxis.range];
    }"""
    (x0, x1), (y0, y1) = explore.page.evaluate(both)
    G = explore.page.evaluate(
        """async ([pair, network]) => {
          const { arrays } = await FuseVis.wire.ask("explore/guidance", { pair, network, have: 0 });
          return [FuseVis.scatter.range(arrays.first), FuseVis.scatter.range(arrays.second)];
        }""",
        [PAIR, NETWORK],
    )
    assert G[0] == pytest.approx([x0, x1])
    assert G[1] == pytest.approx([y0, y1])
    dots = explore.page.evaluate("document.querySelector('#scatter .js-plotly-plot').data[0].x.length")
    assert dots == WINDOW * WINDOW


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


def test_what_was_asked_ahead_is_shown_without_asking_and_is_exact(alone, world):
    alone.open(**START)
    alone.sharp()
    alone.click("fused", (30, 20))
    pixels = [(30, col) for col in range(21, 27)]
    for pixel in pixels:
        alone.page.keyboard.press("ArrowRight")
        alone.shows(pixel)
        assert alone.read("pixel").startswith(f"row {pixel[0]}, column {pixel[1]}")
        check_readout(alone, expected_readout(world, NETWORK, pixel))
        alone.page.wait_for_timeout(150)
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
    alone.click("fused", (30, 20))
    alone.page.keyboard.press("ArrowRight")
    alone.shows((30, 21))
    alone.page.wait_for_timeout(500)
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


# ---- choices


def test_folding_the_zooms_leaves_ten_larger_panels(explore):
    side = explore.plot("first").bounding_box()["width"]
    explore.switch("Zooms")
    explore.settle_on("!FuseVis.explore.state.zooms")
    assert explore.page.locator(".panel[data-image]:visible").count() == 9
    assert explore.page.locator(".panel[data-zoom='1']:visible").count() == 0
    assert explore.plot("first").bounding_box()["width"] > side + 20
    for image in PICKING:
        explore.hover(image, (10 + PICKING.index(image), 40))
    assert scrolling(explore) == [0, 0]
    boxes = [each.bounding_box() for each in explore.page.locator(".panel:visible").all()]
    for number, one in enumerate(boxes):
        for two in boxes[number + 1 :]:
            assert not overlap(one, two)
    explore.switch("Zooms")
    explore.settle_on("FuseVis.explore.state.zooms")
    explore.hover("first", (11, 41))
    assert explore.canvas("first", is_zoom=True)[..., 3].any()


def overlap(one, two):
    return (
        min(one["x"] + one["width"], two["x"] + two["width"]) - max(one["x"], two["x"]) > 1
        and min(one["y"] + one["height"], two["y"] + two["height"]) - max(one["y"], two["y"]) > 1
    )


def test_light_and_dark(explore):
    ground = """() => [".explore", ".plot", "input#pair"].map((each) =>
      getComputedStyle(document.querySelector(each)).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))"""
    ink = "getComputedStyle(document.querySelector('#readout td')).color.match(/\\d+/g).slice(0, 3).map(Number)"
    dark, dark_ink = explore.page.evaluate(ground), explore.page.evaluate(ink)
    assert max(map(max, dark)) < 80 < min(dark_ink)
    explore.switch("Light")
    explore.settle_on("document.documentElement.dataset.mantineColorScheme === 'light'")
    light, light_ink = explore.page.evaluate(ground), explore.page.evaluate(ink)
    assert min(map(min, light)) > 200 > 100 > max(light_ink)
    until(explore, lambda: explore.words().get("light") == "1")


def scrolling(page):
    return page.page.evaluate(
        """() => { const { scrollWidth, scrollHeight } = document.documentElement;
          return [Math.max(scrollWidth - innerWidth, 0), Math.max(scrollHeight - innerHeight, 0)]; }"""
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("zooms", [True, False])
def test_nothing_scrolls_on_a_desk_screen(explore, size, zooms):
    explore.page.set_viewport_size({"width": size[0], "height": size[1]})
    if not zooms:
        explore.switch("Zooms")
        explore.settle_on("!FuseVis.explore.state.zooms")
    until(explore, lambda: scrolling(explore) == [0, 0])  # Plotly follows the window a moment later
    visible = explore.page.locator(".panel[data-image]:visible .plot").all()
    boxes = [each.bounding_box() for each in visible]
    assert len({round(box["width"]) for box in boxes}) == 1
    least = {1920: 256, 1440: 190, 1280: 170}[size[0]]
    assert boxes[0]["width"] >= least
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
    readout = explore.page.evaluate(
        "(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.getElementById('readout'))"
    )
    assert readout <= 0, "the read-out is cut off"


def test_the_address_has_every_field_and_a_reload_reopens_it(alone):
    wanted = {
        "pair": "cases/wide",
        "network": "Weighted Averaging",
        "row": "7",
        "col": "61",
        "window": "21",
        "gamma1": "0.75",
        "gamma2": "1.2",
        "display": "signed",
        "colormap": "cividis",
        "manner": "drag",
        "color": "1",
        "zooms": "0",
        "light": "1",
    }
    assert set(wanted) == {field.name for field in fields(State)}
    alone.open(**wanted)
    assert alone.pixel == (7, 61)
    alone.settled()
    until(alone, lambda: alone.words() == wanted)
    alone.page.mouse.move(*alone.point_of("second", (9, 3)))
    alone.page.mouse.down()
    alone.page.mouse.up()
    alone.shows((9, 3))
    alone.settled()
    alone.page.reload()
    alone.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
    assert alone.pixel == (9, 3)
    until(alone, lambda: alone.words() == {**wanted, "row": "9", "col": "3"})
    state = alone.state
    assert (state["display"], state["colormap"], state["manner"]) == ("signed", "cividis", "drag")
    assert (state["color"], state["zooms"], state["light"], state["window"]) == (True, False, True, 21)
    assert alone.page.locator("input#network").input_value() == "Weighted Averaging"
    assert alone.console == []


@pytest.mark.parametrize("words", [{"row": 5}, {"row": 5000, "col": 1}, {"gamma1": 9, "network": "DeepFuze"}])
def test_an_address_that_asks_too_much_opens_all_the_same(alone, words):
    alone.open(**{"pair": "cases/wide", **words})
    assert alone.pixel == (24, 36)
    if "gamma1" in words:
        told = alone.page.get_by_role("alert").all_inner_texts()
        assert "gamma1=9" in " ".join(told)
        assert "DeepFuze" in " ".join(told)
        until(alone, lambda: scrolling(alone) == [0, 0])  # the panels make room for the sentence
    assert alone.console == []


# ---- keyboard and names


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(explore):
    wanted = {
        "pair", "network", "display", "colormap", "window", "manner", "row", "col", "color", "zooms", "theme",
        "gamma1", "gamma2", *(f"{image}-live" for image in PICKING),
    }  # fmt: skip
    where = """() => {
      const active = document.activeElement, plot = active.matches(".plot") && active.querySelector("canvas");
      return plot ? plot.id : active.id && document.getElementById(active.id) ? active.closest("[id]").id
        : (active.closest("[id]") || {}).id;
    }"""
    owner = """(id) => { const active = document.activeElement;
      return active.closest("#" + id) !== null || active.name === id || false; }"""
    reached, unseen = set(), []
    explore.page.evaluate(
        "document.querySelector('h1').setAttribute('tabindex', '-1'); document.querySelector('h1').focus()"
    )
    for _ in range(80):
        explore.page.keyboard.press("Tab")
        id_ = explore.page.evaluate(where) or ""
        for name in wanted:
            if id_ == name or explore.page.evaluate(owner, name):
                id_ = name
        if id_ in wanted and id_ not in reached:
            reached.add(id_)
            if not focus_is_visible(explore):
                unseen.append(id_)
        if reached == wanted:
            break
    assert wanted - reached == set()
    assert unseen == []


def focus_is_visible(explore):
    """Whether the picture of the focused control changes when it loses the focus."""
    box = explore.page.evaluate(
        """() => {
          const active = document.activeElement, shown = active.closest(".control, .plot, .panel") || active;
          const { left, top, width, height } = shown.getBoundingClientRect();
          window.focused = active;
          return { x: Math.max(left - 4, 0), y: Math.max(top - 4, 0), width: width + 8, height: height + 8 };
        }"""
    )
    with_focus = explore.page.screenshot(clip=box)
    explore.page.evaluate("window.focused.blur()")
    without = explore.page.screenshot(clip=box)
    explore.page.evaluate("window.focused.focus()")
    return with_focus != without


def test_everything_that_takes_the_focus_has_a_name(explore):
    session = explore.context.new_cdp_session(explore.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    named, nameless = 0, []
    for node in nodes:
        traits = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        role = node.get("role", {}).get("value")
        # What is generic takes the focus from scripts alone; the panels' role is held by the test below.
        if node.get("ignored") or not traits.get("focusable") or role in ("RootWebArea", "generic", "none"):
            continue
        if node.get("name", {}).get("value", "").strip():
            named += 1
        else:
            nameless.append(role)
    assert nameless == []
    assert named >= 20


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("textbox", "Pair"),
        ("textbox", "Network"),
        ("textbox", "Colours"),
        ("textbox", "Window"),
        ("textbox", "Row"),
        ("textbox", "Column"),
        ("radiogroup", "Derivative"),
        ("radiogroup", "Pointer"),
        ("switch", "Colour"),
        ("switch", "Zooms"),
        ("switch", "Light"),
        ("slider", "γ1, Jacobian images"),
        ("slider", "γ2, guidance images"),
        ("group", "MRI"),
        ("group", "Guidance PET"),
        ("img", re.compile("^Colour scale from 0 to ")),
    ],
)
def test_a_control_is_found_by_its_name(explore, role, name):
    found = explore.page.get_by_role(role, name=name, exact=isinstance(name, str))
    assert found.count() == (2 if role == "img" else 1)


# ---- guidance, networks, failures


def test_guidance_sharpens_and_its_correlation_appears_without_a_move(alone, world):
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


# ---- the wire


def test_the_browser_unpacks_what_the_server_packs(explore):
    rng = np.random.default_rng(5)
    held = {
        "a": rng.normal(size=(3, 5)).astype(np.float32),
        "b": rng.integers(0, 256, (7, 3, 3), dtype=np.uint8),
        "c": np.array([-0.0, np.inf, -np.inf, 1e-45], dtype=np.float32),
        "é": rng.integers(0, 256, 5, dtype=np.uint8),
        "empty": np.zeros((0, 4), dtype=np.float32),
    }
    about = {"row": 3, "share": None, "failure": "Zu groß – ∂y/∂x", "milliseconds": 0.25}
    for names in (list(held), list(held)[::-1], []):
        message = packed(about, {name: held[name] for name in names})
        found = explore.page.evaluate(
            """(text) => {
              const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
              const { about, arrays } = FuseVis.wire.unpacked(bytes.buffer);
              const list = Object.entries(arrays).map(([name, values]) => ({
                name, shape: values.shape, kind: values.constructor.name,
                bytes: [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
              }));
              return JSON.stringify({ about, list });
            }""",
            base64.b64encode(message).decode(),
        )
        read = json.loads(found)
        assert read["about"] == about
        assert [each["name"] for each in read["list"]] == names
        for each in read["list"]:
            values = held[each["name"]]
            assert bytes(each["bytes"]) == values.tobytes()
            assert tuple(each["shape"]) == values.shape
            assert each["kind"] == {"f": "Float32Array", "u": "Uint8Array"}[values.dtype.kind]


def test_panels_of_the_page_are_those_of_the_server(explore):
    shown = explore.page.eval_on_selector_all(
        ".panel[data-image]", "(all) => all.map((each) => [each.dataset.image, each.dataset.zoom])"
    )
    assert [tuple(each) for each in shown] == [(panel.image, str(int(panel.is_zoom))) for panel in ids.PANELS]


def test_the_pointer_is_followed_before_there_are_figures_and_they_catch_up(alone):
    held = []

    def hold(route):
        if '"shown.data"' in (route.request.post_data or "") and not held:
            return held.append(route)
        return route.continue_()

    alone.page.route("**/_dash-update-component*", hold)
    alone.open(**START)
    until(alone, lambda: held)
    alone.hover("first", (12, 50))
    assert alone.page.locator(".js-plotly-plot").count() == 0
    held.pop().continue_()
    alone.sharp()
    alone.settled()
    assert alone.page.locator(".js-plotly-plot").count() == 17
    assert alone.page.evaluate("document.querySelector('#first .js-plotly-plot').layout.shapes.length") > 0
    assert not alone.page.locator(".unfigured").count()
    assert alone.console == []
