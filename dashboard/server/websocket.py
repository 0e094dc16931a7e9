"""The channel on a port of its own, with a thread for each page that talks there."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from threading import Thread

from flask import Flask
from websockets import http11
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.server import ServerConnection, serve

from dashboard.server import channel
from dashboard.settings import Settings

END_WITHIN = 3.0
"""Seconds that questions being computed have when the dashboard ends."""

logger = logging.getLogger(__name__)


@contextmanager
def opened(server: Flask, settings: Settings) -> Iterator[None]:
    """Answer questions on a port that the system chooses, until the block ends; without one where none is free."""
    talking: dict[Hashable, channel.Talk] = {}

    def refused(connection: ServerConnection, _: http11.Request) -> http11.Response | None:
        found = channel.may_open(server, channel.Listening(talking=talking), _asker(connection, settings.port))
        return None if found is HTTPStatus.OK else connection.respond(found, found.description)

    def converse(connection: ServerConnection) -> None:
        asker = _asker(connection, settings.port)
        talking[connection] = channel.Talk(asker, partial(_close, connection))
        try:
            for question in connection:
                connection.send(channel.answer(server, asker, question))
        except ConnectionClosed:
            pass  # amid an answer: the page has gone
        except channel.SignedOutError:
            connection.close(CloseCode.POLICY_VIOLATION)
        finally:
            del talking[connection]

    try:
        listening = serve(
            converse,
            settings.host,
            0,
            process_request=refused,
            compression=None,
            max_size=channel.LONGEST,
            open_timeout=3,
            close_timeout=1,
            server_header=None,
        )
    except OSError:
        logger.exception("No channel for the pointer's questions; they come by HTTP.")
        yield
        return
    Thread(target=listening.serve_forever, name="channel", daemon=True).start()  # as are those that it starts
    port = listening.socket.getsockname()[1]
    server.extensions[channel.LISTENING] = channel.Listening(port, talking)
    try:
        yield
    finally:
        del server.extensions[channel.LISTENING]
        # It waits for questions that are being computed; whoever ends the dashboard does not.
        end = Thread(target=listening.shutdown, name="channel's end", daemon=True)
        end.start()
        end.join(timeout=END_WITHIN)


def _asker(connection: ServerConnection, port: int) -> channel.Asker:
    """The page's own address under the name that the browser uses, and whose page asks."""
    headers = connection.request.headers if connection.request else Headers()
    name = headers.get("Host", "").rpartition(":")[0]
    told = [(each, headers[each]) for each in ("Origin", "Cookie") if each in headers]
    return channel.Asker(f"http://{name}:{port}/", told)


def _close(connection: ServerConnection) -> None:
    Thread(target=connection.close, args=(CloseCode.POLICY_VIOLATION,), daemon=True).start()
