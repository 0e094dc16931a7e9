"""Who may talk to the dashboard: requests addressed to it by its own name, from its own page."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard.server import channel
from dashboard.server.error_handler import refuse
from dashboard.server.host_names import name_of
from dashboard.settings import LOOPBACK, Settings

POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {channel}; frame-ancestors 'none'"
)
"""Nothing from elsewhere is loaded and nothing is sent elsewhere, whatever a script tries; but for the channel.

Of scripts in a page itself only Dash's own run, by their hashes; no text is evaluated. Plotly and AG Grid set
styles.
"""
SCRIPTS = "fusevis-inline-scripts"
"""Under this name the Flask server's ``extensions`` hold those hashes."""

FOREIGN = ("cross-site", "same-site")
"""How a browser marks what a page elsewhere asks; another port of this computer counts as the same site."""


def install(server: Flask, settings: Settings) -> None:
    """Check every request, of the callbacks and of the fast path alike, and set the page's policy.

    What proxies say of whoever asks counts for as many of them as are trusted; without any it is not looked at.
    """
    hops = settings.trusted_hops
    if hops:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask says to
    server.before_request(partial(_check, settings))
    server.after_request(partial(_restrict, server))


def _check(settings: Settings) -> None:
    # A page elsewhere can make a browser call this address (DNS rebinding, cross-site requests).
    name = name_of(request.host)
    if settings.trusted_hosts and name not in settings.trusted_hosts:
        refuse(400, "This dashboard answers to its own names only.")
    if not settings.trusted_hosts and settings.is_loopback and name not in LOOPBACK:
        refuse(403, "This dashboard answers to its own address only.")
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        refuse(403, "This dashboard answers to its own page only.")
    # An image or a form elsewhere asks without an origin; following a link does so as well, and may.
    if request.headers.get("Sec-Fetch-Site") in FOREIGN and not _is_link():
        refuse(403, "This dashboard answers to its own page only.")


def _is_link() -> bool:
    """Whether the browser opens the answer as a page of its own, not inside another."""
    fetch = tuple(request.headers.get(f"Sec-Fetch-{fact}") for fact in ("Mode", "Dest"))
    return request.method == "GET" and fetch == ("navigate", "document")


def _restrict(server: Flask, response: Response) -> Response:
    scripts = " ".join(server.extensions.get(SCRIPTS, ()))
    policy = POLICY.format(channel=channel.source(server, request.host), scripts=scripts)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response
