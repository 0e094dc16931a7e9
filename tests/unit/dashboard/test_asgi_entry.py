"""One port for everything: prefix, forwarded headers, names and bodies; see test_asgi_channel for the channel."""

import json
import socket
from contextlib import ExitStack, contextmanager
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from flask import Flask, redirect, request

from dashboard.server import asgi_server, body_limits, channel, error_handler, security
from dashboard.settings import Settings
from tests.support.raw_requests import answered, connected, head
from tests.support.serving import served_on_one_port
from tests.support.waiting import PATIENCE

QUESTION = "/explore/jacobian?pair=cases%2Fwide&network=DeepFuse&row=20&col=31"
OWN = "fusevis.example.org"


def seen():
    """What the application is told of whoever asks."""
    return {
        "for": request.remote_addr,
        "proto": request.scheme,
        "host": request.host,
        "root": request.script_root,
        "path": request.path,
        "user": request.headers.get("X-Remote-User"),
        "names": sorted(request.headers.keys()),
        "body": request.get_data().decode(),
    }


@contextmanager
def echoing(**chosen):
    """Serves an application that answers with what it sees, guarded as the dashboard is."""
    settings = Settings(is_intranet=True, **chosen)
    server = Flask("echo")
    error_handler.install(server)
    security.install(server, settings)
    body_limits.install(server)
    channel.register(server)
    body_limits.allow(server, "echo", 2**21)
    server.add_url_rule("/echo", "echo", seen, methods=["GET", "POST"])
    server.add_url_rule("/all/", "all", seen)
    server.add_url_rule("/moved", "moved", lambda: redirect("echo"))
    with served_on_one_port(server, settings) as address:
        yield address


