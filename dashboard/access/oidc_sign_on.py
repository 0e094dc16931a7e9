"""Signing in by a provider of OpenID Connect: led there, back with a code, a session as for users of one's own."""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, make_response, redirect, request
from markupsafe import Markup
from werkzeug import wrappers

from dashboard.access.audited import UNKEPT, Audited
from dashboard.access.begun_sign_in import WITHIN, BegunSignIn, begin, resume
from dashboard.access.group_roles import GroupRoles
from dashboard.access.oidc_provider import DisbelievedError, OidcProvider, ProviderBusyError, ProviderDownError
from dashboard.access.roles import Identity, current
from dashboard.access.session_cookie import SessionCookie
from dashboard.access.sign_in_page import Form, sign_in_page, way_back
from dashboard.access.user_store import NAME, UserStore
from dashboard.server.error_handler import refuse, wants_page
from fusion import InputError

COOKIE = "fusevis-signing-in"
BACK = "/sign-in/back"
"""Where the provider sends a browser back to: below the prefix, and known to the provider beforehand."""
LONGEST_HINT = 4000
"""Characters of a token that goes into an address when somebody signs out; a longer one is not kept."""
DOWN = "Your organisation's sign-on does not answer at the moment; try again in a minute."
BUSY = "Too many sign in at the moment; try again."
STALE = "Signing in took too long, or was begun anew in another window; try again."
REFUSED = "Your organisation's sign-on did not let you in; try again, or ask the administrator."
DISBELIEVED = (
    "What your organisation's sign-on said cannot be verified, so nobody was signed in; tell the administrator."
)
NO_ROLE = "You are in no group that may open this dashboard; ask the administrator."
NO_NAME = "Your organisation's sign-on did not tell by which name you are known here; tell the administrator."
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadClaims:
    """Which of a provider's claims say what is needed here.

    Attributes
    ----------
    name, groups : str
    roles : GroupRoles
    """

    name: str
    groups: str
    roles: GroupRoles


