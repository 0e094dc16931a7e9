"""The pointer's questions over a WebSocket: the answers of HTTP, to whom HTTP would answer."""

import json
from contextlib import ExitStack
from dataclasses import replace
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from urllib.parse import urlencode

import numpy as np
import pytest
from waitress import create_server
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dashboard.server import channel, websocket
from dashboard.server.messages import unpacked
from tests.support.explore_page import Explore
from tests.support.waiting import PATIENCE, until

PAIR, NETWORK = "cases/wide", "DeepFuse"


@pytest.fixture(scope="module")
def page_port(app):
    """The page's own server, as in the command."""
    server = create_server(app.server, host="127.0.0.1", port=0, threads=4, ident=None)
    Thread(target=server.run, daemon=True).start()
    yield int(server.effective_port)
    server.trigger.pull_trigger(server.close)


@pytest.fixture
def port(app, settings, page_port):
    with websocket.opened(app.server, replace(settings, port=page_port)):
        yield app.server.extensions[channel.LISTENING].port


def question(path="/explore/jacobian", **words):
    return f"{path}?{urlencode({'pair': PAIR, 'network': NETWORK, 'row': 20, 'col': 31, **words})}"


def asked(port, text, origin=None):
    """Status and body of an answer."""
    with connect(f"ws://127.0.0.1:{port}", origin=origin) as connection:
        connection.send(text)
        return taken_apart(connection.recv(timeout=PATIENCE))


def taken_apart(message):
    about, _ = unpacked(message)
    return about["status"], message[4 + int.from_bytes(message[:4], "little") :]


@pytest.mark.parametrize(
    "text",
    [question(), question(ahead="21,32,22,33"), question("/compare/jacobian", networks="DeepFuse,FunFuseAn")],
)
def test_an_answer_is_that_of_http(client, port, text):
    status, body = asked(port, text)
    assert status == 200
    expected = client.get(text).get_data()
    assert len(body) == pytest.approx(len(expected), abs=40)  # figures of time differ in length
    (found, arrays), (wanted, exact) = unpacked(body), unpacked(expected)
    assert (found["row"], found["col"]) == (wanted["row"], wanted["col"]) == (20, 31)
    assert set(arrays) == set(exact)
    assert all(np.array_equal(arrays[name], exact[name]) for name in exact)


def test_many_questions_are_answered_in_their_order(port):
    with connect(f"ws://127.0.0.1:{port}") as connection:
        for col in range(30):
            connection.send(question(col=col))
        for col in range(30):
            status, body = taken_apart(connection.recv(timeout=PATIENCE))
            assert (status, unpacked(body)[0]["col"]) == (200, col)


def test_a_mistake_is_answered_with_https_sentence(client, port):
    status, body = asked(port, question(row=48))
    assert status == 400
    assert json.loads(body) == client.get(question(row=48)).get_json()


@pytest.mark.parametrize("text", ["/explore/images?pair=cases/wide", "/_dash-layout", "", "http://[", b"\x00\xff"])
def test_nothing_else_is_answered(port, text):
    with connect(f"ws://127.0.0.1:{port}") as connection:
        for _ in range(2):  # and the connection lives on
            connection.send(text)
            assert taken_apart(connection.recv(timeout=PATIENCE))[0] == 404


