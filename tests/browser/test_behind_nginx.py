"""The shipped nginx site before a dashboard: pages, links, exports and the channel, with and without TLS."""

import json
import ssl
from dataclasses import replace
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard.app import JOBS, create_app
from dashboard.components.navigation import PATHS
from support.nginx import nginx_program, running_nginx
from tests.support.explore_page import Explore
from tests.support.serving import served_on_one_port
from tests.support.waiting import PATIENCE, until

PREFIX = "/fusevis"
VIEW = {"pair": "cases/wide", "network": "DeepFuse", "row": 5, "col": 6}


@pytest.fixture(scope="module")
def proxy(settings, tmp_path_factory):
    program = nginx_program()
    if program is None:
        pytest.skip("nginx is not installed and could not be: `make proxy` installs Debian's package.")
    chosen = replace(
        settings,
        cache=tmp_path_factory.mktemp("cache"),
        is_intranet=True,
        prefix=PREFIX,
        trusted_hosts=("127.0.0.1",),
        trusted_hops=1,
    )
    app = create_app(chosen)
    with (
        served_on_one_port(app.server, chosen) as address,
        running_nginx(program, urlsplit(address).port) as found,
    ):
        yield found
    app.server.extensions[JOBS].close()


@pytest.fixture(scope="module", params=["plain", "encrypted"])
def site(request, proxy):
    """Where the page is, by http and by https."""
    return getattr(proxy, request.param) + PREFIX


def trusting():
    """Takes the test's own certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def got(address, **headers):
    """Status, headers and body of an answer, no redirect followed unless by hand."""
    named = {name.replace("__", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(address, headers=named), timeout=PATIENCE, context=trusting()) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


@pytest.fixture(scope="module")
def visitor(chromium, site):
    """A visitor who takes the test's certificate."""
    found = Explore(chromium, site, trusts=True)
    found.refused = []
    found.page.on("response", lambda answer: found.refused.append(answer.url) if answer.status >= 400 else None)
    yield found
    found.close()


@pytest.fixture
def page(visitor, site):
    """The same all along: nothing goes wrong, nothing is asked for beside the prefix."""
    yield visitor
    asked = [each for each in visitor.requests if not each.startswith(("data:", "blob:", f"{site}/"))]
    assert (asked, visitor.refused, visitor.console) == ([], [], [])


def test_the_pointer_is_followed_by_the_channel(page, site):
    opened = []
    page.page.on("websocket", lambda socket: opened.append(socket.url))
    page.open(**VIEW)
    page.settle_on("FuseVis.channel.isOpen()")
    before = len(page.asked("jacobian"))
    for pixel in ((10, 20), (30, 44), (0, 71)):
        page.hover("first", pixel)
    assert len(page.asked("jacobian")) == before, "a question went by HTTP"
    assert opened == [f"{site.replace('http', 'ws', 1)}/channel/ws"]


def test_every_page_is_reached_by_its_link_and_computes(page, site):
    page.open(**VIEW)
    page.sharp()
    page.page.get_by_role("button", name="Fold or unfold the list of cases").click()
    page.page.wait_for_function("document.querySelector('#case-strip img')?.naturalWidth > 0")
    for title, path in [*PATHS.items()][1:] + [*PATHS.items()][:1]:
        page.page.get_by_role("navigation", name="Pages").get_by_role("link", name=title, exact=True).click()
        page.page.wait_for_function(
            "(title) => document.querySelector('.navigation a.here')?.textContent === title", arg=title
        )
        found = urlsplit(page.page.url)
        assert f"{found.scheme}://{found.netloc}{found.path}" == f"{site}{path}"
        assert page.words()["pair"] == VIEW["pair"]
    page.sharp()


def test_a_network_of_compare_opens_on_explore(page, site):
    page.page.goto(f"{site}/compare?pair=cases/wide&networks=DeepFuse,FunFuseAn")
    link = page.page.locator(".column[data-network=DeepFuse] h2 a")
    link.click()
    page.page.wait_for_function("window.FuseVis && FuseVis.explore.state.pixel")
    assert urlsplit(page.page.url).path == f"{PREFIX}/"
    assert page.words()["network"] == "DeepFuse"
    page.sharp()


def test_a_figure_is_exported(page):
    page.open(**VIEW)
    page.sharp()
    page.page.get_by_role("button", name="Export").first.click()
    with page.page.expect_download() as taken:
        page.page.locator("#export-save").click()
    assert taken.value.path().stat().st_size > 1000


def test_it_is_found_without_the_last_slash_and_not_beside_the_prefix(proxy, site):
    plain = urlsplit(site)
    status, _, body = got(site)  # redirected
    assert (status, b"<title>FuseVis</title>" in body) == (200, True)
    assert got(f"{plain.scheme}://{plain.netloc}/")[0] in (403, 404)


def test_what_a_browser_says_of_itself_is_not_believed(site):
    """A name that is forwarded is nginx's own, whatever came before."""
    own = urlsplit(site).netloc
    spoofed = {
        "X__Forwarded__Host": "evil.example",
        "X__Forwarded__For": "203.0.113.9",
        "X__Forwarded__Prefix": "/evil",
        "X_Remote_User": "mallory",
    }
    status, _, body = got(f"{site}/channel", **spoofed)
    assert (status, json.loads(body)) == (200, {"address": "channel/ws"})
    assert got(f"{site}/questions?pair=a", **spoofed)[0] == 200
    assert got(f"{site}/channel", Origin=f"{urlsplit(site).scheme}://{own}")[0] == 200
    assert got(f"{site}/channel", Origin="http://evil.example", X__Forwarded__Host="evil.example")[0] == 403
    assert got(f"{site}/channel", Host="evil.example")[0] == 400


def test_a_channel_is_opened_by_its_own_page_alone(site):
    address, own = urlsplit(site), f"{site.removesuffix(PREFIX)}"
    place = f"{site.replace('http', 'ws', 1)}/channel/ws"
    more = {"ssl": trusting()} if address.scheme == "https" else {}
    with connect(place, origin=own, **more) as connection:
        connection.send("/nowhere")
        assert connection.recv(timeout=PATIENCE)
    for origin in ("http://evil.example", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            connect(place, origin=origin, **more)


def test_what_is_asked_without_encryption_is_led_to_the_encrypted_page(proxy):
    """By the first of the shipped servers; in the test the other one has no common port."""
    connection = HTTPConnection(urlsplit(proxy.leading).netloc, timeout=PATIENCE)
    connection.request("GET", f"{PREFIX}/compare?pair=a")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://127.0.0.1{PREFIX}/compare?pair=a")
    connection.close()


def test_the_log_names_no_pair(proxy, site):
    got(f"{site}/explore/images?pair=a-patient&network=DeepFuse")
    until(lambda: "/fusevis/explore/images" in proxy.log.read_text("utf-8"))
    assert "a-patient" not in proxy.log.read_text("utf-8")
