"""The pointer's channel on the one port: as by HTTP, for our own pages, and for nobody else."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dashboard.server import channel
from dashboard.server.messages import unpacked
from tests.support.serving import served_on_one_port
from tests.support.waiting import PATIENCE

QUESTION = "/explore/jacobian?pair=cases%2Fwide&network=DeepFuse&row=20&col=31"
OWN = "fusevis.example.org"


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