def test_only_the_dashboards_own_page_is_heard(port, page_port):
    assert asked(port, question(), origin=f"http://127.0.0.1:{page_port}")[0] == 200
    for origin in ("http://example.org", f"http://127.0.0.1:{page_port + 1}", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            asked(port, question(), origin=origin)


def test_a_name_that_was_rebound_is_refused(app, page_port):
    asker = channel.Asker(f"http://example.org:{page_port}/")
    status, _ = taken_apart(channel.answer(app.server, asker, question()))
    assert status == 403


def test_a_question_too_long_ends_its_own_channel_only(port):
    with connect(f"ws://127.0.0.1:{port}") as one, connect(f"ws://127.0.0.1:{port}") as other:
        one.send("x" * (channel.LONGEST + 1))
        with pytest.raises(ConnectionClosed, match="1009"):
            one.recv(timeout=PATIENCE)
        other.send(question())
        assert taken_apart(other.recv(timeout=PATIENCE))[0] == 200


def test_more_pages_than_channels_are_sent_to_http(client, port, monkeypatch):
    monkeypatch.setattr(channel, "MOST", 1)
    assert client.get("/channel").get_json() == {"address": f"ws://localhost:{port}"}
    with connect(f"ws://127.0.0.1:{port}") as first:
        first.send(question())
        first.recv(timeout=PATIENCE)
        with pytest.raises(InvalidStatus, match="503"):
            connect(f"ws://127.0.0.1:{port}").recv()
        assert client.get("/channel").get_json() == {"address": None}


def threads_of_channels():
    """The channel's own, and one or two that websockets starts for each connection, named by their function."""
    names = {each: each.name for each in enumerate_threads()}
    return {
        each
        for each, name in names.items()
        if name.startswith("channel") or name.endswith(("handler)", "events)"))
    }


def test_its_end_is_quick_and_leaves_no_thread(app, settings, page_port):
    before = threads_of_channels()
    with ExitStack() as stack:
        with websocket.opened(app.server, replace(settings, port=page_port)):
            address = f"ws://127.0.0.1:{app.server.extensions[channel.LISTENING].port}"
            connection = stack.enter_context(connect(address))
            connection.send(question())
            connection.recv(timeout=PATIENCE)
            assert len(threads_of_channels() - before) >= 3
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=PATIENCE)
    assert channel.LISTENING not in app.server.extensions
    until(lambda: not threads_of_channels() - before)


def test_its_end_does_not_wait_for_a_question_that_takes_long(app, settings, page_port, monkeypatch):
    begun, goes_on, ended = Event(), Event(), Event()

    def answer(*_):
        begun.set()
        goes_on.wait(PATIENCE)
        ended.set()
        return b""

    monkeypatch.setattr(channel, "answer", answer)
    monkeypatch.setattr(websocket, "END_WITHIN", 0.3)
    with ExitStack() as stack:
        with websocket.opened(app.server, replace(settings, port=page_port)):
            address = f"ws://127.0.0.1:{app.server.extensions[channel.LISTENING].port}"
            connection = stack.enter_context(connect(address, close_timeout=0.1))
            connection.send(question())
            assert begun.wait(PATIENCE)
        assert not ended.is_set()
        goes_on.set()


def test_without_a_channel_the_page_is_told_so(client):
    assert client.get("/channel").get_json() == {"address": None}
    assert "ws:" not in client.get("/channel").headers["Content-Security-Policy"]


def test_the_page_may_connect_to_the_channel_and_to_nothing_else(client, port):
    assert client.get("/channel").get_json() == {"address": f"ws://localhost:{port}"}
    policy = client.get("/", base_url="http://localhost").headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://localhost:{port};" in policy


def test_who_came_by_an_ipv6_address_is_sent_to_http(client, port):
    answer = client.get("/channel", base_url="http://[::1]:8050")
    assert answer.get_json() == {"address": None}
    assert "ws:" not in answer.headers["Content-Security-Policy"]


@pytest.mark.slow
def test_a_page_follows_the_pointer_by_the_channel_and_by_http_once_it_is_gone(
    chromium, app, settings, page_port, client
):
    page = Explore(chromium, f"http://127.0.0.1:{page_port}")
    with websocket.opened(app.server, replace(settings, port=page_port)):
        page.open(pair=PAIR, network=NETWORK, row=5, col=6)
        page.settle_on("FuseVis.channel.isOpen()")
        first = len(page.asked("jacobian"))
        for pixel in ((10, 20), (30, 44), (0, 71)):
            page.hover("first", pixel)
            expected = client.get(question(row=pixel[0], col=pixel[1])).get_data()
            assert page.number("share1") == pytest.approx(100 * unpacked(expected)[0]["share1"], abs=0.06)
        assert len(page.asked("jacobian")) == first, "a question went by HTTP"
        assert page.console == []
    page.settle_on("!FuseVis.channel.isOpen()")
    page.hover("first", (12, 13))
    page.hover("first", (40, 41))
    assert len(page.asked("jacobian")) == first + 2
    page.close()
