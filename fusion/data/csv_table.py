"""Rows of words and numbers as CSV, so that every digit comes back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that spreadsheets compute instead of showing it."""
_BEHIND_SEPARATOR = re.compile(r"([,;\t])(?=[=+\-@＝＋－＠])")
"""Where a cell that is computed may begin inside a text, as other countries' programs part cells otherwise."""


def csv_table(heads: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    r"""The table as CSV: a count without a point, other numbers with every digit, None as an empty cell.

    Words that a spreadsheet would take for a formula have an apostrophe before them, which it shows as text.

    Examples
    --------
    >>> csv_table(("title", "share"), [("=1+1", -0.5)])
    "title,share\n'=1+1,-0.5\n"
    >>> csv_table(("method", "pixels", "share"), [("MaskNet", 12, 0.1), ("DeepFuse", 12, None)])
    'method,pixels,share\nMaskNet,12,0.1\nDeepFuse,12,\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(head) for head in heads])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return inert(value)
    return str(value) if isinstance(value, int) else repr(float(value))


def inert(text: str) -> str:
    """A text in which no cell begins as a formula, wherever a spreadsheet parts it.

    Examples
    --------
    >>> inert("a,=1+1"), inert("=1"), inert("-0.5, a-b")
    ("a,'=1+1", "'=1", "'-0.5, a-b")
    """
    found = _BEHIND_SEPARATOR.sub(r"\1'", text)
    return f"'{found}" if found.startswith(FORMULA) else found
