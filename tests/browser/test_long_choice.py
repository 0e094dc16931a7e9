"""Thousands of slices: what the page carries stays bounded, and each slice is still found by its number."""

import json

import numpy as np
import pytest
from PIL import Image

from dashboard.app import JOBS, create_app
from dashboard.settings import Settings
from tests.support.case_folders import NETWORKS, write_checkpoints
from tests.support.explore_page import Explore
from tests.support.options import option
from tests.support.waiting import until

SLICES = 3000


@pytest.fixture(scope="module")
def long_address(serve, tmp_path_factory):
    root = tmp_path_factory.mktemp("long") / "series"
    rng = np.random.default_rng(5)
    for kind in ("mri", "pet"):
        (root / kind / "P1").mkdir(parents=True)
        for number in range(1, SLICES + 1):
            levels = rng.integers(256, size=(8, 8), dtype=np.uint8)
            Image.fromarray(levels).save(root / kind / "P1" / f"{number:04d}.png", compress_level=0)
    app = create_app(
        Settings(
            pairs=(root,),
            checkpoints=write_checkpoints(tmp_path_factory.mktemp("weights")),
            cache=tmp_path_factory.mktemp("cache"),
            phantoms=1,
            nightscenes=0,
        )
    )
    client = app.server.test_client()
    until(lambda: client.get("/networks/ready", query_string={"network": NETWORKS[0]}).json["ready"])
    with serve(app) as address:
        yield address
        app.server.extensions[JOBS].close()


def options_shown(page):
    return page.page.locator("[role=option]:visible").all_inner_texts()


def test_a_slice_of_thousands_is_found_and_the_page_stays_small(chromium, long_address):
    page = Explore(chromium, long_address, (1680, 1000))
    sizes = []
    page.page.on(
        "response",
        lambda answer: sizes.append(len(answer.body())) if "_dash-update-component" in answer.url else None,
    )
    page.open(pair="series/P1/1500", network=NETWORKS[0])
    page.page.wait_for_function("document.querySelector('input#pair').value === 'series / P1 / 1500'")
    page.page.locator("input#pair").click()
    page.page.locator("[role=option]:visible").first.wait_for()
    assert len(options_shown(page)) < 200
    page.page.keyboard.type("0123")
    option(page.page, "series / P1 / 0123").click()
    page.page.wait_for_function(
        """document.getElementById('pair-note').textContent.startsWith('series / P1 / 0123 ')
          && document.querySelector('input#pair').value === 'series / P1 / 0123'"""
    )
    page.page.evaluate("document.activeElement.blur()")
    page.page.keyboard.press("PageDown")
    page.page.wait_for_function("document.querySelector('input#pair').value === 'series / P1 / 0124'")
    assert max(sizes) < 150_000, "no answer of Dash lists the slices"
    assert page.console == []
    page.close()


def test_the_first_answer_of_every_page_lists_one_pair(long_address, chromium):
    for path in ("/", "/compare", "/verdict", "/regions", "/networks"):
        visit = chromium.new_context()
        page = visit.new_page()
        with page.expect_response(lambda answer: "_dash-update-component" in answer.url) as first:
            page.goto(f"{long_address}{path}")
        assert json.dumps(first.value.json()).count("series/P1/") < 10
        visit.close()
