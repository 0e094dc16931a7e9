"""A cohort in a browser: measured, fetched as a file, and left for Explore by a click."""

from dataclasses import replace

import pytest

from dashboard.app import JOBS, create_app


@pytest.fixture
def cohort_address(serve, settings, tmp_path):
    """Of a dashboard that has measured nothing yet."""
    app = create_app(replace(settings, phantoms=2, nightscenes=0, pairs=(), cache=tmp_path / "cache"))
    with serve(app) as address:
        yield address
    app.server.extensions[JOBS].close()


def test_a_cohort_is_measured_and_a_click_opens_a_slice(chromium, cohort_address):
    context = chromium.new_context()
    page = context.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(f"{cohort_address}/cohort?pair=phantom-1&networks=weighted averaging&slices=1&light=1")
    page.wait_for_selector(".cohort-networks .mantine-Pill-root")
    page.click("#cohort-begin")
    page.wait_for_selector("#cohort-progress >> text=2 of 2 slices × networks, finished")
    page.wait_for_selector("#cohort-graph .main-svg")
    assert page.locator("#cohort-pause").is_hidden()
    page.reload()
    page.wait_for_selector("#cohort-progress >> text=2 of 2 slices × networks, finished")
    rows = page.locator(".cohort-table tbody tr")
    rows.first.wait_for()
    assert rows.count() > 4
    with page.expect_download() as fetched:
        page.click("text=all figures (CSV)")
    lines = fetched.value.path().read_text("utf-8").splitlines()
    assert lines[0].startswith("collection,case,slice")
    page.locator(".cohort-table a").first.click()
    page.wait_for_selector("#readout-pixel:not(:empty)")
    assert "network=Weighted" in page.url
    assert told == []
    context.close()
