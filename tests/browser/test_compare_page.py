"""Compare in a real browser: one pointer over all columns, and what a reader does with them."""

from urllib.parse import urlencode

import numpy as np
import pytest

import fusion
import saliency
from dashboard.imaging.encoding import colored
from saliency.measures.display import shared_limit
from tests.support.compare_page import NETWORKS, PAIR, START, Compare
from tests.support.explore_checks import until
from tests.support.options import option


def jacobians(world, pixel):
    return {name: saliency.jacobian(world.networks[name], world.pairs[PAIR], pixel) for name in NETWORKS}


def is_close(found, values, limit, gamma):
    exact = colored(values, limit, gamma, "magnitude", "viridis").astype(int)
    return np.abs(found.astype(int) - exact).max() <= 8  # a neighbouring colour where rounding decides


def test_it_opens_quietly_and_asks_nobody_else(compare):
    assert compare.networks == NETWORKS
    assert compare.console == []
    assert len(compare.requests) > 10
    foreign = [url for url in compare.requests if not url.startswith((compare.address + "/", "data:", "blob:"))]
    assert foreign == []


def named_pictures(page):
    """The names of all panels' canvases, each of which a screen reader finds as a picture."""
    canvases = page.page.locator("canvas.live")
    names = canvases.evaluate_all("(all) => all.map((each) => each.getAttribute('aria-label'))")
    for name in set(names):
        found = page.page.get_by_role("img", name=name, exact=True, include_hidden=True)
        assert found.count() == names.count(name), name
    assert canvases.evaluate_all("(all) => all.filter((each) => each.hasAttribute('aria-hidden')).length") == 0
    return sorted(names)


def test_a_picture_is_named_after_its_panel_and_its_network(compare):
    once = ["Scatterplot"]
    twice = ["Fused", "Guidance MRI", "Guidance PET", "Guidance RGB", "Jacobian MRI", "Jacobian PET"]
    wanted = ["MRI", "PET"]
    for network in NETWORKS:
        wanted += [f"{name}, {network}" for name in (*once, *twice)]
        wanted += [f"{name}, zoom, {network}" for name in twice]
        less = "" if network == "DeepFuse" else " less DeepFuse"
        for name in ("Fused", "Guidance MRI", "Guidance PET"):
            wanted += [f"Difference, {name}{less}{zoom}, {network}" for zoom in ("", ", zoom")]
    assert named_pictures(compare) == sorted(wanted)


@pytest.mark.parametrize("image", ["fused", "guidance2", "rgb"])
def test_pointing_in_one_column_drives_all_of_them(compare, world, image):
    for pixel in ((20, 41), (3, 0)):
        compare.hover("FunFuseAn", image, pixel)
        found = jacobians(world, pixel)
        limit = max(shared_limit(J.first, J.second, "magnitude") for J in found.values())
        for network, J in found.items():
            for name, full in zip(("jacobian1", "jacobian2"), J.full(), strict=True):
                assert is_close(compare.drawn(network, name), full, limit, 0.3), (network, name)


def test_a_move_asks_once_for_all_columns(compare):
    compare.hover("DeepFuse", "fused", (11, 12))
    before = len(compare.requests)
    compare.hover("DeepFuse", "fused", (45, 50))
    asked = [url for url in compare.requests[before:] if "jacobian" in url]
    assert all("/compare/jacobian?" in url and "networks=DeepFuse%2CFunFuseAn" in url for url in asked)
    assert 1 <= len(asked) <= 3


def test_shares_and_radii_are_those_of_the_interface(compare, world):
    compare.hover("DeepFuse", "fused", (25, 36))
    for network, J in jacobians(world, (25, 36)).items():
        found = saliency.influence(J)
        one, two = shares(compare, network)
        assert one == f"MRI {100 * found.share_first:.1f} % · {pixels(found.radius_first)} px"
        assert two == f"PET {100 * found.share_second:.1f} % · {pixels(found.radius_second)} px"


