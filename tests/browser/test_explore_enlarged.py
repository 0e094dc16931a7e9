"""Explore in a real browser: a panel enlarged by a double click or the key F."""

import numpy as np
import pytest

import fusion
import saliency
from dashboard.imaging.encoding import colored, to_bytes
from dashboard.server.messages import packed
from saliency.measures.display import shared_limit
from tests.support.explore_checks import NETWORK, PAIR, START, WINDOW, check_readout, expected_readout, until

FIGURE = "document.querySelector('#enlarged-figure .js-plotly-plot')"


@pytest.fixture
def page(explore):
    """The shared page, nothing enlarged before or after."""
    yield explore
    if explore.page.locator("#enlarged").is_visible():
        explore.page.locator("#enlarged-close").click()
    explore.page.locator("#enlarged").wait_for(state="hidden")


def hovered(page):
    """The lines of the text under the pointer."""
    page.page.wait_for_selector("#enlarged-figure .hovertext")
    return page.page.eval_on_selector_all(
        "#enlarged-figure .hovertext .nums tspan", "(all) => all.map((each) => each.textContent)"
    )


def test_a_double_click_enlarges_and_another_closes(page, world):
    page.enlarge("first")
    dialog = page.page.get_by_role("dialog", name="a cases / square · MRI", exact=True)
    assert dialog.is_visible()
    assert np.array_equal(page.figure("enlarged-figure"), to_bytes(world.pairs[PAIR].first))
    page.page.mouse.dblclick(*page.over_figure((20, 20)))
    dialog.wait_for(state="hidden")
    page.page.locator("#enlarged-figure").wait_for(state="detached")
    assert page.page.locator(".panel[data-image]:visible").count() == 17


@pytest.mark.parametrize("key", ["f", "F", "Escape"])
def test_the_key_f_works_on_the_panel_with_the_focus_and_gives_the_focus_back(page, key):
    page.page.mouse.move(2, 2)
    page.plot("jacobian2").focus()
    page.page.keyboard.press("f")
    page.enlarged()
    assert page.page.get_by_role("dialog", name=f"p cases / square · Jacobian PET, {NETWORK}").is_visible()
    assert page.page.evaluate("document.activeElement.id") == "enlarged-close"
    page.page.keyboard.press(key)
    page.page.locator("#enlarged").wait_for(state="hidden")
    assert page.plot("jacobian2").evaluate("(each) => each === document.activeElement")


def test_the_key_f_prefers_the_panel_under_the_pointer(page):
    page.plot("jacobian2").focus()
    page.hover("second", (20, 20))
    page.page.keyboard.press("f")
    page.enlarged()
    assert page.page.get_by_role("dialog", name="l cases / square · PET").is_visible()


def test_f_is_a_letter_where_somebody_types(page):
    page.page.locator("input#pair").click()
    page.page.keyboard.press("f")
    assert not page.page.locator("#enlarged").is_visible()
    page.page.keyboard.press("Escape")
    page.page.locator("input#pair").blur()


def test_escape_closes_first_and_releases_the_pixel_then(page):
    page.click("first", (30, 20))
    page.page.keyboard.press("f")
    page.enlarged()
    page.page.keyboard.press("Escape")
    assert page.state["isPinned"]
    page.page.keyboard.press("Escape")
    assert not page.state["isPinned"]


@pytest.mark.parametrize("image", ["second", "guidance1", "rgb"])
def test_hovering_reads_exact_values_and_asks_for_the_jacobian(page, world, image):
    net, pair = world.networks[NETWORK], world.pairs[PAIR]
    G, fused = saliency.guidance(net, pair), fusion.fuse(net, pair)
    exact = {"second": (pair.second,), "guidance1": (G.first,), "rgb": (G.first, G.second, fused)}[image]
    page.enlarge(image)
    for pixel in ((41, 17), (12, 55)):
        page.page.mouse.move(*page.over_figure(pixel))
        page.shows(pixel)
        check_readout(page, expected_readout(world, NETWORK, pixel))
        until(page, lambda pixel=pixel: hovered(page)[:1] == [f"row {pixel[0]}, column {pixel[1]}"])
        scaled = [line for line in hovered(page)[1:] if not line.startswith("in the file")]
        values = [float(line.split()[-1].replace("−", "-")) for line in scaled]
        assert values == pytest.approx([float(each[pixel]) for each in exact], rel=1e-4, abs=5e-6)
        page.settled()
        J = saliency.jacobian(net, pair, pixel)
        limit = shared_limit(J.first, J.second, "magnitude")
        around = [(pixel[0] + down, pixel[1] + right) for down in (-3, -1, 2) for right in (-3, 1, 3)]
        shown = page.at_pixels("jacobian1", around, is_zoom=True).astype(int)
        expected = colored(np.array([J.full()[0][each] for each in around]), limit, 0.3, "magnitude", "viridis")
        assert np.abs(shown - expected).max() <= 4


