"""Cross-hair and box can be seen on every colour of every map: the contrast of pixels that are read back."""

import json

import numpy as np
import pytest

from dashboard.imaging.colormaps import DIVERGING, NO_SLOPE, table
from dashboard.option_values import COLORMAPS
from support.browser import expose

LEAST = 3.0
"""Contrast of what one has to see (WCAG 2.2, 1.4.11)."""

DRAW = """(colors) => exposed.then(() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 80, height: 80 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const state = { pixel: { row: 10, col: 10 }, window: 11, width: 20, height: 20 };
  const lines = (isZoom, placing, place) => {
    FuseVis.marks.draw(context, isZoom, placing, state);
    return [...context.getImageData(...place).data];
  };
  const found = colors.map(([r, g, b]) => {
    const clean = () => { context.fillStyle = `rgb(${r}, ${g}, ${b})`; context.fillRect(0, 0, 80, 80); };
    clean();
    const whole = { scale: 4, aspect: 1, x: 0, y: 0 }, zoom = { scale: 5, aspect: 1, x: -12.5, y: -12.5 };
    const cross = lines(false, whole, [2, 0, 1, 80]), box = lines(false, whole, [0, 30, 40, 1]);
    clean();
    const zoomCross = lines(true, zoom, [2, 0, 1, 80]), zoomPixel = lines(true, zoom, [30, 40, 12, 1]);
    return { cross, box, zoomCross, zoomPixel };
  });
  return JSON.stringify(found); // as one text it comes at once
})"""


@pytest.fixture(scope="module")
def found(chromium, address):
    """What is drawn over every colour: by part, for each colour the RGB of a line of pixels across it."""
    visit = chromium.new_context()
    page = visit.new_page()
    expose(page, marks="viewer/marks")
    page.goto(f"{address}/networks")
    names = (*COLORMAPS, DIVERGING)
    colors = np.unique(np.concatenate([*(table(name) for name in names), [NO_SLOPE]]), axis=0)
    drawn = json.loads(page.evaluate(DRAW, colors.tolist()))
    visit.close()
    return colors, drawn


def luminance(rgb):
    """Relative luminance, by WCAG."""
    part = np.asarray(rgb, dtype=float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    lights = np.stack(np.broadcast_arrays(luminance(one), luminance(other)))
    return (lights.max(axis=0) + 0.05) / (lights.min(axis=0) + 0.05)


@pytest.mark.parametrize("part", ["cross", "box", "zoomCross", "zoomPixel"])
def test_a_line_has_contrast_on_every_colour(found, part):
    colors, drawn = found
    assert len(colors) > 1000
    for color, lines in zip(colors, drawn, strict=True):
        pixels = np.reshape(lines[part], (-1, 4))[:, :3]
        best = contrast(pixels, color).max()
        assert best >= LEAST, (color, best)


def test_the_old_red_box_would_fail():
    assert contrast([255, 59, 48], table(DIVERGING)[235]) < LEAST
