"""Two slices beside each other: by Shift and a click in the strip of cases."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import fusion
from dashboard.imaging.encoding import to_bytes
from tests.browser.test_case_browser import cases_address, folders, opened_strip, strip  # noqa: F401  # fixtures
from tests.support.waiting import until


def decoded(source):
    """A canvas's picture, as the browser tells it."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


def test_two_slices_are_compared_swapped_and_stepped_through(strip, folders):  # noqa: F811
    strip.page.locator(".strip [data-path='mri_pet / 21 / 003']").click(modifiers=["Shift"])
    rows = strip.page.locator(".slices .slice-row")
    drawn = "(row) => [...row.querySelectorAll('canvas')].map((it) => it.toDataURL())"

    def shows(path):
        until(
            lambda: rows.nth(1).locator("h3").all_inner_texts() == [path],
            pause=lambda: strip.page.wait_for_timeout(20),
        )

    def levels(number, kind):
        pair = fusion.read_pair(folders[0] / "mri" / f"2100{number}.png", folders[0] / "pet" / f"2100{number}.png")
        return to_bytes(pair.first if kind == "first" else pair.second)

    shows("mri_pet / 21 / 003")
    assert rows.nth(0).locator("h3").inner_text() == "mri_pet / 21 / 001"
    for row, number in enumerate((1, 3)):
        for at, kind in enumerate(("first", "second")):
            found = decoded(rows.nth(row).evaluate(drawn)[at])
            assert np.array_equal(found[..., 0], levels(number, kind))
    assert strip.where == "mri_pet / 21 / 001", "the page stays at its slice"
    strip.page.keyboard.press("PageDown")
    shows("mri_pet / 21 / 004")
    assert np.array_equal(decoded(rows.nth(1).evaluate(drawn)[0])[..., 0], levels(4, "first"))

    tops = [each.bounding_box()["y"] for each in rows.all()]
    strip.page.keyboard.down("x")
    assert [each.bounding_box()["y"] for each in rows.all()] == pytest.approx(tops[::-1], abs=2)
    strip.page.keyboard.up("x")
    assert [each.bounding_box()["y"] for each in rows.all()] == pytest.approx(tops, abs=2)

    box = rows.nth(1).locator(".slice").first.bounding_box()
    strip.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.4 * box["height"])
    strip.page.mouse.wheel(0, -200)
    layer = (
        "(all) => all.map((it) => it.firstChild.getBoundingClientRect().width / it.getBoundingClientRect().width)"
    )
    until(
        lambda: strip.page.locator(".slices .slice").evaluate_all(layer) == pytest.approx([1.25**2] * 6, rel=0.03),
        pause=lambda: strip.page.wait_for_timeout(20),
    )
    strip.page.keyboard.press("0")
    strip.page.keyboard.press("Escape")
    assert not strip.page.locator(".slices").is_visible()
    strip.page.mouse.move(*strip.point_of("first", (9, 9)))
    strip.page.mouse.wheel(0, -200)
    strip.page.wait_for_function("FuseVis.explore.state.magnification > 1.2")
    strip.page.keyboard.press("0")
    strip.page.wait_for_function("FuseVis.explore.state.magnification === 1")  # the page's own hands are back
