"""The Export menu in a browser: the file is of the view on the screen, waiting shows progress, mistakes too."""

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest

import saliency
from tests.support.explore_page import Explore
from tests.support.options import option
from tests.support.waiting import PATIENCE

PAIR = "cases/wide"


@pytest.fixture
def explore(chromium, address):
    page = Explore(chromium, address)
    yield page
    page.close()


def choose(explore, id_, label):
    explore.page.locator(f"#{id_}").click()
    option(explore.page, label).click()


def opened(explore, **words):
    explore.open(pair=PAIR, network="DeepFuse", row=20, col=31, **words)
    explore.settled()
    explore.page.get_by_role("button", name="Export…").click()


def test_a_panels_values_are_those_on_the_screen(explore, world):
    opened(explore, gamma1=0.7)
    choose(explore, "export-what", "p · Jacobian 2")
    choose(explore, "export-format", "csv")
    with explore.page.expect_download() as waiting:
        explore.page.locator("#export-save").click()
    assert waiting.value.suggested_filename == "fusevis-cases-wide-panel-p.csv"
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert "γ1 0.7" in lines[0]
    values = np.array([row[2] for row in list(csv.reader(lines[2:]))[1:]], dtype=np.float64)
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs[PAIR], (20, 31))
    exact = J.second
    assert np.allclose(values.reshape(exact.shape), exact, rtol=0, atol=1e-5 * np.abs(exact).max())
    explore.page.wait_for_function("document.getElementById('export-status').textContent.endsWith('is saved.')")
    assert explore.console == []


def test_it_waits_for_guidance_and_says_how_far_it_is(explore):
    answers = iter([(202, '{"error": "Guidance of DeepFuse is still being computed.", "done": 1, "total": 4}')])

    def first_sharpening(route):
        status, body = next(answers, (None, None))
        if status is None:
            return route.continue_()
        return route.fulfill(status=status, body=body, content_type="application/json")

    explore.page.route("**/export/**", first_sharpening)
    opened(explore)
    with explore.page.expect_download() as waiting:
        explore.page.locator("#export-save").click()
        explore.page.wait_for_function(
            "document.getElementById('export-status').textContent.startsWith('Waiting for guidance: 25 %')"
        )
    assert waiting.value.suggested_filename == "fusevis-cases-wide-report.pdf"
    assert explore.console == []


def test_what_cannot_be_saved_is_told_in_the_menu(explore):
    opened(explore)
    refusal = '{"error": "This figure is too large."}'
    explore.page.route(
        "**/export/**", lambda route: route.fulfill(status=400, body=refusal, content_type="application/json")
    )
    explore.page.locator("#export-save").click()
    explore.page.wait_for_function(
        "document.getElementById('export-status').textContent === 'This figure is too large.'"
    )


def told(explore, place, words):
    """Wait until ``words`` stand in a place of the menu."""
    explore.page.wait_for_function(
        "([place, words]) => document.getElementById(place).textContent.includes(words)", arg=[place, words]
    )


def test_a_file_for_a_hospital_is_cautioned_of_and_says_what_it_lacks(explore):
    opened(explore)
    box = explore.page.get_by_label("Keep the patient's names and numbers")
    choose(explore, "export-what", "p · Jacobian 2")
    assert not box.is_visible()
    choose(explore, "export-format", "DICOM, as seen (Secondary Capture)")
    told(explore, "export-caution", "names no patient")
    with explore.page.expect_download() as waiting:
        explore.page.locator("#export-save").click()
    assert waiting.value.suggested_filename.endswith("-panel-p.dcm")
    assert "wide" not in waiting.value.suggested_filename
    assert pydicom.dcmread(waiting.value.path()).ContentQualification == "RESEARCH"
    box.click()
    told(explore, "export-caution", "holds names")
    explore.page.locator("#export-save").click()
    told(explore, "export-status", "there are no names to keep")
    choose(explore, "export-format", "DICOM, values (Parametric Map)")
    box.click()
    explore.page.locator("#export-save").click()
    told(explore, "export-status", "has no place in a patient, which a Parametric Map needs")
    choose(explore, "export-format", "NIfTI, values")
    box.wait_for(state="hidden")
    with explore.page.expect_download() as waiting:
        explore.page.locator("#export-save").click()
    assert waiting.value.suggested_filename.endswith("-panel-p.nii.gz")
    told(explore, "export-status", "is saved. The file has no place in a patient")


def test_a_case_file_is_saved_of_the_networks_shown(explore):
    opened(explore)
    choose(explore, "export-what", "Case file: a page to hover without FuseVis")
    with explore.page.expect_download(timeout=1000 * PATIENCE) as waiting:
        explore.page.locator("#export-save").click()
    assert waiting.value.suggested_filename.endswith("-case.html")
    told(explore, "export-status", "is saved. Text that is drawn into the pixels")
    page = Path(waiting.value.path()).read_text("utf-8")
    assert "DeepFuse · FuseVis case file</title>" in page
    assert 'id="windows-0"' in page
    assert explore.console == []
