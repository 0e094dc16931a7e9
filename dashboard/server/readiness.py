"""Whether the dashboard can do all that it is for: what is degraded, in a sentence each."""

from __future__ import annotations

import errno
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, jsonify

READINESS = "fusevis-readiness"
"""Under this name the Flask server's ``extensions`` hold its `Readiness`."""
TRIED = 2**16
"""Bytes that are written to find out whether something can be."""
UNKNOWN = "It could not be looked at; the log says why."
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """A part that is looked at.

    Attributes
    ----------
    part : str
        One word; what it is called in answers and metrics.
    problem : callable
        A sentence that says what is wrong and what follows, without a name of a pair, a path or a user; empty
        where nothing is.
    is_needed : bool
        Whether without it the dashboard is of no use; else it answers all the same.
    """

    part: str
    problem: Callable[[], str]
    is_needed: bool = False


class Readiness:
    """All parts that are looked at."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def add(self, *checks: Check) -> None:
        """Look at these as well."""
        self._checks.extend(checks)

    def problems(self) -> Mapping[Check, str]:
        """The sentence of each part as it is now, empty where nothing is wrong."""
        return {each: _problem(each) for each in self._checks}

    def answer(self) -> tuple[Response, HTTPStatus]:
        """What ``/ready`` answers."""
        found = {check: told for check, told in self.problems().items() if told}
        is_stopped = any(check.is_needed for check in found)
        state = "not ready" if is_stopped else "degraded" if found else "ready"
        told = {"state": state, "degraded": {check.part: sentence for check, sentence in found.items()}}
        return jsonify(told), HTTPStatus.SERVICE_UNAVAILABLE if is_stopped else HTTPStatus.OK


def readiness_of(server: Flask) -> Readiness:
    """The checks of a server, for whoever has one to add."""
    found: Readiness = server.extensions.setdefault(READINESS, Readiness())
    return found


def install(server: Flask) -> None:
    """Add ``/ready``."""
    server.add_url_rule("/ready", "ready", readiness_of(server).answer)


def why_unwritable(folder: Path) -> str:
    """Why nothing can be written into a folder, in a few words; empty where something can."""
    part = folder / f"{secrets.token_hex(8)}.part"
    try:
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(bytes(TRIED))
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        return "it is gone" if error.errno == errno.ENOENT else (error.strerror or "it cannot be written")
    return ""


def _problem(check: Check) -> str:
    try:
        return check.problem()
    except Exception:  # whoever watches is told of the others all the same
        logger.exception("A part of the dashboard could not be looked at.")
        return UNKNOWN
