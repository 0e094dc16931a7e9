"""Promises 1 to 7 and 9: who reaches what."""

import json
import re
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dashboard.__main__ import main
from dashboard.access.audit_log import verify
from dashboard.access.endpoint_roles import ENDPOINTS, Reach
from dashboard.app import JOBS, create_app
from dashboard.server import body_limits
from dashboard.server.callback_bodies import ROUTE
from dashboard.settings import Settings
from support.nginx import nginx_program, running_nginx
from tests.support.callback_questions import anything, callbacks, fitting_bodies
from tests.support.dropped import picture
from tests.support.every_route import asked, routes
from tests.support.picture_files import mask_png
from tests.support.raw_requests import answered, connected, head
from tests.support.serving import served_on_one_port
from tests.support.signed_on import ORIGIN, PASSWORD, signed_on
from tests.support.started_dashboards import free_port, started
from tests.support.waiting import PATIENCE, until

PUBLIC = {"sign-in", "sign-in-back", "sign-in-style", "live"}
VIEW = {"pair": "cases/wide", "network": "Weighted Averaging", "row": 5, "col": 6}
EXPOSED = "No password: every computer that reaches this address can open this page and its pictures."


# ---- 1 and 2: what it listens on


def listening(pid):
    """Addresses and ports, in hexadecimal, on which a process listens (Linux)."""
    from pathlib import Path

    sockets = {
        each.readlink().name.strip("socket:[]") for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink()
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in sockets:
                found.add(words[1].partition(":")[0])
    return found


@pytest.mark.slow
def test_promise_01_without_flags_only_loopback_is_listened_on_and_nothing_debugs(
    tmp_path, random_checkpoints, measured
):
    port = free_port()
    process = started(port, tmp_path, random_checkpoints)
    try:
        assert process.stdout.readline()
        found = listening(process.pid)
        assert found == {"0100007F"}  # 127.0.0.1, the channel's port too
        for path in ("/?__debugger__=yes&cmd=resource&f=debugger.js", "/console", "/_reload-hash"):
            try:
                content = urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE).read()
            except HTTPError as refused:
                content = refused.read()
            assert b"Interactive Console" not in content
            assert b"openShell" not in content
            assert b"reloadHash" not in content
    finally:
        process.kill()
        process.communicate()
    measured("every listening socket of the process on 127.0.0.1")


def test_promise_02_another_address_is_refused_and_where_it_is_wished_the_page_warns(
    capsys, app, settings, tmp_path, measured
):
    for host in ("0.0.0.0", "::", "192.168.0.7"):
        assert main(["--host", host, "--port", str(free_port())]) == 2
        assert "--expose if everybody may" in capsys.readouterr().err
    assert EXPOSED not in app.server.test_client().get("/_dash-layout").get_data(as_text=True)
    exposed = create_app(Settings(**{**vars(settings), "host": "0.0.0.0", "cache": tmp_path}))
    assert EXPOSED in exposed.server.test_client().get("/_dash-layout").get_data(as_text=True)
    exposed.server.extensions[JOBS].close()
    measured("exit code 2, one sentence")


# ---- 3 to 6: who may


def test_promise_03_nobody_who_is_not_signed_in_reaches_a_route_or_a_callback(site, measured):
    assert {name for name, need in ENDPOINTS.items() if need is Reach.PUBLIC} == PUBLIC
    for rule, endpoint, method in routes(site.server):
        status = asked(site.client(), rule, endpoint, method).status_code
        assert (status == 401) == (endpoint not in PUBLIC or (endpoint, method) == ("sign-in", "POST")), endpoint
    outputs = (*site.app.callback_map, "no.such", "/sign-in.children")
    for output in outputs:
        for body in (
            {"output": output, "inputs": [], "changedPropIds": []},
            {"output": output, "inputs": [{"id": "path", "property": "pathname", "value": "/sign-in"}]},
        ):
            assert site.client().post(ROUTE, json=body, headers=ORIGIN).status_code == 401
    measured(f"{len(routes(site.server))} routes, {len(outputs)} callbacks")


