"""A panel of Compare enlarged by a double click or F: the same pixels, larger, and the pointer works on it."""

import numpy as np
import pytest

import fusion
from dashboard.imaging.encoding import to_bytes
from tests.support.compare_page import PAIR
from tests.support.hatching import hatched


def live(compare, network, image):
    return compare.picture(
        f"document.querySelector(\".column[data-network='{network}'] "
        f".panel[data-image={image}][data-zoom='0'] canvas.live\")"
    ).astype(int)


@pytest.mark.parametrize("way", ["double click", "f"])
def test_it_shows_every_pixel_larger_and_follows_the_pointer(compare, world, way):
    plot = compare.plot("FunFuseAn", "fused")
    before = plot.bounding_box()
    compare.hover("FunFuseAn", "fused", (20, 20))
    if way == "f":
        compare.page.keyboard.press("f")
    else:
        plot.dblclick()
    large = plot.bounding_box()
    assert large["width"] > 1.8 * before["width"]
    assert large["width"] / large["height"] == pytest.approx(before["width"] / before["height"], rel=0.02)
    assert large["y"] + large["height"] <= 900
    assert large["x"] + large["width"] <= 1440
    pixel = compare.page.locator("#compare-pixel").bounding_box()
    assert pixel["y"] + pixel["height"] <= large["y"], "what is said of the pixel stays in sight"

    compare.hover("FunFuseAn", "fused", (9, 41))
    drawn = live(compare, "FunFuseAn", "fused")
    assert drawn.shape[1] == pytest.approx(large["width"], abs=1)
    values = to_bytes(fusion.fuse(world.networks["FunFuseAn"], world.pairs[PAIR]))
    scale = drawn.shape[0] / values.shape[0]
    for row, col in ((30, 11), (47, 20), (55, 58), (24, 25)):
        seen = drawn[int((row + 0.5) * scale), int((col + 0.5) * scale)]
        assert np.abs(seen - int(values[row, col])).max() <= 1, (row, col)

    compare.page.keyboard.press("Escape")
    assert plot.bounding_box() == before
    assert live(compare, "FunFuseAn", "fused").shape[1] == pytest.approx(before["width"], abs=1)


def test_a_difference_is_enlarged_too_and_is_no_hatch(compare):
    compare.plot("FunFuseAn", "difference1").scroll_into_view_if_needed()
    compare.plot("FunFuseAn", "difference1").hover()
    compare.page.keyboard.press("F")
    drawn = live(compare, "FunFuseAn", "difference1")
    assert drawn.shape[1] > 400
    assert not hatched(drawn).any()
    compare.page.keyboard.press("F")
    assert live(compare, "FunFuseAn", "difference1").shape[1] < 400
