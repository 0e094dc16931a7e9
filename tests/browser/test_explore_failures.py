"""Explore in a real browser: guidance and networks, and what happens when something fails or comes late."""

import re

import pytest

import saliency
from tests.support.explore_checks import (
    NETWORK,
    PAIR,
    START,
    WINDOW,
    check_readout,
    expected_readout,
    geometry_is_right,
    until,
)
from tests.support.explore_page import Explore
from tests.support.hatching import hatched

# ---- guidance, networks, failures


def test_guidance_sharpens_and_its_correlation_appears_without_a_move(chromium, empty_address, world):
    alone = Explore(chromium, empty_address)
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
    alone.close()


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
            is_empty = hatched(drawn).all() or (is_zoom and (drawn == drawn[0, 0]).all())
            assert is_empty, "a picture of the old network is still there"
            assert (drawn[..., 3] == 255).all(), "something shines through"
    assert alone.read("pixel") == ""
    for route in held:
        route.continue_()
    alone.page.unroute_all()
    alone.shows((20, 22))
    check_readout(alone, expected_readout(world, "Weighted Averaging", (20, 22)))
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


def test_where_nothing_can_be_opened_no_panel_passes_for_a_black_picture(alone):
    alone.page.goto(f"{alone.address}/?pair=cases/zz-broken")
    until(alone, lambda: "damaged or cut short" in alone.page.locator("#view-problem").inner_text())
    until(alone, lambda: not alone.page.locator("#panels").is_visible())
    alone.choose("pair", PAIR.replace("/", " / "))
    alone.page.wait_for_function("FuseVis.explore.state.pixel")
    assert alone.page.locator("#panels").is_visible()
    assert alone.canvas("first").any()


def test_a_damaged_pair_is_told_in_place_and_the_rest_works(alone, world):
    alone.open(**START)
    alone.choose("pair", "cases / zz-broken")
    alert = alone.page.get_by_role("alert")
    alert.wait_for()
    assert re.search(r"zz-broken\.png is damaged or cut short", alert.inner_text())
    alone.switch("Colour")
    alone.hover("first", (20, 33))
    check_readout(alone, expected_readout(world, NETWORK, (20, 33)))
    assert len(alone.asked("view")) == 2, "the view that stays was asked for again"
    assert alert.is_visible(), "why it was not opened has to stay until something else is"
    alone.choose("pair", "cases / wide")
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
