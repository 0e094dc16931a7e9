"""Regions in a real browser: drawn, typed, labelled and uploaded regions, and the numbers that appear."""

import io
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image

import fusion
import saliency
from saliency.geometry.masks import disk, labelled, rectangle
from tests.support.waiting import PATIENCE

PAIR = "cases/wide"
NETWORKS = ("Weighted Averaging", "DeepFuse")
FINISHED = "#regions-export a"
DECIMALS = 5e-4
"""Half of the last digit that the table shows."""


class Regions:
    """One open page."""

    def __init__(self, browser, address):
        self.address = address
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.console, self.requests = [], []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, **words):
        self.page.goto(f"{self.address}/regions?{urlencode({'networks': ','.join(NETWORKS), **words})}")
        self.page.wait_for_function("document.querySelector('#regions-input-1')?.src.startsWith('data:')")
        return self

    def words(self):
        return {name: value[0] for name, value in parse_qs(urlsplit(self.page.url).query).items()}

    def finished(self, region):
        """Wait until the figures on the page are all there, and of ``region``."""
        self.page.wait_for_function(
            """(region) => [...document.querySelectorAll('#regions-export a')].some(
                 (link) => new URL(link.href).searchParams.get('region') === region)""",
            arg=region,
        )

    def numbers(self, network):
        """A network's row of the table by field."""
        row = self.page.locator(".ag-pinned-left-cols-container .ag-row", has_text=network).get_attribute("row-id")
        cells = self.page.locator(f".ag-center-cols-container .ag-row[row-id='{row}'] [col-id]")
        cells.nth(5).wait_for()  # the table draws only the columns in sight, some of them a moment later
        return {
            cell.get_attribute("col-id"): float(cell.inner_text().replace("−", "-").replace("–", "nan"))
            for cell in cells.all()
            if cell.get_attribute("col-id") != "standing"  # the only words
        }

    def place(self, which, row, col, shape):
        """Screen position of a pixel's centre in an input."""
        box = self.page.locator(f"#regions-surface-{which}").bounding_box()
        return box["x"] + (col + 0.5) / shape[1] * box["width"], box["y"] + (row + 0.5) / shape[0] * box["height"]

    def drag(self, which, shape, *pixels):
        self.page.mouse.move(*self.place(which, *pixels[0], shape))
        self.page.mouse.down()
        for pixel in pixels[1:]:
            self.page.mouse.move(*self.place(which, *pixel, shape), steps=3)
        self.page.mouse.up()

    def tool(self, name):
        self.page.locator("#regions-tool").get_by_text(name, exact=True).click()


@pytest.fixture
def regions(chromium, address):
    opened = Regions(chromium, address)
    yield opened
    foreign = [url for url in opened.requests if not url.startswith((address + "/", "data:", "blob:"))]
    opened.context.close()
    assert opened.console == []
    assert foreign == []


def holds(regions, network, name, pair, mask):
    """Whether the page's numbers are those of saliency."""
    report = saliency.region_report(
        saliency.region_rows(network, pair, mask), pair, saliency.fused_image(network, pair)
    )
    shown = regions.numbers(name)
    expected = {
        "share0": report.share[0],
        "share1": report.share[1],
        "leakage": report.leakage,
        "leakage0": report.leakages[0],
        "leakage1": report.leakages[1],
        "neighbours": report.neighbourhood,
        "mean0": report.guidance_mean[0],
        "size1": report.guidance_size[1],
        "pearson": report.correlation.pearson,
        "cnr2": report.contrasts[2].cnr,
    }
    visible = {name: value for name, value in expected.items() if name in shown}
    assert len(visible) >= 6
    for name, value in visible.items():
        assert shown[name] == pytest.approx(value, abs=1.1 * DECIMALS), name


def test_a_drawn_rectangle_gives_saliencys_numbers_and_its_link_reopens_it(regions, world, chromium, address):
    pair = world.pairs[PAIR]
    regions.open(pair=PAIR)
    regions.tool("Rectangle")
    regions.drag(0, pair.shape, (12, 20), (25, 41))
    regions.finished("rect:12,20,25,41")
    mask = rectangle((12, 20), (25, 41), pair.shape)
    for name in NETWORKS:
        holds(regions, world.networks[name], name, pair, mask)
    assert regions.words()["region"] == "rect:12,20,25,41"
    assert regions.page.locator("#regions-note").inner_text().startswith(f"{mask.sum()} pixels")
    assert regions.page.locator(".card").count() == 4
    assert "holds" in regions.page.locator("#regions-findings").inner_text()
    again = Regions(chromium, address)
    again.page.goto(regions.page.url)
    again.finished("rect:12,20,25,41")
    assert again.numbers("DeepFuse") == regions.numbers("DeepFuse")
    again.context.close()
    assert again.console == []


