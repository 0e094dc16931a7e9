"""Verdict in a browser: a disk drawn on a picture, a row for each network, details, and the PDF in hand."""

import io
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from pypdf import PdfReader

from tests.support.waiting import PATIENCE

SHAPE = (48, 72)
SENTENCES = (
    "[...document.querySelectorAll('.verdict-table td.said')].filter((cell) => cell.querySelector('.mark')).length"
)


class Verdict:
    """The open page; counts what the user presses."""

    def __init__(self, browser, address):
        self.address = address
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.console = []
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.add_init_script(
            "addEventListener('pointerdown', () => { window.name = String(Number(window.name || 0) + 1); }, true)"
        )

    def open(self, path):
        self.page.goto(f"{self.address}{path}")
        self.page.evaluate("window.name = '0'")

    def pressed(self):
        return int(self.page.evaluate("window.name"))

    def words(self):
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def drag(self, centre, edge):
        """Draw a disk on the first input."""
        box = self.page.locator(".ask-surface").nth(1).bounding_box()
        places = [
            (box["x"] + box["width"] * (col + 0.5) / SHAPE[1], box["y"] + box["height"] * (row + 0.5) / SHAPE[0])
            for row, col in (centre, edge)
        ]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        self.page.mouse.move(*places[1], steps=4)
        self.page.mouse.up()

    def saved(self, press):
        """The text of a PDF that ``press`` brings."""
        with self.page.expect_download() as waiting:
            press()
        reader = PdfReader(io.BytesIO(Path(waiting.value.path()).read_bytes()))
        return waiting.value.suggested_filename, " ".join(
            " ".join(page.extract_text().split()) for page in reader.pages
        )


@pytest.fixture(scope="module")
def verdict(chromium, address):
    opened = Verdict(chromium, address)
    opened.open("/verdict?pair=cases/wide&network=DeepFuse")
    opened.page.wait_for_function("document.querySelectorAll('.verdict-table tbody tr').length > 2")
    yield opened
    opened.context.close()
    assert opened.console == []


def test_which_network_may_be_trusted_for_a_tumour_is_in_hand_after_two_presses(verdict):
    verdict.page.evaluate("window.name = '0'")
    verdict.drag((20, 30), (20, 36))
    verdict.page.wait_for_function(
        "document.getElementById('verdict-place').textContent.includes('region disk:20,30,6')"
    )
    verdict.page.wait_for_function(f"{SENTENCES} >= 4")  # a row for each network that is installed
    name, text = verdict.saved(lambda: verdict.page.get_by_role("button", name="Save as PDF").click())
    assert name == "fusevis-cases-wide-verdict.pdf"
    assert verdict.pressed() == 2
    assert verdict.words()["region"] == "disk:20,30,6"
    assert (verdict.words()["row"], verdict.words()["col"]) == ("20", "30")
    sentences = verdict.page.locator(".verdict-table td.said").all_inner_texts()
    marked = [sentence.lstrip("✓⚠✕ ").strip() for sentence in sentences]
    assert len(marked) >= 4
    for sentence in marked:
        assert " ".join(sentence.split()) in text
    assert "Research use only, not for diagnosis" in text


def test_rows_are_kept_by_their_rank_and_none_without_a_figure_has_a_bar(verdict):
    verdict.page.wait_for_function("!document.querySelector('.verdict-waiting')")
    kinds = verdict.page.evaluate(
        """[...document.querySelectorAll('.verdict-table tbody tr')].map((row) => [
             row.className, row.querySelectorAll('.shares').length, row.querySelectorAll('td.empty').length])"""
    )
    order = [
        ["level-good", "level-care", "level-bad", "level-unknown"].index(kind.split()[0]) for kind, *_ in kinds
    ]
    assert order == sorted(order)
    assert all(empty == 5 and bars == 0 for kind, bars, empty in kinds if "unknown" in kind)
    assert all(bars == 1 for kind, bars, _ in kinds if "unknown" not in kind)


def test_details_unfold_for_the_network_whose_button_is_pressed(verdict):
    assert verdict.page.locator("#verdict-details").is_hidden()
    verdict.page.get_by_role("button", name="Details: FunFuseAn").click()
    verdict.page.wait_for_function(
        "document.getElementById('verdict-details-title').textContent.startsWith('Details of FunFuseAn')"
    )
    verdict.page.wait_for_function("document.querySelectorAll('#ask-body-column .ask-maps img').length === 2")
    assert (verdict.words()["network"], verdict.words()["details"]) == ("FunFuseAn", "1")
    verdict.page.get_by_role("button", name="Hide: FunFuseAn").click()
    verdict.page.wait_for_function("document.getElementById('verdict-details').hidden")


def test_a_click_goes_back_to_the_pixel(verdict):
    verdict.drag((10, 50), (10, 50))
    verdict.page.wait_for_function(
        "document.getElementById('verdict-place').textContent === 'The pixel at row 10, column 50'"
    )
    verdict.page.wait_for_function("!new URLSearchParams(location.search).get('region')")
    verdict.page.wait_for_function("document.getElementById('ask-region').value === ''")


def test_a_region_that_cannot_be_is_told(verdict):
    verdict.page.locator("#ask-region").fill("disk:1")
    verdict.page.keyboard.press("Enter")
    verdict.page.get_by_text("A disk is three numbers").wait_for()
    assert verdict.page.locator(".verdict-table").count() == 0
    verdict.page.locator("#ask-region").fill("")
    verdict.page.keyboard.press("Enter")
    verdict.page.wait_for_function("document.querySelectorAll('.verdict-table tbody tr').length > 2")


@pytest.mark.parametrize("path", ["verdict", "networks"])
def test_the_menu_saves_the_page_in_two_presses(verdict, path):
    verdict.open(f"/{path}?pair=cases/wide&network=DeepFuse&row=20&col=31")
    if path == "verdict":
        verdict.page.wait_for_function(f"{SENTENCES} >= 1")
    verdict.page.get_by_role("button", name="Export…").click()
    name, text = verdict.saved(lambda: verdict.page.locator("#export-save").click())
    assert name == {"verdict": "fusevis-cases-wide-verdict.pdf", "networks": "fusevis-network-DeepFuse.pdf"}[path]
    assert verdict.pressed() == 2
    assert "DeepFuse" in text


def test_an_old_address_opens_the_details(verdict):
    verdict.open("/questions?pair=cases/wide&network=DeepFuse&row=7&col=9&details=1")
    verdict.page.wait_for_function("document.querySelectorAll('#ask-body-column .ask-maps img').length === 2")
    assert urlsplit(verdict.page.url).path == "/verdict"
    assert verdict.page.locator("#ask-row").input_value() == "7"
