"""From pointer to paint in headless Chromium, server and browser on the same cores, for every method.

A synthetic pointer moves over the fused image 60 times a second. Counted are the pixels whose Jacobian was
painted, and for each the time from the pointer's event to the frame that shows it, with where it went.
Beside it stands FuseVis's published rate on a GTX 1080 Ti (Kumar & Gumhold 2020, Table 2).

    python -m benchmarks.pointer --seconds 10 --json pointer.json
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.timing import report
from fusion import InputError, load, names
from tests.browser import ARGUMENTS, executable

PUBLISHED = {"FunFuseAn": 20, "MaskNet": 15, "DeepFuse": 20, "DeepPedestrian": 10}
"""Frames a second in the paper's Table 2."""


def main() -> None:
    """Measure every installed method, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="how long the pointer moves, per method")
    parser.add_argument("--pair", default="phantom-1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="one second a method: does it run?")
    args = parser.parse_args()
    report(measure(args.pair, 1 if args.quick else args.seconds), args.json)


def measure(pair: str, seconds: float) -> list[dict[str, Any]]:
    """Pointer to paint for every installed method on one pair."""
    rows = []
    with server() as address, browser_page() as page:
        for name in installed():
            page.goto(f"{address}/?{urlencode({'pair': pair, 'network': name})}")
            wait_for_guidance(page)
            rows.append({"method": name, **_summary(_moved(page, seconds), seconds, name)})
    return rows


def installed() -> Sequence[str]:
    """The methods whose weights are there."""
    found = []
    for name in names():
        try:
            load(name)
        except InputError:
            continue
        found.append(name)
    return found


@contextmanager
def server() -> Iterator[str]:
    """A dashboard in a process of its own, with an empty cache; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "dashboard", "--port", str(port), "--cache", cache]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            _wait_for(address)
            yield address
        finally:
            process.terminate()
            process.wait()


def _wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urlopen(address).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"No dashboard answers on {address}.")


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of 1920×1080 in headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser.new_page(viewport={"width": 1920, "height": 1080})
        browser.close()


def wait_for_guidance(page: Page) -> None:
    """Return when the page shows a pixel and finished guidance."""
    page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel", timeout=120_000)
    page.wait_for_function("!document.querySelector('.explore.sharpening')", timeout=900_000)
    page.wait_for_timeout(1000)


def _moved(page: Page, seconds: float) -> list[dict[str, float]]:
    """Move the pointer along a spiral inside the page, as fast as its frames; return the timings."""
    # Events made in the page cost what real ones cost from the listener on, and arrive at an even rate.
    return page.evaluate(
        """async (seconds) => {
          const plot = document.querySelector("[data-image=fused][data-zoom='0'] .plot");
          const frame = plot.getBoundingClientRect();
          const start = performance.now();
          const before = FuseVis.live.timings.length;
          await new Promise((resolve) => {
            const timer = setInterval(() => {
              const t = (performance.now() - start) / 1000;
              if (t > seconds) { clearInterval(timer); setTimeout(resolve, 300); return; }
              const radius = frame.width * (0.1 + 0.25 * ((t / 4) % 1));
              plot.dispatchEvent(new PointerEvent("pointermove", {
                clientX: frame.left + frame.width / 2 + radius * Math.cos(3 * t),
                clientY: frame.top + frame.height / 2 + radius * Math.sin(3 * t),
                bubbles: true,
              }));
            }, 1000 / 60);
          });
          return FuseVis.live.timings.slice(before);
        }""",
        seconds,
    )


def _summary(timings: Sequence[dict[str, float]], seconds: float, name: str) -> dict[str, Any]:
    def middle(start: str, end: str) -> float:
        return median(each[end] - each[start] for each in timings)

    total = [each["painted"] - each["event"] for each in timings]
    return {
        "updates_per_s": len(timings) / seconds,
        "paper_per_s": PUBLISHED.get(name),
        "median_ms": median(total),
        "p95_ms": float(np.percentile(total, 95)),
        "waiting_ms": middle("event", "sent"),
        "request_ms": middle("sent", "received"),
        "jacobian_ms": median(each["server"] for each in timings),
        "painting_ms": middle("received", "painted"),
    }


if __name__ == "__main__":
    main()