def shares(compare, network):
    """What stands below a network's name, on one line or more."""
    found = compare.column(network).locator(".column-shares > div").all_inner_texts()
    return [" ".join(each.split()) for each in found]


def pixels(radius):
    """A digit less where two stand before the point, so that a narrow column holds both shares."""
    return f"{radius:.1f}" if radius < 10 else f"{radius:.0f}"


def test_correlations_under_a_column_are_those_of_the_interface(compare, world):
    compare.hover("DeepFuse", "fused", (25, 36))
    compare.settled()
    compare.sharp()
    G = saliency.guidance(world.networks["DeepFuse"], world.pairs[PAIR])
    near = saliency.correlation(G.first[20:31, 31:42], G.second[20:31, 31:42])
    over_all = saliency.correlation(G.first, G.second)
    wanted = [over_all.pearson, over_all.spearman, near.pearson, near.spearman]
    compare.page.wait_for_function(
        """(wanted) => [...document.querySelectorAll("[data-network=DeepFuse] .column-figures dd")].slice(0, 4)
          .every((each, k) => each.textContent === wanted[k])""",
        arg=[f"{value:.2f}".replace("-", "−") for value in wanted],
    )


def test_the_window_s_correlations_of_the_pixel_before_do_not_look_like_this_one_s(compare):
    compare.hover("DeepFuse", "fused", (25, 36))
    compare.settled()
    compare.sharp()
    stale = """[...document.querySelectorAll("[data-network=DeepFuse] .column-figures dd")]
      .map((each) => each.closest(".stale") !== null)"""
    assert not any(compare.page.evaluate(stale))
    compare.page.route("**/compare/figures?*", lambda route: None)  # no answer until the route is taken away
    compare.hover("DeepFuse", "fused", (12, 20))
    assert compare.page.evaluate(stale) == [False, False, True, True, False, False]
    compare.page.unroute("**/compare/figures?*")
    compare.sharp()
    assert not any(compare.page.evaluate(stale))


def test_shared_scales_compare_columns_and_own_scales_fill_each(compare, world):
    compare.hover("DeepFuse", "fused", (30, 30))
    found = jacobians(world, (30, 30))
    limits = {name: shared_limit(J.first, J.second, "magnitude") for name, J in found.items()}
    assert max(limits.values()) > 2 * min(limits.values())  # else both scales would look the same
    for is_shared in (True, False):
        if not is_shared:
            compare.page.get_by_role("switch", name="Shared scales").locator("xpath=..").click()
            compare.page.wait_for_function("!FuseVis.compare.state.isShared")
        for name, J in found.items():
            limit = max(limits.values()) if is_shared else limits[name]
            assert is_close(compare.drawn(name, "jacobian1"), J.full()[0], limit, 0.3), (name, is_shared)
    bars = compare.page.locator(".column .own-bar canvas:visible")
    assert bars.count() == 3 * len(NETWORKS)  # guidance, Jacobian, difference


def test_columns_change_places_by_their_buttons_and_keep_the_focus(compare):
    compare.page.get_by_role("button", name="Move DeepFuse to the right").focus()
    compare.page.keyboard.press("Enter")
    compare.page.wait_for_function("FuseVis.compare.state.networks[1] === 'DeepFuse'")
    assert compare.networks == ["FunFuseAn", "DeepFuse", "Weighted Averaging"]
    assert compare.page.evaluate("document.activeElement.title") == "Move DeepFuse to the right"
    compare.page.keyboard.press("Enter")
    compare.page.wait_for_function("FuseVis.compare.state.networks[2] === 'DeepFuse'")
    assert compare.networks == ["FunFuseAn", "Weighted Averaging", "DeepFuse"]
    compare.page.wait_for_function(
        "new URLSearchParams(location.search).get('networks') === 'FunFuseAn,Weighted Averaging,DeepFuse'"
    )
    assert compare.page.get_by_role("button", name="Move DeepFuse to the right").is_disabled()


