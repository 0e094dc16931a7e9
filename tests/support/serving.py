"""A dashboard served on this computer for as long as a test needs it."""

from contextlib import contextmanager
from threading import Thread


@contextmanager
def served(app):
    """By the same server that ``python -m dashboard`` starts."""
    from waitress import create_server

    server = create_server(app.server, host="127.0.0.1", port=0, threads=8, ident=None)
    Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.trigger.pull_trigger(server.close)
