"""The part of plotly.js that the pages get instead of the whole: its version, as published, at Dash's address."""

import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

from dashboard.server.plotly_script import ADDRESS, FILE, FOLDER
from dashboard.settings import ASSETS

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ASSETS / FOLDER / FILE
PUBLISHED = ROOT / "node_modules" / "plotly.js-cartesian-dist-min" / FILE


def test_it_stands_at_the_address_where_dash_looks(client):
    answer = client.get(ADDRESS)
    assert answer.data == SHIPPED.read_bytes()
    assert answer.mimetype == "text/javascript"
    again = client.get(ADDRESS, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_figures_are_written_for_its_version():
    assert re.search(r"plotly\.js \(cartesian - minified\) v(\S+)", SHIPPED.read_text("utf-8"))[1] == (
        get_plotlyjs_version()
    ), "take the same version's part into assets/vendor and package.json"


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="what checks the JavaScript is not installed: make js")
def test_it_is_the_file_that_was_published():
    assert SHIPPED.read_bytes() == PUBLISHED.read_bytes()
    licence = PUBLISHED.with_name("LICENSE")
    assert (ASSETS / FOLDER / "plotly.LICENSE").read_bytes() == licence.read_bytes()
