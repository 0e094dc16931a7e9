"""Linked brushing on Explore: a lasso in the scatterplot marks pixels in pictures, a region marks its points."""

import numpy as np

import saliency
from tests.support.explore_checks import START

PINK = np.array([255, 64, 214])


def loop(page, fractions):
    """Draw around a part of the scatterplot, whose places are fractions of its axes."""
    box = page.plot("scatter").bounding_box()
    wide, high = box["width"] - 34, box["height"] - 34
    places = [(box["x"] + 34 + x * wide, box["y"] + (1 - y) * high) for x, y in fractions]
    page.page.mouse.move(*places[0])
    page.page.mouse.down()
    for place in (*places[1:], places[0]):
        page.page.mouse.move(*place, steps=3)
    page.page.mouse.up()


def marked(page):
    """Which pixels are marked, bool (H, W); None where none are."""
    found = page.page.evaluate("FuseVis.explore.state.brush && [...FuseVis.explore.state.brush.mask]")
    size = page.state["height"], page.state["width"]
    return None if found is None else np.array(found, dtype=bool).reshape(size)


def test_a_lasso_marks_its_pixels_in_every_picture_until_it_is_cleared(explore, world):
    before = explore.canvas("fused")
    explore.page.get_by_role("button", name="Lasso").click()
    loop(explore, [(0.3, 0.01), (0.99, 0.01), (0.99, 0.99), (0.3, 0.99)])
    explore.page.wait_for_function("FuseVis.explore.state.brush")
    mask = marked(explore)
    x0, x1 = explore.page.evaluate("FuseVis.explore.shown().guidance.rangeX")
    G = saliency.guidance(world.networks[START["network"]], world.pairs[START["pair"]])
    border = x0 + 0.3 * (x1 - x0)
    clear = np.abs(G.first - border) > 0.02 * (x1 - x0)
    assert 0 < mask.sum() < mask.size
    assert (mask == (G.first > border))[clear].all()
    assert f"{mask.sum():,} pixels" in explore.page.locator(".caption-tools span").all_inner_texts()
    pixel = explore.pixel
    far = [(r, c) for r, c in np.argwhere(mask) if abs(r - pixel[0]) > 9 and abs(c - pixel[1]) > 9][::40]
    for image in ("first", "fused", "guidance2", "rgb"):
        drawn = explore.at_pixels(image, far).astype(int)
        assert (np.abs(drawn - PINK).max(axis=1) <= 115).all(), image  # 150 of 255 parts pink
    assert near_pink(explore.canvas("scatter")) > 20
    explore.page.get_by_role("button", name="Lasso").click()
    explore.page.get_by_role("button", name="Clear").click()
    assert marked(explore) is None
    assert np.abs(explore.canvas("fused").astype(int) - before).max() == 0


def near_pink(drawn):
    return int((np.abs(drawn[..., :3].astype(int) - PINK).max(axis=2) <= 3).sum())


def test_a_region_marks_its_points_and_a_lasso_becomes_a_region(alone):
    alone.open(**START, region="rect:10,12,19,23")
    alone.page.wait_for_function("FuseVis.explore.state.brush")
    mask = marked(alone)
    rows, cols = np.nonzero(mask)
    assert (rows.min(), cols.min(), rows.max(), cols.max(), mask.sum()) == (10, 12, 19, 23, 120)
    alone.page.wait_for_function("FuseVis.explore.shown().guidance?.isComplete")
    assert near_pink(alone.canvas("scatter")) > 20
    alone.settled()
    assert alone.words()["region"] == "rect:10,12,19,23"
    alone.page.get_by_role("button", name="Lasso").click()
    loop(alone, [(0.01, 0.01), (0.5, 0.01), (0.5, 0.99), (0.01, 0.99)])
    alone.page.wait_for_function("FuseVis.explore.state.brush.word === ''")
    alone.page.get_by_role("button", name="To Regions").click()
    alone.page.wait_for_url("**/regions?*region=mask*")
    alone.page.wait_for_selector(".page.regions")
    alone.page.wait_for_function("document.querySelector('#regions-outline-0')?.src.startsWith('data:image/svg')")
