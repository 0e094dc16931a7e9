"""A provider of OpenID Connect: where it is asked, and whether what it says of somebody is to be believed.

    browser ─▶ authorization endpoint ─▶ code ─▶ token endpoint ─▶ ID token: signature, issuer, audience,
                                                      │            time, nonce
                                                      └─▶ user info, for what the token does not say

Imports Authlib, of the extra ``oidc``: only where people sign on so.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dashboard.access.begun_sign_in import BegunSignIn
from dashboard.server.host_names import is_safe

DISCOVERY = "/.well-known/openid-configuration"
ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
]
"""How a token may be signed: by a key that only the provider has, so neither ``none`` nor by a shared secret."""
KEY_TYPES = ("RSA", "EC", "OKP")
TIMEOUT = (3.05, 5.0)
"""Seconds until a connection stands, and between two parts of an answer."""
WITHIN = 10.0
"""Seconds for a whole answer."""
PAUSE = 5.0
"""Seconds for which a provider that did not answer is not asked again."""
FRESH = 3600.0
"""Seconds for which is kept where it is asked and which keys it has."""
AGAIN = 10.0
"""Seconds after which keys are read again for a signature by none of them: the provider may have a new one."""
LEEWAY = 60
"""Seconds by which two clocks may differ."""
LONGEST = 2**20
"""Bytes of an answer."""
AT_A_TIME, PATIENCE = 4, 1.0
"""Answers that are waited for at a time, and seconds that one waits for its turn: all others go on meanwhile."""
logger = logging.getLogger(__name__)


class ProviderDownError(Exception):
    """The provider did not answer, or not in a way that can be read."""


class ProviderBusyError(Exception):
    """Too many sign in at a time."""


class DisbelievedError(Exception):
    """What came is not what the provider says of somebody who was led to it; the text says why in few words."""


@dataclass(frozen=True)
class Claims:
    """What the provider says of somebody.

    Attributes
    ----------
    said : mapping
        By the names of the claims.
    token : str
        The ID token that says so.
    """

    said: Mapping[str, Any]
    token: str


@dataclass(frozen=True)
class _Endpoints:
    """Where the provider is asked."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    method: str
    read_at: float


