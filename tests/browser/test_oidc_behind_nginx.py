"""A visit behind the shipped nginx site where a real provider signs people in: there, back, hovering, and out."""

from urllib.parse import urlsplit

import pytest

from dashboard.app import DROPS, JOBS, create_app
from dashboard.server import channel
from support.nginx import nginx_program, running_nginx
from tests.support.explore_page import Explore
from tests.support.openid_provider import free_port, openid_provider, provider_of, with_provider
from tests.support.serving import served_on_one_port
from tests.support.waiting import until

VIEW = {"pair": "cases/wide", "network": "DeepFuse", "row": 5, "col": 6}


@pytest.fixture(scope="module")
def app(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("oidc")
    chosen = with_provider(settings, folder, free_port(), trusted_hosts=("127.0.0.1",), trusted_hops=1)
    app = create_app(chosen)
    yield app, chosen
    app.server.extensions[DROPS].close()
    app.server.extensions[JOBS].close()


@pytest.fixture(scope="module")
def proxy(app):
    program = nginx_program()
    if program is None:
        pytest.skip("nginx is not installed and could not be: `make proxy` installs Debian's package.")
    found, chosen = app
    with (
        served_on_one_port(found.server, chosen) as address,
        running_nginx(program, urlsplit(address).port) as proxy,
    ):
        yield proxy


@pytest.fixture(params=["plain", "encrypted"])
def site(request, proxy):
    """By https the provider, which is asked by http on this computer, is another site to the browser."""
    return f"{getattr(proxy, request.param)}/fusevis"


@pytest.fixture
def provider(app, site):
    found, chosen = app
    known = provider_of(found)
    known._known = known._keys = None  # each test starts one with keys of its own
    with openid_provider(urlsplit(chosen.oidc.issuer).port, site) as found:
        yield found


def test_somebody_signs_in_by_the_provider_hovers_and_signs_out(chromium, app, site, provider):
    server = app[0].server
    visit = Explore(chromium, site, trusts=True)
    page = visit.page
    words = "&".join(f"{name}={value}" for name, value in VIEW.items())
    page.goto(f"{site}/?{words}")
    page.get_by_text("You sign in at 127.0.0.1").wait_for()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Account").fill("2")
    assert page.url.startswith(provider.issuer)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_function("window.FuseVis?.explore?.state.pixel")
    visit.sharp()
    assert (visit.words()["pair"], urlsplit(page.url).path) == (VIEW["pair"], "/fusevis/")
    visit.settle_on("FuseVis.channel.isOpen()")
    visit.hover("first", (10, 20))
    assert page.locator(".navigation .account").text_content() == "anna"
    assert page.evaluate("document.cookie") == ""
    assert len(server.extensions[channel.LISTENING].talking) == 1
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{site}/sign-in")
    until(lambda: not server.extensions[channel.LISTENING].talking)
    assert page.evaluate("() => fetch('cases').then(({ status }) => status)") == 401
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Account").wait_for()  # signed out there too: nobody is let in without being asked
    page.get_by_role("button", name="Cancel").click()
    assert "did not let you in" in page.get_by_role("alert").text_content()
    visit.close()


def test_a_provider_that_is_down_is_told_on_the_page(chromium, app, site):
    page = chromium.new_context(ignore_https_errors=True).new_page()
    page.goto(f"{site}/compare")
    provider_of(app[0])._known = None
    page.get_by_role("button", name="Sign in").click()
    assert "does not answer" in page.get_by_role("alert").text_content()
    page.context.close()
