"""Users of the dashboard's own: signing in with a password, a cookie, signing out."""

from __future__ import annotations

import logging
from functools import partial
from threading import BoundedSemaphore

from flask import Flask, Response, g, jsonify, make_response, redirect, request, send_file
from werkzeug import wrappers
from werkzeug.http import parse_cookie

from dashboard.access.audited import UNKEPT, Audited
from dashboard.access.endpoint_roles import BY_ITSELF
from dashboard.access.roles import Identity, current
from dashboard.access.sign_in_page import STYLE, sign_in_page, way_back
from dashboard.access.user_store import LOCKED_FOR, NAME, Attempt, UserStore
from dashboard.server import channel
from dashboard.server.error_handler import refuse, wants_page
from dashboard.settings import ASSETS

COOKIE = "fusevis-session"
AT_A_TIME = 2
"""Passwords that are looked at at a time: each takes 32 MB and a tenth of a second."""
PATIENCE = 3.0
"""Seconds that one waits for its turn."""
SENTENCE = "Sign in first: open this page anew."
WRONG = "Name or password is wrong."
LOCKED = f"Signing in failed too often under this name; try again in {LOCKED_FOR / 60:.0f} minutes."
BUSY = "Too many sign in at the moment; try again."
logger = logging.getLogger(__name__)


class LocalSignOn:
    """Who signs in with a name and a password.

    Parameters
    ----------
    users : UserStore
    audited : Audited
    idle : float
        Seconds without a question after which a session ends.
    prefix : str
        Below which path the cookie is sent.
    """

    def __init__(self, users: UserStore, audited: Audited, idle: float, prefix: str) -> None:
        self._users, self._audited, self._idle, self._path = users, audited, idle, f"{prefix}/"
        self._turn = BoundedSemaphore(AT_A_TIME)

    def register(self, server: Flask) -> None:
        """Add ``/sign-in``, its style, and ``/sign-out``."""
        server.add_url_rule("/sign-in", "sign-in", self._sign_in, methods=["GET", "POST"])
        server.add_url_rule("/sign-in.css", "sign-in-style", partial(send_file, ASSETS / "styles" / STYLE))
        server.add_url_rule("/sign-out", "sign-out", partial(self._sign_out, server), methods=["POST"])

    def identity(self) -> Identity | None:
        """Whose session the request's cookie names."""
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        return self._users.session(token, self._idle, is_activity=request.endpoint not in BY_ITSELF)

    def challenge(self) -> Response:
        """The form for a person, a sentence for a script."""
        g.refusal = SENTENCE
        if request.method == "GET" and wants_page():
            return sign_in_page()
        return make_response(jsonify(error=SENTENCE, signedOut=True), 401)

    def _sign_in(self) -> Response | wrappers.Response:
        if request.method != "POST":
            return sign_in_page(status=200, following="")
        if request.headers.get("Origin") is None:  # another one than ours is refused everywhere
            refuse(403, "Signing in is taken from this dashboard's own page only.")
        name, password, following = (request.form.get(each, "") for each in ("name", "password", "next"))
        found = self._attempt(name.strip(), password)
        if found is None:
            return sign_in_page(BUSY, 503, following)
        known = name.strip() if self._users.has(name.strip()) else ""  # it may be a password in the wrong field
        try:
            self._audited.write(known, "sign in", found.value)
        except OSError:
            logger.exception("The audit cannot be written.")
            return sign_in_page(UNKEPT, 503, following)
        if found is not Attempt.DONE:
            g.refusal = LOCKED if found is Attempt.LOCKED else WRONG
            return sign_in_page(g.refusal, 429 if found is Attempt.LOCKED else 401, following)
        return self._signed_in(known, following)

    def _attempt(self, name: str, password: str) -> Attempt | None:
        """How it ended; None where too many try at a time."""
        if not NAME.fullmatch(name):
            return Attempt.FAILED
        if not self._turn.acquire(timeout=PATIENCE):
            return None
        try:
            return self._users.attempt(name, password)
        finally:
            self._turn.release()

    def _signed_in(self, name: str, following: str) -> wrappers.Response:
        if before := request.cookies.get(COOKIE):
            self._users.end_session(before)
        response = redirect(way_back(following, request.script_root), 303)
        response.set_cookie(
            COOKIE,
            self._users.begin_session(name),
            path=self._path,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _sign_out(self, server: Flask) -> wrappers.Response:
        token = request.cookies.get(COOKIE, "")
        self._users.end_session(token)
        channel.close_where(server, lambda asker: _token(asker) == token)
        self._audited.write(current().name, "sign out", "done")
        is_form = wants_page()
        response = redirect(self._path, 303) if is_form else make_response("", 204)
        response.delete_cookie(COOKIE, path=self._path, secure=request.is_secure, httponly=True, samesite="Lax")
        return response


def _token(asker: channel.Asker) -> str:
    """The session with which a channel was opened."""
    cookies = "; ".join(value for name, value in asker.headers if name.lower() == "cookie")
    return parse_cookie(cookies).get(COOKIE, "")
