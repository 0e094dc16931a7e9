"""Who may open what: every route, callback, file and the channel, enumerated from the running application."""

import json
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from flask import g
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from werkzeug.exceptions import HTTPException

from dashboard.access import guard
from dashboard.access.endpoint_roles import CALLBACKS, ENDPOINTS, Reach, name_of_callback
from dashboard.access.roles import Role
from dashboard.access.session_cookie import COOKIE
from dashboard.server import channel, websocket
from dashboard.settings import ASSETS, Settings
from tests.support.every_route import asked, routes
from tests.support.serving import served_on_one_port
from tests.support.signed_on import ORIGIN, PEOPLE, client_of, signed_on, users_of
from tests.support.waiting import PATIENCE, until

WHAT_TO_DO = (
    "{} stands in no table of dashboard/access/endpoint_roles.py, so nobody may use it. "
    "Write there which role it needs."
)
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
"""What it accepts for a page."""
QUESTION = "/explore/jacobian?pair=cases%2Fwide&network=DeepFuse&row=20&col=31"


@pytest.fixture(scope="module")
def site(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed-on")
    with signed_on(settings, folder, uploads=True) as app:
        users = users_of(folder)
        yield SimpleNamespace(
            app=app, server=app.server, users=users, client=lambda name="": client_of(app, users, name)
        )


def test_every_route_and_every_callback_stands_in_a_table(site):
    for rule, endpoint, _ in routes(site.server):
        assert endpoint in ENDPOINTS, WHAT_TO_DO.format(f"The route {rule.rule} ({endpoint!r})")
    for entry in site.app.callback_map.values():
        if "callback" in entry:
            name = name_of_callback(entry["callback"])
            assert name in CALLBACKS, WHAT_TO_DO.format(f"The callback {name!r}")


def test_the_tables_hold_nothing_that_is_gone(site):
    of_other_sign_ons = {"sign-in-back"}
    assert set(ENDPOINTS) - {endpoint for _, endpoint, _ in routes(site.server)} <= of_other_sign_ons
    here = {name_of_callback(each["callback"]) for each in site.app.callback_map.values() if "callback" in each}
    assert set(CALLBACKS) == here


def test_without_a_session_no_asset_is_sent_but_the_style_of_the_sign_in_page(site):
    for path in sorted(each for each in ASSETS.rglob("*") if each.is_file()):
        answer = site.client().get(f"/assets/{quote(path.relative_to(ASSETS).as_posix())}")
        assert answer.status_code == 401, path
    assert site.client().get("/sign-in.css").mimetype == "text/css"


@pytest.mark.parametrize("name", PEOPLE)
def test_each_role_reaches_what_its_table_says_and_nothing_else(site, name):
    held = {Role(each) for each in PEOPLE[name]}
    held |= {Role.VIEWER} if held & {Role.ANALYST, Role.MODEL_ADMIN} else set()
    for rule, endpoint, method in routes(site.server):
        if endpoint == "sign-out":
            continue
        need = ENDPOINTS[endpoint]
        answer = asked(site.client(name), rule, endpoint, method)
        if isinstance(need, Role) and need not in held:
            assert answer.status_code == 403, endpoint
            assert f"This needs the role {need.value} (" in answer.json["error"]
        elif need is Reach.NOBODY:
            assert answer.status_code == 404, endpoint
        elif endpoint != "sign-in":
            assert answer.status_code not in (401, 403), endpoint


def test_a_route_without_an_entry_is_refused_for_everybody(settings, tmp_path):
    with signed_on(settings, tmp_path) as app:
        app.server.add_url_rule("/secret", "secret", lambda: "told")
        users = users_of(tmp_path)
        answer = client_of(app, users, "all.in").get("/secret")
        assert (answer.status_code, answer.json) == (404, {"error": guard.NO_ENTRY})


def test_a_callback_runs_for_its_role_only(site, monkeypatch):
    """By its function: what the body names does not decide."""
    ran = []
    found = site.server.extensions[guard.GUARD]
    checked = found.guarded("pages.regions.slice_callbacks.begin", lambda: ran.append(1))
    unknown = found.guarded("pages.no.such", lambda: ran.append(2))
    for name, status in (("vera", 403), ("anna", None)):
        with site.server.test_request_context():
            g.identity = site.users.identity(name)
            if status:
                with pytest.raises(HTTPException) as refused:
                    checked()
                assert refused.value.response.status_code == status
            else:
                checked()
            with pytest.raises(HTTPException) as refused:
                unknown()
            assert refused.value.response.status_code == 404
    assert ran == [1]


def test_a_page_asked_for_without_a_session_is_the_sign_in_page(site):
    answer = site.client().get("/compare?pair=cases/wide", headers={"Accept": CHROMIUM})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert '<label for="password">' in text
    assert 'value="/compare?pair=cases/wide"' in text
    assert "<script" not in text


def test_what_changes_something_needs_an_origin(site):
    client = site.client("anna")
    assert client.post("/explore/leave").status_code == 403
    assert client.post("/explore/leave", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/explore/leave", headers=ORIGIN).status_code == 204


# ---- the channel


def cookie(token):
    return {"Cookie": f"{COOKIE}={token}"}


@pytest.fixture(params=["one port", "its own"])
def where(request, site):
    """The channel's address on one port with the pages, and on a port of its own."""
    if request.param == "one port":
        with served_on_one_port(site.server, Settings(is_intranet=True)) as address:
            yield f"{address.replace('http', 'ws', 1)}{channel.PATH}"
    else:
        with websocket.opened(site.server, Settings(port=80)):
            yield f"ws://localhost:{site.server.extensions[channel.LISTENING].port}/"


def test_the_channel_is_closed_to_who_has_not_signed_in_or_may_not_look(site, where):
    for told, status in (({}, 401), (cookie("guess"), 401), (cookie(site.users.begin_session("otto")), 403)):
        with pytest.raises(InvalidStatus) as refused:
            connect(where, additional_headers=told, open_timeout=PATIENCE)
        assert refused.value.response.status_code == status


def test_signing_out_closes_the_channel_at_once(site, where):
    token, other = site.users.begin_session("vera"), site.users.begin_session("anna")
    with (
        connect(where, additional_headers=cookie(token), open_timeout=PATIENCE) as mine,
        connect(where, additional_headers=cookie(other), open_timeout=PATIENCE) as theirs,
    ):
        for each in (mine, theirs):
            each.send(QUESTION)
            assert each.recv(timeout=PATIENCE)
        client = site.app.server.test_client()
        client.set_cookie(COOKIE, token)
        assert client.post("/sign-out", headers=ORIGIN).status_code == 204
        with pytest.raises(ConnectionClosed) as closed:
            mine.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 1008
        theirs.send(QUESTION)
        assert theirs.recv(timeout=PATIENCE)
    until(lambda: not site.server.extensions[channel.LISTENING].talking)


def test_a_session_that_ended_elsewhere_closes_the_channel_with_the_next_question(site, where):
    token = site.users.begin_session("vera")
    with connect(where, additional_headers=cookie(token), open_timeout=PATIENCE) as opened:
        site.users.end_session(token)
        opened.send(QUESTION)
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(timeout=PATIENCE)
        assert closed.value.rcvd.code == 1008


def test_liveness_tells_nothing(site):
    answer = site.client().get("/live")
    assert (answer.status_code, answer.get_data()) == (200, b"live")


def test_where_nobody_signs_on_everything_is_open_and_nothing_is_written(client):
    assert client.get("/compare").status_code == 200
    assert (
        client.get("/sign-in", headers={"Accept": "application/json"}).status_code == 200
    )  # a page like any other
    assert json.loads(client.get("/channel").get_data()) == {"address": None}
