"""From the command to the first pixel: how long until the page answers, and until it can be used?

Measured are the seconds from the start of ``python -m dashboard`` to its first answer; from navigation to the
first pixel painted with its read-out filled, in headless Chromium whose cache is empty, for the first visitor
of a fresh server and for later ones; and until guidance of a shipped pair shows its first picture. The plain
way beside it is FuseVis's: guidance has to be there before a picture can be explored, and takes one full-image
Jacobian a pixel (extrapolated from a few).

    python -m benchmarks.start --repeats 5 --json start.json
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.client import serving
from benchmarks.timing import milliseconds, random_pixels, report
from fusion import load, phantom
from saliency.derivatives.jacobian import full_image_jacobian
from support.browser import ARGUMENTS, executable, expose, waits_as_its_policy_allows

NETWORK = "MaskNet"
"""What the page opens with."""
USABLE = """() => window.FuseVis?.jacobians?.timings.length > 0
  && document.getElementById("readout-time") && document.getElementById("readout-time").textContent !== \"\""""


def main() -> None:
    """Start the server again and again; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="servers that are started")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="one server: does it run?")
    args = parser.parse_args()
    report(measure(1 if args.quick else args.repeats), args.json)
    print("seconds; plain_s is extrapolated from a few pixels to all")


def measure(repeats: int) -> list[dict[str, Any]]:
    """One row: medians over freshly started servers."""
    starts, firsts, laters, guided = [], [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        for _ in range(repeats):
            with tempfile.TemporaryDirectory() as cache, serving(Path(cache)) as server:
                starts.append(server.started_s)
                usable, sharpening = opened(browser, server.address)
                firsts.append(usable)
                guided.append(sharpening)
                laters.append(opened(browser, server.address)[0])
        browser.close()
    return [
        {
            "network": NETWORK,
            "answers_s": median(starts),
            "first_visit_s": median(firsts),
            "later_visit_s": median(laters),
            "guidance_s": median(guided),
            "slowest_start_s": max(starts),
            "plain_s": _plain_s(),
        }
    ]


def opened(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds until a new visitor sees the first pixel, read-out included, and until guidance is there."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    waits_as_its_policy_allows(page)
    expose(page, jacobians="data/jacobians", guidanceRequests="data/guidance_requests")
    try:
        page.goto(address, wait_until="commit")
        page.wait_for_function(USABLE, timeout=120_000)
        usable = page.evaluate("FuseVis.jacobians.timings[0].painted")
        page.wait_for_function("() => FuseVis.guidanceRequests.shown.first !== null", timeout=120_000)
        return usable / 1000, page.evaluate("FuseVis.guidanceRequests.shown.first") / 1000
    finally:
        context.close()


def _plain_s(repeats: int = 3) -> float:
    """Seconds of guidance by one full-image Jacobian a pixel."""
    network, pair = load(NETWORK), phantom(seed=1)
    pixels = random_pixels(pair.shape[0], repeats)
    each = [milliseconds(partial(full_image_jacobian, network, pair, pixel)) for pixel in pixels]
    return median(each) / 1000 * pair.first.size


if __name__ == "__main__":
    main()
