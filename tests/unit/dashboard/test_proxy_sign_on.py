"""Who somebody is as a proxy says: believed with its secret from its address, and never otherwise."""

from dataclasses import replace

import pytest

from dashboard.access.proxy_sign_on import SECRET_HEADER
from dashboard.access.roles import roles_of
from dashboard.access.signing_on import secret_in
from dashboard.app import JOBS, create_app
from fusion import InputError
from tests.support.signed_on import ORIGIN, users_of

SECRET = "0123456789abcdef0123456789abcdef"
PROXY = {"REMOTE_ADDR": "10.1.2.3"}
SAID = {"X-Remote-User": "pia", SECRET_HEADER: SECRET}


@pytest.fixture(scope="module")
def app(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxied")
    users_of(folder).add("adam", None, roles_of(["analyst"]))
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    chosen = replace(
        settings,
        cache=folder / "cache",
        access=folder / "access",
        sign_on="proxy",
        is_intranet=True,
        trusted_hops=1,
        proxy_header="X-Remote-User",
        proxy_secret=secret,
        proxy_peers=("127.0.0.1", "10.1.0.0/16"),
    )
    app = create_app(chosen)
    yield app
    app.server.extensions[JOBS].close()


def status(app, headers, path="/cases", **how):
    return app.server.test_client().get(path, headers=headers, environ_overrides=PROXY | how).status_code


def test_whom_the_proxy_names_may_look(app):
    assert status(app, SAID) == 200
    assert status(app, SAID, path="/audit") == 403


@pytest.mark.parametrize(
    "changed",
    [
        {SECRET_HEADER: ""},
        {SECRET_HEADER: SECRET[:-1]},
        {SECRET_HEADER: SECRET + "x"},
        {SECRET_HEADER: "ä"},
        {"X-Remote-User": ""},
        {"X-Remote-User": "pia,adam"},
        {"X-Remote-User": "../pia"},
    ],
)
def test_without_the_secret_or_a_name_nobody_is_known(app, changed):
    assert status(app, SAID | changed) == 401


def test_another_address_is_not_the_proxy_whatever_is_forwarded(app):
    for told in ({}, {"X-Forwarded-For": "10.1.2.3"}, {"X-Forwarded-For": "127.0.0.1, 10.1.2.3"}):
        assert status(app, SAID | told, REMOTE_ADDR="192.0.2.7") == 401
    assert status(app, SAID | {"X-Forwarded-For": "192.0.2.7"}) == 200  # a browser elsewhere, through the proxy
    assert status(app, SAID, REMOTE_ADDR="") == 401


def test_roles_are_the_dashboards_own(app):
    for name, expected in (("pia", 403), ("adam", 400)):
        client = app.server.test_client()
        answer = client.post(
            "/regions/mask", headers=SAID | ORIGIN | {"X-Remote-User": name}, environ_overrides=PROXY
        )
        assert answer.status_code == expected


def test_there_is_no_sign_in_page_of_ours(app):
    assert app.server.test_client().get("/sign-in", environ_overrides=PROXY).status_code == 401


def test_a_secret_that_is_short_open_to_all_or_not_there_is_refused(tmp_path):
    path = tmp_path / "secret"
    for content, mode, told in (("short", 0o600, "16 characters"), (SECRET, 0o644, "chmod 640")):
        path.write_text(content)
        path.chmod(mode)
        with pytest.raises(InputError, match=told):
            secret_in(path, "proxy")
    for absent in (tmp_path / "none", None):
        with pytest.raises(InputError):
            secret_in(absent, "proxy")
