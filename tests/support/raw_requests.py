"""Requests as no browser sends them, over a socket of their own."""

import socket
from urllib.parse import urlsplit

from tests.support.waiting import PATIENCE


def connected(address):
    """An open connection to whoever serves at ``address``."""
    place = urlsplit(address)
    return socket.create_connection((place.hostname, place.port), timeout=PATIENCE)


def head(address, method, path, *lines):
    """The head of a request of this dashboard's own page."""
    host = urlsplit(address).netloc
    own = f"Host: {host}", f"Origin: http://{host}"
    return "\r\n".join([f"{method} {path} HTTP/1.1", *own, *lines, "", ""]).encode()


def answered(connection):
    """Everything until the server closes, as status and body."""
    content = b""
    while data := connection.recv(2**16):
        content += data
    first, _, rest = content.partition(b"\r\n\r\n")
    return int(first.split()[1]), rest
