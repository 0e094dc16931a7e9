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
  const frame = panel.querySelector(".plot").getBoundingClientRect();
  const canvas = panel.querySelector("canvas.live"), place = canvas.getBoundingClientRect();
  return {
    image: panel.dataset.image, zoom: panel.dataset.zoom === "1", size: [frame.width, frame.height],
    drawn: canvas.hidden ? null : [canvas.width, canvas.height, place.left - frame.left, place.top - frame.top],
  };
})"""


def geometry_is_right(page, shape):
    """Every panel is square, its canvas fills it, and beside a picture that is not square there is the ground."""
    for found in page.page.evaluate(GEOMETRY):
        side = found["size"][0]
        if abs(found["size"][1] - side) >= 0.5:
            return False
        if found["drawn"] is not None and found["drawn"] != pytest.approx([side, side, 0, 0], abs=0.6):
            return False
    return picture_is_placed(page, shape)


def picture_is_placed(page, shape):
    """The fused picture stands in the middle of its panel, undistorted: around it is the panel's ground alone."""
    drawn = page.canvas("fused")[..., :3].astype(int)
    side = drawn.shape[0]
    scale = side / max(shape)
    top, left = (side - shape[0] * scale) / 2, (side - shape[1] * scale) / 2
    ground = page.plot("fused").evaluate(
        "(plot) => getComputedStyle(plot).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    for edge, is_row in ((top, True), (left, False)):
        if edge < 2:
            continue
        beside = drawn[: int(edge) - 1] if is_row else drawn[:, : int(edge) - 1]
        if np.abs(beside - ground).max() > 0:
            return False
    inside = drawn[int(top) + 2 : int(side - top) - 2, int(left) + 2 : int(side - left) - 2]
    first, last = inside[0], inside[-1]
    return bool(np.ptp(first) > 8 and np.ptp(last) > 8)  # texture up to both edges
