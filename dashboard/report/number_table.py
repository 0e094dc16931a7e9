"""A table of numbers, as values: what pages, CSV and print make of it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.report.provenance import Provenance
from fusion.data.csv_table import csv_table, inert

TableEntry = str | float | None
"""What stands in a table: words, a number, whole where it is a count, or nothing (undefined)."""


@dataclass(frozen=True)
class NumberTable:
    """Rows of numbers.

    Attributes
    ----------
    title : str
    heads : tuple of str
        Of the columns; the first is that of the rows' names.
    rows : tuple of tuples
        Each as long as ``heads``; None where a number is not defined.
    notes : tuple of str
        Sentences to stand below.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[TableEntry, ...], ...]
    notes: tuple[str, ...] = ()


def table_npz(table: NumberTable, origin: Provenance) -> bytes:
    """The table as arrays, a column each by its head: float64 with NaN where undefined, words as text.

    ``provenance`` is a JSON string; nothing in the file needs pickle.
    """
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.heads)
    arrays: dict[str, Any] = {head: _array(column) for head, column in zip(table.heads, columns, strict=True)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays, provenance=np.array(origin.json()))
    return buffer.getvalue()


def _array(column: Sequence[TableEntry]) -> NDArray[Any]:
    if any(isinstance(value, str) for value in column):
        return np.array(["" if value is None else str(value) for value in column])
    return np.array([np.nan if value is None else value for value in column], dtype=np.float64)


def table_csv(table: NumberTable, origin: Provenance) -> bytes:
    """The table as CSV, the provenance in a comment above; what is undefined stays empty."""
    told = f"# {inert(origin.line())}\n# {_inert_json(origin.json())}"
    return f"{told}\n{csv_table(table.heads, table.rows)}".encode()


def _inert_json(line: str) -> str:
    r"""The same JSON in which no cell begins as a formula behind a comma inside a text.

    Examples
    --------
    >>> _inert_json('{"pair": "a,=1+1", "shape": [1,-2]}')
    '{"pair": "a,\\u003d1+1", "shape": [1,-2]}'
    """
    return _TEXT.sub(lambda text: _FORMULA.sub(lambda found: f"{found[1]}\\u{ord(found[2]):04x}", text[0]), line)


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_FORMULA = re.compile(r'([,;\t"])([=+\-@＝＋－＠])')