def test_a_click_on_the_figure_pins(page):
    page.enlarge("fused")
    page.page.mouse.move(*page.over_figure((20, 30)))
    page.shows((20, 30))
    page.page.mouse.click(*page.over_figure((20, 30)))
    page.settle_on("FuseVis.explore.state.isPinned")
    page.page.mouse.move(*page.over_figure((40, 40)), steps=3)
    page.page.mouse.move(*page.over_figure((41, 40)))
    until(page, lambda: hovered(page)[:1] == ["row 41, column 40"])
    assert page.pixel == (20, 30), "the pointer changed a pinned pixel"


def test_an_enlarged_jacobian_follows_the_pixel_and_picks_none(page, world):
    page.click("first", (31, 30))
    page.enlarge("jacobian1")
    page.page.mouse.move(*page.over_figure((10, 10)))
    until(page, lambda: hovered(page)[:1] == ["row 10, column 10"])
    assert page.pixel == (31, 30)
    page.page.keyboard.press("ArrowRight")
    page.shows((31, 31))
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], (31, 31))
    expected = colored(J.full()[0], shared_limit(J.first, J.second, "magnitude"), 0.3, "magnitude", "viridis")
    until(page, lambda: np.array_equal(page.figure("enlarged-figure"), expected))
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Escape")


@pytest.mark.parametrize("is_zoom", [False, True])
def test_the_box_holds_exactly_the_windows_pixels(page, is_zoom):
    page.click("first", (30, 20))
    page.plot("first", is_zoom).hover(position={"x": 5, "y": 5})
    page.page.keyboard.press("f")
    page.enlarged()
    page.settle_on(f"({FIGURE}.layout.shapes || []).length")
    shapes = page.page.evaluate(f"{FIGURE}.layout.shapes")
    halos, (*arms, box) = shapes[: len(shapes) // 2], shapes[len(shapes) // 2 :]
    assert all(
        halo["line"]["width"] > mark["line"]["width"] for halo, mark in zip(halos, [*arms, box], strict=True)
    )
    found = [(arm["x0"], arm["x1"], arm["y0"], arm["y1"]) for arm in arms]
    if is_zoom:  # 0.4 · 11 pixels around the principal pixel are left free
        across, down = [(-0.5, 15.6, 30, 30), (24.4, 63.5, 30, 30)], [(20, 20, -0.5, 25.6), (20, 20, 34.4, 63.5)]
    else:
        across, down = [(-0.5, 63.5, 30, 30)], [(20, 20, -0.5, 63.5)]
    assert np.allclose(found, across + down)
    assert (box["x0"], box["x1"], box["y0"], box["y1"]) == (14.5, 25.5, 24.5, 35.5)
    assert box["x1"] - box["x0"] == WINDOW


def test_choices_change_the_enlarged_figure(page, world):
    page.click("first", (31, 30))
    page.enlarge("jacobian2")
    page.segment("display", "Signed")
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], (31, 30))
    expected = colored(J.full()[1], shared_limit(J.first, J.second), 0.3, "signed", "viridis")
    until(page, lambda: np.array_equal(page.figure("enlarged-figure"), expected))
    page.switch("Light")
    page.settle_on(f"{FIGURE}.layout.paper_bgcolor === '#ffffff'")


def test_its_picture_is_saved_under_its_name(page):
    page.enlarge("guidance2")
    with page.page.expect_download() as download:
        page.page.locator("#enlarged-figure .modebar-btn").click()
    assert download.value.suggested_filename == f"fusevis-cases-square-Guidance-PET-{NETWORK}.png"
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


