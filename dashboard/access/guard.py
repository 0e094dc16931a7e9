"""The one guard before every route, callback, file and handshake: who asks, and whether they may.

    security (names, origins) ─▶ guard: endpoint ─▶ role ─▶ who asks ─▶ route
                                                               └─▶ callback: function ─▶ role

Handshakes and questions of the channel are requests to the same server, with what the handshake told.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

from dash import Dash
from flask import Flask, Response, current_app, g, request

from dashboard.access.audited import Audited
from dashboard.access.endpoint_roles import CALLBACKS, ENDPOINTS, Reach, name_of_callback
from dashboard.access.roles import EVERYBODY, Identity, Role, current, may, refusal
from dashboard.access.sign_in_page import refusal_page
from dashboard.server.error_handler import refuse, wants_page

NO_ENTRY = "This address is in no table of who may open it, so nobody may."
GUARD = "fusevis-guard"
"""Under this name the Flask server's ``extensions`` hold its `Guard`."""
_READING = ("GET", "HEAD", "OPTIONS")


class SignOn(Protocol):
    """How the server learns who asks."""

    def identity(self) -> Identity | None:
        """Who asks the present request; None for nobody that is known."""

    def challenge(self) -> Response:
        """What nobody that is known is answered: 401."""


class NoSignOn:
    """Whoever reaches the dashboard may do everything."""

    def identity(self) -> Identity | None:
        """Everybody."""
        return EVERYBODY

    def challenge(self) -> Response:
        """Nobody is ever asked who they are."""
        refuse(401, "Nobody signs on here.")


class Guard:
    """Decides before a route or a callback runs.

    Parameters
    ----------
    sign_on : SignOn
    audited : Audited
        Told of whoever is refused by their role.
    """

    def __init__(self, sign_on: SignOn, audited: Audited) -> None:
        self._sign_on, self._audited = sign_on, audited

    def check(self) -> Response | None:
        """Let the present request pass with None, or answer it."""
        need = ENDPOINTS.get(request.endpoint or "", Reach.NOBODY)
        if need is Reach.PUBLIC:
            return None
        identity = self._sign_on.identity()
        if identity is None:
            return self._sign_on.challenge()
        g.identity = identity
        if identity.name and not _is_from_own_page():
            refuse(403, "What changes something is taken from this dashboard's own page only.")
        if need is Reach.NOBODY and request.endpoint is not None:  # else Flask says what is wrong: 404 or 405
            refuse(404, NO_ENTRY)
        if isinstance(need, Role) and not identity.may(need):
            return self._refused(need)
        return None

    def guarded(self, name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
        """A callback that runs only for those with its role."""

        @functools.wraps(callback)
        def checked(*args: Any, **more: Any) -> Any:
            role = CALLBACKS.get(name)
            if role is None:
                refuse(404, NO_ENTRY)
            self.require(role)
            return callback(*args, **more)

        return checked

    def require(self, role: Role) -> None:
        """Refuse who lacks a role with 403 and a sentence."""
        if not may(role):
            self._audited.refused(role)
            refuse(403, refusal(role))

    def _refused(self, role: Role) -> Response:
        if not wants_page():
            self.require(role)
        self._audited.refused(role)
        g.refusal = refusal(role)
        return refusal_page(current(), g.refusal, can_sign_out="sign-out" in current_app.view_functions)


def _is_from_own_page() -> bool:
    """Whether the browser says so, as all do of what changes something; reading may be asked otherwise."""
    told = request.headers.get("Origin") is not None or request.headers.get("Sec-Fetch-Site") == "same-origin"
    return told or request.method in _READING  # another origin than ours is refused everywhere


def install(server: Flask, guard: Guard) -> None:
    """Let ``guard`` stand before every request from now on, and add ``/live``."""
    server.extensions[GUARD] = guard
    server.before_request(guard.check)
    server.add_url_rule("/live", "live", lambda: Response("live", mimetype="text/plain"))


def install_callbacks(app: Dash) -> None:
    """Let it stand before every callback; to be called once all are registered."""
    guard: Guard = app.server.extensions[GUARD]
    for entry in app.callback_map.values():
        if "callback" in entry:
            name = name_of_callback(entry["callback"])
            entry["callback"] = guard.guarded(name, entry["callback"])


def require(role: Role) -> None:
    """Refuse the present request with 403 and a sentence where who asks lacks a role."""
    if not may(role):
        guard: Guard = current_app.extensions[GUARD]
        guard.require(role)
