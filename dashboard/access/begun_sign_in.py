"""What a browser keeps between being led to a provider and coming back: sealed, of no use to anybody else."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

WITHIN = 600
"""Seconds until somebody has to be back."""
LONGEST_ADDRESS = 2000
"""Characters of the address where somebody wanted to go; a browser keeps cookies of 4 KB."""


@dataclass(frozen=True)
class BegunSignIn:
    """Somebody who was led to the provider.

    Attributes
    ----------
    key : bytes
        Shared by all workers. With it all that goes to the provider follows from ``secret``.
    secret : str
        Of this sign-in alone.
    following : str
        Where they wanted to go.
    """

    key: bytes
    secret: str
    following: str

    @property
    def state(self) -> str:
        """What the provider sends back with the browser: it shows that this browser was sent (CSRF)."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the provider writes into its token: it shows that the token was made for this sign-in (replay)."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What only we can say when the code is changed for a token (PKCE, RFC 7636)."""
        return self._derived("verifier")

    def kept(self) -> str:
        """The cookie."""
        return _serializer(self.key).dumps([self.secret, self.following])

    def _derived(self, what: str) -> str:
        return hmac.new(self.key, f"{what} {self.secret}".encode(), "sha256").hexdigest()


def begin(key: bytes, following: str) -> BegunSignIn:
    """Begin to sign somebody in.

    Examples
    --------
    >>> begun = begin(bytes(32), "/compare")
    >>> resume(bytes(32), begun.kept()) == begun, resume(bytes(31), begun.kept())
    (True, None)
    """
    return BegunSignIn(key, secrets.token_urlsafe(32), following if len(following) <= LONGEST_ADDRESS else "")


def resume(key: bytes, cookie: str, within: int = WITHIN) -> BegunSignIn | None:
    """Whom a cookie tells of; None where it is none of ours, or too old."""
    try:
        secret, following = _serializer(key).loads(cookie, max_age=within)
    except (BadData, ValueError):
        return None
    return BegunSignIn(key, str(secret), str(following))


def _serializer(key: bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="begun sign-in", signer_kwargs={"digest_method": hashlib.sha256})