def got(address, path="/echo", data=None, **headers):
    """Status and body of an answer, JSON taken apart."""
    named = {name.replace("__", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(f"{address}{path}", data, named), timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refusal:
        return refusal.code, refusal.read()


def raw(address, path, *lines):
    """Status, headers and body of a request that is no browser's."""
    with connected(address) as connection:
        connection.sendall(head(address, "GET", path, *lines, "Connection: close"))
        content = b""
        while data := connection.recv(2**16):
            content += data
    before, _, body = content.partition(b"\r\n\r\n")
    return int(before.split()[1]), before.decode().lower(), body


# ---- the prefix


@pytest.mark.parametrize("prefix", ["", "/fusevis", "/apps/fusevis"])
def test_routes_lie_below_the_prefix(prefix):
    with echoing(prefix=prefix) as address:
        status, told = got(address, f"{prefix}/echo")
    assert (status, told["root"], told["path"]) == (200, prefix, "/echo")


def test_nothing_lies_beside_the_prefix():
    with echoing(prefix="/fusevis") as address:
        for path in ("/", "/echo", "/fusevisecho", "/fusevis2/echo", "/fusevis/nowhere", "//fusevis/echo"):
            assert got(address, path)[0] == 404, path


@pytest.mark.parametrize(
    ("path", "there"),
    [("/fusevis", "/fusevis/"), ("/fusevis/moved", "echo"), ("/fusevis/all", "http://HOST/fusevis/all/")],
)
def test_a_redirect_keeps_the_prefix(path, there):
    with echoing(prefix="/fusevis") as address:
        status, headers, _ = raw(address, path)
    assert status in (302, 308)
    assert f"\r\nlocation: {there.replace('HOST', urlsplit(address).netloc)}\r\n" in f"{headers}\r\n"


# ---- who asks


SPOOFED = {
    "X__Forwarded__For": "203.0.113.9",
    "X__Forwarded__Proto": "https",
    "X__Forwarded__Host": "evil.example",
    "X__Forwarded__Prefix": "/evil",
    "X__Forwarded__Port": "666",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}
"""What a browser may send, and no proxy has confirmed."""


def test_without_a_proxy_nobodys_word_is_taken():
    with echoing() as address:
        status, told = got(address, **SPOOFED)
    assert status == 200
    found = {name: told[name] for name in ("for", "proto", "host", "root")}
    assert found == {"for": "127.0.0.1", "proto": "http", "host": urlsplit(address).netloc, "root": ""}


def test_of_one_proxy_its_own_word_is_taken_and_not_what_it_passes_on():
    told_by_the_proxy = {
        "X__Forwarded__For": "203.0.113.9, 198.51.100.7",
        "X__Forwarded__Proto": "http, https",
        "X__Forwarded__Host": f"evil.example, {OWN}",
        "X__Forwarded__Prefix": "/evil",
        "X__Forwarded__Port": "666",
    }
    with echoing(trusted_hops=1, trusted_hosts=(OWN,), prefix="/fusevis") as address:
        status, told = got(address, "/fusevis/echo", **told_by_the_proxy)
    found = {name: told[name] for name in ("for", "proto", "host", "root")}
    assert (status, found) == (200, {"for": "198.51.100.7", "proto": "https", "host": OWN, "root": "/fusevis"})


def test_of_two_proxies_the_first_ones_word_is_taken():
    forwarded = {"X__Forwarded__For": "203.0.113.9, 198.51.100.7, 192.0.2.1"}
    with echoing(trusted_hops=2) as address:
        assert got(address, **forwarded)[1]["for"] == "198.51.100.7"
        # Whoever came by one proxy alone has not been told of by two.
        assert got(address, X__Forwarded__For="203.0.113.9")[1]["for"] == "127.0.0.1"


def test_a_header_with_an_underscore_is_dropped():
    with echoing() as address:
        _, _, body = raw(address, "/echo", "X_Remote_User: mallory", "X-Other: kept")
        told = json.loads(body)
        assert (told["user"], "X-Other" in told["names"]) == (None, True)
        _, _, body = raw(address, "/echo", "X-Remote-User: alice", "X_Remote_User: mallory")
        assert json.loads(body)["user"] == "alice"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", f"{OWN}.evil.example", "[::1", ""])
def test_an_unknown_host_is_refused(host):
    with echoing(trusted_hosts=(OWN, "10.0.0.7")) as address:
        assert got(address, Host=host)[0] == 400


@pytest.mark.parametrize("host", [OWN, f"{OWN}:8443", OWN.upper(), "10.0.0.7"])
def test_its_own_names_are_answered(host):
    with echoing(trusted_hosts=(OWN, "10.0.0.7")) as address:
        assert got(address, Host=host)[0] == 200


def test_without_names_only_this_computers_are_answered():
    with echoing() as address:
        assert got(address, Host="evil.example")[0] == 403
        assert got(address, Host="localhost")[0] == 200


@pytest.mark.slow
def test_every_route_refuses_an_unknown_host(app, settings):
    """The running dashboard's own: routes, callbacks, files and what is not there."""
    from dataclasses import replace

    from dashboard.app import JOBS, create_app

    names = replace(settings, is_intranet=True, prefix="/fusevis", trusted_hosts=(OWN,))
    server = create_app(names).server
    paths = {
        str(rule).replace("<path:", "<").replace("<", "x").replace(">", "") for rule in server.url_map.iter_rules()
    }
    assert len(paths) > 40
    client = server.test_client()
    try:
        for path in sorted(paths | {"/nowhere", "/assets/clientside.js", "/_dash-update-component"}):
            for method in ("GET", "POST"):
                refused = client.open(path, base_url="http://evil.example/fusevis/", method=method)
                assert refused.status_code == 400, (method, path)
        assert client.get("/", base_url=f"https://{OWN}/fusevis/").status_code == 200
    finally:
        server.extensions[JOBS].close()


# ---- bodies


def test_a_body_arrives_whole_however_it_is_sent():
    text = "0123456789" * 70_000
    with echoing() as address:
        assert got(address, data=text.encode())[1]["body"] == text
        with connected(address) as connection:
            lines = "Transfer-Encoding: chunked", "Connection: close"
            connection.sendall(head(address, "POST", "/echo", *lines))
            for start in range(0, len(text), 100_000):
                part = text[start : start + 100_000].encode()
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
            connection.sendall(b"0\r\n\r\n")
            status, body = answered(connection)
    assert (status, json.loads(body)["body"]) == (200, text)


def test_bodies_that_come_slowly_hold_no_thread():
    with echoing(threads=2) as address, ExitStack() as stack:
        slow = [stack.enter_context(connected(address)) for _ in range(8)]
        for each in slow:
            each.sendall(head(address, "POST", "/echo", "Content-Length: 9", "Connection: close") + b"slo")
        assert got(address)[0] == 200
        for each in slow:
            each.sendall(b"wly, x")
        assert [json.loads(answered(each)[1])["body"] for each in slow] == ["slowly, x"] * 8


def test_who_breaks_off_amid_a_body_harms_nobody(caplog):
    with echoing() as address:
        with connected(address) as connection:
            connection.sendall(head(address, "POST", "/echo", "Content-Length: 9") + b"slo")
        for _ in range(2):
            assert got(address)[0] == 200
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def test_an_answer_is_not_held_back_for_an_acknowledgement(monkeypatch):
    """Its parts are sent at once; otherwise each second answer over a connection takes 40 ms more."""
    held = []
    plain = asgi_server._Connection.connection_made

    def made(self, transport):
        plain(self, transport)
        held.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(asgi_server._Connection, "connection_made", made)
    with echoing() as address:
        assert got(address)[0] == 200
    assert held
    assert all(held)
