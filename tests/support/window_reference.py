"""Windows of grey levels and scale bars as Python has them, for the tests of JavaScript."""

from __future__ import annotations

from typing import Any

from dashboard.imaging.grey_window import Levels
from dashboard.imaging.palettes import PALETTES
from dashboard.report.legend import nice_length

WINDOWS = ((0.0, 1.0), (0.2, 0.4), (-0.3, 0.55), (0.5, 0.5 + 1 / 255), (0.9, 2.5))
BARS = (
    (2.5, None, 80.0),
    (0.9, None, 70.0),
    (30.0, None, 75.0),
    (1.7, 0.5, 90.0),
    (3.0, 2.03, 60.0),
    (90.0, 0.1, 60.0),
)


def windows() -> list[dict[str, Any]]:
    """The colours of all 256 levels, for every palette and for windows within, across and beyond the range."""
    return [
        {"low": low, "high": high, "palette": name, "colors": Levels(low, high, name).colors().tolist()}
        for name in PALETTES
        for low, high in WINDOWS
    ]


def scale_bars() -> list[dict[str, Any]]:
    """The longest round length that fits, as reports have it."""
    found = []
    for grain, spacing, most in BARS:
        length, words = nice_length(grain, spacing, most)
        found.append({"grain": grain, "spacing": spacing, "most": most, "length": length, "words": words})
    return found
