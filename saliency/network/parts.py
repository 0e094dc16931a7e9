"""Work that is done in parts, so that whoever asks for them can do something else between two."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, TypeVar


class Progress(NamedTuple):
    """How much is done, of how much in all; less than all until the end."""

    done: int
    total: int


_Value = TypeVar("_Value")
Parts = Generator[Progress, None, _Value]
"""Tells after each part how far it is, and returns what was found."""


def finished(parts: Parts[_Value]) -> _Value:
    """What is found once all parts are done, one after the other.

    Examples
    --------
    >>> def two_parts():
    ...     yield Progress(1, 2)
    ...     yield Progress(2, 2)
    ...     return "found"
    >>> finished(two_parts())
    'found'
    """
    while True:
        try:
            next(parts)
        except StopIteration as end:
            found: _Value = end.value
            return found
