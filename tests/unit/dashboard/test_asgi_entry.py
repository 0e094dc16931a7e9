"""One port for everything: prefix, forwarded headers, names, bodies, and the channel beside the page."""

import json
import socket
from contextlib import ExitStack, contextmanager
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
from flask import Flask, redirect, request
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dashboard.server import asgi_server, body_limits, channel, error_handler, security
from dashboard.server.messages import unpacked
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


# ---- the channel


@pytest.fixture
def place(app, settings):
    """The dashboard's channel, under a prefix that only this server has."""
    from dataclasses import replace

    with served_on_one_port(app.server, replace(settings, is_intranet=True, prefix="/fusevis")) as address:
        yield f"ws://{urlsplit(address).netloc}/fusevis/channel/ws"


def asked(place, text, **more):
    with connect(place, **more) as connection:
        connection.send(text)
        return taken_apart(connection.recv(timeout=PATIENCE))


def taken_apart(message):
    about, _ = unpacked(message)
    return about["status"], message[4 + int.from_bytes(message[:4], "little") :]


def test_the_channel_answers_as_http_does(client, place):
    with connect(place) as connection:
        for col in range(20):
            connection.send(QUESTION.replace("col=31", f"col={col}"))
        for col in range(20):
            status, body = taken_apart(connection.recv(timeout=PATIENCE))
            found, arrays = unpacked(body)
            wanted, exact = unpacked(client.get(QUESTION.replace("col=31", f"col={col}")).get_data())
            assert (status, found["col"], found["share1"]) == (200, col, wanted["share1"])
            assert set(arrays) == set(exact)
            assert all(np.array_equal(arrays[name], exact[name]) for name in exact)


def test_a_page_is_told_where_it_is(client, place):
    assert client.get("/channel").get_json() == {"address": "channel/ws"}
    assert "ws:" not in client.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("text", ["/_dash-layout", "/fusevis/explore/jacobian?row=1", "", "http://[", b"\x00\xff"])
def test_nothing_else_is_answered(place, text):
    with connect(place) as connection:
        for _ in range(2):  # and the connection lives on
            connection.send(text)
            assert taken_apart(connection.recv(timeout=PATIENCE))[0] == 404


def test_only_the_dashboards_own_page_is_heard(place):
    netloc = urlsplit(place).netloc
    assert asked(place, QUESTION, origin=f"http://{netloc}")[0] == 200
    for origin in ("http://example.org", "http://127.0.0.1:1", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            connect(place, origin=origin)


def test_a_name_that_was_rebound_is_refused(place):
    address = urlsplit(place)
    with (
        socket.create_connection((address.hostname, address.port)) as rebound,
        pytest.raises(InvalidStatus, match="403"),
    ):
        connect(f"ws://evil.example{address.path}", sock=rebound)


@pytest.mark.parametrize("path", ["/channel/ws", "/fusevis/channel", "/fusevis/channel/ws/", "/fusevis/compare"])
def test_no_other_address_opens_a_channel(place, path):
    with pytest.raises(InvalidStatus, match="404"):
        connect(f"ws://{urlsplit(place).netloc}{path}")


def test_answers_are_not_compressed(place):
    """Of secrets that are compressed together the length tells."""
    with connect(place) as connection:
        assert connection.protocol.extensions == []
        assert "Sec-WebSocket-Extensions" not in connection.response.headers


def test_a_question_too_long_ends_its_own_channel_only(place):
    with connect(place) as one, connect(place) as other:
        one.send("x" * (channel.LONGEST + 1))
        with pytest.raises(ConnectionClosed, match="1009"):
            one.recv(timeout=PATIENCE)
        other.send(QUESTION)
        assert taken_apart(other.recv(timeout=PATIENCE))[0] == 200


def test_more_pages_than_channels_are_sent_to_http(client, place, monkeypatch):
    monkeypatch.setattr(channel, "MOST", 1)
    with connect(place) as first:
        first.send(QUESTION)
        first.recv(timeout=PATIENCE)
        with pytest.raises(InvalidStatus, match="503"):
            connect(place)
        assert client.get("/channel").get_json() == {"address": None}


def test_its_end_closes_the_channel(app, settings):
    with ExitStack() as stack:
        with served_on_one_port(app.server, settings) as address:
            connection = stack.enter_context(connect(f"ws://{urlsplit(address).netloc}/channel/ws"))
            connection.send(QUESTION)
            connection.recv(timeout=PATIENCE)
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=PATIENCE)
    assert channel.LISTENING not in app.server.extensions