def test_a_column_is_hidden_and_added_again(compare):
    compare.page.get_by_role("button", name="Hide FunFuseAn").click()
    compare.page.wait_for_function("FuseVis.compare.state.networks.length === 2")
    assert compare.networks == ["DeepFuse", "Weighted Averaging"]
    compare.hover("DeepFuse", "fused", (9, 9))
    compare.page.locator("input#compare-networks").click()
    option(compare.page, "FunFuseAn").click()
    compare.page.keyboard.press("Escape")
    compare.page.wait_for_function("FuseVis.compare.columns.get('FunFuseAn')?.answer")
    assert compare.networks == ["DeepFuse", "Weighted Averaging", "FunFuseAn"]
    assert shares(compare, "FunFuseAn")[0].startswith("MRI ")


def test_a_difference_is_that_to_the_reference_and_its_zero_is_white(compare, world):
    fused = {name: fusion.fuse(world.networks[name], world.pairs[PAIR]) for name in NETWORKS}
    for reference in ("DeepFuse", "FunFuseAn"):
        if reference != compare.words()["reference"]:
            # By hand: the list tells its value back a moment after one was set, over another set meanwhile.
            compare.page.locator("#compare-reference").click()
            option(compare.page, reference).click()
        others = [name for name in NETWORKS if name != reference]
        compare.page.wait_for_function(
            """([others, reference]) => others.every((name) => {
              const { difference } = FuseVis.compare.columns.get(name);
              return difference.other?.network === reference && difference.message?.about.done;
            })""",
            arg=[others, reference],
        )
        values = {name: fused[name] - fused[reference] for name in others}
        limit = max(float(np.abs(each).max()) for each in values.values())
        for name, exact in values.items():
            canvas = compare.picture(f"FuseVis.compare.columns.get('{name}').difference.pictures.fused.canvas")
            wanted = colored(exact, limit, 1, "signed", "viridis").astype(int)
            assert np.abs(canvas.astype(int) - wanted).max() <= 8, (name, reference)
        assert compare.page.locator(".column.reference").get_attribute("data-network") == reference
    compare.page.wait_for_function("new URLSearchParams(location.search).get('reference') === 'FunFuseAn'")


def test_keys_move_the_pixel_of_all_columns(compare):
    compare.hover("DeepFuse", "fused", (30, 30))
    compare.page.keyboard.press("ArrowDown")
    compare.shows((31, 30))
    compare.page.keyboard.press("Shift+ArrowRight")
    compare.shows((31, 40))
    assert "pinned" in compare.page.locator("#compare-pixel").inner_text()
    compare.page.keyboard.press("Escape")
    compare.page.wait_for_function("!document.querySelector('#compare-pixel').textContent.includes('pinned')")


def test_the_export_menus_scale_follows_the_page(compare):
    compare.page.get_by_role("button", name="Export…").click()
    switch = compare.page.locator("input#export-scales")
    assert switch.is_checked()
    compare.page.keyboard.press("Escape")
    compare.page.get_by_role("switch", name="Shared scales").locator("xpath=..").click()
    compare.page.wait_for_function("!document.getElementById('export-scales').checked")


def test_what_was_chosen_in_the_export_menu_outlives_other_choices(compare):
    compare.page.get_by_role("button", name="Export…").click()
    compare.page.locator("input#export-scales").locator("xpath=..").click()
    compare.page.wait_for_function("!document.getElementById('export-scales').checked")
    compare.page.keyboard.press("Escape")
    compare.page.get_by_text("Signed", exact=True).click()
    compare.page.wait_for_function("new URLSearchParams(location.search).get('display') === 'signed'")
    assert not compare.page.locator("input#export-scales").is_checked()


