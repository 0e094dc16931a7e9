"""From pointer to paint in headless Chromium, server and browser on the same cores, for every method.

A synthetic pointer moves over the fused image 60 times a second, on whole screen pixels as a mouse does, along
sums of sines of unrelated frequencies: its direction turns, its pace changes from rest to about ten screen
pixels a move. Counted are the pixels whose Jacobian was drawn, and for each the time from the pointer's event
to the end of the frame that draws it: "drawn" when the frame's drawing commands are made, "shown" when the
page's own thread has also laid out, painted and handed over that frame. All 17 panels change with it. Beside
these times stands what an update costs: the page's scripts, style and layout, and processor time of its process,
of the compositor's and of the server's.

The pointer moves as soon as the page has all its figures, while the slopes of the view are still found in the
background, and again after a rest in which they are (``rested_s``). Of the large image they are found around the
pointer alone: it moves over nearly all of it, and then over a fifth of its rows and columns (``reach``).

The images are a phantom of 256 × 256 and one of 1024 × 1024 pixels, brought as a folder of 16-bit PNGs. Their
guidance images are stand-ins put into the cache beforehand: any will do, as their values cost no time. Beside
it stand FuseVis's published rate on a GTX 1080 Ti (Kumar & Gumhold 2020, Table 2) and its plain way on this
machine: the milliseconds that one full image's autograd takes, at 1024 × 1024 scaled by the number of pixels.

    python -m benchmarks.pointer --seconds 10 --json pointer.json
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import numpy as np
import torch
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser_work import BrowserWork
from benchmarks.client import Server, serving
from benchmarks.timing import milliseconds, pair_of, report
from dashboard.cache.disk import GuidanceStore
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import load, phantom
from fusion.method.inference import as_tensors
from saliency import locality
from saliency.derivatives.jacobian import full_image_jacobian, gradients_on
from saliency.network.grid_derivatives import LARGEST
from support.browser import ARGUMENTS, as_known_visitor, executable, expose

MODULES = {
    "compare": "pages/compare/compare",
    "explore": "pages/explore/explore",
    "jacobians": "data/jacobians",
}
"""What the page is asked about its work."""

PUBLISHED = {"Weighted Averaging": None, "FunFuseAn": 20, "MaskNet": 15, "DeepFuse": 20, "DeepPedestrian": 10}
"""The methods, and their frames a second in the paper's Table 2."""
SIDES = (256, 1024)
PLAIN_SIDE = 256
REST = 12.0
"""Seconds in which the slopes of any of these methods are found."""

NEAR = 0.2
"""Share of a large picture's rows and columns that the pointer moves over beside all of them."""
MOVE = """async ({ seconds, reach }) => {
  const plot = document.querySelector(".panel[data-image=fused][data-zoom='0'] .plot");
  const frame = plot.getBoundingClientRect();
  const start = performance.now(), before = FuseVis.jacobians.timings.length;
  const wave = (t, a, b, c) =>
    0.5 + reach * (0.25 * Math.sin(1.7 * t + a) + 0.08 * Math.sin(4.9 * t + b) + 0.02 * Math.sin(11.3 * t + c));
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const t = (performance.now() - start) / 1000;
      if (t > seconds) { clearInterval(timer); setTimeout(resolve, 300); return; }
      plot.dispatchEvent(new PointerEvent("pointermove", {
        clientX: Math.round(frame.left + frame.width * wave(t, 0, 1, 2)),
        clientY: Math.round(frame.top + frame.height * wave(1.13 * t, 2, 0, 1)),
        bubbles: true,
      }));
    }, 1000 / 60);
  });
  return FuseVis.jacobians.timings.slice(before).filter((each) => each.shown);
}"""
"""Events made in the page cost what real ones cost from the listener on, and arrive at an even rate."""