def test_promise_04_a_body_that_lies_is_refused_before_a_callback_runs(site, monkeypatch, measured):
    client, found, ran = site.client("all.in"), callbacks(site.app), []
    client.get("/")  # Dash collects its callbacks at the first request
    for entry in found.values():
        monkeypatch.setitem(entry, "callback", _spied(entry["callback"], ran))
    names, asked_for = sorted(found), []

    @effort(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def refused(data):
        name, other = (data.draw(st.sampled_from(names)) for _ in range(2))
        body = data.draw(fitting_bodies(name, found[name]))
        if data.draw(st.booleans()) and other != name:
            body["output"] = other  # the others' output, over one's own inputs
        else:
            body["inputs"] = data.draw(
                st.lists(st.fixed_dictionaries({"id": anything, "property": anything}), max_size=3)
            )
        asked_for.append(body)
        assert client.post(ROUTE, json=body, headers=ORIGIN).status_code == 400

    refused()
    assert ran == []
    measured(f"{len(asked_for)} bodies, none ran a callback")


def _spied(callback, ran):
    import functools

    @functools.wraps(callback)
    def run(*args, **more):
        ran.append(args)
        return callback(*args, **more)

    return run


def others_mask(mine, others):
    """How somebody is answered who asks for the mask that another has uploaded, or holds its figures."""
    marked = np.zeros((48, 72), bool)
    marked[20:30, 10:30] = True
    told = {"pair": VIEW["pair"], "name": "m.png"}
    mask = mine.post("/regions/mask", query_string=told, data=mask_png(marked), headers=ORIGIN).json["region"]
    words = {"pair": VIEW["pair"], "region": mask, "networks": VIEW["network"], "network": VIEW["network"]}
    assert mine.get("/regions/pixels", query_string=words).status_code == 200
    asked_for = {
        path: others.get(path, query_string=words | {"first": 1, "last": 1}).status_code
        for path in ("/regions/pixels", "/regions/table.csv", "/regions/slices.csv")
    }
    held = {
        f"/regions/hold {name}": others.post("/regions/hold", query_string=each, headers=ORIGIN).status_code
        for name, each in (
            ("of a mask", words | {"how": "cancel"}),
            ("along", {"along": "anna:0", "how": "pause"}),
        )
    }
    return asked_for | held


def test_promise_05_what_somebody_brought_is_not_there_for_others(site, measured):
    anna, adam = site.client("anna"), site.client("adam")
    files = {"study/mri.png": picture(1), "study/pet.png": picture(2)}
    told = {"number": 1, "files": [{"path": name, "size": len(content)} for name, content in files.items()]}
    secret = anna.post("/drops", json=told, headers=ORIGIN).json["drop"]
    for where, data, more in (("piece", b"".join(files.values()), {"at": 0}), ("pairs", b"", {})):
        words = {"drop": secret, **more}
        assert anna.post(f"/drops/{where}", query_string=words, data=data, headers=ORIGIN).status_code == 200
    words = {**VIEW, "pair": f"drop-{secret}/1", "have": 0, "side": 63, "panel": "a"}
    assert anna.get("/explore/images", query_string=words).status_code == 200
    statuses = {
        path: adam.get(path, query_string=words).status_code
        for path in (
            *(f"/explore/{each}" for each in ("images", "window", "jacobian", "guidance", "values")),
            *("/cases/change", "/cases/thumbnail", "/export/panel.png", "/export/panel.csv"),
        )
    }
    assert set(statuses.values()) == {404}, statuses
    for where, data, status in (("piece", b"x", 404), ("pairs", b"", 404), ("remove", b"", 204)):
        posted = adam.post(f"/drops/{where}", query_string={"drop": secret, "at": 0}, data=data, headers=ORIGIN)
        assert posted.status_code == status  # removing what is not there is done already, whoever asks
    assert anna.get("/explore/images", query_string=words).status_code == 200
    statuses |= others_mask(anna, adam)
    assert set(statuses.values()) == {404}, statuses
    assert verify(site.audit).count
    mine = [json.loads(line) for line in site.audit.read_text().splitlines() if '"adam"' in line]
    assert sum("somebody else's" in each["action"] for each in mine) == len(statuses) + 2
    assert not any(secret in str(each) for each in mine)
    measured(f"{len(statuses)} questions and 3 changes, each in the audit")


def test_promise_06_no_page_elsewhere_changes_or_starts_anything(site, measured):
    client, count = site.client("all.in"), 0
    posts = [(rule, endpoint) for rule, endpoint, method in routes(site.server) if method == "POST"]
    for rule, endpoint in posts:
        path = rule.rule if not rule.arguments else None
        assert path, endpoint
        for headers in (
            {},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:81"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", **ORIGIN},
        ):
            assert client.post(path, headers=headers, json={}).status_code == 403, (path, headers)
            count += 1
    for path in ("/explore/guidance", "/cases", "/metrics"):
        answer = client.get(
            path, query_string=VIEW, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
        )
        assert answer.status_code == 403
    measured(f"{len(posts)} routes in {count} ways")


