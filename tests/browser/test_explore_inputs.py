"""The tools of both inputs on Explore: one over the other, a second input moved, and input values chosen."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import saliency
from fusion.data.moved_pair import Move, moved
from fusion.data.normalisation import Normalisation
from fusion.data.windowed_pair import windowed
from tests.support.explore_checks import NETWORK, PAIR, START, check_readout, expected_readout, until
from tests.support.explore_page import Explore

TOOLS = "#inputs-tools"
YELLOW, VIOLET = (255, 225, 0), (64, 0, 120)


@pytest.fixture(scope="module")
def opened(chromium, address):
    found = Explore(chromium, address).open(**START)
    found.settled()
    yield found
    found.close()


@pytest.fixture
def page(opened):
    """The shared page at its start: tools open with nothing chosen in them, the pair as it was read."""
    opened.page.mouse.move(2, 2)
    opened.page.evaluate("(pair) => dash_clientside.set_props('pair', { value: pair })", PAIR)
    is_open(opened, PAIR)
    if opened.page.locator(TOOLS).is_hidden():
        opened.page.locator("#inputs-button").click()
    look(opened, "none")
    opened.page.evaluate(
        "({ row, col }) => { FuseVis.explore.pin(false); FuseVis.explore.point({ row, col }); }", START
    )
    opened.shows((START["row"], START["col"]))
    opened.settled()
    yield opened
    assert opened.console == []


def far(page, step=3):
    """Pixels beside the cross-hair and the box."""
    at = page.pixel
    places = [(row, col) for row in range(1, 63, step) for col in range(1, 63, step)]
    return [each for each in places if min(abs(each[0] - at[0]), abs(each[1] - at[1])) > 8]


def look(page, kind):
    page.page.locator(f"{TOOLS} input[value={kind}]").check()


def fill(page, label, value):
    field = page.page.locator(TOOLS).get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def is_open(page, pair):
    page.settle_on("(pair) => FuseVis.explore.shown().view?.pair === pair && FuseVis.explore.state.pixel", pair)
    page.settled()


def world_of(world, pair):
    return replace(world, pairs={"changed": pair})


def test_a_link_to_a_changed_pair_opens_it_on_every_page(chromium, address, world):
    pair = f"{PAIR}~move=1,1,0"
    page = Explore(chromium, address).open(**{**START, "pair": pair})
    page.settled()
    expected = expected_readout(
        world_of(world, moved(world.pairs[PAIR], Move(1, 1))), NETWORK, (30, 28), "changed"
    )
    check_readout(page, expected)
    for path in ("compare", "verdict", "regions", "networks"):
        page.page.goto(f"{address}/{path}?pair={pair}&network={NETWORK}&networks={NETWORK},FunFuseAn")
        page.page.locator("#pair-change").get_by_text("PET moved by 1 px right, 1 px down").wait_for()
    page.close()


def test_the_tools_are_closed_until_they_are_asked_for(page):
    assert page.page.locator(TOOLS).is_visible()
    page.page.locator(f"{TOOLS} input[value=none]").press("Escape")
    assert page.page.locator(TOOLS).is_hidden()
    assert page.page.evaluate("document.activeElement.id") == "inputs-button"
    page.page.keyboard.press("Enter")
    assert page.page.locator(TOOLS).is_visible()
    assert page.page.locator("#inputs-button").get_attribute("aria-expanded") == "true"


def test_a_checkerboard_has_squares_of_both_inputs_and_says_so(page):
    pixels = far(page)
    first, second, fused = (page.at_pixels(image, pixels).astype(int) for image in ("first", "second", "fused"))
    look(page, "checkerboard")
    found = page.at_pixels("first", pixels).astype(int)
    is_second = np.array([(row // 16 + col // 16) % 2 == 1 for row, col in pixels])
    np.testing.assert_array_equal(found[is_second], second[is_second])
    np.testing.assert_array_equal(found[~is_second], first[~is_second])
    assert np.abs(first - second)[is_second].max() > 40
    np.testing.assert_array_equal(page.at_pixels("fused", pixels), fused)
    np.testing.assert_array_equal(page.at_pixels("second", pixels), second)
    words = "checkerboard of MRI and PET"
    assert page.plot("first").locator(".overlaid").inner_text() == words
    assert page.plot("first").get_attribute("aria-label") == words
    assert page.plot("first", is_zoom=True).locator(".overlaid").inner_text() == words
    assert page.plot("fused").locator(".overlaid").is_hidden()
    page.page.keyboard.down("x")
    np.testing.assert_array_equal(page.at_pixels("first", pixels), second)
    page.page.keyboard.up("x")
    look(page, "none")
    np.testing.assert_array_equal(page.at_pixels("first", pixels), first)
    assert page.plot("first").locator(".overlaid").is_hidden()


def luminance(colors):
    part = colors / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def test_edges_stand_out_by_lightness_alone(page):
    pixels = far(page, step=1)
    ground = page.at_pixels("second", pixels).astype(float)
    look(page, "edges")
    found = page.at_pixels("second", pixels).astype(float)
    is_edge = np.abs(found - ground).max(axis=1) > 0
    assert 0.02 < is_edge.mean() < 0.3
    is_yellow, is_violet = ((found == color).all(axis=1) for color in (YELLOW, VIOLET))
    assert (is_yellow | is_violet)[is_edge].all()
    assert is_yellow.any()
    assert is_violet.any()
    light, dark = (f(luminance(found[is_edge]), luminance(ground[is_edge])) for f in (np.maximum, np.minimum))
    assert ((light + 0.05) / (dark + 0.05)).min() >= 3
    assert page.plot("second").get_attribute("aria-label") == "edges of MRI on PET"


def test_a_typed_move_is_computed_said_and_put_back(page, world):
    fill(page, "Right", 2)
    is_open(page, f"{PAIR}~move=2,0,0")
    fill(page, "Down", -1.5)
    changed = f"{PAIR}~move=2,-1.5,0"
    is_open(page, changed)
    pair = moved(world.pairs[PAIR], Move(2, -1.5))
    check_readout(page, expected_readout(world_of(world, pair), NETWORK, page.pixel, "changed"))
    until(page, lambda: page.words()["pair"] == changed)
    bar = page.page.locator("#pair-change")
    for each in (bar, page.page.locator("#pair-note")):
        until(page, lambda each=each: "PET moved by 2 px right, 1.5 px up" in each.inner_text())
    pixels = far(page)
    shown = page.at_pixels("second", pixels)[:, 0]
    np.testing.assert_allclose(shown, [255 * pair.second[pixel] for pixel in pixels], atol=1.01)
    until(page, lambda: "· changed" in page.page.locator("input#pair").input_value())
    bar.get_by_role("button", name="Put back").click()
    is_open(page, PAIR)
    until(page, bar.is_hidden)
    check_readout(page, expected_readout(world, NETWORK, page.pixel))


def test_guidance_of_a_changed_pair_is_begun_where_it_is_asked_for(page, world):
    page.sharp()
    fill(page, "Right", 3)
    changed = f"{PAIR}~move=3,0,0"
    is_open(page, changed)
    button = page.page.locator("#status").get_by_role("button", name="Compute guidance")
    button.wait_for()
    assert [each for each in page.asked("guidance") if each["pair"] == changed] == []
    colors = np.unique(page.canvas("scatter")[..., :3].reshape(-1, 3), axis=0).tolist()
    assert sorted(colors) == [[37, 41, 52], [92, 100, 121]], "what is not computed is hatched"
    button.click()
    page.sharp()
    G = saliency.guidance(world.networks[NETWORK], moved(world.pairs[PAIR], Move(3, 0)))
    found = page.page.evaluate("[...FuseVis.explore.shown().guidance.second]")
    np.testing.assert_allclose(found, G.second.ravel(), atol=1e-4 * np.abs(G.second).max())


def drag(page, start, end):
    page.page.mouse.move(*page.point_of("fused", start))
    page.page.mouse.down()
    page.page.mouse.move(*page.point_of("fused", end), steps=4)


def test_a_drag_moves_and_with_shift_turns_the_second_input(page, world):
    before = page.pixel
    page.page.mouse.move(2, 2)
    page.page.keyboard.press("m")
    pixels = far(page)
    drag(page, (20, 30), (23, 36))
    shown = page.at_pixels("second", [(row, col) for row, col in pixels if row > 8 and col > 8])
    image = world.pairs[PAIR].second
    expected = [255 * image[row - 3, col - 6] for row, col in pixels if row > 8 and col > 8]
    np.testing.assert_allclose(shown[:, 0], expected, atol=1.01)  # as it is dragged, before it is computed
    page.page.mouse.up()
    page.settle_on("FuseVis.explore.shown().view.pair.includes('move')")
    right, down, angle = map(
        float, page.page.evaluate("FuseVis.explore.shown().view.pair").split("=")[1].split(",")
    )
    assert (right, down, angle) == (pytest.approx(6, abs=0.5), pytest.approx(3, abs=0.5), 0)
    page.settled()
    assert page.pixel == before, "the drag chooses no pixel"
    page.page.keyboard.down("Shift")
    centre = 31.5 + down, 31.5 + right
    drag(page, (centre[0], centre[1] + 20), (centre[0] + 20, centre[1]))
    page.page.mouse.up()
    page.page.keyboard.up("Shift")
    page.settle_on("!FuseVis.explore.shown().view.pair.endsWith(',0')")
    words = page.page.evaluate("FuseVis.explore.shown().view.pair").split("=")[1].split(",")
    assert float(words[2]) == pytest.approx(90, abs=3)
    assert (float(words[0]), float(words[1])) == (right, down)
    page.settled()
    page.page.keyboard.press("m")
    page.click("first", (10, 12))


def test_a_move_that_leaves_nothing_is_refused_and_the_picture_goes_back(page):
    fill(page, "Right", 500)
    page.page.locator("#view-problem").get_by_text("Nothing of the second image is left").wait_for()
    page.settle_on("(pair) => FuseVis.explore.shown().view.pair === pair", PAIR)
    until(page, lambda: page.page.locator("#pair-change").is_hidden())


def test_a_fixed_window_scales_the_input_and_keeps_its_raw_values(page, world):
    tools = page.page.locator(TOOLS).get_by_role("group", name="PET: what becomes 0 and 1")
    tools.locator("svg").wait_for()
    raw = page.read("raw2")
    tools.get_by_label("a fixed window").check()
    asked = []
    page.page.on("request", lambda request: asked.append(request.url))
    for label, value in (("0 is", 60), ("1 is", 100)):
        field = tools.get_by_label(label)
        field.fill(str(value))
    field.press("Enter")
    changed = f"{PAIR}~window2=60,100"
    is_open(page, changed)
    views = [parse_qs(urlsplit(each).query)["pair"] for each in asked if "/explore/view" in each]
    assert views == [[changed]], "the first number alone chooses nothing"
    pair = windowed(world.pairs[PAIR], (None, Normalisation("window", 60, 100)))
    check_readout(page, expected_readout(world_of(world, pair), NETWORK, page.pixel, "changed"))
    assert float(page.read("raw2")) == pytest.approx(float(raw), abs=1e-3), "the file's value, clipped or not"
    below, above = (int((f(pair.levels[1], each)).sum()) for f, each in ((np.less, 60), (np.greater, 100)))
    tools.get_by_text(f"Clipped: {below} pixels below, {above} above").wait_for()
    heights = tools.locator("rect").evaluate_all("(bars) => bars.map((bar) => Number(bar.getAttribute('height')))")
    counts, _ = np.histogram(pair.second, 64, (0, 1))
    np.testing.assert_allclose(heights, 56 * np.log1p(counts) / np.log1p(counts.max()), atol=1e-3)
    assert tools.locator("text").all_text_contents()[:2] == ["0", "60"]
    until(page, lambda: "PET from 60 to 100" in page.page.locator("#pair-change").inner_text())
    tools.get_by_label("smallest to largest").check()
    is_open(page, PAIR)
