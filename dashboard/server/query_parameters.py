"""What the fast path's addresses have in common: query parameters, and binary answers."""

from __future__ import annotations

from flask import Response, request

from fusion import InputError

AHEAD = 8
"""Pixels that a request may name besides the one it wants."""


def number(name: str, default: int | None = None) -> int:
    """The whole number that the request's word ``name`` holds; InputError where it holds none."""
    text = request.args.get(name, "" if default is None else str(default))
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{name} has to be a whole number, not {request.args.get(name)!r}.") from None


def ahead() -> list[tuple[int, int]]:
    """Pixels that the pointer is likely to reach next: ``row,col,row,col,…``; InputError for anything else."""
    text = request.args.get("ahead", "")
    try:
        numbers = [int(each) for each in text.split(",")] if text else []
    except ValueError:
        raise InputError(f"ahead has to be whole numbers with commas between them, not {text[:60]!r}.") from None
    if len(numbers) % 2 or len(numbers) > 2 * AHEAD:
        raise InputError(f"ahead names a row and a column each for at most {AHEAD} pixels.")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def binary(message: bytes) -> Response:
    """An answer that no browser keeps."""
    response = Response(message, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = "no-store"
    return response
