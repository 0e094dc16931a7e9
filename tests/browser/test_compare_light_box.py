"""The light box: how large its pictures are, what is hidden, what is said, and that nothing is cut."""

import numpy as np
import pytest

from tests.support.compare_page import NETWORKS, PAIR, START, Compare

LEAST = 150
"""CSS pixels that figures in a column's head need, whatever the screen; as in js/pages/compare/box_layout.js."""
SCREENS = {
    "1280 × 800": ((1280, 800), 1),
    "1440 × 900": ((1440, 900), 1),
    "2560 × 1440": ((2560, 1440), 1),
    "1440 × 900 at 150 %": ((960, 600), 1.5),
}
NETWORKS_BY_COUNT = {
    4: ["DeepFuse", "FunFuseAn", "Weighted Averaging", "Weighted Averaging (frozen weights)"],
    2: ["DeepFuse", "FunFuseAn"],
}
TEXTS = """.column-shares .figures, .column-figures dd, .column-metrics dd, #compare-pixel, .column-status,
  .compare-tools button, .compare-tools span:not(:has(*)), .compare-rows label, .inputs figcaption"""
CUT = """(texts) => {
  const isSeen = (each) => each.checkVisibility({ visibilityProperty: true }) && each.textContent.trim();
  const isOpen = (each) => getComputedStyle(each).overflowX === "visible" && !each.matches(".column, .page");
  return [...document.querySelectorAll(texts)].filter(isSeen).filter((each) => {
    const text = document.createRange();
    text.selectNodeContents(each);
    const box = text.getBoundingClientRect();
    let around = each.parentElement;
    while (isOpen(around)) around = around.parentElement;
    const frame = around.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1;
  }).map((each) => each.textContent);
}"""
OVERLAPS = """(selector) => {
  const boxOf = (each) => {
    const text = document.createRange();
    text.selectNodeContents(each);
    return [each.textContent, text.getBoundingClientRect()];
  };
  const isSeen = (each) => each.checkVisibility() && each.textContent.trim();
  const boxes = [...document.querySelectorAll(selector)].filter(isSeen).map(boxOf), found = [];
  boxes.forEach(([one, a], k) => boxes.slice(k + 1).forEach(([other, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 2) found.push([one, other]);
  }));
  return found;
}"""


@pytest.fixture(params=SCREENS, scope="module")
def screen(request, chromium, address):
    """Compare with its choices at their start, on screens of every kind."""
    size, ratio = SCREENS[request.param]
    page = Compare(chromium, address, size, ratio).open(
        **{**START, "networks": ",".join(NETWORKS_BY_COUNT[4]), "rows": "fused,rgb", "cells": "actual"}
    )
    page.sharp()
    yield page
    page.close()


def rows(compare, *ticked, networks=4, cells="actual"):
    """Tick rows and choose networks; returns when they stand there."""
    chosen = NETWORKS_BY_COUNT[networks]
    compare.page.evaluate(
        """([rows, networks, cells]) => {
          const chosen = Object.entries({ rows, networks, cells });
          for (const [id, value] of chosen) dash_clientside.set_props(`compare-${id}`, { value });
        }""",
        [list(ticked), chosen, cells],
    )
    compare.page.wait_for_function(
        """([rows, networks, cells]) => { const { state, columns } = FuseVis.compare;
          return String(state.rows) === String(rows) && String(state.networks) === String(networks)
            && state.cells === cells && [...columns.values()].every(({ answer }) => answer); }""",
        arg=[list(ticked), chosen, cells],
    )
    compare.sharp()


def test_pictures_are_at_least_one_to_one_and_larger_where_fewer_are_shown(screen):
    ratio, sizes = screen.page.evaluate("devicePixelRatio"), {}
    for networks in (4, 2):
        rows(screen, "fused", networks=networks)
        sizes[networks] = screen.plot("DeepFuse", "fused").bounding_box()["width"]
        assert sizes[networks] * ratio >= 64
        room, grid = (screen.page.locator(each).bounding_box() for each in ("#compare-box", "#compare-grid"))
        used = max(grid["width"] / room["width"], grid["height"] / room["height"])
        assert used > 0.9
        assert used <= 1 or sizes[networks] == LEAST
    assert sizes[2] >= sizes[4]


