"""Who somebody is as a proxy says, which proves itself by its address and a secret."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence

from flask import Response, jsonify, make_response, request

from dashboard.access.roles import Identity, Role
from dashboard.access.user_store import NAME, UserStore

SECRET_HEADER = "X-Fusevis-Secret"
"""In which the proxy sends the secret."""
SENTENCE = "Nobody signed in: this dashboard is opened through its proxy only."
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProxySignOn:
    """Believes one header of one proxy.

    Parameters
    ----------
    users : UserStore
        For roles; who is not there may look and export.
    header : str
        In which the proxy names the user.
    secret : bytes
        What it sends as ``X-Fusevis-Secret``.
    peers : sequence of networks
        From which addresses it connects.
    """

    def __init__(self, users: UserStore, header: str, secret: bytes, peers: Sequence[Network]) -> None:
        self._users, self._header, self._secret, self._peers = users, header, secret, tuple(peers)

    def identity(self) -> Identity | None:
        """Who the proxy says it is; None unless it is the proxy that says so."""
        told = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        is_proven = hmac.compare_digest(told, self._secret)
        name = request.headers.get(self._header, "")
        if not (is_proven and self._is_peer() and NAME.fullmatch(name)):
            return None
        return self._users.identity(name) or Identity(name, frozenset({Role.VIEWER}))

    def challenge(self) -> Response:
        """A sentence; signing in is the proxy's."""
        return make_response(jsonify(error=SENTENCE, signedOut=True), 401)

    def _is_peer(self) -> bool:
        """Whether the connection itself comes from the proxy, whatever is forwarded."""
        before = request.environ.get("werkzeug.proxy_fix.orig", {})
        text = before.get("REMOTE_ADDR") or request.environ.get("REMOTE_ADDR", "")
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in each for each in self._peers)