def test_a_hidden_column_and_a_left_page_are_told_to_the_server(chromium, address):
    page = Compare(chromium, address).open(**START)
    try:
        watchers = page.page.evaluate(
            "Object.fromEntries([...FuseVis.compare.columns].map(([name, each]) => [name, each.watcher]))"
        )
        page.page.get_by_role("button", name="Hide FunFuseAn").click()
        page.page.wait_for_function("FuseVis.compare.state.networks.length === 2")
        assert left(page, 1) == {watchers["FunFuseAn"]}
        # As the browser does on the way to another page, whose requests are not told any more.
        page.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
        assert left(page, len(watchers)) == set(watchers.values())
    finally:
        page.close()


def left(page, count):
    """Whose guidance the page gave up; a beacon is sent when the browser likes."""

    def told():
        found = {url.partition("page=")[2] for url in page.requests if "/explore/leave?" in url}
        return found if len(found) >= count else None

    return until(page, told)


def test_an_address_reopens_the_same_view(chromium, address):
    words = {
        **START,
        "networks": "FunFuseAn,DeepFuse",
        "row": "12",
        "col": "50",
        "gamma1": "0.7",
        "gamma2": "1.1",
        "display": "signed",
        "colormap": "cividis",
        "window": "21",
        "scales": "own",
        "rows": "fused,difference",
        "cells": "actual",
        "light": "1",
        "manner": "drag",
        "color": "1",
        "reference": "DeepFuse",
        "nonsense": "7",
    }
    page = Compare(chromium, address).open(**words)
    try:
        page.settled()
        words.pop("nonsense")
        written = page.words()
        assert {name: written[name] for name in words} == {name: str(value) for name, value in words.items()}
        assert written["network"] == "FunFuseAn"  # where Explore goes on
        assert page.page.evaluate("FuseVis.compare.state.pixel") == {"row": 12, "col": 50}
        assert page.page.locator("[data-mantine-color-scheme=light]").count() == 1
        assert page.console == []
    finally:
        page.close()


def test_a_link_from_explore_carries_its_view(chromium, address):
    page = Compare(chromium, address).open(pair=PAIR, network="FunFuseAn", row=7, col=9)
    try:
        assert page.networks[0] == "FunFuseAn"
        assert page.page.evaluate("FuseVis.compare.state.pixel") == {"row": 7, "col": 9}
    finally:
        page.close()


def test_a_network_that_fails_says_so_in_its_own_column(chromium, address):
    page = Compare(chromium, address).open(pair=PAIR, networks="DeepFuse,MaskNet,FunFuseAn", row=30, col=30)
    try:
        assert page.networks == ["DeepFuse", "MaskNet", "FunFuseAn"]
        assert {"Fused, DeepFuse", "Jacobian of the first input, MaskNet"} <= set(named_pictures(page))
        assert "MaskNet is not installed" in page.column("MaskNet").locator(".column-status").inner_text()
        page.hover("FunFuseAn", "fused", (22, 33))
        assert page.page.locator(".column.failed").count() == 1
        assert shares(page, "DeepFuse")[0].startswith("MRI ")
        quiet = [line for line in page.console if "400" not in line]  # the refusal itself is in the log
        assert quiet == []
    finally:
        page.close()


def test_a_first_pixel_that_comes_after_guidance_brings_address_and_figures(chromium, address):
    """Guidance is at hand where somebody has looked before; a busy machine's first pixel takes longer."""
    page, held = Compare(chromium, address), []
    try:
        page.page.route("**/compare/jacobian*", lambda route: held.append(route))
        page.page.goto(f"{address}/compare?{urlencode(START)}")
        until(page, lambda: held)
        page.page.wait_for_function(
            """() => {
              const all = [...FuseVis.compare.columns.values()];
              return all.length && all.every(({ guidance }) => guidance?.isComplete);
            }"""
        )
        # Longer than the pause after which a pixel is committed: timers of a page fire in order.
        page.page.evaluate("new Promise((done) => { setTimeout(done, 500); })")
        for route in held:
            route.continue_()
        page.page.unroute_all()
        page.settled()
        page.sharp()
        assert page.console == []
    finally:
        page.close()
