"""The pointer's questions over a WebSocket: the fast path's addresses and answers, with less on the way.

A browser's ``fetch`` passes through a queue of its own, a new request and the server's thread that reads for all;
a message over an open connection does not. On two cores that the server shares with the browser this is the
difference between the next frame and the one after. Who cannot open a channel asks by HTTP as before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from threading import Thread
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request
from websockets import http11
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from werkzeug import wrappers
from werkzeug.test import create_environ

from dashboard.server import messages
from dashboard.settings import Settings

CHANNEL = "fusevis-channel"
"""Under this name the Flask server's ``extensions`` hold its `Listening`, while there is one."""
ANSWERED = ("/explore/jacobian", "/compare/jacobian")
"""Addresses that can be asked over the channel."""
LONGEST = 2**14
"""Bytes of a question."""
END_WITHIN = 3.0
"""Seconds that questions being computed have when the dashboard ends."""
MOST = 4
"""Channels open at a time; more pages ask by HTTP.

Every channel has threads that want the interpreter at once, which helps whoever is alone. Twenty people are served
sooner in the order in which the HTTP server reads them.
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listening:
    """Where the channel is, and who talks there."""

    port: int
    talking: set[ServerConnection]

    @property
    def is_full(self) -> bool:
        """Whether one more would be refused."""
        return len(self.talking) >= MOST


def register(server: Flask) -> None:
    """Add ``/channel``: where a page finds the channel."""
    server.add_url_rule("/channel", "channel", partial(_channel, server))


def _channel(server: Flask) -> Response:
    listening: Listening | None = server.extensions.get(CHANNEL)
    if listening is None or listening.is_full or not place(server, request.host):
        return jsonify(port=None)
    return jsonify(port=listening.port)


def place(server: Flask, host: str) -> str:
    """The channel's address under the name that a browser calls this computer; empty without a channel.

    A page's policy cannot name an IPv6 address: who came by one asks by HTTP.
    """
    name, listening = urlsplit(f"//{host}").hostname or "", server.extensions.get(CHANNEL)
    return f"ws://{name}:{listening.port}" if listening and ":" not in name else ""


@contextmanager
def opened(server: Flask, settings: Settings) -> Iterator[None]:
    """Answer questions on a port that the system chooses, until the block ends; without one where none is free."""
    talking: set[ServerConnection] = set()

    def refused(connection: ServerConnection, _: http11.Request) -> http11.Response | None:
        if len(talking) >= MOST:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "All channels are taken.")
        if _asked(server, *_asker(connection, settings.port), "/channel").status_code != HTTPStatus.OK:
            return connection.respond(HTTPStatus.FORBIDDEN, "This dashboard answers to its own page only.")
        return None

    def converse(connection: ServerConnection) -> None:
        talking.add(connection)
        asker = _asker(connection, settings.port)
        try:
            for question in connection:
                connection.send(answer(server, *asker, question))
        except ConnectionClosed:
            pass  # amid an answer: the page has gone
        finally:
            talking.discard(connection)

    try:
        listening = serve(
            converse,
            settings.host,
            0,
            process_request=refused,
            compression=None,
            max_size=LONGEST,
            open_timeout=3,
            close_timeout=1,
            server_header=None,
        )
    except OSError:
        logger.exception("No channel for the pointer's questions; they come by HTTP.")
        yield
        return
    Thread(target=listening.serve_forever, name="channel", daemon=True).start()  # as are those that it starts
    server.extensions[CHANNEL] = Listening(listening.socket.getsockname()[1], talking)
    try:
        yield
    finally:
        del server.extensions[CHANNEL]
        # It waits for questions that are being computed; whoever ends the dashboard does not.
        end = Thread(target=listening.shutdown, name="channel's end", daemon=True)
        end.start()
        end.join(timeout=END_WITHIN)


def answer(server: Flask, base: str, headers: Mapping[str, str], question: str | bytes) -> bytes:
    """What ``GET question`` answers at ``base``: a message of status and timing, then the body."""
    if not isinstance(question, str) or question.partition("?")[0] not in ANSWERED:
        return messages.packed({"status": 404}, {}) + b'{"error":"The channel does not answer this."}'
    response = _asked(server, base, headers, question)
    about = {"status": response.status_code, "timing": response.headers.get("Server-Timing", "")}
    return messages.packed(about, {}) + response.get_data()


def _asked(server: Flask, base: str, headers: Mapping[str, str], question: str) -> wrappers.Response:
    """The whole application's answer: who is refused by HTTP is refused here."""
    return wrappers.Response.from_app(
        server.wsgi_app, create_environ(question, base, headers=headers), buffered=True
    )


def _asker(connection: ServerConnection, port: int) -> tuple[str, dict[str, str]]:
    """The page's own address under the name that the browser uses, and whose page asks."""
    headers = connection.request.headers if connection.request else Headers()
    name = headers.get("Host", "").rpartition(":")[0]
    origin = headers.get("Origin")
    return f"http://{name}:{port}/", {"Origin": origin} if origin else {}
