"""Take the README's picture: Explore on a phantom, guidance finished (``python -m benchmarks.screenshot``)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.client import serving
from benchmarks.pointer import browser_page, wait_for_guidance

PICTURE = Path(__file__).resolve().parent.parent / "assets" / "screenshot.png"
VIEW = {"pair": "phantom-1", "network": "MaskNet", "row": 137, "col": 92, "color": 1, "gamma2": 0.5}


def main() -> None:
    """Open the view, wait until it is complete, save it."""
    with tempfile.TemporaryDirectory() as cache, serving(Path(cache)) as server, browser_page() as page:
        page.goto(f"{server.address}/?{urlencode(VIEW)}")
        wait_for_guidance(page)
        page.wait_for_function("document.querySelector('#scatter-live').hidden")
        page.wait_for_timeout(1000)  # Plotly draws the scatterplot's own points
        page.screenshot(path=PICTURE)
    print(PICTURE)


if __name__ == "__main__":
    main()
