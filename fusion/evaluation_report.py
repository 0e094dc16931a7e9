"""An evaluation as a table for the eye and as records for a spreadsheet."""

from __future__ import annotations

import math

from fusion.evaluation import Row, Table

PARTS = ("ssim_loss_first", "ssim_loss_second", "l2_first", "l2_second")


def formatted(table: Table) -> str:
    """What does an evaluation say? Its table as text, one line a method, the ceiling last.

    Examples
    --------
    >>> from fusion.evaluation import Score
    >>> print(formatted(Table("demo", ("MRI", "PET"), (Row("mean", (Score(0.25, 0.5, 0.1, 0.2),)),))))
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
    return "\n".join([_headline(table), *(_aligned(line, widths) for line in (heads, *lines))])


def _headline(table: Table) -> str:
    count = f"{table.slices} slice{'s' if table.slices != 1 else ''}"
    if table.ceiling is None:
        return f"{table.title}: {count}"
    if len(table.ceiling_at) == table.slices:
        return f"{table.title}: {count}; ceiling climbed on every one"
    return (
        f"{table.title}: {count}; the ceiling's row and all percentages are over "
        f"{len(table.ceiling_at)} evenly spaced of them"
    )


def _cells(row: Row) -> list[str]:
    spread = row.deviation("ssim_sum")
    total = f"{row.mean('ssim_sum'):.4f}" + ("" if math.isnan(spread) else f" ± {spread:.4f}")
    return [row.name, total, *(f"{row.mean(part):.{5 if part.startswith('l2') else 4}f}" for part in PARTS)]


def _aligned(cells: list[str], widths: list[int]) -> str:
    numbers = (cell.rjust(width + 2) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return cells[0].ljust(max(widths[0], 12)) + " ".join(["", *numbers])


def records(table: Table) -> list[dict[str, str | int | float]]:
    """What does an evaluation say, one record a method? Means over slices; empty where there is no figure.

    Examples
    --------
    >>> from fusion.evaluation import Score
    >>> records(Table("demo", ("MRI", "PET"), (Row("mean", (Score(0.25, 0.5, 0.1, 0.2),)),)))[0]["ssim_sum"]
    1.25
    """
    rows = [*table.rows, table.ceiling] if table.ceiling else [*table.rows]
    return [_record(table, row) for row in rows]


def _record(table: Table, row: Row) -> dict[str, str | int | float]:
    spread = row.deviation("ssim_sum")
    return {
        "collection": table.title,
        "method": row.name,
        "slices": len(row.scores),
        "ssim_sum": row.mean("ssim_sum"),
        "ssim_sum_sd": "" if math.isnan(spread) else spread,
        "percent_of_ceiling": table.percent(row) if table.ceiling else "",
        "ceiling_slices": len(table.ceiling_at),
        **{part: row.mean(part) for part in PARTS},
    }