class OidcSignOn:
    """Who signs in where their organisation has them sign in.

    Parameters
    ----------
    users : UserStore
    audited : Audited
    cookie : SessionCookie
    provider : OidcProvider
    reading : ReadClaims
    key : bytes
        Shared by all workers.
    """

    def __init__(
        self,
        users: UserStore,
        audited: Audited,
        cookie: SessionCookie,
        provider: OidcProvider,
        reading: ReadClaims,
        key: bytes,
    ) -> None:
        self._users, self._audited, self._cookie = users, audited, cookie
        self._provider, self._reading, self._key = provider, reading, key
        place = urlsplit(provider.issuer).netloc
        self._form = Form(Markup(""), f"You sign in at {place}, and come back here.")

    def register(self, server: Flask) -> None:
        """Add ``/sign-in``, where one comes back to, and ``/sign-out``."""
        server.add_url_rule("/sign-in", "sign-in", self._sign_in, methods=["GET", "POST"])
        server.add_url_rule(BACK, "sign-in-back", self._come_back)
        server.add_url_rule("/sign-out", "sign-out", partial(self._sign_out, server), methods=["POST"])

    def identity(self) -> Identity | None:
        """Whose session the request's cookie names."""
        return self._cookie.identity()

    def challenge(self) -> Response:
        """The way there for a person, a sentence for a script."""
        return self._cookie.challenge(self._form)

    def _sign_in(self) -> Response | wrappers.Response:
        if request.method != "POST":
            return sign_in_page(self._form, status=200, following="")
        if request.headers.get("Origin") is None:  # another one than ours is refused everywhere
            refuse(403, "Signing in is taken from this dashboard's own page only.")
        following = way_back(request.form.get("next", ""), request.script_root)
        begun = begin(self._key, following)
        try:
            response = redirect(self._provider.sign_in_address(begun, _own(BACK)), 303)
        except (ProviderDownError, ProviderBusyError) as error:
            return self._page(_sentence(error), 503, following)
        response.set_cookie(COOKIE, begun.kept(), max_age=WITHIN, **self._about_cookie())
        response.headers["Cache-Control"] = "no-store"
        return response

    def _come_back(self) -> Response | wrappers.Response:
        begun = resume(self._key, request.cookies.get(COOKIE, ""))
        told = request.args.get("state", "").encode("utf-8", "replace")
        if begun is None or not hmac.compare_digest(told, begun.state.encode()):
            return self._page(STALE, 400)
        try:
            response = self._signed_in(begun)
        except (ProviderDownError, ProviderBusyError) as error:
            return self._page(_sentence(error), 503, begun.following)
        except OSError:
            logger.exception("The audit cannot be written.")
            return self._page(UNKEPT, 503, begun.following)
        response.delete_cookie(COOKIE, **self._about_cookie())
        response.headers["Cache-Control"] = "no-store"
        return response

    def _signed_in(self, begun: BegunSignIn) -> Response | wrappers.Response:
        """Begin a session for whom the provider has signed in, or say why not; OSError without an audit."""
        if request.args.get("iss", self._provider.issuer) != self._provider.issuer:  # RFC 9207
            return self._refused("", DISBELIEVED, "another issuer", 401, begun)
        code = request.args.get("code", "")
        if "error" in request.args or not code:
            return self._refused("", REFUSED, "the provider did not let them in", 401, begun)
        try:
            needed = (self._reading.name, self._reading.groups)
            found = self._provider.claims(code, begun, _own(BACK), needed)
        except DisbelievedError as error:
            logger.warning("What the provider of OpenID Connect said is not believed:", exc_info=error)
            return self._refused("", DISBELIEVED, str(error), 401, begun)
        name = str(found.said.get(self._reading.name) or "")
        roles = self._reading.roles.of(found.said.get(self._reading.groups))
        if not name:
            return self._refused("", NO_NAME, "no name", 403, begun)
        known = name if NAME.fullmatch(name) else ""
        if not roles:
            return self._refused(known, NO_ROLE, "no group with a role", 403, begun)
        try:
            self._users.welcome(name, roles, found.said["sub"])
        except InputError as error:
            logger.warning("Somebody cannot sign in:", exc_info=error)
            return self._refused(known, str(error), "a name that is another's, or none", 403, begun)
        self._audited.write(name, "sign in", "done", roles=" ".join(sorted(each.value for each in roles)))
        return self._cookie.begin(name, begun.following, found.token if len(found.token) <= LONGEST_HINT else "")

    def _refused(self, name: str, sentence: str, why: str, status: int, begun: BegunSignIn) -> Response:
        """Write that somebody was not signed in, and tell them."""
        self._audited.write(name, "sign in", "refused" if status == 403 else "failed", why=why)
        g.refusal = why
        return sign_in_page(self._form, sentence, status, begun.following)

    def _page(self, sentence: str, status: int, following: str = "") -> Response:
        g.refusal = sentence
        return sign_in_page(self._form, sentence, status, following)

    def _sign_out(self, server: Flask) -> wrappers.Response:
        hint = self._cookie.end(server)
        self._audited.write(current().name, "sign out", "done")
        place = self._provider.sign_out_address(hint, _own("/sign-in"))
        if wants_page():
            return self._cookie.forget(redirect(place or self._cookie.path, 303))
        return self._cookie.forget(jsonify(next=place) if place else make_response("", 204))

    def _about_cookie(self) -> dict[str, Any]:
        """For this browser's way there and back alone; lax, as it comes back by a link from elsewhere."""
        return {
            "path": f"{self._cookie.path}sign-in",
            "secure": request.is_secure,
            "httponly": True,
            "samesite": "Lax",
        }


def _sentence(error: Exception) -> str:
    return BUSY if isinstance(error, ProviderBusyError) else DOWN


def _own(path: str) -> str:
    """An address of the dashboard as a browser has it; its name was compared with the trusted ones."""
    return request.root_url.rstrip("/") + path
