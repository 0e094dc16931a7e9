"""A dashboard served on this computer for as long as a test needs it."""

from contextlib import contextmanager
from threading import Thread

from dashboard.server.http_server import HttpServer
from dashboard.settings import Settings


@contextmanager
def served(app):
    """By the same server that ``python -m dashboard`` starts."""
    server = HttpServer(app.server, Settings(port=0, threads=8))
    thread = Thread(target=server.run, kwargs={"within": 0}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.end()
    thread.join()
