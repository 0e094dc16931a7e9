"""Dashboards served on this computer, each for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

from dash import Dash
from flask import Flask

from dashboard.server.asgi_server import AsgiServer
from dashboard.server.http_server import HttpServer
from dashboard.settings import Settings

HOST = "127.0.0.1"


class Servers:
    """Serves one dashboard after the other at the same address: Chromium keeps compiled scripts for an address.

    A dashboard that is served beside another one has an address of its own.
    """

    def __init__(self) -> None:
        self._free: list[int] = []

    @contextmanager
    def __call__(self, app: Dash) -> Iterator[str]:
        """Where ``app`` is served, by the same server that ``python -m dashboard`` starts."""
        server = self._listening(app)
        thread = Thread(target=server.run, kwargs={"within": 0}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.port}"
        finally:
            port = server.port
            server.end()
            thread.join()
            self._free.append(port)

    def _listening(self, app: Dash) -> HttpServer:
        while self._free:
            try:
                return HttpServer(app.server, Settings(host=HOST, port=self._free.pop(), threads=8))
            except OSError:  # another program took the port meanwhile
                continue
        return HttpServer(app.server, Settings(host=HOST, port=0, threads=8))


@contextmanager
def served_on_one_port(server: Flask, settings: Settings) -> Iterator[str]:
    """Where ``server`` is served as ``--intranet`` has it: what stands before the prefix."""
    serving = AsgiServer(server, replace(settings, host=HOST, port=0))
    thread = Thread(target=serving.run, kwargs={"within": 0}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{serving.port}"
    finally:
        serving.end()
        thread.join()
