"""What the tests of printed figures share: a small view, computed, and its order."""

from __future__ import annotations

import time
from datetime import date

from dashboard.report.collect import Sharpening, gathered, seen_through
from dashboard.report.export_request import ordered
from dashboard.report.render import printed

PAIR, PIXEL = "cases/wide", (20, 31)
DAY = date(2026, 11, 21)


def patiently(attempt):
    """Try until guidance is finished."""
    for _ in range(600):
        try:
            return attempt()
        except Sharpening:
            time.sleep(0.05)
    raise AssertionError("Guidance never finished.")


def views(service, order, networks=("DeepFuse",), pixels=(PIXEL,), pair=PAIR):
    """The views that an order is printed from."""
    found, through = seen_through(service, pair, networks)
    return patiently(lambda: gathered(service, found, through, pixels, order))


def file(service, what, kind, networks=("DeepFuse",), pixels=(PIXEL,), **words):
    """An exported file's bytes."""
    order = ordered(what, kind, {name: str(value) for name, value in words.items()})
    return printed(order, views(service, order, networks, pixels), DAY)