def test_no_figure_and_no_control_is_cut_or_overprinted(screen):
    rows(screen, "fused", "figures", cells="whole")
    screen.hover("DeepFuse", "fused", (3, 3))
    assert screen.page.evaluate(CUT, TEXTS) == []
    for within in (
        ".column-shares .figures",
        ".column-figures dt, .column-figures dd",
        ".compare-tools button, .legend span",
    ):
        assert screen.page.evaluate(OVERLAPS, within) == [], within
    for network in NETWORKS_BY_COUNT[4]:  # whole, or its whole name is told
        title = screen.column(network).locator("h2")
        assert title.get_attribute("title").startswith(network)
        assert title.inner_text().startswith(network[:4])
    assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert screen.console == []


def test_heads_and_inputs_stay_while_the_box_is_scrolled(screen):
    rows(screen, "fused", "guidance", "rgb", "jacobian", "scatter", "zooms")
    box = screen.page.locator("#compare-box")
    before = [screen.page.locator(each).first.bounding_box() for each in (".column > header", ".inputs canvas")]
    box.evaluate("(box) => box.scrollTo(0, 120)")
    assert box.evaluate("(box) => box.scrollTop || box.scrollHeight === box.clientHeight") > 0
    after = [screen.page.locator(each).first.bounding_box() for each in (".column > header", ".inputs canvas")]
    assert [each["y"] for each in after] == pytest.approx([each["y"] for each in before], abs=1)
    box.evaluate("(box) => box.scrollTo(0, 0)")


def test_only_ticked_rows_are_shown_and_the_address_keeps_them(screen):
    rows(screen, "jacobian", "figures")
    shown = (
        screen.column("DeepFuse")
        .locator("[data-row]:visible")
        .evaluate_all("(all) => all.map((each) => each.dataset.row)")
    )
    assert shown == ["jacobian1", "jacobian2", "figures"]
    screen.page.evaluate("FuseVis.compare.point({ row: 7, col: 8 })")
    screen.shows((7, 8))
    screen.settled()
    assert (screen.words()["rows"], screen.words()["cells"]) == ("jacobian,figures", "actual")


def test_an_eighth_network_is_refused_in_a_sentence(chromium, address):
    names = ["DeepFuse", "FunFuseAn", "Weighted Averaging", "Weighted Averaging (frozen weights)"]
    page = Compare(chromium, address).open(**{**START, "networks": ",".join(names), "rows": "fused"})
    try:
        eight = [*names, "MaskNet", "DeepPedestrian", "CAMF", "UAAFusion"]
        page.page.evaluate("(value) => dash_clientside.set_props('compare-networks', { value })", eight)
        page.page.wait_for_function("document.getElementById('compare-status').textContent.includes('UAAFusion')")
        page.page.wait_for_function("FuseVis.compare.state.networks.length === 7")
        assert page.page.locator("#compare-status").inner_text() == (
            "7 networks stand side by side at most: hide one to see UAAFusion."
        )
    finally:
        page.close()


@pytest.mark.parametrize("aspect", [1, 3])
def test_a_focus_of_one_pixel_stays_where_pictures_are_smaller_than_one_to_one(chromium, address, aspect):
    """A large picture on a small screen: derivatives by blocks, each its strongest, and the page says so."""
    page = Compare(chromium, address, (700, 500)).open(
        **{
            **START,
            "pair": PAIR,
            "networks": ",".join(NETWORKS),
            "rows": "guidance,jacobian,zooms",
            "cells": "whole",
        }
    )
    try:
        page.sharp()
        found = page.page.evaluate(
            """async (aspect) => {
              const { painting, pictures } = FuseVis;
              const size = 64, values = Object.assign(new Float32Array(size * size), { shape: [size, size] });
              values[33 * size + 21] = 1;
              const scale = { limit: 1, gamma: 1, display: "magnitude", colormap: "viridis" };
              const shown = pictures.picture(size, size);
              painting.values(shown, values, scale);
              const canvas = new OffscreenCanvas(27, 27 * aspect), context = canvas.getContext("2d");
              context.imageSmoothingEnabled = false;
              context.setTransform(27 / 64, 0, 0, (aspect * 27) / 64, 0, 0);
              pictures.draw(context, shown, false, { scale: 27 / 64, aspect, x: 0, y: 0 });
              return [...context.getImageData(0, 0, 27, 27 * aspect).data];
            }""",
            aspect,
        )
        drawn = np.array(found, dtype=int).reshape(27 * aspect, 27, 4)[..., :3]
        strongest = np.abs(drawn - np.array([253, 231, 37])).max(axis=2) <= 2  # the end of viridis
        assert strongest.sum() >= 1
        row, col = np.argwhere(strongest).mean(axis=0)
        assert abs(row - 33.5 * aspect * 27 / 64) <= 1.5
        assert abs(col - 21.5 * 27 / 64) <= 1.5
    finally:
        page.close()
