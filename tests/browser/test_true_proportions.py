"""Pixels that are three times as high as wide on every page: drawn so, and chosen where they are drawn."""

import re
from urllib.parse import urlencode

import numpy as np
import pytest
import torch

import fusion
from dashboard.app import JOBS, create_app
from dashboard.cache.receptive_fields import ReceptiveFieldCache
from dashboard.settings import Settings
from fusion.method import checkpoints
from saliency import Locality
from tests.support.case_folders import write_checkpoints
from tests.support.compare_page import Compare
from tests.support.explore_page import Explore
from tests.support.thick_slices import ASPECT, COLS, PAIR, ROWS, levels, write_study
from tests.support.waiting import PATIENCE, until

NETWORK = "MaskNet"
SHOWING = "CAMF"
"""A network that shows its inside."""
HIGH = ROWS * ASPECT / COLS
"""Height of the slice for its width."""
PIXELS = [(row, col) for row in range(ROWS) for col in range(COLS)]
START = {"pair": PAIR, "network": NETWORK, "row": 8, "col": 25, "window": 11}


@pytest.fixture(scope="module")
def study_address(serve, tmp_path_factory):
    folder, cache = write_checkpoints(tmp_path_factory.mktemp("weights")), tmp_path_factory.mktemp("cache")
    study, method = write_study(tmp_path_factory.mktemp("volumes")), fusion.find(SHOWING)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        checkpoints.save(method.build(), method, {"date": "2020-01-01"}, folder)
    app = create_app(Settings(pairs=(study,), same_space=True, checkpoints=folder, cache=cache, phantoms=1))
    _, weights = checkpoints.load_with_hash(SHOWING, folder)
    ReceptiveFieldCache(app.server, cache).put(SHOWING, weights, Locality(34, stride=4, any_size=False))
    client = app.server.test_client()
    for name in (NETWORK, "FunFuseAn"):
        until(lambda name=name: client.get("/networks/ready", query_string={"network": name}).json["ready"])
    with serve(app) as address:
        yield address
        app.server.extensions[JOBS].close()


@pytest.fixture(scope="module")
def explore(chromium, study_address):
    page = Explore(chromium, study_address, (1680, 1000)).open(**START)
    page.sharp()
    yield page
    assert page.console == []
    page.close()


@pytest.fixture
def whole(explore):
    """Explore with the whole slice in its panels, the pixel pinned."""
    explore.page.mouse.move(2, 2)
    explore.page.evaluate("document.activeElement.blur()")
    explore.page.keyboard.press("0")
    explore.page.evaluate("FuseVis.explore.pin(true); FuseVis.explore.point({ row: 8, col: 25 })")
    explore.shows((8, 25))
    return explore


def far(page, pixels=PIXELS):
    """Pixels over which neither cross-hair nor window box nor a note lies."""
    found, half = page.state["pixel"], page.state["window"] / 2 + 0.5
    away = [
        (row, col)
        for row, col in pixels
        if min(abs(row - found["row"]), abs(abs(row - found["row"]) - half)) > 0.6
        and min(abs(col - found["col"]), abs(abs(col - found["col"]) - half)) > 0.6
    ]
    assert len(away) > len(pixels) / 3
    return away


def check_drawn(page, image, expected, *, is_zoom=False, pixels=PIXELS):
    shown = far(page, pixels)
    colors = page.at_pixels(image, shown, is_zoom)
    np.testing.assert_array_equal(colors, np.repeat([[expected[place]] for place in shown], 3, axis=1))


def test_a_pixel_is_drawn_three_times_as_high_as_wide(whole):
    assert (whole.state["height"], whole.state["width"], whole.state["aspect"]) == (ROWS, COLS, ASPECT)
    check_drawn(whole, "first", levels())
    check_drawn(whole, "second", levels("pet"))
    side = whole.plot("first").bounding_box()["height"]
    drawn = whole.canvas("first")[..., :3].astype(int)
    ground = drawn[:, 2].max(axis=0)
    beside = round((side - side * COLS / (ROWS * ASPECT)) / 2)
    assert (drawn[:, : beside - 1] == ground).all(), "the slice is 40 mm wide and 60 mm high"
    assert np.ptp(drawn[:, beside + 2]) > 50