# ---- 7: a prefix behind a proxy


class _Follows(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _got(address, data=None, **headers):
    request = Request(
        address, data=data, headers={name.replace("__", "-"): each for name, each in headers.items()}
    )
    try:
        with build_opener(_Follows).open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    except HTTPError as other:
        return other.code, other.headers, other.read().decode("utf-8", "replace")


def test_promise_07_a_prefix_behind_a_proxy_is_kept_and_nobody_forwards_themselves(settings, tmp_path, measured):
    program = nginx_program()
    if program is None:
        pytest.skip("nginx is not installed and could not be: `make proxy` installs Debian's package.")
    more = {"is_intranet": True, "prefix": "/fusevis", "trusted_hosts": ("127.0.0.1",), "trusted_hops": 1}
    with (
        signed_on(settings, tmp_path, **more) as app,
        served_on_one_port(app.server, Settings(**{**vars(settings), **more})) as address,
        running_nginx(program, urlsplit(address).port) as proxy,
    ):
        place = proxy.plain
        form = f"name=vera&password={PASSWORD.replace(' ', '+')}&next=/fusevis/compare".encode()
        status, headers, _ = _got(f"{place}/fusevis/sign-in", form, Origin=place)
        cookie = headers["Set-Cookie"]
        assert (status, headers["Location"]) == (303, "/fusevis/compare")
        assert re.search(r"Path=/fusevis/(;|$)", cookie)
        own = {"Cookie": cookie.partition(";")[0]}
        status, _, page = _got(f"{place}/fusevis/", **own)
        named = re.findall(r"""<(?:script|link)\b[^>]*?\b(?:src|href)=["']([^"']+)""", page)
        assert status == 200
        assert named
        assert all(each.startswith(("/fusevis/", "data:")) for each in named)
        assert {_got(f"{place}{each}", **own)[0] for each in named if each.startswith("/")} == {200}
        assert _got(f"{place}/", **own)[0] == 404
        spoofed = {
            "X-Forwarded-Prefix": "/evil",
            "X-Forwarded-Host": "evil.example",
            "X-Script-Name": "/evil",
            "X-Forwarded-For": "203.0.113.9",
        }
        status, headers, page = _got(f"{place}/fusevis/", **own, **spoofed)
        assert (status, "evil" in page + str(headers)) == (200, False)
    measured(f"{len(named)} files of a page, cookie and redirect")


# ---- 9: bodies


def test_promise_09_a_body_too_large_is_refused_unread_while_others_hover(app, settings, measured):
    statuses, over = [], Event()

    def hover():
        while not over.is_set():
            words = "&".join(f"{name}={value}".replace(" ", "+") for name, value in VIEW.items())
            statuses.append(urlopen(f"{address}/explore/jacobian?{words}", timeout=PATIENCE).status)

    with served_on_one_port(app.server, settings) as address:
        people = [Thread(target=hover, daemon=True) for _ in range(3)]
        for each in people:
            each.start()
        count = 0
        for path in (ROUTE, "/explore/leave"):
            most = body_limits.limit_of(app.server, "POST", path)
            with connected(address) as told:  # by its length alone, not a byte of it
                told.sendall(head(address, "POST", path, f"Content-Length: {most + 1}"))
                assert answered(told)[0] == 413
            with connected(address) as chunked:  # counted while they come, and not read to the end
                chunked.sendall(head(address, "POST", path, "Transfer-Encoding: chunked"))
                chunked.sendall(b"%x\r\n" % (most + 1) + bytes(most + 1))
                assert answered(chunked)[0] == 413
            count += 1
        enough = len(statuses) + 10
        until(lambda: len(statuses) >= enough)
        over.set()
        for each in people:
            each.join()
    assert set(statuses) == {200}
    measured(f"{count} routes in 2 ways, {len(statuses)} answers to others meanwhile, all 200")
