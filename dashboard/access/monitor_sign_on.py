"""A program that watches the dashboard cannot sign in: it is known by a secret, and sees no page."""

from __future__ import annotations

import hmac

from flask import Response, request

from dashboard.access.guard import SignOn
from dashboard.access.roles import Identity, Role

WATCHED = frozenset({"ready", "metrics"})
"""What it may ask for."""
MONITOR = Identity("(monitor, by its secret)", frozenset({Role.MONITOR}))
"""Who it is; no user can be called so."""


class MonitorSignOn:
    """Knows such a program; everybody else as the sign-on does that people use.

    Parameters
    ----------
    sign_on : SignOn
    secret : bytes
        Sent as ``Authorization: Bearer …``.
    """

    def __init__(self, sign_on: SignOn, secret: bytes) -> None:
        self._sign_on, self._secret = sign_on, secret

    def identity(self) -> Identity | None:
        """Who asks the present request."""
        told = request.authorization
        if request.endpoint in WATCHED and told is not None and told.type == "bearer":
            is_known = hmac.compare_digest((told.token or "").encode(), self._secret)
            return MONITOR if is_known else None
        return self._sign_on.identity()

    def challenge(self) -> Response:
        """As that one."""
        return self._sign_on.challenge()