@pytest.mark.parametrize("pixel", [(0, 0), (3, 31), (19, 12), (10, 39)])
def test_a_click_chooses_the_pixel_that_is_drawn_there(whole, pixel):
    whole.page.evaluate("FuseVis.explore.pin(false)")
    whole.click("second", pixel)
    assert whole.state["isPinned"]


def test_one_scale_bar_of_one_length_stands_there(whole):
    notes = whole.plot("first").locator(".scale-bar")
    assert notes.inner_text() == "20 mm"
    line, box = notes.locator("i").bounding_box(), whole.plot("first").bounding_box()
    assert line["width"] == pytest.approx(20 * box["height"] / (ROWS * ASPECT), abs=0.6)


def test_what_is_zoomed_and_moved_is_read_where_it_is_drawn(whole):
    whole.page.evaluate("FuseVis.explore.pin(false)")
    box = whole.plot("first").bounding_box()
    x, y = round(box["x"] + 0.6 * box["width"]), round(box["y"] + 0.3 * box["height"])
    whole.page.mouse.move(x, y)
    before = whole.seen_at("first", x, y)
    whole.page.mouse.wheel(0, -300)
    whole.settle_on("FuseVis.explore.state.magnification > 1.9")
    assert whole.seen_at("first", x, y) == pytest.approx(before, abs=1e-6)
    whole.page.mouse.down(button="middle")
    whole.page.mouse.move(x + 21, y - 33, steps=3)
    whole.page.mouse.up(button="middle")
    assert whole.seen_at("first", x + 21, y - 33) == pytest.approx(before, abs=1e-6)
    for right, down in ((0, 0), (-40, 31), (37, 60)):
        whole.page.mouse.move(x + right, y + down)
        place = tuple(int(np.floor(each)) for each in whole.seen_at("first", x + right, y + down))
        whole.shows(place)
    drawn, expected = whole.canvas("second"), levels("pet")
    for right, down in ((-110, -80), (55, 90), (101, 13)):
        row, col = whole.seen_at("second", *(at := inside(whole, "second", right, down)))
        pixel = int(np.floor(row)), int(np.floor(col))
        box = whole.plot("second").bounding_box()
        assert drawn[int(at[1] - box["y"]), int(at[0] - box["x"]), 0] == expected[pixel]


def inside(page, image, right, down):
    """A point of the screen so far from the middle of a panel."""
    box = page.plot(image).bounding_box()
    return box["x"] + box["width"] / 2 + right + 0.5, box["y"] + box["height"] / 2 + down + 0.5


def test_a_zoom_shows_its_window_in_the_same_proportions(whole):
    window = [(row, col) for row in range(3, 14) for col in range(20, 31)]
    shown = [
        (row, col)
        for row, col in window
        if abs(row - 8) > 1 and abs(col - 25) > 1 and 3 < row < 13 and 20 < col < 30
    ]
    colors = whole.at_pixels("first", shown, is_zoom=True)
    np.testing.assert_array_equal(colors[:, 0], [levels()[place] for place in shown])


def test_an_enlarged_panel_has_the_same_proportions(whole):
    whole.enlarge("fused")
    (x0, y0), (x1, _), (_, y1) = (whole.over_figure(pixel) for pixel in ((5, 5), (5, 6), (6, 5)))
    assert (y1 - y0) / (x1 - x0) == pytest.approx(ASPECT, rel=1e-3)
    whole.page.evaluate("FuseVis.explore.pin(false)")
    whole.page.mouse.click(*whole.over_figure((13, 29)))
    whole.shows((13, 29))
    whole.page.keyboard.press("Escape")


