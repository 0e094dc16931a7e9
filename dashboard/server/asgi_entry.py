"""The one way in where pages, callbacks, files and the channel share a port: everything passes `AsgiEntry`.

    request ────▶ AsgiEntry ─▶ body, held to its limit ─▶ a2wsgi ─▶ the Flask server ─▶ its guards, then the route
    handshake ──▶ AsgiEntry ─▶ the Flask server's answer to /channel, guards included
    question ───▶ the channel's own answer ─▶ the Flask server

So a guard of the Flask server (``before_request``) stands before all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from a2wsgi.wsgi import WSGIResponder
from flask import Flask

from dashboard.server import body_limits, channel
from dashboard.server.daemon_threads import DaemonThreads
from dashboard.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_Headers = list[tuple[bytes, bytes]]

IN_MEMORY = 2**19
"""Bytes of a request's body that are held in memory; of a longer one all lie on the disk."""
PIECE = 2**16
"""Bytes of it that the route is handed at a time."""
SIGNED_OUT = 1008
"""With which code a channel is closed when whoever opened it has signed out: a violated policy."""
_OF_THE_BODY = (b"content-length", b"transfer-encoding")
_OF_THE_HANDSHAKE = (b"connection", b"upgrade", *_OF_THE_BODY)


class AsgiEntry:
    """The dashboard as an ASGI application.

    Parameters
    ----------
    server : Flask
        Its ``extensions`` hold a `channel.Listening` from now on.
    settings : Settings
        For ``prefix`` and ``threads``.
    """

    def __init__(self, server: Flask, settings: Settings) -> None:
        self._server, self._prefix = server, settings.prefix
        self._listening = server.extensions[channel.LISTENING] = channel.Listening()
        self._threads = DaemonThreads(settings.threads, "requests")
        self._pointing = DaemonThreads(settings.threads, "pointers")  # whoever opens a page does not wait for them
        self._talking = DaemonThreads(channel.MOST, "channel")  # requests that take long hold up no pointer

    def close(self) -> None:
        """End the threads once they are free, and offer the channel no more."""
        self._server.extensions.pop(channel.LISTENING, None)
        self._threads.shutdown(wait=False)
        self._pointing.shutdown(wait=False)
        self._talking.shutdown(wait=False)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or talk over the channel."""
        with suppress(asyncio.CancelledError):  # given up at the end, when the other side is told so
            await self._handle(scope, receive, send)

    async def _handle(self, scope: Message, receive: Receive, send: Send) -> None:
        # Flask makes X_Remote_User and X-Remote-User the same; proxies take care of the second alone.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        scope = {**scope, "headers": headers, "root_path": self._prefix}
        path = str(scope["path"])
        is_inside = path.startswith(f"{self._prefix}/")
        if scope["type"] == "websocket":
            await self._open_channel(scope, path == f"{self._prefix}{channel.PATH}", receive, send)
        elif is_inside and any(name in _OF_THE_BODY for name, _ in headers):
            await self._answer_with_body(scope, path.removeprefix(self._prefix), receive, send)
        elif is_inside:
            await self._answer(scope, receive, send)
        elif path == self._prefix:
            await _plain(send, HTTPStatus.PERMANENT_REDIRECT, [(b"location", f"{path}/".encode())])
        else:
            await _plain(send, HTTPStatus.NOT_FOUND)

    async def _answer_with_body(self, scope: Message, path: str, receive: Receive, send: Send) -> None:
        """Take the whole body, so that a slow one holds no thread, and hand it on with its length."""
        most = body_limits.limit_of(self._server, scope["method"], path)
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            size = await _taken(_told_length(scope["headers"]), most, receive, body)
            if size is None:
                return
            if size > most:  # refused by its length alone, by the server that knows how; the rest is not read
                send = partial(_closing, send)
            kept = [each for each in scope["headers"] if each[0] not in _OF_THE_BODY]
            scope["headers"] = [*kept, (b"content-length", str(size).encode())]
            body.seek(0)

            async def replayed() -> Message:
                piece = body.read(PIECE)
                return {"type": "http.request", "body": piece, "more_body": len(piece) == PIECE}

            await self._answer(scope, replayed, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        is_of_pointer = channel.is_of_pointer(str(scope["path"]))
        threads: Any = (
            self._pointing if is_of_pointer else self._threads
        )  # a2wsgi asks for those that the program's end waits for
        await _Responder(self._server, threads, 0)(scope, receive, send)  # type: ignore[arg-type]  # typed otherwise

    async def _open_channel(self, scope: Message, is_here: bool, receive: Receive, send: Send) -> None:
        await receive()  # the handshake, which says nothing more
        asker, answer = self._asker(scope), HTTPStatus.NOT_FOUND
        if is_here:
            answer = await _in(self._threads, channel.may_open, self._server, self._listening, asker)
        if answer is not HTTPStatus.OK:
            await _plain(send, answer, kind="websocket.http")
            return
        mark, loop = object(), asyncio.get_running_loop()
        await send({"type": "websocket.accept"})
        talk = asyncio.ensure_future(self._converse(asker, receive, send))
        self._listening.talking[mark] = channel.Talk(asker, partial(loop.call_soon_threadsafe, talk.cancel))
        try:
            await asyncio.wait([talk])
            if talk.cancelled() or isinstance(talk.exception(), channel.SignedOutError):
                await send({"type": "websocket.close", "code": SIGNED_OUT})
            elif not isinstance(talk.exception(), OSError):  # amid an answer: the page has gone
                talk.result()
        finally:
            talk.cancel()
            del self._listening.talking[mark]

    async def _converse(self, asker: channel.Asker, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            question = message.get("bytes") if text is None else text
            told = await _in(self._talking, channel.answer, self._server, asker, question)
            await send({"type": "websocket.send", "bytes": told})

    def _asker(self, scope: Message) -> channel.Asker:
        told = [
            (name.decode("latin1"), value.decode("latin1"))
            for name, value in scope["headers"]
            if name not in _OF_THE_HANDSHAKE and not name.startswith(b"sec-websocket-")
        ]
        host, *_ = scope.get("client") or ("",)
        return channel.Asker(f"http://localhost{self._prefix}/", told, host)  # its name is among the headers


class _Responder(WSGIResponder):
    """An answer on its way from the thread that makes it."""

    def send(self, message: Any) -> None:
        """Hand on a part of it, and wait for nothing: no slow browser holds a thread."""
        with suppress(RuntimeError):  # the server has ended meanwhile
            self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)


async def _in(threads: DaemonThreads, function: Callable[..., Any], *given: Any) -> Any:
    """What a function gives that computes, or waits for others."""
    return await asyncio.get_running_loop().run_in_executor(threads, function, *given)


def _told_length(headers: _Headers) -> int:
    """How long a body is said to be; 0 where it is not said."""
    return next((int(value) for name, value in headers if name == b"content-length"), 0)


async def _taken(told: int, most: int, receive: Receive, body: SpooledTemporaryFile[bytes]) -> int | None:
    """Write a body to ``body``: its size, more than ``most`` if it is too large, or None if it broke off."""
    if told > most:
        return told
    is_more = True
    while is_more and body.tell() <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body.write(message.get("body", b""))
        is_more = message.get("more_body", False)
    return body.tell()


async def _closing(send: Send, message: Message) -> None:
    """Send on, and let the connection end with the answer."""
    if message["type"] == "http.response.start":
        message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
    await send(message)


async def _plain(send: Send, status: HTTPStatus, headers: _Headers | None = None, kind: str = "http") -> None:
    """Answer with nothing but a status."""
    told = [(b"content-type", b"text/plain; charset=utf-8"), *(headers or [])]
    await send({"type": f"{kind}.response.start", "status": int(status), "headers": told})
    await send({"type": f"{kind}.response.body", "body": status.phrase.encode()})
