"""waitress with a limit for each route's body, room for newcomers, and an end that waits for answers."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import RequestEntityTooLarge

from dashboard.server import body_limits, channel, log
from dashboard.settings import Settings

DRAIN_WITHIN = 30.0
"""Seconds that requests have to come to their end when the dashboard ends."""
LARGEST_ANSWER = 2**30
"""Bytes of an answer that are held in memory until they are sent; larger ones would be written to the disk."""
LOOK_EVERY = 0.2
"""Seconds between two looks whether all requests are answered."""
END_WITHIN = 2.0
"""Seconds that threads have after that; idle ones end at once."""
LimitOf = Callable[[str, str], int]
"""From a method and a path to the bytes of the body that is taken there."""
_MakeParser = Callable[[Any], HTTPRequestParser]


class HttpServer:
    """A dashboard that is served on its address as soon as this is made; answered once `run` is called.

    Parameters
    ----------
    server : Flask
    settings : Settings
        OSError where its address cannot be listened on.
    """

    def __init__(self, server: Flask, settings: Settings) -> None:
        self._map: dict[int, Any] = {}
        self._is_ending = False
        self._serving = create_server(
            server,
            map=self._map,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            connection_limit=settings.connections,
            asyncore_use_poll=True,
            outbuf_overflow=LARGEST_ANSWER,
        )
        parser = partial(_Parser, partial(body_limits.limit_of, server))
        dispatcher = self._serving.task_dispatcher = _TwoLines(self._serving.task_dispatcher, settings.threads)
        for each in self._listeners():
            each.task_dispatcher = dispatcher
            each.channel_class = partial(_Channel, self, parser)

    @property
    def port(self) -> int:
        """Where it listens, which the system chose where the settings say 0."""
        return int(self._listeners()[0].effective_port)

    @property
    def is_ending(self) -> bool:
        """Whether no new request is taken any more."""
        return self._is_ending

    def run(self, within: float = DRAIN_WITHIN) -> None:
        """Answer requests until `end` is called; those that have come by then have ``within`` seconds."""
        while not self._is_ending:
            self._look(1.0)
        self._drain(within)

    def end(self) -> None:
        """Let `run` come to its end; to be called by a signal or another thread."""
        self._is_ending = True
        for each in self._listeners()[:1]:
            each.pull_trigger()

    def make_room(self, besides: _Channel) -> None:
        """Close the connection that has waited longest for its next request, where there are too many."""
        if len(self._map) < self._serving.adj.connection_limit:
            return
        waiting = [each for each in self._channels() if not each.is_busy and each is not besides]
        if waiting:
            min(waiting, key=lambda each: each.waiting_since).handle_close()

    def _drain(self, within: float) -> None:
        for each in self._listeners():
            wasyncore.dispatcher.close(each)  # its trigger stays: answers are sent by it
        begun, deadline = sum(each.count for each in self._channels()), time.monotonic() + within
        while self._busy() and time.monotonic() < deadline:
            self._look(LOOK_EVERY)
        left = sum(each.count for each in self._channels())
        log.drained(begun, left)
        self._serving.task_dispatcher.shutdown(timeout=END_WITHIN)
        wasyncore.close_all(self._map)

    def _busy(self) -> list[_Channel]:
        """Connections that wait for an answer; the others are closed."""
        for each in self._channels():
            if not each.is_open_ended:
                each.handle_close()
        return self._channels()

    def _look(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _listeners(self) -> list[BaseWSGIServer]:
        return [each for each in self._map.values() if isinstance(each, BaseWSGIServer)]

    def _channels(self) -> list[_Channel]:
        return [each for each in self._map.values() if isinstance(each, _Channel)]


class _TwoLines:
    """Pointers wait for one another, in a line with its own threads; whoever opens a page does not wait for them.

    Parameters
    ----------
    others : ThreadedTaskDispatcher
        Has the threads for everything else.
    threads : int
        For pointers.
    """

    def __init__(self, others: ThreadedTaskDispatcher, threads: int) -> None:
        self._others, self._pointers = others, ThreadedTaskDispatcher()
        self._pointers.set_thread_count(threads)

    def add_task(self, task: HTTPChannel) -> None:
        """Have a connection's next request answered, once a thread of its line is free."""
        path = str(getattr(task.requests[0], "path", ""))  # none where its first line could not be read
        (self._pointers if channel.is_of_pointer(path) else self._others).add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = END_WITHIN) -> bool:
        """End the threads; True where what still waited was given up."""
        ends = [each.shutdown(cancel_pending, timeout) for each in (self._others, self._pointers)]
        return any(ends)


class _Channel(HTTPChannel):
    """A connection that gives way to newcomers while it asks nothing, and takes nothing new at the end."""

    def __init__(self, owner: HttpServer, parser: _MakeParser, *args: Any, **more: Any) -> None:
        self.waiting_since = time.monotonic()
        self._owner, self.parser_class = owner, parser
        super().__init__(*args, **more)
        owner.make_room(self)

    @property
    def count(self) -> int:
        """Requests that have come over it, wholly or in part, and are not answered."""
        return len(self.requests) + (self.request is not None)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is computed or sent."""
        return bool(self.requests or self.total_outbufs_len)

    @property
    def is_open_ended(self) -> bool:
        """Whether anything that has come is still to be answered."""
        return bool(self.count or self.total_outbufs_len)

    def readable(self) -> bool:
        """At the end only what has come in part is read on."""
        return bool(super().readable() and (self.request is not None or not self._owner.is_ending))

    def received(self, data: bytes) -> bool:
        """Take what has come; a whole request counts as a sign of life, a single byte does not."""
        before = len(self.requests)
        taken = bool(super().received(data))
        if len(self.requests) > before:
            self.waiting_since = time.monotonic()
        return taken


class _Parser(HTTPRequestParser):
    """Holds a request to the limit of its route as soon as its header is read."""

    def __init__(self, limit_of: LimitOf, adj: Any) -> None:
        super().__init__(adj)
        self.adj: Any = adj
        self.error: Any = None
        self._limit_of = limit_of

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header, and choose the limit."""
        super().parse_header(header_plus)
        if self.body_rcv is None:
            return
        self.adj = copy.copy(self.adj)
        # waitress refuses bodies of this many bytes as well.
        self.adj.max_request_body_size = self._limit_of(self.command, self.path) + 1

    def received(self, data: bytes) -> int:
        """Take bytes; where there are too many the refusal is a sentence."""
        taken = int(super().received(data))
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = _TooLarge(body_limits.sentence(self.adj.max_request_body_size - 1))
        return taken


class _TooLarge(RequestEntityTooLarge):
    """The refusal as the dashboard's scripts read it."""

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, headers and body."""
        del ident
        content = json.dumps({"error": self.body}).encode()
        return f"{self.code} {self.reason}", [("Content-Type", "application/json")], content
