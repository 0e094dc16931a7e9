"""A slice of more pixels than are sent whole, each three times as high as wide: in blocks, with exact values."""

import numpy as np
import pytest

from dashboard.imaging import downsampling
from dashboard.pages.explore import panel_images
from tests.support.case_folders import write_checkpoints
from tests.support.explore_page import Explore
from tests.support.served_study import served_study
from tests.support.thick_slices import ASPECT, COLS, PAIR, ROWS, VOLUMES, levels, voxels

NETWORK = "Weighted Averaging"
START = {"pair": PAIR, "network": NETWORK, "row": 8, "col": 25, "window": 11}
JAVASCRIPT = "text/javascript"


@pytest.fixture(scope="module")
def large_address(serve, tmp_path_factory):
    folder = tmp_path_factory.mktemp("volumes")
    volumes = VOLUMES["mri"], VOLUMES["pet"]
    with served_study(serve, folder, volumes, write_checkpoints(folder), NETWORK) as address:
        yield address


@pytest.fixture
def large(chromium, large_address, monkeypatch):
    """The same slice as one of more pixels than are sent whole, in panels with room for ten."""
    monkeypatch.setattr(downsampling, "WHOLE", ROWS * COLS - 1)
    monkeypatch.setattr(panel_images, "FIGURE_SIDE", 10)
    page = Explore(chromium, large_address, (1680, 1000))
    script = "export const largestSide = () => 10;"
    page.page.route("**/viewer/panel_size.js", lambda route: route.fulfill(body=script, content_type=JAVASCRIPT))
    yield page.open(**START)
    assert page.console == []
    page.page.unroute_all()
    page.close()


def in_blocks(values):
    """Every pixel as the mean of its 2 × 2."""
    halves = values.reshape(ROWS // 2, 2, COLS // 2, 2).mean(axis=(1, 3))
    return np.repeat(np.repeat(halves, 2, axis=0), 2, axis=1)


def test_a_large_slice_in_blocks_has_the_same_proportions_and_tells_its_exact_values(large):
    large.sharp()
    assert large.state["step"] == 2
    shown = [(row, col) for row in range(ROWS) for col in (*range(19), *range(32, COLS)) if row != 8]
    for image, kind in (("first", "mri"), ("second", "pet")):
        expected = in_blocks(levels(kind).astype(float))
        colors = large.at_pixels(image, shown)[:, 0]
        np.testing.assert_allclose(colors, [expected[each] for each in shown], atol=1.01)
    inner = [(row, col) for row in range(4, 13) for col in range(21, 30) if abs(row - 8) > 1 and abs(col - 25) > 1]
    colors = large.at_pixels("first", inner, is_zoom=True)
    np.testing.assert_array_equal(colors[:, 0], [levels()[place] for place in inner])
    for pixel in ((0, 0), (3, 31), (19, 39)):
        large.hover("second", pixel)
        large.settled()
        for number, kind in (("raw1", "mri"), ("raw2", "pet")):
            assert large.number(number) == pytest.approx(voxels(kind)[pixel], abs=1e-3)
    large.enlarge("first")
    (x0, y0), (x1, _), (_, y1) = (large.over_figure(pixel) for pixel in ((5, 5), (5, 6), (6, 5)))
    assert (y1 - y0) / (x1 - x0) == pytest.approx(ASPECT, rel=1e-3)
    large.page.mouse.move(*large.over_figure((12, 30)))
    told = "[...document.querySelectorAll('#enlarged-figure .hovertext .nums tspan')].map((it) => it.textContent)"
    large.settle_on(f"{told}[0] === '2 × 2 pixels around row 12.5, column 30.5'")
    (of_file,) = (each for each in large.page.evaluate(told) if each.startswith("in the file"))
    mean = in_blocks(voxels("mri"))[12, 30]
    assert float(of_file.split()[3].replace("−", "-")) == pytest.approx(mean, abs=1e-2)
