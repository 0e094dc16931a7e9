"""Explore in a real browser: what a person sees."""

import base64
import json

import numpy as np
import pytest

import fusion
import saliency
from dashboard.components import ids
from dashboard.imaging.colormaps import NO_SLOPE, table
from dashboard.imaging.encoding import colored, to_bytes
from dashboard.server.messages import packed
from saliency.measures.display import shared_limit
from tests.support.explore_checks import (
    NETWORK,
    PAIR,
    PICKING,
    SIZES,
    WINDOW,
    check_readout,
    expected_readout,
    geometry_is_right,
    until,
)


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
    titles = """() => [...document.querySelectorAll(".modebar-btn")].map((each) =>
      each.dataset.title || each.getAttribute("aria-label"))"""
    assert explore.page.evaluate(titles) == ["Download panel k as a PNG"]
    explore.enlarge("first")
    assert explore.page.evaluate(titles) == ["Download panel k as a PNG", "Download cases / square · MRI as a PNG"]
    explore.page.keyboard.press("Escape")


def test_plotly_stands_only_where_a_person_works_with_one_figure(explore):
    assert explore.page.locator(".js-plotly-plot").count() == 1
    assert explore.page.locator("#scatter .js-plotly-plot").count() == 1


@pytest.mark.parametrize("image", PICKING)
def test_a_picture_has_a_name_and_a_role(explore, image):
    canvas = explore.page.locator(f"#{image}-live")
    assert canvas.get_attribute("role") == "img"
    assert canvas.get_attribute("aria-label") == explore.plot(image).get_attribute("aria-label") != ""
    assert canvas.get_attribute("aria-hidden") is None


# ---- the read-out


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


def test_whole_jacobians_on_the_screen_are_the_jacobians(explore, world):
    explore.hover("fused", (33, 18))
    J = saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], (33, 18))
    limit = shared_limit(J.first, J.second, "magnitude")
    rows, cols = (beside_marks(range(2, 64, 5), centre) for centre in (33, 18))
    places = [(r, c) for r in rows for c in cols]
    for image, full in zip(("jacobian1", "jacobian2"), J.full(), strict=True):
        expected = colored(full, limit, 0.3, "magnitude", "viridis")
        shown = np.array([expected[each] for each in places]).astype(int)
        assert np.abs(explore.at_pixels(image, places).astype(int) - shown).max() <= 4


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
    expected = np.array([rgb[each] for each in places])
    assert np.abs(explore.at_pixels("rgb", places) - expected).max() <= 2


def test_inputs_and_fused_image_in_grey_and_in_colour(explore, world):
    explore.hover("second", (5, 5))
    pair, fused = world.pairs[PAIR], fusion.fuse(world.networks[NETWORK], world.pairs[PAIR])
    places = [(r, c) for r in range(16, 64, 6) for c in range(16, 64, 6)]

    def check(image, expected):
        found = explore.at_pixels(image, places).astype(int)
        pixels = np.array([expected[each] for each in places]).astype(int)
        assert np.abs(found - (pixels if pixels.ndim == 2 else pixels[:, None])).max() <= 1, image

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
    assert np.array_equal(explore.at_pixels("first", around, is_zoom=True), explore.at_pixels("first", around))


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


@pytest.mark.parametrize("size", SIZES)
def test_canvases_fill_their_panels_and_pictures_stand_undistorted(explore, size):
    explore.page.set_viewport_size({"width": size[0], "height": size[1]})
    explore.hover("first", (30, 30))
    explore.settled()
    until(explore, lambda: geometry_is_right(explore, (64, 64)))


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
          return [FuseVis.scatterplot.range(arrays.first), FuseVis.scatterplot.range(arrays.second)];
        }""",
        [PAIR, NETWORK],
    )
    assert G[0] == pytest.approx([x0, x1])
    assert G[1] == pytest.approx([y0, y1])
    dots = explore.page.evaluate("document.querySelector('#scatter .js-plotly-plot')._fullData[0].x.length")
    assert dots == WINDOW * WINDOW


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
        ".panel[data-image]", "(all) => all.map(({ dataset }) => [dataset.image, dataset.zoom, dataset.letter])"
    )
    assert [tuple(each) for each in shown] == [
        (panel.image, str(int(panel.is_zoom)), panel.letter) for panel in ids.PANELS
    ]
    known = explore.page.evaluate("FuseVis.panelImages.PANEL_IMAGES")
    assert known == {
        image.value: {"kind": image.kind.value, "input": image.input_index} for image in ids.PanelImage
    }


def test_what_has_no_slope_is_drawn_in_no_colour_of_the_scale(explore):
    words, limit, alone = explore.page.evaluate(
        """() => {
          const { limitOf, paint, colorOf } = FuseVis.colormap;
          const values = Object.assign(new Float32Array([NaN, Infinity, 0, 1]), { shape: [1, 4] });
          const limit = limitOf([values], "magnitude");
          const scale = { limit, gamma: 1, display: "magnitude", colormap: "viridis" };
          const words = new Uint32Array(4);
          paint(values, scale, words, 4);
          return [[...words], limit, colorOf(NaN, scale)];
        }"""
    )
    magenta = int.from_bytes(bytes((*NO_SLOPE, 255)), "little")
    assert words[:2] == [magenta, magenta]
    assert alone == magenta
    assert magenta not in words[2:]
    assert limit == 1, "what is infinite would leave no scale for the rest"


def test_where_there_is_no_slope_the_readout_says_so_and_gives_no_share(explore):
    names = ("x1", "x2", "y", "d1", "d2", "total1", "total2", "share1", "share2", "radius1", "radius2")
    about = {"row": 1, "col": 2, "milliseconds": 1.0, **dict.fromkeys(names)}
    explore.page.evaluate("(about) => FuseVis.readout.show(about, false)", about)
    assert explore.read("d1") == "no slope"
    assert explore.page.locator("#readout-note").is_visible()
    assert "empty" in explore.page.locator(".shares").first.get_attribute("class")
    assert not explore.page.locator(".shares > span").first.is_visible()
    explore.hover("first", (12, 40))
    assert not explore.page.locator("#readout-note").is_visible()
    assert "empty" not in explore.page.locator(".shares").first.get_attribute("class")
