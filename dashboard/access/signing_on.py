"""How a dashboard learns who asks, put together from its settings."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from flask import Flask, Response

from dashboard.access import guard
from dashboard.access.access_folder import AccessFolder
from dashboard.access.audit_log import AuditLog
from dashboard.access.audited import Audited
from dashboard.access.local_sign_on import LocalSignOn
from dashboard.access.proxy_sign_on import Network, ProxySignOn
from dashboard.access.user_store import UserStore
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
        secret = secret_in(settings.proxy_secret)
        sign_on = ProxySignOn(users, settings.proxy_header, secret, networks(settings.proxy_peers))
    else:
        sign_on = local = LocalSignOn(users, audited, settings.idle_minutes * 60, settings.prefix)
        local.register(server)
    guard.install(server, guard.Guard(sign_on, audited))
    audited.install(server)
    server.add_url_rule("/audit", "audit", lambda: _audit(folder.audit))


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


def secret_in(path: Path | None) -> bytes:
    """What the proxy proves itself with; InputError where the file holds no secret, or others can read it."""
    if path is None:
        raise InputError("Name the file of the proxy's secret with --proxy-secret.")
    try:
        secret, mode = path.read_bytes().strip(), path.stat().st_mode
    except OSError as error:
        raise InputError(f"The file of the proxy's secret cannot be read ({error.strerror}).") from error
    if len(secret) < SHORTEST_SECRET:
        raise InputError(
            f"The proxy's secret has {SHORTEST_SECRET} characters or more; make one by openssl rand -hex 32."
        )
    if mode & 0o007:
        raise InputError("Everybody on this computer can read the proxy's secret; close its file with chmod 640.")
    return secret


def _audit(path: Path) -> Response:
    content = path.read_bytes() if path.exists() else b""
    response = Response(content, mimetype="application/x-ndjson")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = 'attachment; filename="fusevis-audit.jsonl"'
    return response
