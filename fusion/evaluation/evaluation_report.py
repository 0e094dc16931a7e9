"""An evaluation as a table for the eye and as records for a spreadsheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fusion.evaluation.method_table import MethodRow, MethodTable
from fusion.metrics import Record
from fusion.metrics import records as metric_records

PARTS = ("ssim_loss_first", "ssim_loss_second", "l2_first", "l2_second")
SCORES = ("ssim_sum", *PARTS)


def formatted(table: MethodTable) -> str:
    """What does an evaluation say? Its table as text, one line a method, the ceiling last.

    Below it stands what the networks have learned from, one line for those that have learned from the same.

    Examples
    --------
    >>> from fusion.evaluation.method_table import Score
    >>> print(formatted(MethodTable("demo", ("MRI", "PET"), (MethodRow("mean", (Score(0.25, 0.5, 0.1, 0.2),)),))))
    demo: 1 slice
    method         SSIM sum   1−SSIM MRI   1−SSIM PET   MSE MRI   MSE PET
    mean             1.2500       0.2500       0.5000   0.10000   0.20000
    """
    first, second = table.modalities
    heads = ["method", "SSIM sum", f"1−SSIM {first}", f"1−SSIM {second}", f"MSE {first}", f"MSE {second}"]
    rows = [*table.rows, table.ceiling] if table.ceiling else [*table.rows]
    lines = [_cells(row) for row in rows]
    if table.ceiling:
        heads.insert(2, "of ceiling")
        for line, row in zip(lines, rows, strict=True):
            line.insert(2, f"{table.percent(row):.2f} %")
    widths = [max(len(line[column]) for line in (heads, *lines)) for column in range(len(heads))]
    return "\n".join([_headline(table), *(_aligned(line, widths) for line in (heads, *lines)), *_learned(table)])


def _learned(table: MethodTable) -> list[str]:
    names: dict[str, list[str]] = {}
    for name, learned in table.learned_from.items():
        names.setdefault(learned, []).append(name)
    return [f"learned from {learned}: {', '.join(those)}" for learned, those in names.items()]


def _headline(table: MethodTable) -> str:
    count = f"{table.slices} slice{'s' if table.slices != 1 else ''}"
    if table.ceiling is None:
        return f"{table.title}: {count}"
    if len(table.ceiling_at) == table.slices:
        return f"{table.title}: {count}; ceiling climbed on every one"
    return (
        f"{table.title}: {count}; the ceiling's row and all percentages are over "
        f"{len(table.ceiling_at)} evenly spaced of them"
    )


def _cells(row: MethodRow) -> list[str]:
    spread = row.deviation("ssim_sum")
    total = f"{row.mean('ssim_sum'):.4f}" + ("" if math.isnan(spread) else f" ± {spread:.4f}")
    return [row.name, total, *(f"{row.mean(part):.{5 if part.startswith('l2') else 4}f}" for part in PARTS)]


def _aligned(cells: list[str], widths: list[int]) -> str:
    numbers = (cell.rjust(width + 2) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return cells[0].ljust(max(widths[0], 12)) + " ".join(["", *numbers])


def records(table: MethodTable) -> list[Record]:
    """What does an evaluation say, for a spreadsheet? Empty where there is no figure.

    For each row of the table a record a slice (``row`` is ``"pair"``), then its ``"mean"``, ``"sd"`` and
    ``"count"``, as `fusion.metrics.records` gives them; the scores of
    `fusion.evaluation.method_table.Score` come first.

    Examples
    --------
    >>> from fusion.evaluation.method_table import Score
    >>> row = MethodRow("mean", (Score(0.25, 0.5, 0.1, 0.2),))
    >>> records(MethodTable("demo", ("MRI", "PET"), (row,)))[0]["ssim_sum"]
    1.25
    """
    measured: dict[str, list[Record]] = {}
    for record in metric_records(table.measurements):
        measured.setdefault(str(record["method"]), []).append(record)
    titles = table.pairs or tuple(str(number) for number in range(1, table.slices + 1))
    found = [_records(table, row, titles, measured.get(row.name)) for row in table.rows]
    if table.ceiling:
        found.append(_records(table, table.ceiling, [titles[index] for index in table.ceiling_at], None))
    return [record for part in found for record in part]


def _records(
    table: MethodTable, row: MethodRow, titles: Sequence[str], measured: Sequence[Record] | None
) -> list[Record]:
    """One row's slices, mean, deviation and count, each with its metrics, or with none."""
    percent = table.percent(row) if table.ceiling else ""
    parts: list[tuple[str, str, Record]] = [
        ("pair", title, {what: getattr(score, what) for what in SCORES})
        for title, score in zip(titles, row.scores, strict=True)
    ]
    spreads = {what: row.deviation(what) for what in SCORES}
    parts += [
        ("mean", "", {**{what: row.mean(what) for what in SCORES}, "percent_of_ceiling": percent}),
        ("sd", "", {what: "" if math.isnan(spread) else spread for what, spread in spreads.items()}),
        ("count", "", {what: len(row.scores) for what in SCORES}),
    ]
    start: Record = {
        "collection": table.title,
        "method": row.name,
        "learned_from": table.learned_by(row),
        "ceiling_slices": len(table.ceiling_at),
    }
    blank: Record = dict.fromkeys(table.measurements[0].values if table.measurements else (), "")
    return [
        {
            **start,
            "row": kind,
            "pair": title,
            "percent_of_ceiling": "",
            **scores,
            **({**blank, "undefined": ""} if measured is None else measured[number]),
        }
        for number, (kind, title, scores) in enumerate(parts)
    ]
