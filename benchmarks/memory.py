"""How much memory does the dashboard hold while a person looks at everything, and afterwards?

A browser opens one page after the other for ``--minutes``: Explore, Compare, Verdict, Regions and Networks, for
each installed network in turn, those among them that see the whole image, on pairs that change. On Explore the
pointer moves, rests and clicks. A row for each network says what the server's process held at most while it was
looked at, what the one before left being computed included; the first and the last row what it held at the start
and `REST` seconds after every page was closed.

    python -m benchmarks.memory --minutes 20 --json memory.json
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as Late

from benchmarks.client import Server, serving
from benchmarks.timing import report
from fusion import names
from support.browser import ARGUMENTS, as_known_visitor, executable, expose

REST = 120.0
"""Seconds without any page before the last figure is taken: pages that went away are forgotten after 90."""
SAMPLED = 0.5
"""Seconds between two looks at the process."""
LOOKED = 20.0
"""Seconds that each page is looked at, at most, until it has what it opened for."""
OPENED = 120.0
"""Seconds until a page that does not open ends the measurement: the server may compute on both cores."""
PAIRS = 6
COMPARED = "MaskNet"
"""Stands beside each network on Compare."""


class Highest:
    """The most that a server's process held since it was asked last."""

    def __init__(self, server: Server) -> None:
        self._server, self._bytes = server, 0

    def sample(self) -> None:
        """Look once."""
        self._bytes = max(self._bytes, self._server.resident_bytes())

    def taken(self) -> float:
        """In GiB; what comes is counted anew."""
        self.sample()
        found, self._bytes = self._bytes / 2**30, 0
        return found


def main() -> None:
    """Look at everything; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="a minute: does it run?")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache, serving(Path(cache)) as server:
        rows = looked_at_everything(server, 1.0 if args.quick else args.minutes)
    report(rows, args.json)


def looked_at_everything(server: Server, minutes: float) -> list[dict[str, Any]]:
    """A row for each network that was looked at, one for the start and one for the rest afterwards."""
    highest, end = Highest(server), time.monotonic() + 60 * minutes
    rows = [{"looked_at": "at the start", "rounds": None, "gib": highest.taken()}]
    most: dict[str, list[float]] = {name: [] for name in names()}
    with sampling(highest), sync_playwright() as playwright:
        browser = as_known_visitor(playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS))
        page, turn = browser.new_context(viewport={"width": 1440, "height": 900}).new_page(), 0
        page.set_default_navigation_timeout(1000 * OPENED)
        expose(page, explore="pages/explore/explore")
        while time.monotonic() < end:
            name = list(most)[turn % len(most)]
            look(page, server.address, name, f"phantom-{1 + turn % PAIRS}")
            most[name].append(highest.taken())
            turn += 1
        browser.close()
        time.sleep(REST)
    rows += [{"looked_at": name, "rounds": len(each), "gib": max(each)} for name, each in most.items() if each]
    return [*rows, {"looked_at": f"{REST:.0f} s after all was closed", "rounds": None, "gib": highest_now(server)}]


def highest_now(server: Server) -> float:
    """What the process holds at this moment, in GiB."""
    return server.resident_bytes() / 2**30


def look(page: Page, address: str, name: str, pair: str) -> None:
    """Every page once, for a network and a pair."""
    words = {"pair": pair, "network": name}
    explore(page, f"{address}/?{urlencode(words)}")
    others = {
        "compare": {"pair": pair, "networks": f"{COMPARED},{name}" if name != COMPARED else name},
        "verdict": words,
        "regions": {"pair": pair, "networks": name, "region": "disk:128,100,6"},
        "networks": words,
    }
    for path, given in others.items():
        page.goto(f"{address}/{path}?{urlencode(given)}")
        page.wait_for_timeout(1000 * LOOKED / 4)


def explore(page: Page, address: str) -> None:
    """Move over the fused picture, rest, and click, as far as answers come in time."""
    page.goto(address)
    try:
        page.wait_for_function("window.FuseVis?.explore?.state.pixel", timeout=1000 * LOOKED)
    except Late:
        return  # of a network that takes longer the pages that follow are opened meanwhile
    box = page.locator("#fused-live").bounding_box()
    assert box is not None
    for step in range(40):
        page.mouse.move(box["x"] + box["width"] * (0.3 + step / 100), box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(30)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(1000 * LOOKED / 4)


@contextmanager
def sampling(highest: Highest) -> Iterator[None]:
    """Look at the process again and again while the block runs."""
    over = Event()

    def sample() -> None:
        while not over.wait(SAMPLED):
            highest.sample()

    thread = Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
