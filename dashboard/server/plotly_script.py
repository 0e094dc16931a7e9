"""Which plotly.js the pages get: the part with Cartesian charts, a third of the whole.

The whole one kept the main thread of a two-core machine busy for 1.1 s longer at each opening of Explore, for
maps, 3-D and polar charts that no page has. Dash asks for the file at an address that cannot be configured.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from flask import Flask, Response, send_file

FOLDER = "vendor"
"""Below the assets: what others wrote, as they publish it, each with its licence beside it."""
FILE = "plotly-cartesian.min.js"
ADDRESS = "/_dash-component-suites/plotly/package_data/plotly.min.js"
"""Where Dash's graphs fetch plotly.js from."""


def register(server: Flask, assets: Path) -> None:
    """Answer Dash's address with the smaller file."""
    server.add_url_rule(ADDRESS, "plotly", partial(_script, assets / FOLDER / FILE))


def _script(file: Path) -> Response:
    return send_file(file, "text/javascript")