def test_a_turn_by_hand_is_a_turn_in_the_patient(whole):
    """A quarter of a turn: what lies 9 mm right of the centre lies 9 mm below it, as `moved` computes it."""
    whole.page.keyboard.press("m")
    whole.page.mouse.move(*whole.point_of("fused", (9.5, 19.5 + 9)))
    whole.page.keyboard.down("Shift")
    whole.page.mouse.down()
    whole.page.mouse.move(*whole.point_of("fused", (9.5 + 3, 19.5)), steps=4)
    shown = [(row, 18) for row in range(3, 17) if row != 8]
    before = levels("pet")
    expected = [
        before[int(np.floor(9.5 + 0.5 + (18 - 19.5) / -ASPECT)), int(19.5 + ASPECT * (row - 9.5))]
        for row, _ in shown
    ]
    turned = whole.at_pixels("second", shown)[:, 0]
    assert np.corrcoef(turned.astype(float), np.asarray(expected, float))[0, 1] > 0.99
    whole.page.keyboard.press("Escape")
    whole.page.mouse.up()
    whole.page.keyboard.up("Shift")
    whole.page.keyboard.press("m")


@pytest.fixture(scope="module")
def compare(chromium, study_address):
    page = Compare(chromium, study_address, (1680, 1000))
    page.open(pair=PAIR, networks="MaskNet,FunFuseAn", row=8, col=25, window=11, rows="fused,guidance,jacobian")
    yield page
    assert page.console == []
    page.close()


def test_a_cell_of_compare_is_as_high_as_the_slice(compare):
    box = compare.plot("FunFuseAn", "fused").bounding_box()
    assert box["height"] / box["width"] == pytest.approx(ROWS * ASPECT / COLS, rel=0.01)
    for pixel in ((2, 37), (18, 3), (11, 20)):
        compare.hover("FunFuseAn", "fused", pixel)
    inputs = compare.picture("document.querySelector('.inputs [data-image=first] canvas.live')")
    places = [(row, col) for row in range(ROWS) for col in range(COLS) if abs(row - 11) > 6 and abs(col - 20) > 6]
    high, wide = inputs.shape[0] / ROWS, inputs.shape[1] / COLS
    found = [inputs[int((row + 0.5) * high), int((col + 0.5) * wide), 0] for row, col in places]
    same = np.equal(found, [levels()[place] for place in places])
    assert same.mean() > 0.8, "but for the notes at its edges"


