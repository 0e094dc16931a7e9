"""How each request ended, and after how long: counted, and on wish a line in the log."""

from __future__ import annotations

import logging
import time
from functools import partial

from flask import Flask, Response, g, request

from dashboard.server.error_handler import NOT_YET
from dashboard.server.metrics import Metrics, metrics_of

POINTED = frozenset({"explore_jacobian", "compare-jacobian"})
"""What a moving pointer asks many times a second: told only where it …"""
SLOW = 1.0
"""… took that many seconds, or was not answered."""
logger = logging.getLogger(__name__)


def install(server: Flask, *, is_logged: bool) -> None:
    """Look at each answer after all others did; to be called before they are installed."""
    server.before_request(_begin)
    server.after_request(partial(_ended, metrics_of(server), is_logged))


def outcome_of(status: int) -> str:
    """How a request ended, in a word.

    Examples
    --------
    >>> [outcome_of(status) for status in (200, 304, 202, 404, 500)]
    ['answered', 'answered', 'not yet', 'refused', 'failed']
    """
    if status < 400:
        return "not yet" if status == NOT_YET else "answered"
    return "refused" if status < 500 else "failed"


def _begin() -> None:
    g.begun = time.perf_counter()


def _ended(metrics: Metrics, is_logged: bool, response: Response) -> Response:
    seconds, outcome = time.perf_counter() - g.begun, outcome_of(response.status_code)
    endpoint = request.endpoint or "none"
    metrics.count(endpoint, outcome, seconds)
    if is_logged and (endpoint not in POINTED or outcome != "answered" or seconds >= SLOW):
        _log(response.status_code, outcome, seconds)
    return response


def _log(status: int, outcome: str, seconds: float) -> None:
    """One line: the route, not the path, which may name a pair."""
    facts = {
        "method": request.method,
        "rule": request.url_rule.rule if request.url_rule else "no route",
        "outcome": outcome,
        "code": status,
        "seconds": round(seconds, 4),
    }
    logger.info(
        "Request %s %s %s after %.3f s: %d.",
        *(facts["method"], facts["rule"], outcome, seconds, status),
        extra=facts,
    )
