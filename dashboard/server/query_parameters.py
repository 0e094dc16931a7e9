"""What the fast path's addresses have in common: query parameters, and binary answers."""

from __future__ import annotations

import re

from flask import Response, request

from fusion import InputError

AHEAD = 8
"""Pixels that a request may name besides the one it wants."""
WHOLE = re.compile("-?[0-9]{1,40}")
"""A whole number in plain digits, and not more of them than fit into a sentence."""


def whole_number(name: str, text: str | None, *, signed: bool = False) -> int:
    """The whole number that ``text``, given for ``name``, holds in plain digits; from 0 up unless ``signed``.

    Raises
    ------
    InputError
        It holds none, or there is no text.

    Examples
    --------
    >>> whole_number("dpi", "300"), whole_number("row", "-1", signed=True)
    (300, -1)
    >>> whole_number("row", "-1")
    Traceback (most recent call last):
    fusion.errors.InputError: row has to be a whole number from 0 up, not '-1'.
    """
    if text is None or not WHOLE.fullmatch(text) or (text.startswith("-") and not signed):
        shown = text if text is None else text[:40]
        raise InputError(f"{name} has to be a whole number{'' if signed else ' from 0 up'}, not {shown!r}.")
    return int(text)


def number(name: str, default: int | None = None) -> int:
    """The whole number that the request's word ``name`` holds; InputError where it holds none."""
    return whole_number(name, request.args.get(name, None if default is None else str(default)), signed=True)


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


def watcher() -> str:
    """Which open page, or which of its columns, asks."""
    return request.args.get("page", "")[:64]


def binary(message: bytes) -> Response:
    """An answer that no browser keeps."""
    response = Response(message, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = "no-store"
    return response