@pytest.fixture
def page(chromium, study_address):
    context = chromium.new_context(viewport={"width": 1680, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    console = []
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(f"error: {error}"))
    yield page
    context.close()
    assert console == []


def point(page, picture, row, col):
    """Screen position of a pixel's centre in a layer of a picture, which all of the slice fills."""
    box = page.locator(picture).bounding_box()
    assert box["height"] / box["width"] == pytest.approx(HIGH, rel=0.02)
    return box["x"] + (col + 0.5) / COLS * box["width"], box["y"] + (row + 0.5) / ROWS * box["height"]


def drag(page, picture, *pixels):
    page.mouse.move(*point(page, picture, *pixels[0]))
    page.mouse.down()
    for pixel in pixels[1:]:
        page.mouse.move(*point(page, picture, *pixel), steps=4)


def zoom_in(page, picture, row, col):
    before = page.locator(picture).bounding_box()["width"]
    page.mouse.move(*point(page, picture, row, col))
    page.mouse.wheel(0, -200)
    until(
        lambda: page.locator(picture).bounding_box()["width"] > 1.4 * before,
        pause=lambda: page.wait_for_timeout(20),
    )


def test_a_region_lies_where_it_is_drawn(page, study_address):
    page.goto(f"{study_address}/regions?{urlencode({'pair': PAIR, 'networks': NETWORK})}")
    picture = "#regions-surface-1 > img:first-child"
    page.wait_for_function("document.querySelector('#regions-surface-1 > img')?.naturalWidth > 0")
    page.locator("#regions-tool").get_by_text("Rectangle", exact=True).click()
    words = page.locator("#regions-words")
    for pixels in ([(3, 5), (12, 20)], [(6, 11), (14, 24)]):
        drag(page, picture, *pixels)
        page.mouse.up()
        (top, left), (bottom, right) = pixels
        page.wait_for_function(
            "(text) => document.getElementById('regions-words').value === text",
            arg=f"rect:{top},{left},{bottom},{right}",
        )
        zoom_in(page, picture, 10, 18)
    assert words.input_value() == "rect:6,11,14,24"


def test_a_place_of_verdict_lies_where_it_is_pointed_at(page, study_address):
    page.goto(f"{study_address}/verdict?{urlencode({'pair': PAIR, 'network': NETWORK, 'row': 8, 'col': 25})}")
    page.wait_for_function("document.getElementById('ask-picture-first')?.naturalWidth > 0")
    picture = "#ask-picture-first"
    says = """([row, col]) => [["ask-row", row], ["ask-col", col]].every(
      ([id, value]) => Number(document.getElementById(id).value) === value)"""
    page.mouse.click(*point(page, picture, 4, 31))
    page.wait_for_function(says, arg=[4, 31])
    zoom_in(page, picture, 9, 20)
    page.mouse.click(*point(page, picture, 11, 22))
    page.wait_for_function(says, arg=[11, 22])
    for edge, radius in (((10, 26), 6), ((13, 20), 3)):
        drag(page, picture, (10, 20), edge)
        mark = page.locator(".ask-stroke").bounding_box()
        assert mark["height"] / mark["width"] == pytest.approx(ASPECT, rel=0.1)
        page.mouse.up()
        page.wait_for_function(
            "(text) => document.getElementById('ask-region').value === text", arg=f"disk:10,20,{radius}"
        )


def test_maps_from_inside_a_network_are_read_where_they_are_drawn(page, study_address):
    page.goto(f"{study_address}/networks?{urlencode({'pair': PAIR, 'network': SHOWING})}")
    page.wait_for_selector("#net-large canvas")
    page.locator("#net-large canvas").first.scroll_into_view_if_needed()
    rows, cols = (
        int(each) for each in re.findall(r"(\d+) × (\d+) values", page.locator("#net-large").inner_text())[0]
    )
    for picture in ("#net-large .net-picture >> nth=0 >> canvas", ".net-sheet button >> nth=0 >> i"):
        box = page.locator(picture).bounding_box()
        assert box["height"] / box["width"] == pytest.approx(rows * ASPECT / cols, rel=0.03)
    box = page.locator("#net-large .net-picture >> nth=0 >> canvas").bounding_box()
    row, col = rows - 2, 3
    page.mouse.move(box["x"] + (col + 0.5) / cols * box["width"], box["y"] + (row + 0.5) / rows * box["height"])
    page.wait_for_function(
        "(text) => document.querySelector('#net-large output').textContent.startsWith(text)",
        arg=f"row {row}, column {col}:",
    )


def test_two_slices_and_thumbnails_have_the_same_proportions(whole):
    whole.page.locator(".strip [data-path='study / P7 · coronal / 18']").click(modifiers=["Shift"])
    whole.page.wait_for_selector(".slices .slice-row >> nth=1 >> .slice")
    for box in (each.bounding_box() for each in whole.page.locator(".slices .slice").all()):
        assert box["height"] / box["width"] == pytest.approx(HIGH, rel=0.02)
    whole.page.locator(".slices header button").click()
    thumbnail = whole.page.locator(".strip [aria-current] img")
    whole.settle_on("document.querySelector('.strip [aria-current] img').naturalWidth > 0")
    assert thumbnail.evaluate("(it) => [it.naturalHeight, it.naturalWidth]") == [60, 40]
