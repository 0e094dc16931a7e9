"""Under a prefix: every address that a page, its layout or its scripts name lies below it, and is there."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from dashboard.app import JOBS, create_app
from dashboard.components.navigation import PATHS, relative
from dashboard.server.plotly_script import FOLDER
from dashboard.settings import ASSETS

PREFIX = "/fusevis"
NAMING = ("href", "src", "data-src", "srcset", "action", "poster")
"""Attributes and properties that name an address."""
ASKING = re.compile(r"\b(?:fetch|answerTo|asked|told|fetched|sendBeacon|ask|askAll|post)\(\s*([\"'`][^\"'`$?]*)")
"""What a script asks an address with, as far as the address is written there."""
ROOTED = re.compile(r"""[\"'`]/(?:[A-Za-z_$]|[\"'`])[^\"'`\n]*""")
"""A text that begins with a slash, as an address from the root on would."""
OTHER = {
    "channel.ask(`/${path}?",  # within the channel, which knows of no prefix
    '.replace(/\\s*\\/\\s*/g, "/")',  # between the parts of a case's name
    '.split("/")',
    '.join("/")',
    '.split(" / ")',
}
"""What begins with a slash and is no address."""


@pytest.fixture(scope="module")
def server(settings, tmp_path_factory):
    app = create_app(replace(settings, cache=tmp_path_factory.mktemp("cache"), is_intranet=True, prefix=PREFIX))
    yield app.server
    app.server.extensions[JOBS].close()


@pytest.fixture(scope="module")
def get(server):
    client = server.test_client()

    def get(path):
        """The answer to an address from the root on, as the entry hands it on."""
        assert path.startswith(f"{PREFIX}/"), path
        return client.get(path.removeprefix(PREFIX), base_url=f"http://localhost{PREFIX}/")

    return get


class Named(HTMLParser):
    """Every address in a page's HTML."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in NAMING and value]


def properties(part):
    """Every address in a layout, as JSON has it."""
    if isinstance(part, list):
        for each in part:
            yield from properties(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in NAMING and isinstance(value, str) and value:
                yield value
            yield from properties(value)


def resolved(address, page):
    """An address as a browser on ``page`` takes it; None for what needs no server."""
    found = urlsplit(urljoin(f"http://localhost{page}", address))
    assert found.scheme in ("http", "data", "blob"), address
    if found.scheme != "http":
        return None
    assert found.netloc == "localhost", f"{address} is elsewhere"
    return found._replace(scheme="", netloc="", fragment="").geturl()


@pytest.mark.parametrize("path", PATHS.values())
def test_what_a_pages_html_names_is_below_the_prefix_and_there(get, path):
    html = get(PREFIX + path).get_data(as_text=True)
    found = {resolved(each, PREFIX + path) for each in Named(html).found} - {None}
    assert len(found) > 30
    for each in found:
        assert get(each).status_code == 200, each
    config = json.loads(re.search(r'<script id="_dash-config"[^>]*>(.*?)</script>', html)[1])
    assert config["requests_pathname_prefix"] == f"{PREFIX}/"
    for each in ("_dash-layout", "_dash-dependencies"):
        assert get(f"{PREFIX}/{each}").status_code == 200


def shown(server, path):
    """What Dash's callback lays out for an address, as the browser asks for it."""
    question = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "path", "property": "pathname", "value": path}],
        "state": [{"id": "path", "property": "search", "value": ""}],
        "changedPropIds": ["path.pathname"],
    }
    base = f"http://localhost{PREFIX}/"
    answer = server.test_client().post("/_dash-update-component", base_url=base, json=question)
    assert answer.status_code == 200
    return answer.get_json()["response"]["page"]["children"]


@pytest.mark.parametrize(("title", "path"), PATHS.items())
def test_each_page_is_shown_below_the_prefix_and_links_to_the_others(server, get, title, path):
    layout = shown(server, PREFIX + path)
    here = layout_link(layout, title)
    assert (here["className"], here["href"]) == ("here", relative(path))
    found = {resolved(each, PREFIX + path) for each in properties(layout)} - {None}
    assert {PREFIX + each for each in PATHS.values()} <= found
    for each in found:
        assert get(each).status_code == 200, each


def layout_link(part, title):
    """The link to a page in a layout."""
    if isinstance(part, list):
        return next((found for each in part if (found := layout_link(each, title))), None)
    if not isinstance(part, dict):
        return None
    if part.get("children") == title and "href" in part:
        return part
    return next((found for each in part.values() if (found := layout_link(each, title))), None)


def test_an_address_that_is_no_page_shows_the_first_one(server):
    for path in (f"{PREFIX}/nowhere", PREFIX, f"{PREFIX}/", "", None):
        assert layout_link(shown(server, path), "Explore")["className"] == "here", path


def test_what_stands_on_all_pages_names_nothing_else(get):
    layout = get(f"{PREFIX}/_dash-layout").get_json()
    assert {resolved(each, f"{PREFIX}/") for each in properties(layout)} - {None} == set()


def scripts():
    """Our own."""
    found = sorted(ASSETS.rglob("*.js"))
    return [(path, path.read_text("utf-8")) for path in found if path.parent != ASSETS / FOLDER]


def test_scripts_ask_addresses_relative_to_the_page():
    found = {match[1:] for _, text in scripts() for match in ASKING.findall(text)}
    assert len(found) > 15
    known = {path for path in found if not path.startswith("/")}
    assert found - known == {"/"}, "an address from the root on"


def test_no_script_names_an_address_from_the_root_on():
    left = []
    for path, text in scripts():
        for each in OTHER:
            text = text.replace(each, "")
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        left += [(path.name, each) for each in ROOTED.findall(code)]
    assert left == []


def test_styles_fetch_nothing():
    for path in ASSETS.rglob("*.css"):
        assert "url(" not in path.read_text("utf-8"), path.name
