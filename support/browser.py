"""Which Chromium is driven by tests and benchmarks? Run as a module: prints it, or fails where there is none.

Best the one that is only a page, as Playwright itself ships: the whole browser draws its own window beside each
page, which takes as long as the page.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """Path of an installed Chromium, the system's and the leanest first; None where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


if __name__ == "__main__":
    path = executable()
    print(path or "No Chromium is installed.")
    sys.exit(0 if path else 1)
