"""What Explore has to show, said by the rooms below: the read-out of a pixel, and where pictures lie."""

from __future__ import annotations

import numpy as np
import pytest

import fusion
import saliency
from tests.support import waiting

PAIR, NETWORK, WINDOW = "cases/square", "DeepFuse", 11
START = {"pair": PAIR, "network": NETWORK, "window": WINDOW, "row": 30, "col": 28}
PICKING = ("first", "second", "fused", "guidance1", "guidance2", "rgb")
SIZES = ((1920, 1080), (1440, 900), (1280, 800))


def until(page, is_so):
    """Wait for a condition that only Python can tell, e.g. decoded pixels; the page draws a frame in between."""
    return waiting.until(is_so, pause=lambda: page.page.evaluate("() => new Promise(requestAnimationFrame)"))


def expected_readout(world, network, pixel, pair=PAIR):
    net, images = world.networks[network], world.pairs[pair]
    J = saliency.jacobian(net, images, pixel)
    found, full = saliency.influence(J), J.full()
    return {
        "x1": (images.first[pixel], 5e-4),
        "x2": (images.second[pixel], 5e-4),
        "y": (fusion.fuse(net, images)[pixel], 5e-4),
        "d1": (full[0][pixel], 5e-5),
        "d2": (full[1][pixel], 5e-5),
        "total1": (np.abs(full[0]).sum(), 5e-4),
        "total2": (np.abs(full[1]).sum(), 5e-4),
        "share1": (100 * found.share_first, 0.05),
        "share2": (100 * found.share_second, 0.05),
        "radius1": (found.radius_first, 0.05),
        "radius2": (found.radius_second, 0.05),
    }


def check_readout(page, expected):
    for name, (value, rounding) in expected.items():
        assert page.number(name) == pytest.approx(float(value), abs=1.1 * rounding), name


GEOMETRY = """() => [...document.querySelectorAll(".panel[data-image]")].map((panel) => {
  const plot = panel.querySelector(".plot"), gd = panel.querySelector(".js-plotly-plot");
  const { xaxis, yaxis } = gd._fullLayout;
  const frame = plot.getBoundingClientRect(), figure = gd.getBoundingClientRect();
  const canvas = panel.querySelector("canvas.live");
  return {
    image: panel.dataset.image, zoom: panel.dataset.zoom === "1", size: [frame.width, frame.height],
    drawn: [canvas.width, canvas.height, canvas.hidden ? null : canvas.getBoundingClientRect().left - frame.left],
    x: figure.left - frame.left + xaxis._offset, y: figure.top - frame.top + yaxis._offset,
    width: xaxis._length, height: yaxis._length, range: [xaxis.range, yaxis.range],
  };
})"""


def check_geometry(page, shape):
    """Plotly's plot area lies where the canvas paints the image, to a pixel of the screen."""
    for found in page.page.evaluate(GEOMETRY):
        side = found["size"][0]
        assert abs(found["size"][1] - side) < 0.5
        if found["drawn"][2] is not None:  # a canvas that is hidden takes its size when it is shown
            assert found["drawn"] == pytest.approx([side, side, 0], abs=0.6)
        if found["image"] == "scatter":
            assert (found["x"], found["width"]) == pytest.approx((34, side - 34), abs=1)
            assert (found["y"], found["height"]) == pytest.approx((0, side - 34), abs=1)
            continue
        rows, cols = (WINDOW, WINDOW) if found["zoom"] else shape
        scale = min(side / rows, side / cols)
        assert (found["x"], found["y"]) == pytest.approx(
            ((side - cols * scale) / 2, (side - rows * scale) / 2), abs=1
        ), found
        assert (found["width"], found["height"]) == pytest.approx((cols * scale, rows * scale), abs=1), found
        (left, right), (bottom, top) = found["range"]
        assert (right - left, bottom - top) == pytest.approx((cols, rows))


def geometry_is_right(page, shape):
    """Plotly resizes a moment after the window did."""
    try:
        check_geometry(page, shape)
    except AssertionError:
        return False
    return True
