"""A table of numbers, as values: what pages, CSV and print make of it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.report.provenance import Provenance
from fusion.data.csv_table import csv_table

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


def table_csv(table: NumberTable, origin: Provenance) -> bytes:
    """The table as CSV, the provenance in a comment above; what is undefined stays empty."""
    return f"# {origin.line()}\n# {origin.json()}\n{csv_table(table.heads, table.rows)}".encode()
