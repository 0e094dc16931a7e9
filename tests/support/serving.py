"""Dashboards served on this computer, each for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from dash import Dash
from waitress import create_server

HOST = "127.0.0.1"
Application = Callable[..., Iterable[bytes]]


class Servers:
    """Serves one dashboard after the other at the same address: Chromium keeps compiled scripts for an address.

    A dashboard that is served beside another one has an address of its own.
    """

    def __init__(self) -> None:
        self._free: list[_Port] = []
        self._opened: list[_Port] = []

    @contextmanager
    def __call__(self, app: Dash) -> Iterator[str]:
        """Where ``app`` is served, by the same server that ``python -m dashboard`` starts."""
        if not self._free:
            self._opened.append(_Port())
            self._free.append(self._opened[-1])
        port = self._free.pop()
        port.application = app.server
        try:
            yield port.address
        finally:
            port.application = _gone
            self._free.append(port)

    def close(self) -> None:
        """Listen no longer."""
        for port in self._opened:
            port.close()


class _Port:
    def __init__(self) -> None:
        self.application: Application = _gone
        self._server = create_server(self._answer, host=HOST, port=0, threads=8, ident=None)
        self.address = f"http://{HOST}:{self._server.effective_port}"
        Thread(target=self._server.run, daemon=True).start()

    def close(self) -> None:
        self._server.trigger.pull_trigger(self._server.close)

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.application(environ, start_response)


def _gone(_: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What a page is told that is still open when its dashboard has left."""
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
