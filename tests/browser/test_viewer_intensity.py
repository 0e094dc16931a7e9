"""Window, level, palettes and γ by drags and presets; notes over pictures; values as in the file."""

import numpy as np
import pytest

import fusion
from dashboard.imaging.colormaps import table
from dashboard.imaging.encoding import to_bytes
from dashboard.imaging.grey_window import Levels
from tests.support.explore_checks import NETWORK, PAIR, START

PIXELS = [(5, 9), (12, 50), (33, 41), (52, 14), (60, 60)]
"""Beside the cross-hair and the box of the pixel that is pinned."""
PINNED = (44, 28)
WORDS = "first:0.2:0.6:grey,second:0:1:pet-20-step"


@pytest.fixture
def pinned(explore):
    explore.click("first", PINNED)
    explore.page.mouse.move(2, 2)
    return explore


def drag_right(explore, image, across, down):
    """By the right button, in parts of the panel, from its middle."""
    box = explore.plot(image).bounding_box()
    x, y = round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)
    explore.page.mouse.move(x, y)
    explore.page.mouse.down(button="right")
    for part in (0.5, 1):
        explore.page.mouse.move(x + across * part * box["width"], y + down * part * box["height"])
    explore.page.mouse.up(button="right")
    explore.page.mouse.move(2, 2)


def levels_of(explore, image):
    return Levels(**explore.state["levels"][image])


def shows(explore, image, levels, values):
    """Check that the panel shows ``values`` in a window; rounding may move a level to its neighbour's colour."""
    colors = levels.colors().astype(int)
    found = explore.at_pixels(image, PIXELS).astype(int)
    grey = to_bytes(values)
    for pixel, color in zip(PIXELS, found, strict=True):
        level = int(grey[pixel])
        near = colors[max(level - 1, 0) : level + 2]
        assert np.abs(near - color).sum(axis=1).min() <= 3, (pixel, level, color)


@pytest.mark.parametrize("image", ["first", "second", "fused"])
def test_the_right_button_changes_window_and_level_of_one_picture(pinned, world, image):
    pair = world.pairs[PAIR]
    values = {"first": pair.first, "second": pair.second, "fused": fusion.fuse(world.networks[NETWORK], pair)}
    others = {each: pinned.at_pixels(each, PIXELS) for each in values if each != image}
    read = pinned.read("y")
    drag_right(pinned, image, -0.3, 0.1)
    pinned.settle_on("(image) => FuseVis.explore.state.levels[image]", image)
    levels = levels_of(pinned, image)
    assert levels.high - levels.low == pytest.approx(0.7, abs=0.02)
    assert (levels.high + levels.low) / 2 == pytest.approx(0.6, abs=0.02)
    shows(pinned, image, levels, values[image])
    for each, before in others.items():
        assert (pinned.at_pixels(each, PIXELS) == before).all()
    note = pinned.plot(image).locator(".levels")
    assert note.inner_text().endswith("display only")
    assert pinned.read("y") == read, "the network was given something else"
    assert pinned.pixel == PINNED
    assert pinned.state["isPinned"]
    pinned.page.keyboard.press("0")
    pinned.settle_on("!Object.keys(FuseVis.explore.state.levels).length")
    shows(pinned, image, Levels(), values[image])
    assert note.is_hidden()


@pytest.mark.parametrize(
    ("preset", "levels"),
    [
        ("Hot Iron", Levels(0, 1, "hot-iron")),
        ("PET 20 step", Levels(0, 1, "pet-20-step")),
        ("PET inverse grey", Levels(0, 1, "inverse")),
        ("Brain", Levels(0.15, 0.55, "grey")),
    ],
)
def test_a_right_click_offers_presets(pinned, world, preset, levels):
    x, y = pinned.point_of("second", (20, 50))
    pinned.page.mouse.click(x, y, button="right")
    menu = pinned.page.get_by_role("menu")
    assert menu.get_by_role("menuitemradio").count() == 7
    assert "the network is given the same picture" in menu.inner_text()
    menu.get_by_role("menuitemradio", name=preset, exact=True).click()
    assert menu.count() == 0
    pinned.page.mouse.move(2, 2)
    assert levels_of(pinned, "second") == levels
    shows(pinned, "second", levels, world.pairs[PAIR].second)


def test_the_menu_by_keys(pinned):
    pinned.plot("first").focus()
    pinned.page.keyboard.press("w")
    menu = pinned.page.get_by_role("menu")
    assert menu.get_by_role("menuitemradio", name="Full range").get_attribute("aria-checked") == "true"
    pinned.page.keyboard.press("ArrowDown")
    pinned.page.keyboard.press("Enter")
    assert levels_of(pinned, "first").high == pytest.approx(0.7)
    pinned.page.keyboard.press("w")
    assert menu.get_by_role("menuitemradio", name="MRI").get_attribute("aria-checked") == "true"
    pinned.page.keyboard.press("Escape")
    assert menu.count() == 0
    assert pinned.state["isPinned"], "Escape left the menu, and nothing else"
    assert pinned.plot("first").evaluate("(plot) => plot === document.activeElement")


@pytest.mark.parametrize(("image", "name"), [("jacobian2", "gamma1"), ("guidance1", "gamma2")])
def test_on_derivatives_the_right_button_changes_gamma(pinned, image, name):
    before = pinned.state[name]
    drawn = pinned.canvas(image)
    drag_right(pinned, image, 0.3, 0)
    pinned.settle_on(f"FuseVis.explore.state.{name} > {before} + 0.4")
    pinned.settle_on(f"FuseVis.explore.state.{name} === Number(FuseVis.explore.state.{name}.toFixed(2))")
    assert (pinned.canvas(image) != drawn).any()
    assert pinned.page.locator(f"#{name}-shown").inner_text() == f"{pinned.state[name]:.2f}"
    pinned.page.keyboard.press("0")
    pinned.settle_on(f"FuseVis.explore.state.{name} === {before}")
    assert (pinned.canvas(image) == drawn).all()


