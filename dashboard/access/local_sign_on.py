"""Users of the dashboard's own: signing in with a password, a cookie, signing out."""

from __future__ import annotations

import logging
from functools import partial
from threading import BoundedSemaphore

from flask import Flask, Response, g, make_response, redirect, request
from werkzeug import wrappers

from dashboard.access.audited import UNKEPT, Audited
from dashboard.access.roles import Identity, current
from dashboard.access.session_cookie import SessionCookie
from dashboard.access.sign_in_page import PASSWORD_FORM, sign_in_page
from dashboard.access.user_store import LOCKED_FOR, NAME, Attempt, UserStore
from dashboard.server.error_handler import refuse, wants_page

AT_A_TIME = 2
"""Passwords that are looked at at a time: each takes 32 MB and a tenth of a second."""
PATIENCE = 3.0
"""Seconds that one waits for its turn."""
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
    cookie : SessionCookie
    """

    def __init__(self, users: UserStore, audited: Audited, cookie: SessionCookie) -> None:
        self._users, self._audited, self._cookie = users, audited, cookie
        self._turn = BoundedSemaphore(AT_A_TIME)

    def register(self, server: Flask) -> None:
        """Add ``/sign-in`` and ``/sign-out``."""
        server.add_url_rule("/sign-in", "sign-in", self._sign_in, methods=["GET", "POST"])
        server.add_url_rule("/sign-out", "sign-out", partial(self._sign_out, server), methods=["POST"])

    def identity(self) -> Identity | None:
        """Whose session the request's cookie names."""
        return self._cookie.identity()

    def challenge(self) -> Response:
        """The form for a person, a sentence for a script."""
        return self._cookie.challenge(PASSWORD_FORM)

    def _sign_in(self) -> Response | wrappers.Response:
        if request.method != "POST":
            return sign_in_page(PASSWORD_FORM, status=200, following="")
        if request.headers.get("Origin") is None:  # another one than ours is refused everywhere
            refuse(403, "Signing in is taken from this dashboard's own page only.")
        name, password, following = (request.form.get(each, "") for each in ("name", "password", "next"))
        found = self._attempt(name.strip(), password)
        if found is None:
            return sign_in_page(PASSWORD_FORM, BUSY, 503, following)
        known = name.strip() if self._users.has(name.strip()) else ""  # it may be a password in the wrong field
        try:
            self._audited.write(known, "sign in", found.value)
        except OSError:
            logger.exception("The audit cannot be written.")
            return sign_in_page(PASSWORD_FORM, UNKEPT, 503, following)
        if found is not Attempt.DONE:
            g.refusal = LOCKED if found is Attempt.LOCKED else WRONG
            return sign_in_page(PASSWORD_FORM, g.refusal, 429 if found is Attempt.LOCKED else 401, following)
        return self._cookie.begin(known, following)

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

    def _sign_out(self, server: Flask) -> wrappers.Response:
        self._cookie.end(server)
        self._audited.write(current().name, "sign out", "done")
        return self._cookie.forget(redirect(self._cookie.path, 303) if wants_page() else make_response("", 204))
