"""Two volumes on two grids in a browser: sides of the patient, slices by key and wheel, values in their unit."""

from pathlib import Path

import numpy as np
import pytest

from fusion.data.volumes.planes import plane_of
from tests.support.case_folders import write_checkpoints
from tests.support.explore_page import Explore
from tests.support.served_study import served_study
from tests.support.volumes import resampled_by_sitk, volume

MRI = volume(3, shape=(6, 31, 26), spacing=(3.0, 1.0, 1.0), signs=(1, -1, -1), order=(2, 1, 0))
PET = volume(4, "PET", shape=(3, 16, 12), spacing=(4.0, 2.0, 2.0))
ROOT = Path(__file__).resolve().parents[2]
PIXEL = 14, 11
NAME = "study/P7 · axial/{}".format


@pytest.fixture(scope="module")
def volume_address(serve, tmp_path_factory):
    folder = tmp_path_factory.mktemp("volumes")
    with served_study(serve, folder, (MRI, PET), write_checkpoints(folder), "MaskNet") as address:
        yield address


@pytest.fixture
def page(chromium, volume_address):
    found = Explore(chromium, volume_address, (1680, 1000))
    yield found
    found.close()


def opened(page, pair, **words):
    page.open(pair=pair, network="MaskNet", row=PIXEL[0], col=PIXEL[1], **words)
    shows(page, pair)


def shows(page, pair):
    path = pair.replace("/", " / ")
    page.settle_on(f"document.getElementById('pair-note').textContent.startsWith({path!r})")
    page.settle_on(f"document.querySelector('.strip-where').textContent === {path!r}")
    page.settle_on("!document.getElementById('slice-origin').hidden")


def addressed(page, pair):
    page.settle_on(f"new URLSearchParams(location.search).get('pair') === {pair!r}")


def sides(page):
    notes = page.plot("first").locator(".panel-notes")
    return {side: notes.locator(f".side.{side}").inner_text() for side in ("top", "bottom", "left", "right")}


@pytest.mark.parametrize(
    ("plane", "letters"),
    [("axial", "APRL"), ("coronal", "HFRL"), ("sagittal", "HFAP")],
)
def test_letters_stand_at_the_sides_of_the_picture(page, plane, letters):
    opened(page, f"study/P7 · {plane}/{'3' if plane == 'axial' else '13'}")
    assert sides(page) == dict(zip(("top", "bottom", "left", "right"), letters, strict=True))
    grain = page.plot("first").locator(".scale-bar").inner_text()
    assert grain in ("5 mm", "10 mm")


def test_keys_and_the_wheel_step_through_the_slices_of_the_plane(page):
    opened(page, NAME(3))
    page.page.evaluate("document.activeElement.blur()")
    page.page.keyboard.press("PageDown")
    shows(page, NAME(4))
    page.hover("first", PIXEL)
    page.page.keyboard.down("Alt")
    page.page.mouse.wheel(0, -120)
    page.page.keyboard.up("Alt")
    shows(page, NAME(3))
    page.page.locator("#slice-origin span").get_by_text("axial slice 3 of 6").wait_for()


def test_values_are_those_of_both_volumes_at_the_pixel(page):
    opened(page, NAME(3))
    page.settled()
    plane = plane_of(MRI.grid, "axial")
    expected = plane.picture(MRI.voxels, 3)[PIXEL], plane.picture(resampled_by_sitk(PET, MRI), 3)[PIXEL]
    assert page.number("raw1") == pytest.approx(expected[0], abs=1e-2)
    assert page.number("raw2") == pytest.approx(expected[1], abs=1e-2)


def test_the_page_says_how_the_slice_was_read(page):
    opened(page, NAME(3))
    bar = page.page.locator("#slice-origin")
    assert "PET interpolated on the grid of MRI" in bar.locator("span").inner_text()
    bar.get_by_role("button").click()
    assert "They were declared to lie in one space" in bar.locator("ul").inner_text()
    assert page.page.locator(".strip h4").first.text_content().endswith("6 slices · ▤ volume")


def test_thumbnails_come_once_the_volume_is_open(page):
    opened(page, NAME(2))
    page.settle_on("document.querySelector('[data-place][aria-current] img').naturalWidth > 0")


def test_letters_stand_over_pictures_that_no_viewer_draws(page):
    opened(page, NAME(3))
    for kind in ("ask-surface", "regions-surface", "net-picture"):
        shown = page.page.evaluate(
            """(kind) => {
              const picture = Object.assign(document.createElement("div"), { className: kind });
              document.body.append(picture);
              const { backgroundImage } = getComputedStyle(picture, "::after");
              picture.remove();
              return decodeURIComponent(backgroundImage);
            }""",
            kind,
        )
        assert all(f">{letter}</text>" in shown for letter in "APRL"), kind


def test_the_inputs_can_be_swapped(page):
    opened(page, NAME(3))
    page.page.locator("#inputs-button").click()
    page.page.get_by_role("button", name="Swap: PET first, MRI second").click()
    page.settle_on("document.getElementById('first-name').textContent === 'PET'")
    addressed(page, f"{NAME(3)}~swap")
    assert sides(page)["left"] == "R"
    page.page.get_by_role("button", name="Swap: MRI first, PET second").click()
    page.settle_on("document.getElementById('first-name').textContent === 'MRI'")
    addressed(page, NAME(3))


def test_a_slice_that_shows_nothing_says_so_and_the_next_one_opens(page):
    empty = int(np.argmax(np.isnan(resampled_by_sitk(PET, MRI)).all(axis=(1, 2)))) + 1
    assert np.isnan(resampled_by_sitk(PET, MRI)[empty - 1]).all()
    opened(page, NAME(3))
    page.page.evaluate("([id, pair]) => dash_clientside.set_props(id, { value: pair })", ["pair", NAME(empty)])
    page.page.get_by_text(f"PET has no value anywhere in axial slice {empty}").wait_for()
    page.page.evaluate("([id, pair]) => dash_clientside.set_props(id, { value: pair })", ["pair", NAME(4)])
    shows(page, NAME(4))


@pytest.mark.parametrize("light", ["0", "1"])
def test_axe_finds_nothing_on_a_slice_of_volumes(page, light):
    opened(page, NAME(3), light=light)
    page.page.locator("#slice-origin button").click()
    page.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = page.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    seen = [(each["id"], node["html"]) for each in found["violations"] for node in each["nodes"]]
    assert [each for each in seen if "slice-origin" in each[1] or "side" in each[1]] == []
    assert {rule for rule, _ in seen} <= {"target-size"}
