"""Wheel, drags and keys on the pictures of Explore: what lies under the pointer is read, and is drawn there."""

import numpy as np
import pytest

import fusion
from dashboard.imaging.encoding import to_bytes
from tests.support.explore_checks import NETWORK, PAIR, START, check_readout, expected_readout

SHOWS = """([row, col]) => {
  const { pixel } = FuseVis.explore.state;
  return pixel.row === row && pixel.col === col;
}"""


def wheel(explore, image, part, notches=-1, *, is_zoom=False):
    """Turn the wheel over a place of a panel, given in parts of its width and height."""
    box = explore.plot(image, is_zoom).bounding_box()
    x, y = round(box["x"] + part[0] * box["width"]), round(box["y"] + part[1] * box["height"])
    explore.page.mouse.move(x, y)
    explore.page.mouse.wheel(0, 100 * notches)
    return x, y


def drag(explore, image, by, button="middle"):
    """Drag from the middle of a panel; returns how far the pointer went."""
    box = explore.plot(image).bounding_box()
    x, y = round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)
    explore.page.mouse.move(x, y)
    explore.page.mouse.down(button=button)
    explore.page.mouse.move(x + by[0], y + by[1], steps=3)
    explore.page.mouse.up(button=button)


def magnified(explore, what="FuseVis.explore.state.magnification > 1.2"):
    explore.settle_on(what)


def colour_at(explore, image, x, y):
    """RGB of the canvas under a point of the screen."""
    box = explore.plot(image).bounding_box()
    drawn = explore.canvas(image)
    scale = drawn.shape[0] / box["height"]
    return drawn[int((y - box["y"]) * scale), int((x - box["x"]) * scale), :3]


def test_the_wheel_zooms_about_the_pointer_and_the_pixel_there_is_read(explore, world):
    explore.page.keyboard.press("Escape")
    x, y = wheel(explore, "first", (0.3, 0.62), 0)
    before = explore.seen_at("first", x, y)
    for notches in (-1, -2, -3):
        wheel(explore, "first", (0.3, 0.62), notches)
    magnified(explore, "FuseVis.explore.state.magnification > 3.5")
    assert explore.seen_at("first", x, y) == pytest.approx(before, abs=1e-6)
    explore.shows(tuple(map(int, before)))
    for right, down in ((0, 0), (17, -9), (-30, 22), (41, 35)):
        explore.page.mouse.move(x + right, y + down)
        pixel = tuple(int(np.floor(place)) for place in explore.seen_at("first", x + right, y + down))
        explore.settle_on(SHOWS, list(pixel))
        check_readout(explore, expected_readout(world, NETWORK, pixel))


@pytest.mark.parametrize("image", ["first", "fused", "second"])
def test_every_panel_follows_and_shows_the_pixels_that_lie_there(explore, world, image):
    explore.click("guidance1", (40, 20))
    explore.page.mouse.move(2, 2)
    wheel(explore, "rgb", (0.6, 0.4), -3)
    wheel(explore, "rgb", (0.6, 0.4), -3)
    magnified(explore)
    pair = world.pairs[PAIR]
    shown = {"first": pair.first, "second": pair.second, "fused": fusion.fuse(world.networks[NETWORK], pair)}
    values = to_bytes(shown[image])
    box = explore.plot(image).bounding_box()
    compared = 0
    for part in np.linspace(0.06, 0.94, 9):
        x, y = box["x"] + part * box["width"], box["y"] + (0.96 - 0.9 * part) * box["height"]
        row, col = explore.seen_at(image, x, y)
        if abs(row - 40.5) < 1.5 or abs(col - 20.5) < 1.5 or min(row % 1, col % 1, 1 - row % 1, 1 - col % 1) < 0.1:
            continue  # the cross-hair, or an edge between pixels
        found = colour_at(explore, image, x, y).astype(int)
        expected = int(values[int(row), int(col)])
        if not is_on_box(explore, row, col):
            assert np.abs(found - expected).max() <= 1, (row, col)
            compared += 1
    assert compared >= 4


def is_on_box(explore, row, col):
    half = explore.state["window"] / 2 + 1
    return max(abs(row - 40.5), abs(col - 20.5)) < half


def test_middle_button_and_space_pan_and_the_image_goes_along(explore):
    explore.click("first", (32, 32))
    wheel(explore, "first", (0.5, 0.5), -3)
    magnified(explore)
    box = explore.plot("first").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for gesture in ("middle", "space"):
        before = explore.seen_at("first", *middle)
        if gesture == "space":
            explore.page.keyboard.down(" ")
        drag(explore, "first", (20, -12), "left" if gesture == "space" else "middle")
        explore.page.keyboard.up(" ")
        assert explore.seen_at("first", middle[0] + 20, middle[1] - 12) == pytest.approx(before, abs=1e-6)
        assert explore.state["isPinned"], "panning released the pixel"
        assert explore.pixel == (32, 32)


def test_0_shows_the_whole_image_again(explore):
    explore.click("second", (30, 30))
    explore.page.mouse.move(2, 2)
    whole = explore.canvas("second")
    wheel(explore, "second", (0.2, 0.2), -3)
    magnified(explore)
    explore.page.mouse.move(2, 2)
    assert (explore.canvas("second") != whole).any()
    explore.page.keyboard.press("0")
    explore.settle_on("FuseVis.explore.state.magnification === 1")
    assert explore.state["centre"] is None
    explore.page.mouse.move(2, 2)
    assert (explore.canvas("second") == whole).all()


def test_keys_zoom_about_the_pixel_and_steps_keep_it_in_sight(explore):
    explore.click("first", (20, 44))
    for _ in range(8):
        explore.page.keyboard.press("+")
    magnified(explore, "FuseVis.explore.state.magnification > 5")
    for _ in range(3):
        explore.page.keyboard.press("Shift+ArrowLeft")
    explore.shows((20, 14))
    box = explore.plot("first").bounding_box()
    left, right = (explore.seen_at("first", x, box["y"])[1] for x in (box["x"], box["x"] + box["width"]))
    assert left - 1e-6 <= 14 < 15 <= right + 1e-6
    explore.page.keyboard.press("-")
    explore.settle_on("FuseVis.explore.state.magnification < 5.5")


def test_the_wheel_over_a_zoom_takes_the_next_zoom_size(explore):
    explore.click("first", (30, 30))
    wheel(explore, "first", (0.5, 0.5), 1, is_zoom=True)
    explore.settle_on("FuseVis.explore.state.window === 21")
    assert explore.page.get_by_role("textbox", name="Zoom size").input_value() == "21 × 21"
    wheel(explore, "first", (0.5, 0.5), -1, is_zoom=True)
    explore.settle_on("FuseVis.explore.state.window === 11")
    assert explore.state["magnification"] == 1


def test_the_address_brings_a_view_back(alone):
    alone.open(**START)
    wheel(alone, "first", (0.3, 0.4), -3)
    magnified(alone)
    alone.settle_on("new URLSearchParams(location.search).has('magnification')")
    before = alone.state
    alone.page.reload()
    alone.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
    assert alone.state["magnification"] == pytest.approx(before["magnification"], abs=1e-3)
    assert alone.state["centre"] == pytest.approx(before["centre"], abs=0.01)
    alone.page.keyboard.press("0")
    alone.settle_on("!new URLSearchParams(location.search).has('magnification')")
    assert alone.console == []
