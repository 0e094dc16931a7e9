"""uvicorn with one port for everything, room for newcomers, and an end that waits for answers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import uvicorn
from flask import Flask
from uvicorn.protocols.http.h11_impl import H11Protocol

from dashboard.server import channel, log
from dashboard.server.asgi_entry import AsgiEntry
from dashboard.server.http_server import DRAIN_WITHIN
from dashboard.settings import Settings

BACKLOG = 1024
"""Connections that the system holds until they are taken."""
IDLE_WITHIN = 120
"""Seconds after which a connection is closed over which nothing was asked, as waitress has it."""


class AsgiServer:
    """A dashboard that is served on its address as soon as this is made; answered once `run` is called.

    Parameters
    ----------
    server : Flask
    settings : Settings
        OSError where its address cannot be listened on.
    """

    def __init__(self, server: Flask, settings: Settings) -> None:
        self._socket = _listening(settings.host, settings.port)
        self._entry = AsgiEntry(server, settings)
        config = uvicorn.Config(
            self._entry,
            loop="asyncio",
            http=_Connection,
            ws="websockets-sansio",
            ws_max_size=channel.LONGEST,
            ws_per_message_deflate=False,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_WITHIN,
            limit_concurrency=settings.connections,
            backlog=BACKLOG,
        )
        self._serving = _Serving(config)

    @property
    def port(self) -> int:
        """Where it listens, which the system chose where the settings say 0."""
        return int(self._socket.getsockname()[1])

    def run(self, within: float = DRAIN_WITHIN) -> None:
        """Answer requests until `end` is called; those that have come by then have ``within`` seconds."""
        self._serving.within = within
        try:
            self._serving.run(sockets=[self._socket])
        finally:
            self._entry.close()

    def end(self) -> None:
        """Let `run` come to its end; to be called by a signal or another thread."""
        self._serving.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    """One that says that it is TCP's: asyncio sends an answer's parts at once (TCP_NODELAY) on those alone."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


class _Serving(uvicorn.Server):
    """Leaves signals to whoever runs it, and tells how its end went."""

    within = DRAIN_WITHIN

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new requests, and wait for the answers to those that have come."""
        found = [each for each in self.server_state.connections if isinstance(each, _Connection)]
        begun = [(each, each.cycle) for each in found if each.is_asked]
        asyncio.get_running_loop().call_later(self.within, self._give_up)
        await super().shutdown(sockets)
        left = [connection for connection, cycle in begun if not cycle.response_complete]
        for each in left:
            each.transport.abort()
        log.drained(len(begun), len(left))

    def _give_up(self) -> None:
        """Wait no longer."""
        self.force_exit = True


class _Connection(H11Protocol):
    """A connection that gives way to newcomers while it asks nothing."""

    waiting_since: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin, and make room where there are too many."""
        super().connection_made(transport)
        self.waiting_since = time.monotonic()
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            self._make_room()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.waiting_since = time.monotonic()
        super().on_response_complete()

    @property
    def is_asked(self) -> bool:
        """Whether a request has come, wholly or in part, that is not answered."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def is_busy(self) -> bool:
        """Whether an answer is computed or sent."""
        return self.is_asked and not self.cycle.more_body

    def _make_room(self) -> None:
        """Close the connection that has waited longest for its next request."""
        others: list[Any] = [each for each in self.connections if isinstance(each, _Connection)]
        waiting = [each for each in others if each is not self and not each.is_busy and not each.is_closing]
        if waiting:
            min(waiting, key=lambda each: each.waiting_since).transport.close()

    @property
    def is_closing(self) -> bool:
        """Whether it is at its end."""
        return self.transport.is_closing()
