"""What cannot be answered: a sentence for who asked, a line in the log for who keeps the server running."""

from __future__ import annotations

import logging
from typing import NoReturn

from dash.exceptions import DependencyException
from flask import Flask, Response, abort, g, has_request_context, jsonify, make_response, request

from fusion import InputError

NOT_YET = 202
"""Status of what is still computed, for who asks again by itself: nothing is wrong, so no console says so."""


class NotHereError(InputError):
    """What is asked for is gone, or somebody else's."""

    status = 404

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        if has_request_context():  # the audit has it, whoever makes another sentence of it
            g.is_not_here = True


logger = logging.getLogger(__name__)


def install(server: Flask) -> None:
    """Answer an `InputError` with status 400 and its sentence as JSON; log every request that is refused."""
    server.register_error_handler(InputError, _refused)
    server.register_error_handler(DependencyException, _no_such_file)
    server.after_request(_logged)


def refuse(status: int, sentence: str) -> NoReturn:
    """End the request with ``status`` and a sentence, which the log has too: it must not name a pair.

    A page's script reads it as JSON, a person who followed a link as a page.
    """
    g.refusal = sentence
    if wants_page():
        abort(status, sentence)
    abort(make_response(jsonify(error=sentence), status))


def wants_page() -> bool:
    """Whether a person's browser opens the answer as a page: it names HTML itself, as no script of ours does."""
    return any(kind == "text/html" for kind, _ in request.accept_mimetypes)


def _refused(error: InputError) -> tuple[Response, int]:
    # The sentence may name a pair or its files.
    g.refusal = type(error).__name__
    logger.debug("Why it was refused:", exc_info=error)
    return jsonify(error=str(error)), error.status if isinstance(error, NotHereError) else 400


def _no_such_file(error: DependencyException) -> tuple[Response, int]:
    """A file of a component library that is none of ours, which Dash itself takes for a fault of the program."""
    g.refusal = type(error).__name__
    logger.debug("Why it was refused:", exc_info=error)
    return jsonify(error="There is no such file."), 404


def _logged(response: Response) -> Response:
    if 400 <= response.status_code < 500:
        route = request.url_rule.rule if request.url_rule else "no route"
        reason = g.get("refusal", "")
        logger.info(
            "Refused %s %s: %d%s",
            request.method,
            route,
            response.status_code,
            f", {reason}" if reason else "",
            extra={"method": request.method, "route": route, "status": response.status_code, "reason": reason},
        )
    return response
