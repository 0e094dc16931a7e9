"""The pointer's questions over an open connection: who may ask them, and what is answered, whoever listens.

A browser's ``fetch`` passes through a queue of its own, a new request and the server's thread that reads for all;
a message over an open connection does not. On two cores that the server shares with the browser this is the
difference between the next frame and the one after. Who cannot open a channel asks by HTTP as before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from flask import Flask, Response, jsonify, request
from werkzeug import wrappers
from werkzeug.test import create_environ

from dashboard.server import messages
from dashboard.server.host_names import name_of

LISTENING = "fusevis-channel"
"""Under this name the Flask server's ``extensions`` hold its `Listening`, while there is one."""
ANSWERED = ("/explore/jacobian", "/compare/jacobian")
"""Addresses that can be asked over the channel."""
PATH = "/channel/ws"
"""Where it is, if it has no port of its own."""
LONGEST = 2**14
"""Bytes of a question."""
MOST = 4
"""Channels open at a time; more pages ask by HTTP.

Every channel has threads that want the interpreter at once, which helps whoever is alone. Twenty people are served
sooner in the order in which the HTTP server reads them.
"""


@dataclass(frozen=True)
class Talk:
    """An open channel.

    Attributes
    ----------
    asker : Asker
    close : callable
        Ends it, from any thread, without waiting for that.
    """

    asker: Asker
    close: Callable[[], object]


class SignedOutError(Exception):
    """Whoever opened the channel is known no more: it is to be closed."""


@dataclass(frozen=True)
class Listening:
    """Where the channel is, and who talks there.

    Attributes
    ----------
    port : int or None
        Its own; None where it has the page's.
    talking : dict
        One thing for each open channel: whose page it is, and how it is closed.
    """

    port: int | None = None
    talking: dict[Hashable, Talk] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether one more would be refused."""
        return len(self.talking) >= MOST


@dataclass(frozen=True)
class Asker:
    """Whose page asks.

    Attributes
    ----------
    base : str
        The address below which the page lies.
    headers : sequence of (name, value)
        What was told when the channel was opened, as with a request.
    peer : str
        The other end's address.
    """

    base: str
    headers: Sequence[tuple[str, str]] = ()
    peer: str = ""


def register(server: Flask) -> None:
    """Add ``/channel``: where a page finds the channel."""
    server.add_url_rule("/channel", "channel", partial(_channel, server))


def _channel(server: Flask) -> Response:
    listening: Listening | None = server.extensions.get(LISTENING)
    if listening is None or listening.is_full:
        return jsonify(address=None)
    own = PATH.lstrip("/") if listening.port is None else source(server, request.host)
    return jsonify(address=own or None)


def is_of_pointer(path: str) -> bool:
    """Whether a request asks what a pointer asks: by the hundred, and each but for a moment's use."""
    return path.endswith(ANSWERED)


def source(server: Flask, host: str) -> str:
    """What a page's policy has to allow besides its own address: the channel where it has a port of its own.

    A policy cannot name an IPv6 address: who came by one asks by HTTP.
    """
    name, listening = name_of(host), server.extensions.get(LISTENING)
    return f"ws://{name}:{listening.port}" if listening and listening.port and ":" not in name else ""


def may_open(server: Flask, listening: Listening, asker: Asker) -> HTTPStatus:
    """OK for who may open a channel; else why not."""
    if listening.is_full:
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus(_asked(server, asker, "/channel").status_code)


def answer(server: Flask, asker: Asker, question: str | bytes) -> bytes:
    """What ``GET question`` answers: a message of status and timing, then the body.

    Raises
    ------
    SignedOutError
        Nobody is signed in any more who could be answered.
    """
    if not isinstance(question, str) or question.partition("?")[0] not in ANSWERED:
        return messages.packed({"status": 404}, {}) + b'{"error":"The channel does not answer this."}'
    response = _asked(server, asker, question)
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        raise SignedOutError
    about = {"status": response.status_code, "timing": response.headers.get("Server-Timing", "")}
    return messages.packed(about, {}) + response.get_data()


def close_where(server: Flask, is_meant: Callable[[Asker], bool]) -> None:
    """Close the channels of some."""
    listening: Listening | None = server.extensions.get(LISTENING)
    for talk in [*listening.talking.values()] if listening else ():
        if is_meant(talk.asker):
            talk.close()


def _asked(server: Flask, asker: Asker, question: str) -> wrappers.Response:
    """The whole application's answer: who is refused by HTTP is refused here."""
    environ = create_environ(question, asker.base, headers=asker.headers, environ_base={"REMOTE_ADDR": asker.peer})
    return wrappers.Response.from_app(server.wsgi_app, environ, buffered=True)