def main() -> None:
    """Measure every method at both sizes, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seconds", type=float, default=10, help="how long the pointer moves, per method and size"
    )
    parser.add_argument("--rest", type=float, default=REST, help="for how long it rests before it moves again")
    parser.add_argument("--methods", nargs="+", default=list(PUBLISHED), help="which methods to measure")
    parser.add_argument("--sides", nargs="+", type=int, default=list(SIDES), help="the pictures' sides, in pixels")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="one second a method: does it run?")
    args = parser.parse_args()
    seconds, rest = (1, 0.5) if args.quick else (args.seconds, args.rest)
    report(measure(args.methods, args.sides, seconds, (0, rest)), args.json)


def measure(
    methods: Sequence[str], sides: Sequence[int], seconds: float, rests: Sequence[float]
) -> list[dict[str, Any]]:
    """Pointer to paint for every method and size, after each of these rests."""
    torch.set_num_threads(Settings().torch_threads)
    with tempfile.TemporaryDirectory() as folder:
        pairs, cache = Path(folder, "heads"), Path(folder, "cache")
        prepare(pairs, cache, methods, sides)
        with serving(cache, ["--pairs", str(pairs)]) as server, browser_page() as page:
            rows = []
            for side in sides:
                for name in methods:
                    page.goto(f"{server.address}/?{urlencode({'pair': f'heads/{side}', 'network': name})}")
                    wait_for_guidance(page)
                    for reach in (1, NEAR) if side > LARGEST else (1,):
                        for rest in rests:
                            page.wait_for_timeout(1000 * rest)
                            about = {"method": name, "side": side, "rested_s": rest, "reach": reach}
                            rows.append({**about, **_moved(page, server, seconds, reach, name)})
    plain = {name: plain_way(name) for name in methods}
    for row in rows:
        row["plain_ms"] = plain[row["method"]] * (row["side"] / PLAIN_SIDE) ** 2
    return rows


def move(page: Page, seconds: float, reach: float = 1) -> list[dict[str, Any]]:
    """Move the pointer over the fused image; what was drawn."""
    timings: list[dict[str, Any]] = page.evaluate(MOVE, {"seconds": seconds, "reach": reach})
    return timings


def _moved(page: Page, server: Server, seconds: float, reach: float, name: str) -> dict[str, Any]:
    work, served = BrowserWork(page), server.cpu_seconds()
    timings = move(page, seconds, reach)
    cost = work.each(len(timings))
    cost["server_cpu_ms"] = 1000 * (server.cpu_seconds() - served) / max(len(timings), 1)
    return {**_summary(timings, seconds, name), **cost}


def prepare(pairs: Path, cache: Path, methods: Sequence[str], sides: Sequence[int]) -> None:
    """Write phantoms as 16-bit PNGs, and stand-ins for their guidance where the server looks for it."""
    for side in sides:
        pair = phantom(1, side)
        for name, values in (("mri", pair.first), ("pet", pair.second)):
            (pairs / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.rint(values * 65535).astype(np.uint16)).save(pairs / name / f"{side}.png")
    settings = Settings(pairs=(pairs,), cache=cache)
    service, store = SaliencyService(settings, Flask("service")), GuidanceStore(Flask("store"), cache)
    for side in sides:
        for name in methods:
            seen = service.open_pair(f"heads/{side}", name)
            store.put(seen.key, (seen.pair.first / 2, seen.pair.second / 2))


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of 1920×1080 in headless Chromium."""
    with sync_playwright() as playwright:
        browser = as_known_visitor(playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS))
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        expose(page, **MODULES)
        yield page
        browser.close()


def wait_for_guidance(page: Page) -> None:
    """Return when the page shows a pixel, finished guidance, the scatterplot and its correlations."""
    page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel", timeout=120_000)
    page.wait_for_function("!document.querySelector('.explore.sharpening')", timeout=900_000)
    page.wait_for_function("document.getElementById('scatter-live').hidden", timeout=60_000)
    page.wait_for_function(
        "/all r /.test(document.querySelector('#readout-correlation:not(.stale)')?.textContent)", timeout=120_000
    )
    page.wait_for_timeout(1000)


def plain_way(name: str) -> float:
    """Milliseconds of FuseVis's way for one pixel, on an image of 256 × 256: the best of two."""
    network, pair = load(name), pair_of(PLAIN_SIDE)
    return min(milliseconds(lambda: full_image_jacobian(network, pair, (128, 128))) for _ in range(2))


def forward_share(name: str) -> float:
    """Which part of a Jacobian's time is its forward pass? Measured alone, on the window of a pixel."""
    network = load(name)
    radius = locality(network).radius
    pair = pair_of(2 * radius + 1)

    def forward() -> object:
        with gradients_on():
            return network(*(each.requires_grad_() for each in as_tensors(network, pair)))

    whole = [milliseconds(lambda: full_image_jacobian(network, pair, (radius, radius))) for _ in range(20)]
    return min(median(milliseconds(forward) for _ in range(20)) / median(whole), 1.0)


def _summary(timings: Sequence[dict[str, Any]], seconds: float, name: str) -> dict[str, Any]:
    """Figures over all pixels drawn; where the time of a request went over those that were waited for."""
    asked = [each for each in timings if "server" in each]
    shown = [each["shown"] - each["event"] for each in timings]

    def middle(of: Sequence[float]) -> float | None:
        return float(median(of)) if of else None

    def jacobian(each: dict[str, Any]) -> float:
        return each["server"]["milliseconds"] * each["pixels"]

    share = forward_share(name)
    computing = middle([jacobian(each) for each in asked])
    return {
        "updates_per_s": len(timings) / seconds,
        "pixels_per_s": len({(each["row"], each["col"]) for each in timings}) / seconds,
        "paper_per_s": PUBLISHED.get(name),
        "shown_median_ms": middle(shown),
        "shown_p95_ms": float(np.percentile(shown, 95)) if shown else None,
        "drawn_median_ms": middle([each["painted"] - each["event"] for each in timings]),
        "waiting_ms": middle([each["sent"] - each["event"] for each in asked]),
        "request_ms": middle([each["received"] - each["sent"] for each in asked]),
        "queue_ms": middle([each["server"]["queued"] for each in asked]),
        "forward_ms": None if computing is None else share * computing,
        "backward_ms": None if computing is None else (1 - share) * computing,
        "encode_ms": middle(
            [each["server"]["handled"] - each["server"]["queued"] - jacobian(each) for each in asked]
        ),
        "decode_ms": middle([each["received"] - each["arrived"] for each in asked]),
        "frame_wait_ms": middle([each["frame"] - each["received"] for each in timings]),
        "draw_ms": middle([each["painted"] - each["frame"] for each in timings]),
        "paint_ms": middle([each["shown"] - each["painted"] for each in timings]),
    }


if __name__ == "__main__":
    main()
