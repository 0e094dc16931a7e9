"""A brought network that is local on noise and not on a picture, as its reader sees it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import fusion
from fusion.method.own_loading import load_own
from fusion.method.own_network import own_network
from saliency.derivatives.jacobian import full_image_jacobian
from tests.support import picture_readers
from tests.support.explore_checks import until
from tests.support.explore_page import Explore

PIXELS = [(8, 30), (20, 12), (44, 50)]


@pytest.fixture(scope="module")
def shifting(serve, settings, tmp_path_factory):
    """Where a dashboard with the network and a dark picture is served, and both."""
    from dashboard.app import JOBS, create_app

    folder = tmp_path_factory.mktemp("dark")
    pair = fusion.phantom(5, size=64)
    for part, image in (("mri", pair.first), ("pet", pair.second)):
        (folder / "dark" / part).mkdir(parents=True)
        Image.fromarray(np.round(255 * image).astype(np.uint8)).save(folder / "dark" / part / "one.png")
    own = own_network(f"{picture_readers.__file__}:Shifting")
    app = create_app(replace(settings, pairs=(folder / "dark",), networks=(own,), cache=folder / "cache"))
    with serve(app) as address:
        yield address, load_own(own)[0], fusion.read_collection(folder / "dark")[0].read()
    app.server.extensions[JOBS].close()


def test_a_wrong_crop_does_not_stay_on_the_screen(chromium, shifting):
    address, network, pair = shifting
    page = Explore(chromium, address)
    try:
        page.open(pair="dark/one", network="Shifting", row=PIXELS[0][0], col=PIXELS[0][1])
        page.page.locator("#pair-note.warns").wait_for()
        assert "On this pair fused pixels depend on more" in page.page.locator("#pair-note").inner_text()
        for pixel in PIXELS:
            page.hover("first", pixel)
            exact = full_image_jacobian(network, pair, pixel)
            totals = [np.abs(image).sum() for image in exact.full()]
            until(page, lambda totals=totals: abs(page.number("total2") - totals[1]) <= 1e-3)
            assert page.number("total1") == pytest.approx(totals[0], abs=1e-3)
            assert page.number("d2") == pytest.approx(exact.full()[1][pixel], abs=1e-4)
        until(page, lambda: "estimated" in page.page.locator("#status").inner_text())
    finally:
        page.close()
