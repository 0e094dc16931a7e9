"""People who sign in at the shipped nginx site: the dashboard believes nginx, and nobody who says the same."""

from base64 import b64encode
from dataclasses import replace
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from dashboard.access.proxy_sign_on import SECRET_HEADER
from dashboard.access.roles import roles_of
from dashboard.app import JOBS, create_app
from support.nginx import NginxSignOn, nginx_program, running_nginx
from tests.support.explore_page import Explore
from tests.support.serving import served_on_one_port
from tests.support.signed_on import users_of
from tests.support.waiting import PATIENCE

PREFIX, SECRET = "/fusevis", "0123456789abcdef0123456789abcdef"
PASSWORDS = {"pia": "of pia's own", "adam": "of adam's own"}
VIEW = {"pair": "cases/wide", "network": "DeepFuse", "row": 5, "col": 6}


@pytest.fixture(scope="module")
def site(settings, tmp_path_factory):
    program = nginx_program()
    if program is None:
        pytest.skip("nginx is not installed and could not be: `make proxy` installs Debian's package.")
    folder = tmp_path_factory.mktemp("signed-on")
    users_of(folder).add("adam", None, roles_of(["analyst"]))  # pia may look
    secret = folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    chosen = replace(
        settings,
        cache=folder / "cache",
        access=folder / "access",
        is_intranet=True,
        prefix=PREFIX,
        trusted_hosts=("127.0.0.1",),
        trusted_hops=1,
        sign_on="proxy",
        proxy_header="X-Remote-User",
        proxy_secret=secret,
        proxy_peers=("127.0.0.1",),
    )
    app = create_app(chosen)
    with (
        served_on_one_port(app.server, chosen) as address,
        running_nginx(program, urlsplit(address).port, NginxSignOn(PASSWORDS, SECRET)) as proxy,
    ):
        yield SimpleNamespace(proxied=f"{proxy.plain}{PREFIX}", direct=f"{address}{PREFIX}")
    app.server.extensions[JOBS].close()


def by_password(name):
    return {"Authorization": f"Basic {b64encode(f'{name}:{PASSWORDS[name]}'.encode()).decode()}"}


def status(site, headers, path="/cases", method="GET"):
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(site))
    request = Request(site + path, headers={"Origin": origin, **headers}, method=method)
    try:
        with urlopen(request, timeout=PATIENCE) as answer:
            return answer.status
    except HTTPError as refusal:
        return refusal.code


def is_analyst(site, headers):
    """Whether a mask file is taken: who may not is refused by role, who may for want of the file."""
    return {400: True, 403: False}[status(site, headers, "/regions/mask", "POST")]


def test_nginx_says_who_somebody_is(site):
    assert not is_analyst(site.proxied, by_password("pia"))
    assert is_analyst(site.proxied, by_password("adam"))


SAID = [
    {"X-Remote-User": "adam"},
    {"x-remote-user": "adam"},
    {"X_Remote_User": "adam"},
    {"X-Remote-User": "adam", SECRET_HEADER: SECRET},
    {"X-Remote-User": "adam", SECRET_HEADER: "a guess"},
]


@pytest.mark.parametrize("said", SAID, ids=str)
def test_what_a_client_says_itself_is_not_believed(site, said):
    assert status(site.proxied, said) == 401
    assert status(site.proxied, said | {"Authorization": "Basic YWRhbTp3cm9uZw=="}) == 401
    assert not is_analyst(site.proxied, by_password("pia") | said)
    assert is_analyst(site.proxied, by_password("adam") | said | {"X-Remote-User": "pia"})


@pytest.mark.parametrize("said", [{}, *SAID[:3], SAID[4], by_password("adam")], ids=str)
def test_who_goes_past_nginx_is_nobody_without_its_secret(site, said):
    assert status(site.direct, said) == 401


def test_somebody_signs_in_at_nginx_and_hovers(chromium, site):
    visit = Explore(chromium, site.proxied, password={"username": "pia", "password": PASSWORDS["pia"]})
    visit.open(**VIEW)
    visit.sharp()
    visit.settle_on("FuseVis.channel.isOpen()")
    visit.hover("first", (10, 20))
    assert visit.page.locator(".navigation .account").text_content() == "pia"
    assert visit.page.get_by_role("button", name="Sign out").count() == 0  # that is nginx's
    visit.close()
