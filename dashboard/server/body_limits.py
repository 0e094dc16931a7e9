"""How large a request's body may be: a limit for each route, looked at before the body is read."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from dashboard.server.error_handler import refuse

SMALL = 2**14
"""Bytes for routes that take no body, or a few words."""
_LIMITS = "fusevis-body-limits"


def allow(server: Flask, endpoint: str, most: int) -> None:
    """Let the route ``endpoint`` take bodies of up to ``most`` bytes; others take `SMALL` ones."""
    server.extensions.setdefault(_LIMITS, {})[endpoint] = most


def install(server: Flask) -> None:
    """Refuse what is too large with 413 and a sentence, by its length or, where none is told, while it is read."""
    server.before_request(partial(_check, server))
    server.register_error_handler(RequestEntityTooLarge, partial(_too_large, server))


def limit_of(server: Flask, method: str, path: str) -> int:
    """Bytes of a body that the route which answers ``method`` at ``path`` takes."""
    try:
        endpoint, _ = server.url_map.bind("").match(path, method)
    except HTTPException:  # no such route, or a redirect
        return SMALL
    return _of(server, endpoint)


def sentence(most: int) -> str:
    """Why a body of more than ``most`` bytes is refused.

    Examples
    --------
    >>> sentence(2**20)
    'The request is too large: 1,024 KB are taken here; send less.'
    """
    return f"The request is too large: {most // 1024:,} KB are taken here; send less."


def _of(server: Flask, endpoint: str | None) -> int:
    found: int = server.extensions.get(_LIMITS, {}).get(endpoint, SMALL)
    return found


def _check(server: Flask) -> None:
    most = _of(server, request.endpoint)
    request.max_content_length = most
    if (request.content_length or 0) > most:
        refuse(413, sentence(most))


def _too_large(server: Flask, _: Exception) -> tuple[Response, int]:
    g.refusal = sentence(_of(server, request.endpoint))
    return jsonify(error=g.refusal), 413
