"""What the page sends of files that are dropped on it: a list, their bytes piece by piece, that they may go."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from dashboard.access.audited import note
from dashboard.server import body_limits
from dashboard.server.error_handler import refuse
from dashboard.server.query_parameters import number
from dashboard.service.dropped_files import PIECE
from dashboard.service.dropped_pairs import UndeclaredError
from dashboard.service.drops import Drops
from fusion import InputError

LONGEST_LIST = 4 * 2**20
"""Bytes of the list of what is to come."""
LONGEST_PATH = 2000
"""Characters of a file's path in it."""
HIGHEST = 9999
"""Number that a browser gives a drop."""


def register(server: Flask, drops: Drops) -> None:
    """Add ``/drops`` and below it ``piece``, ``pairs`` and ``remove``, all for pages of our own only."""
    for name, answer in {"": _begin, "/piece": _piece, "/pairs": _pairs, "/remove": _remove}.items():
        server.add_url_rule(f"/drops{name}", f"drops{name}", partial(answer, drops), methods=["POST"])
    body_limits.allow(server, "drops", LONGEST_LIST)
    body_limits.allow(server, "drops/piece", PIECE)


def _check_origin() -> None:
    """Refuse what does not say that it comes from our page, as every browser says of what it posts."""
    if request.headers.get("Origin") is None:  # another one than ours is refused everywhere
        refuse(403, "Pictures are taken from this dashboard's own page only.")


def _begin(drops: Drops) -> Response:
    """Announce files: ``{"number": 1, "files": [{"path": …, "size": …}, …]}``; the secret of the drop."""
    _check_origin()
    if (request.content_length or 0) > LONGEST_LIST or request.content_length is None:
        refuse(413, "The list of dropped files is too long.")
    told, files = _told(request.get_json(silent=True))
    return jsonify(drop=drops.begin(told, files), piece=PIECE)


def _told(content: Any) -> tuple[int, list[tuple[str, int]]]:
    """The number of the drop and its files, as a page of ours tells them; InputError for anything else."""
    try:
        told = content["number"]
        files = [(each["path"], each["size"]) for each in content["files"]]
    except (TypeError, KeyError):
        raise InputError(_OTHER) from None
    is_ours = type(told) is int and 0 < told <= HIGHEST
    if not is_ours or not all(_is_file(path, size) for path, size in files):
        raise InputError(_OTHER)
    return told, files


_OTHER = "What was announced is no list of files; reload the page."


def _is_file(path: Any, size: Any) -> bool:
    return type(path) is str and type(size) is int and len(path) <= LONGEST_PATH and 0 <= size < 2**50


def _piece(drops: Drops) -> Response:
    """Take the bytes of the request, which begin ``at`` a byte of all; how many there are now."""
    _check_origin()
    length = request.content_length
    if length is None or length > PIECE:
        refuse(413, "A piece of a dropped file is too long.")
    drop, stream = request.args.get("drop", ""), request.stream
    return jsonify(received=drops.take(drop, number("at"), stream, length))  # type: ignore[arg-type]  # reads bytes


def _pairs(drops: Drops) -> Response | tuple[Response, int]:
    """Read what has come: how many pairs it makes, and what is to be said of the rest."""
    _check_origin()
    try:
        found = drops.pairs(request.args.get("drop", ""), same_space=request.args.get("same-space") == "1")
    except UndeclaredError as error:
        return jsonify(error=str(error), undeclared=True), 400
    note(content=drops.content_hash(request.args.get("drop", "")))
    return jsonify(count=len(found.entries), remarks=found.remarks)


def _remove(drops: Drops) -> tuple[str, int]:
    _check_origin()
    drops.remove_own(request.args.get("drop", ""))
    return "", 204
