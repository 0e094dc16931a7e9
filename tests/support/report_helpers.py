"""What the tests of printed figures share: a small view, computed, and its request."""

from __future__ import annotations

from datetime import date

from dashboard.report.collect import Sharpening, collected, open_pairs
from dashboard.report.export_request import parse_export
from dashboard.report.render import rendered
from tests.support.waiting import until

PAIR, PIXEL = "cases/wide", (20, 31)
DAY = date(2026, 11, 21)


def patiently(attempt):
    """Try until guidance is finished."""

    def tried():
        try:
            return attempt()
        except Sharpening:
            return None

    return until(tried)


def views(service, export_request, networks=("DeepFuse",), pixels=(PIXEL,), pair=PAIR):
    """The views that a request is printed from."""
    found, through = open_pairs(service, pair, networks)
    return patiently(lambda: collected(service, found, through, pixels, export_request))


def file(service, what, kind, networks=("DeepFuse",), pixels=(PIXEL,), **words):
    """An exported file's bytes."""
    export_request = parse_export(what, kind, {name: str(value) for name, value in words.items()})
    return rendered(export_request, views(service, export_request, networks, pixels), DAY)
