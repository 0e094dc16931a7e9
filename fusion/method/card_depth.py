"""How deeply a card's entries lie inside one another: whoever looks through them must come to an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 20
"""Lists and tables inside one another; cards that are written here have five."""


def is_too_deep(content: Any) -> bool:  # noqa: ANN401  (whatever a reader of JSON or TOML gives)
    """Whether tables and lists lie inside one another more than `DEEPEST` times.

    Examples
    --------
    >>> is_too_deep({"cases": [["1", "2"], ["3"]]})
    False
    """
    layer = [content]
    for _ in range(DEEPEST):
        tables = [each.values() for each in layer if isinstance(each, Mapping)]
        lists = [each for each in layer if isinstance(each, list)]
        layer = [inside for each in (*tables, *lists) for inside in each]
    return bool(layer)