def test_values_stand_as_in_the_file_beside_the_scaled_ones(pinned, world):
    pair = world.pairs[PAIR]
    for number, (scale, image) in enumerate(zip(pair.raw, (pair.first, pair.second), strict=True), 1):
        expected = scale.low + image[PINNED] * (scale.high - scale.low)
        assert pinned.number(f"raw{number}") == pytest.approx(expected, abs=1e-3)
    assert pinned.number("raw1") == int(pinned.number("raw1")), "grey levels of a file of 8 bit"
    assert pinned.page.locator("#readout-raw1").get_attribute("title") == "as in the file, grey level"


def test_notes_tell_the_scale_the_zoom_and_that_nobody_knows_the_orientation(pinned):
    notes = pinned.plot("first").locator(".panel-notes")
    assert notes.locator(".scale-bar").inner_text() == "20 pixels"
    line = notes.locator(".scale-bar i").bounding_box()
    assert line["width"] == pytest.approx(20 * pinned.plot("first").bounding_box()["width"] / 64, abs=0.6)
    assert notes.get_by_text("orientation unknown").is_visible()
    assert notes.locator(".zoomed").is_hidden()
    pinned.page.keyboard.press("+")
    pinned.settle_on("FuseVis.explore.state.magnification > 1.2")
    pinned.settle_on("document.querySelector('.panel[data-image=first] .zoomed').textContent === '× 1.3'")
    assert pinned.plot("first", is_zoom=True).locator(".zoomed").is_hidden()


def test_the_enlarged_figure_is_shown_in_the_same_window(pinned, world):
    x, y = pinned.point_of("second", (20, 50))
    pinned.page.mouse.click(x, y, button="right")
    pinned.page.get_by_role("menuitemradio", name="Hot Iron").click()
    pinned.enlarge("second")
    expected = Levels(0, 1, "hot-iron").colors()[to_bytes(world.pairs[PAIR].second)]
    assert (pinned.figure("enlarged-figure") == expected).all()
    pinned.page.keyboard.press("Escape")


def test_the_address_brings_windows_back(alone, world):
    alone.open(**START, levels=WORDS)
    alone.page.mouse.move(2, 2)
    shows(alone, "second", Levels(0, 1, "pet-20-step"), world.pairs[PAIR].second)
    shows(alone, "first", Levels(0.2, 0.6), world.pairs[PAIR].first)
    alone.settle_on("(words) => new URLSearchParams(location.search).get('levels') === words", WORDS)
    alone.page.keyboard.press("0")
    alone.settle_on("!new URLSearchParams(location.search).has('levels')")
    assert alone.console == []


# ---- below 1:1


def test_below_one_to_one_derivatives_show_the_strongest_of_each_block(alone, world):
    alone.open(**{**START, "row": PINNED[0], "col": PINNED[1]})
    alone.sharp()
    alone.click("first", PINNED)
    alone.page.mouse.move(2, 2)
    alone.page.evaluate(
        """() => { for (const image of ["first", "guidance1"]) {
          const plot = document.querySelector(`.panel[data-image=${image}][data-zoom='0'] .plot`);
          Object.assign(plot.style, { width: "32px", height: "32px" });
        } }"""
    )
    alone.settle_on("document.querySelector('.panel[data-image=guidance1] canvas.live').width === 32")
    arrays = alone.page.evaluate(
        """async () => {
          const words = { ...Object.fromEntries(new URLSearchParams(location.search)), have: -1 };
          const { arrays } = await FuseVis.wire.ask("explore/guidance", words);
          return ["first", "second"].map((name) => Array.from(arrays[name]));
        }"""
    )
    first, second = (np.reshape(each, (64, 64)) for each in arrays)
    strongest = np.abs(first).reshape(32, 2, 32, 2).max(axis=(1, 3))
    limit = max(np.abs(first).max(), np.abs(second).max())
    place = np.round(255 * (strongest / limit) ** alone.state["gamma2"]).astype(int)
    drawn = alone.canvas("guidance1")[..., :3].astype(int)
    colors = table("viridis").astype(int)
    clear = np.ones((32, 32), dtype=bool)  # of cross-hair and box
    row, col, half = PINNED[0] // 2, PINNED[1] // 2, 4
    clear[row - 1 : row + 2], clear[:, col - 1 : col + 2] = False, False
    clear[row - half : row + half + 1, col - half : col + half + 1] = False
    step = np.abs(np.diff(colors, axis=0)).max()
    assert clear.sum() > 500
    assert np.abs(drawn - colors[place])[clear].max() <= max(step, 2)
    nearest = colors[np.round(255 * (np.abs(first[1::2, 1::2]) / limit) ** alone.state["gamma2"]).astype(int)]
    assert np.abs(drawn - nearest)[clear].max() > 20, "the nearest pixels would look the same"

    grey = to_bytes(world.pairs[PAIR].first).astype(float)
    mean = grey.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    shown = alone.canvas("first")[..., 0].astype(float)
    assert np.abs(shown - mean)[clear].mean() < np.abs(grey[1::2, 1::2] - mean)[clear].mean() / 2
    assert alone.console == []
