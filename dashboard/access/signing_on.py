"""How a dashboard learns who asks, put together from its settings."""

from __future__ import annotations

import ipaddress
from functools import partial
from pathlib import Path
from typing import Protocol

from flask import Flask, Response

from dashboard.access import guard
from dashboard.access.access_folder import AccessFolder
from dashboard.access.audit_log import AuditLog
from dashboard.access.audited import Audited
from dashboard.access.group_roles import group_roles
from dashboard.access.local_sign_on import LocalSignOn
from dashboard.access.monitor_sign_on import MonitorSignOn
from dashboard.access.proxy_sign_on import Network, ProxySignOn
from dashboard.access.session_cookie import SessionCookie
from dashboard.access.sign_in_page import register_style
from dashboard.access.user_store import UserStore
from dashboard.server.metrics import Reading, metrics_of
from dashboard.server.readiness import Check, readiness_of, why_unwritable
from dashboard.settings import Settings
from fusion import InputError

SHORTEST_SECRET = 16
"""Characters of what a proxy proves itself with."""


def install(server: Flask, settings: Settings) -> None:
    """Let the guard stand before everything, and those sign on whom ``settings`` name.

    Raises
    ------
    InputError
        Folder, key, or the proxy's secret or peers cannot be used.
    """
    if settings.sign_on == "none":
        guard.install(server, guard.Guard(guard.NoSignOn(), Audited(None)))
        return
    folder = AccessFolder(settings.access)
    folder.make()
    users, audited = UserStore(folder.users, folder.key()), Audited(AuditLog(folder.audit))
    sign_on: guard.SignOn
    if settings.sign_on == "proxy":
        secret = secret_in(settings.proxy_secret, "proxy")
        sign_on = ProxySignOn(users, settings.proxy_header, secret, networks(settings.proxy_peers))
    else:
        cookie = SessionCookie(users, settings.idle_minutes * 60, settings.prefix)
        is_local = settings.sign_on == "local"
        sign_on = own = (
            LocalSignOn(users, audited, cookie) if is_local else _oidc(settings, folder, users, audited, cookie)
        )
        own.register(server)
    if settings.monitor_secret is not None:
        sign_on = MonitorSignOn(sign_on, secret_in(settings.monitor_secret, "monitor"))
    register_style(server)
    guard.install(server, guard.Guard(sign_on, audited))
    audited.install(server)
    _watch(server, users, folder, settings)
    server.add_url_rule("/audit", "audit", lambda: _audit(folder.audit))


class _OwnSignOn(guard.SignOn, Protocol):
    """One with addresses of its own."""

    def register(self, server: Flask) -> None:
        """Add them."""


def _oidc(
    settings: Settings, folder: AccessFolder, users: UserStore, audited: Audited, cookie: SessionCookie
) -> _OwnSignOn:
    """Signing on by a provider, whose packages are imported only here."""
    try:
        from dashboard.access.oidc_provider import OidcProvider
        from dashboard.access.oidc_sign_on import OidcSignOn, ReadClaims
    except ImportError as error:
        raise InputError(
            f"--sign-on oidc needs packages that are not installed ({error.name or error}); "
            "install them by pip install 'fusevis[oidc]'."
        ) from error
    oidc = settings.oidc
    provider = OidcProvider(oidc.issuer, oidc.client, oidc_secret(settings), oidc.scope)
    reading = ReadClaims(oidc.name, oidc.groups, group_roles(oidc.roles))
    return OidcSignOn(users, audited, cookie, provider, reading, folder.key())


def oidc_secret(settings: Settings) -> str:
    """What the dashboard proves itself with to the provider; InputError where there is none, or it lies open."""
    if settings.oidc.secret is not None:
        return secret_in(settings.oidc.secret, "client", 1).decode("utf-8", "replace")
    if not settings.oidc.secret_text:
        raise InputError(
            "Name the file of the client's secret with --oidc-secret, or set FUSEVIS_OIDC_SECRET to it."
        )
    return settings.oidc.secret_text


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """The proxy's addresses; InputError where one is none.

    Examples
    --------
    >>> networks(("127.0.0.1", "10.1.0.0/16"))
    (IPv4Network('127.0.0.1/32'), IPv4Network('10.1.0.0/16'))
    """
    try:
        return tuple(ipaddress.ip_network(each) for each in texts)
    except ValueError:
        raise InputError(
            "--proxy-peer is an address such as 127.0.0.1, or a network such as 10.1.0.0/16."
        ) from None


def secret_in(path: Path | None, whose: str, shortest: int = SHORTEST_SECRET) -> bytes:
    """What somebody proves themselves with; InputError where the file holds no secret, or others can read it."""
    if path is None:
        raise InputError(f"Name the file of the {whose}'s secret with --{whose}-secret.")
    try:
        secret, mode = path.read_bytes().strip(), path.stat().st_mode
    except OSError as error:
        raise InputError(f"The file of the {whose}'s secret cannot be read ({error.strerror}).") from error
    if len(secret) < shortest:
        raise InputError(
            f"The {whose}'s secret has {shortest} characters or more; make one by openssl rand -hex 32."
        )
    if mode & 0o007:
        raise InputError(
            f"Everybody on this computer can read the {whose}'s secret; close its file with chmod 640."
        )
    return secret


def _watch(server: Flask, users: UserStore, folder: AccessFolder, settings: Settings) -> None:
    """Tell those who look after the server of sessions, and of a folder that cannot be written."""
    is_open = partial(users.open_sessions, settings.idle_minutes * 60)
    metrics_of(server).add(Reading("sessions", "People who are signed in", lambda: {(): is_open()}))
    readiness_of(server).add(Check("access", partial(_folder_problem, folder), is_needed=True))


def _folder_problem(folder: AccessFolder) -> str:
    why = why_unwritable(folder.path)
    return why and (
        f"The folder of users and audit cannot be written ({why}): nobody signs in, and no export is sent."
    )


def _audit(path: Path) -> Response:
    content = path.read_bytes() if path.exists() else b""
    response = Response(content, mimetype="application/x-ndjson")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = 'attachment; filename="fusevis-audit.jsonl"'
    return response