def test_the_scatterplot_is_enlarged_too(page):
    page.enlarge("scatter")
    assert page.page.get_by_role("dialog", name=f"k cases / square · Scatterplot, {NETWORK}").is_visible()
    assert page.page.evaluate(f"{FIGURE}._fullData[0].x.length") == WINDOW * WINDOW


# ---- another view


OTHER = "Weighted Averaging"


@pytest.fixture
def kept(page, at_start):
    """The shared page, its fused image enlarged."""
    at_start.enlarge("fused")
    return at_start


@pytest.fixture
def view(alone):
    """A page of the test's own, its fused image enlarged."""
    alone.open(**START)
    alone.sharp()
    alone.enlarge("fused")
    assert alone.page.locator("#enlarged-figure").is_visible()
    yield alone
    alone.page.unroute_all()


class Held:
    """Questions to the server's callbacks that have all these words in them, held back until they are let go."""

    def __init__(self, page, *words):
        self.words, self.routes, self.is_holding = words, [], True
        page.page.route("**/_dash-update-component*", self._keep)

    def _keep(self, route):
        sent = route.request.post_data or ""
        if self.is_holding and all(word in sent for word in self.words):
            return self.routes.append(route)
        return route.continue_()

    def let_go(self):
        """Those held, and all to come: once guidance is finished the figure is asked for anew."""
        self.is_holding = False
        for route in self.routes:
            route.continue_()


def test_the_old_views_figure_is_hidden_until_the_new_ones_is_here(kept, world):
    held = Held(kept, '"enlarged-panel.data"', OTHER)
    kept.choose("network", OTHER)
    until(kept, lambda: held.routes)
    figure, title = kept.page.locator("#enlarged-figure"), kept.page.locator("#enlarged-title")
    assert title.inner_text() == f"g Fused, {OTHER}"
    assert figure.count() == 1
    assert not figure.is_visible(), "a picture of the old network is still there"
    held.let_go()
    kept.enlarged()
    assert figure.is_visible()
    assert title.inner_text() == f"g cases / square · Fused, {OTHER}"
    fused = saliency.fused_image(world.networks[OTHER], world.pairs[PAIR])
    assert np.array_equal(kept.figure("enlarged-figure"), to_bytes(fused))


def test_a_title_is_that_of_the_picture_below_it(kept):
    held = Held(kept, '"enlarged-panel.data"', '"panel":"p"')
    kept.plot("jacobian2").dblclick()
    until(kept, lambda: held.routes)
    figure, title = kept.page.locator("#enlarged-figure"), kept.page.locator("#enlarged-title")
    assert title.inner_text() == "p Jacobian PET"
    assert not figure.is_visible(), "the panel enlarged before stands under another one's name"
    held.let_go()
    kept.enlarged()
    assert title.inner_text() == f"p cases / square · Jacobian PET, {NETWORK}"
    assert figure.is_visible()


def test_no_old_figure_stays_while_a_network_is_measured(view):
    view.page.route("**/networks/ready*", lambda route: None)
    measuring = packed({"view": {"pair": PAIR, "network": OTHER, "measuring": True}}, {})
    view.page.route("**/explore/view*", lambda route: route.fulfill(body=measuring))
    with view.page.expect_response("**/explore/view*"):
        view.choose("network", OTHER)
    view.page.locator("#enlarged-figure").wait_for(state="hidden")


def test_no_old_figure_stays_where_a_view_cannot_be_fetched(view):
    view.page.route("**/explore/view*", lambda route: route.abort())
    view.choose("network", OTHER)
    view.page.wait_for_selector(".explore.failed")
    assert not view.page.locator("#enlarged-figure").is_visible()


def test_a_figure_that_may_be_of_another_pixel_is_dimmed_as_the_panels_are(view):
    view.page.route("**/explore/jacobian*", lambda route: route.abort())
    view.page.evaluate("FuseVis.explore.point({ row: 5, col: 6 })")
    view.page.wait_for_selector(".explore.failed")
    assert float(view.page.locator("#enlarged-place").evaluate("(each) => getComputedStyle(each).opacity")) < 0.5
