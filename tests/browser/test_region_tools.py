"""Regions edited: brush, threshold, added and taken away, undone, kept under a name, carried to the next slice."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from saliency.geometry.masks import brushed, joined_to, rectangle
from saliency.geometry.region_shapes import drawn
from tests.browser.test_regions_page import PAIR, Regions
from tests.support.waiting import until


@pytest.fixture
def regions(chromium, address):
    opened = Regions(chromium, address)
    opened.open(pair=PAIR, networks="Weighted Averaging")
    yield opened
    opened.context.close()
    assert opened.console == []


def words(regions):
    return regions.page.locator("#regions-words").input_value()


def becomes(regions, region, pixels):
    """Wait until the page has a region of so many pixels."""
    note = regions.page.locator("#regions-note")
    until(
        lambda: words(regions) == region and note.inner_text().startswith(f"{pixels:,} pixels"),
        pause=lambda: regions.page.wait_for_timeout(20),
    )


def test_a_brush_adds_and_takes_away_and_every_stroke_is_undone_and_done_again(regions, world):
    shape = world.pairs[PAIR].shape
    regions.tool("Rectangle")
    regions.drag(0, shape, (12, 20), (25, 41))
    first = "rect:12,20,25,41"
    becomes(regions, first, rectangle((12, 20), (25, 41), shape).sum())
    regions.tool("Brush")
    for key, sign in (("Shift", "+"), ("Alt", "-")):
        regions.page.keyboard.down(key)
        regions.drag(1, shape, (20, 10), (20, 30))
        regions.page.keyboard.up(key)
        region = f"{first} {sign} brush:3,20,10,20,30"
        becomes(regions, region, drawn(region, shape).sum())
        regions.page.keyboard.press("Control+z")
        becomes(regions, first, rectangle((12, 20), (25, 41), shape).sum())
    regions.page.keyboard.press("Control+Shift+z")
    becomes(regions, region, drawn(region, shape).sum())
    regions.page.get_by_role("button", name="Undo").click()
    becomes(regions, first, rectangle((12, 20), (25, 41), shape).sum())
    regions.page.get_by_role("button", name="Redo").click()
    becomes(regions, region, drawn(region, shape).sum())
    regions.drag(1, shape, (30, 40), (30, 50))
    becomes(regions, "brush:3,30,40,30,50", brushed([(30, 40), (30, 50)], 3, shape).sum())
    assert regions.page.get_by_role("button", name="Redo").is_disabled()


def test_a_stroke_that_the_server_has_not_drawn_yet_is_undone_and_added_to(regions, world):
    shape = world.pairs[PAIR].shape
    regions.tool("Rectangle")
    regions.drag(0, shape, (12, 20), (25, 41))
    first = "rect:12,20,25,41"
    becomes(regions, first, drawn(first, shape).sum())
    held = []

    def hold(route):
        asks_for_a_region = "regions-note" in (route.request.post_data or "").partition(",")[0]
        held.append(route) if asks_for_a_region and len(held) < 3 else route.continue_()

    regions.page.route("**/_dash-update-component*", hold)
    regions.tool("Brush")
    regions.page.keyboard.down("Shift")
    for row, strokes in ((20, 1), (30, 2)):
        regions.drag(1, shape, (row, 10), (row, 30))
        until(lambda strokes=strokes: len(held) == strokes, pause=lambda: regions.page.wait_for_timeout(20))
    regions.page.keyboard.up("Shift")
    both = f"{first} + brush:3,20,10,20,30 + brush:3,30,10,30,30"
    assert words(regions) == both
    regions.page.keyboard.press("Control+z")
    until(lambda: len(held) == 3, pause=lambda: regions.page.wait_for_timeout(20))
    for route in held:
        route.continue_()
    one = f"{first} + brush:3,20,10,20,30"
    becomes(regions, one, drawn(one, shape).sum())
    regions.page.keyboard.press("Control+Shift+z")
    becomes(regions, both, drawn(both, shape).sum())


def test_a_threshold_shows_what_it_takes_in_and_the_server_takes_the_same(regions, world):
    pair = world.pairs[PAIR]
    regions.tool("Threshold")
    x, y = regions.place(1, 24, 36, pair.shape)
    regions.page.mouse.move(x, y)
    regions.page.mouse.down()
    regions.page.mouse.move(x + 60, y, steps=4)
    shown = regions.page.locator("#regions-surface-1 .stroke canvas").evaluate("(it) => it.toDataURL()")
    regions.page.mouse.up()
    until(
        lambda: words(regions).startswith("threshold:2,0.150,24,36"),
        pause=lambda: regions.page.wait_for_timeout(20),
    )
    mask = joined_to(pair.second, (24, 36), 0.15)
    becomes(regions, "threshold:2,0.150,24,36", mask.sum())
    preview = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))))[..., 3] > 0
    assert 1 < mask.sum() < mask.size
    assert np.mean(preview != mask) < 0.02, "but for values at the very edge, read as 256 levels"


def test_a_region_is_kept_under_a_name_for_every_slice_and_forgotten(regions, world):
    shape = world.pairs[PAIR].shape
    regions.tool("Disk")
    regions.drag(0, shape, (20, 30), (20, 36))
    count = drawn("disk:20,30,6", shape).sum()
    becomes(regions, "disk:20,30,6", count)
    name = regions.page.get_by_label("Name of the region")
    name.fill("rim")
    name.press("Enter")
    kept = regions.page.locator(".regions-kept .regions-names")
    assert kept.get_by_role("button", name="rim", exact=True).get_attribute("aria-pressed") == "true"
    regions.drag(0, shape, (30, 40), (30, 44))
    becomes(regions, "disk:30,40,4", drawn("disk:30,40,4", shape).sum())

    regions.open(pair="cases/square", networks="Weighted Averaging", region="disk:30,30,4")
    until(lambda: words(regions) == "disk:30,30,4", pause=lambda: regions.page.wait_for_timeout(20))
    kept.get_by_role("button", name="rim", exact=True).click()
    becomes(regions, "disk:20,30,6", drawn("disk:20,30,6", world.pairs["cases/square"].shape).sum())
    kept.get_by_role("button", name="Forget rim").click()
    until(lambda: kept.get_by_role("button").count() == 0, pause=lambda: regions.page.wait_for_timeout(20))


def test_a_region_goes_along_to_the_next_pair(regions, world):
    regions.tool("Disk")
    regions.drag(0, world.pairs[PAIR].shape, (20, 30), (20, 36))
    becomes(regions, "disk:20,30,6", drawn("disk:20,30,6", world.pairs[PAIR].shape).sum())
    regions.page.evaluate("document.activeElement.blur()")
    regions.page.keyboard.press("PageUp")
    until(lambda: regions.words()["pair"] != PAIR, pause=lambda: regions.page.wait_for_timeout(20))
    other = world.pairs[regions.words()["pair"]]
    becomes(regions, "disk:20,30,6", drawn("disk:20,30,6", other.shape).sum())
