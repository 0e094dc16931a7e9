"""The cookie by which a browser's session is known, set where somebody signs in and gone where they sign out."""

from __future__ import annotations

from flask import Flask, Response, g, jsonify, make_response, redirect, request
from werkzeug import wrappers
from werkzeug.http import parse_cookie

from dashboard.access.endpoint_roles import BY_ITSELF
from dashboard.access.roles import Identity
from dashboard.access.sign_in_page import Form, sign_in_page, way_back
from dashboard.access.user_store import UserStore
from dashboard.server import channel
from dashboard.server.error_handler import wants_page

COOKIE = "fusevis-session"
SENTENCE = "Sign in first: open this page anew."


class SessionCookie:
    """Sessions of a browser.

    Parameters
    ----------
    users : UserStore
    idle : float
        Seconds without a question after which a session ends.
    prefix : str
        Below which path the cookie is sent.
    """

    def __init__(self, users: UserStore, idle: float, prefix: str) -> None:
        self._users, self._idle, self.path = users, idle, f"{prefix}/"

    def identity(self) -> Identity | None:
        """Whose session the request's cookie names."""
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        return self._users.session(token, self._idle, is_activity=request.endpoint not in BY_ITSELF)

    def challenge(self, form: Form) -> Response:
        """The form for a person, a sentence for a script."""
        g.refusal = SENTENCE
        if request.method == "GET" and wants_page():
            return sign_in_page(form)
        return make_response(jsonify(error=SENTENCE, signedOut=True), 401)

    def begin(self, name: str, following: str, hint: str = "") -> wrappers.Response:
        """Lead somebody to where they wanted to go, with a session of their own; ``hint`` is kept with it."""
        if before := request.cookies.get(COOKIE):
            self._users.end_session(before)
        response = redirect(way_back(following, request.script_root), 303)
        response.set_cookie(
            COOKIE,
            self._users.begin_session(name, hint),
            path=self.path,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def end(self, server: Flask) -> str:
        """End the session and its channels; what was kept with it."""
        token = request.cookies.get(COOKIE, "")
        hint = self._users.end_session(token)
        channel.close_where(server, lambda asker: _token(asker) == token)
        return hint

    def forget(self, response: wrappers.Response) -> wrappers.Response:
        """Let the browser have no session any more."""
        response.delete_cookie(COOKIE, path=self.path, secure=request.is_secure, httponly=True, samesite="Lax")
        return response


def _token(asker: channel.Asker) -> str:
    """The session with which a channel was opened."""
    cookies = "; ".join(value for name, value in asker.headers if name.lower() == "cookie")
    return parse_cookie(cookies).get(COOKIE, "")