class OidcProvider:
    """The provider of an issuer, to which this dashboard is known as a client.

    Parameters
    ----------
    issuer, client, secret, scope : str
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self, issuer: str, client: str, secret: str, scope: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.issuer, self._client, self._secret, self._scope, self._clock = issuer, client, secret, scope, clock
        self._turn = BoundedSemaphore(AT_A_TIME)
        self._known: _Endpoints | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._rests_until = 0.0

    def sign_in_address(self, begun: BegunSignIn, back: str) -> str:
        """Where a browser is led; it comes to ``back`` with a code. ProviderDownError, ProviderBusyError."""
        endpoints = self._endpoints()
        with self._session(back, endpoints) as session:
            address, _ = session.create_authorization_url(
                endpoints.authorization, state=begun.state, code_verifier=begun.verifier, nonce=begun.nonce
            )
        return str(address)

    def claims(self, code: str, begun: BegunSignIn, back: str, needed: tuple[str, ...]) -> Claims:
        """What the provider says of whom it gave ``code``.

        Raises
        ------
        DisbelievedError
            The code is none, or the token is not signed, not the provider's, not for us, too old or another's.
        ProviderDownError, ProviderBusyError
        """
        endpoints = self._endpoints()
        with self._session(back, endpoints) as session, self._asking():
            try:
                given = session.fetch_token(
                    endpoints.token,
                    code=code,
                    code_verifier=begun.verifier,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            except OAuthError as error:
                raise DisbelievedError(f"code: {error.error}") from error
        token = given.get("id_token")
        if not isinstance(token, str):
            raise DisbelievedError("no ID token")
        said = self._verified(token, begun.nonce, given.get("access_token"), endpoints)
        if endpoints.userinfo and any(each not in said for each in needed):
            said = {**self._more(endpoints.userinfo, given.get("access_token"), said["sub"]), **said}
        return Claims(said, token)

    def sign_out_address(self, hint: str, back: str) -> str:
        """Where a browser is led that has signed out here, so that it has there too; empty: nowhere."""
        try:
            place = self._endpoints().end_session
        except (ProviderDownError, ProviderBusyError):
            return ""
        words = {
            "client_id": self._client,
            "post_logout_redirect_uri": back,
            **({"id_token_hint": hint} if hint else {}),
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(words)}" if place else ""

    def _session(self, back: str, endpoints: _Endpoints) -> OAuth2Session:
        return OAuth2Session(
            self._client,
            self._secret,
            scope=self._scope,
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method=endpoints.method,
        )

    def _verified(self, token: str, nonce: str, access: object, endpoints: _Endpoints) -> dict[str, Any]:
        """What a token says that the provider has signed for us, now and for this sign-in."""
        try:
            try:
                decoded = jwt.decode(token, self._key_set(endpoints, FRESH), algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                decoded = jwt.decode(token, self._key_set(endpoints, AGAIN), algorithms=ALGORITHMS)
            if not isinstance(decoded.claims, dict):
                raise DisbelievedError("no claims")
            told = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client},
            }
            more = {"nonce": nonce, "client_id": self._client, "access_token": access}
            found = CodeIDToken(decoded.claims, decoded.header, options=told, params=more)
            found.validate(now=int(self._clock()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            what = getattr(error, "error", "") or type(error).__name__
            raise DisbelievedError(f"ID token: {what} {getattr(error, 'claim', '')}".rstrip()) from error
        if not (isinstance(found["sub"], str) and found["sub"]):
            raise DisbelievedError("ID token: sub")
        return dict(found)

    def _more(self, place: str, access: object, subject: str) -> dict[str, Any]:
        """What the provider says of the same person where it is asked for more."""
        said = self._json(place, {"Authorization": f"Bearer {access}"})
        if said.get("sub") != subject:
            raise DisbelievedError("user info of somebody else")
        return said

    def _endpoints(self) -> _Endpoints:
        """Where it is asked, read again after a while."""
        known = self._known
        if known is None or self._clock() - known.read_at > FRESH:
            said = self._json(self.issuer.rstrip("/") + DISCOVERY)
            if said.get("issuer") != self.issuer:
                logger.warning("The provider of OpenID Connect calls itself otherwise than --oidc-issuer.")
                raise ProviderDownError
            self._known = known = _read(said, self._clock())
        return known

    def _key_set(self, endpoints: _Endpoints, fresh: float) -> KeySet:
        """Its public keys, at most ``fresh`` seconds old; others than those for signatures are left out."""
        if self._keys is None or self._clock() - self._keys[1] > fresh:
            said = self._json(endpoints.keys).get("keys")
            usable = [
                each
                for each in (said if isinstance(said, list) else [])
                if isinstance(each, dict) and each.get("kty") in KEY_TYPES and each.get("use", "sig") == "sig"
            ]
            self._keys = KeySet.import_key_set({"keys": usable}), self._clock()
        return self._keys[0]

    def _json(self, place: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """An object that the provider answers."""
        told = {"Accept": "application/json", **(headers or {})}
        with (
            self._asking(),
            requests.get(place, headers=told, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer,
        ):
            found = json.loads(_content(answer))
            if not isinstance(found, dict):
                raise ValueError("no object")
            return found

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask in turn, and for a while not at all once there was no answer."""
        if time.monotonic() < self._rests_until:
            raise ProviderDownError
        if not self._turn.acquire(timeout=PATIENCE):
            raise ProviderBusyError
        try:
            yield
        except (requests.RequestException, ValueError) as error:
            self._rests_until = time.monotonic() + PAUSE
            logger.warning("The provider of OpenID Connect cannot be asked:", exc_info=error)
            raise ProviderDownError from error
        finally:
            self._turn.release()


def _content(answer: requests.Response) -> bytes:
    """The whole of an answer; ValueError where it is none, too long, or takes too long."""
    if answer.status_code != 200:
        raise ValueError(f"status {answer.status_code}")
    content, until = b"", time.monotonic() + WITHIN
    for piece in answer.iter_content(2**16):
        content += piece
        if len(content) > LONGEST or time.monotonic() > until:
            raise ValueError(f"{len(content)} bytes so far")
    return content


def _read(said: Mapping[str, Any], now: float) -> _Endpoints:
    """What a provider's description says; ProviderDownError where it lacks something, or leads to plain HTTP."""
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorization, token, keys, userinfo, end_session = (
        str(said.get(each) or "") for each in (*needed, "userinfo_endpoint", "end_session_endpoint")
    )
    if not all(map(is_safe, [authorization, token, keys, *filter(None, (userinfo, end_session))])):
        logger.warning("The provider of OpenID Connect lacks an address, or has one without TLS.")
        raise ProviderDownError
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
    return _Endpoints(authorization, token, keys, userinfo, end_session, method, now)