def test_disks_and_outlines_are_drawn_on_either_input_and_escape_gives_up(regions, world):
    pair = world.pairs[PAIR]
    regions.open(pair=PAIR)
    regions.tool("Disk")
    regions.drag(1, pair.shape, (20, 30), (20, 36))
    regions.finished("disk:20,30,6")
    regions.tool("Outline")
    regions.drag(0, pair.shape, (10, 10), (10, 40), (30, 40), (30, 10))
    regions.page.wait_for_function("document.querySelector('#regions-words').value.startsWith('outline:')")
    word = regions.page.locator("#regions-words").input_value()
    regions.finished(word)
    corners = [float(each) for each in word.removeprefix("outline:").split(",")]
    assert {min(corners), max(corners)} == {10, 40}
    regions.page.mouse.move(*regions.place(0, 5, 5, pair.shape))
    regions.page.mouse.down()
    regions.page.mouse.move(*regions.place(0, 40, 60, pair.shape))
    assert regions.page.locator(".stroke path").count() == 4
    regions.page.keyboard.press("Escape")
    regions.page.mouse.up()
    assert regions.page.locator(".stroke path").count() == 0
    assert regions.page.locator("#regions-words").input_value() == word


def test_a_phantoms_labelled_region(regions, world):
    regions.open(pair="phantom-1", networks="Weighted Averaging")
    regions.page.get_by_role("button", name="necrotic core").click()
    regions.finished("label:necrotic core")
    pair = fusion.phantom(1)
    holds(
        regions, world.networks["Weighted Averaging"], "Weighted Averaging", pair, labelled(pair, "necrotic core")
    )
    pressed = regions.page.get_by_role("button", name="necrotic core").get_attribute("aria-pressed")
    assert pressed == "true"
    regions.page.get_by_text("Definition").first.click()
    regions.page.get_by_text("CNR(y) / CNR(x2), with").wait_for()


def choose(regions, name, content):
    with regions.page.expect_file_chooser() as chooser:
        regions.page.locator("#regions-upload").click()
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": content})


def test_a_bad_mask_is_one_sentence_and_nothing_drawn_is_lost(chromium, address, world):
    regions = Regions(chromium, address).open(pair=PAIR, region="disk:20,30,4")
    regions.finished("disk:20,30,4")
    choose(regions, "lesion.png", b"no picture at all")
    regions.page.get_by_text("lesion.png is not a picture").wait_for()
    assert regions.page.locator("#regions-words").input_value() == "disk:20,30,4"
    assert regions.page.locator("#regions-outline-0").get_attribute("src").startswith("data:image/svg")
    regions.finished("disk:20,30,4")
    # The browser itself reports a refused upload; nothing else may stand there.
    assert [line for line in regions.console if "400" not in line] == []
    regions.context.close()


def test_an_uploaded_mask_gives_numbers_and_stays_out_of_the_address(regions, world):
    pair = world.pairs[PAIR]
    mask = disk((20, 30), 5, pair.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(buffer, format="PNG")
    regions.open(pair=PAIR)
    choose(regions, "lesion.png", buffer.getvalue())
    regions.page.wait_for_function("document.querySelector('#regions-words').value.startsWith('mask:')")
    regions.finished(regions.page.locator("#regions-words").input_value())
    holds(regions, world.networks["DeepFuse"], "DeepFuse", pair, mask)
    assert "cannot stand in the address" in regions.page.locator("#regions-note").inner_text()
    assert "region" not in regions.words()


def test_typed_nonsense_is_told_and_the_region_stays(regions):
    regions.open(pair=PAIR, region="disk:20,30,4")
    regions.finished("disk:20,30,4")
    field = regions.page.locator("#regions-words")
    field.fill("disk:20")
    field.press("Enter")
    regions.page.get_by_text("A disk is three numbers").wait_for()
    assert regions.words()["region"] == "disk:20,30,4"
    assert regions.page.locator(FINISHED).count() == 4


def test_rows_are_sorted_by_a_click(regions):
    regions.open(pair=PAIR, region="disk:20,30,4")
    regions.finished("disk:20,30,4")
    names = ".ag-pinned-left-cols-container .ag-row"
    regions.page.locator(".ag-header-cell[col-id=leakage]").click()
    shown = [regions.numbers(name)["leakage"] for name in NETWORKS]
    regions.page.locator(f"{names}[row-index='0']", has_text=NETWORKS[int(np.argmin(shown))]).wait_for()
    regions.page.locator(".ag-header-cell[col-id=leakage]").click()
    regions.page.locator(f"{names}[row-index='0']", has_text=NETWORKS[int(np.argmax(shown))]).wait_for()


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 800)])
def test_nothing_hangs_over_the_window(regions, size):
    regions.page.set_viewport_size({"width": size[0], "height": size[1]})
    regions.open(pair=PAIR, region="disk:20,30,4")
    regions.finished("disk:20,30,4")
    reach = regions.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert reach[0] <= size[0]
    assert reach[1] <= size[1]
    assert regions.page.locator("#regions-light").bounding_box()["x"] < size[0]
