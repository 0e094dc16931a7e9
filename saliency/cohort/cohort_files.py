"""A cohort's table and summary as files: CSV, Parquet, JSON. No path and no file name stands in them."""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fusion.data.csv_table import csv_table
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from saliency.cohort.case_figures import MEANINGS
from saliency.cohort.cohort_run import CohortProgress
from saliency.cohort.cohort_summary import CAUTION, cohort_summary
from saliency.cohort.outliers import RULE, Outlying, outliers_first

TABLE, COLUMNS, SUMMARY = "cohort.csv", "cohort.parquet", "summary.json"
WORDS = ("collection", "case", "slice", "pair", "network", "place")
COUNTS = ("pixels", "taken", "row", "col")
HEADS = (*WORDS, *COUNTS, "outlying figure", "interquartile ranges out", *MEANINGS)
"""Of the table's columns."""
MISSING = (
    "Parquet needs a package that is not installed: pip install 'fusevis[parquet]'; the CSV file has the same."
)

Cell = str | float | None


def table_rows(found: CohortProgress) -> list[tuple[Cell, ...]]:
    """The table's lines, outliers first."""
    return [table_row(each) for each in outliers_first(found.rows)]


def table_row(each: Outlying) -> tuple[Cell, ...]:
    """A line of the table."""
    row, measured = each.row, each.row.measured
    return (
        *(row.collection, row.case, row.slice, row.pair, row.network, measured.place),
        *(measured.pixels, measured.taken, *measured.middle),
        *(each.figure, each.ranges if each.figure else None),
        *(row.figures.get(name) for name in MEANINGS),
    )


def has_parquet() -> bool:
    """Whether the extra ``parquet`` is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def parquet_bytes(rows: Sequence[tuple[Cell, ...]]) -> bytes:
    """The table in Parquet's columns.

    Raises
    ------
    InputError
        The extra ``parquet`` is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(MISSING) from error
    kinds = {
        **dict.fromkeys((*WORDS, "outlying figure"), pyarrow.string()),
        **dict.fromkeys(COUNTS, pyarrow.int64()),
    }
    columns = {
        head: pyarrow.array([row[place] for row in rows], kinds.get(head, pyarrow.float64()))
        for place, head in enumerate(HEADS)
    }
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def summary_json(found: CohortProgress, about: Mapping[str, Any], seed: int) -> bytes:
    """The summary: what was measured and how, distributions, differences, outliers' rule and what failed."""
    summary = cohort_summary(found.rows, seed)
    content = {
        **about,
        "caution": CAUTION,
        "outliers": RULE,
        "figures": dict(MEANINGS),
        "distributions": [asdict(each) for each in summary.distributions],
        "differences": [{**asdict(each), "clear": each.is_clear} for each in summary.differences],
        "passed over": [[each.collection, each.title, each.network] for each in found.failures],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False).encode()


def write_cohort(found: CohortProgress, folder: Path, about: Mapping[str, Any], seed: int) -> tuple[str, ...]:
    """Write table and summary into a folder, each whole or not at all.

    Returns
    -------
    tuple of str
        Sentences on what could not be written.
    """
    rows = table_rows(found)
    write_whole(folder / TABLE, csv_table(HEADS, rows).encode())
    write_whole(folder / SUMMARY, summary_json(found, about, seed))
    try:
        write_whole(folder / COLUMNS, parquet_bytes(rows))
    except InputError as error:
        (folder / COLUMNS).unlink(missing_ok=True)  # of an earlier run, it would contradict the table
        return (str(error),)
    return ()
