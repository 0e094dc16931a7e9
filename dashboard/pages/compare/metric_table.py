"""The field's metrics as a table: as CSV, and for print with each column's leader named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.pages.compare.metric_scores import MetricRow
from dashboard.report.number_table import NumberTable, TableEntry
from fusion.metrics import METRICS

ARROWS: Mapping[str, str] = {"higher": "↑", "lower": "↓"}


def with_rules(networks: Sequence[MetricRow], rules: Sequence[MetricRow]) -> list[MetricRow]:
    """The rows of ``networks`` and of the trivial rules that are not among them."""
    known = {row["method"] for row in networks}
    return [*networks, *(row for row in rules if row["method"] not in known)]


def leaders(rows: Sequence[MetricRow]) -> dict[str, tuple[str, ...]]:
    """Which methods have each metric's best value; empty where it is undefined for all.

    Examples
    --------
    >>> rows = [{"method": name, "values": [{"number": value, "why": ""}] * len(METRICS)}
    ...         for name, value in (("copy of MRI", 2.0), ("DeepFuse", 1.0))]
    >>> leaders(rows)["SSIM"]
    ('copy of MRI',)
    """
    return {name: _leaders(rows, place, METRICS[name].better) for place, name in enumerate(METRICS)}


def _leaders(rows: Sequence[MetricRow], place: int, better: str) -> tuple[str, ...]:
    numbers = {row["method"]: row["values"][place]["number"] for row in rows}
    known = [number for number in numbers.values() if number is not None]
    if not known:
        return ()
    best = max(known) if better == "higher" else min(known)
    return tuple(method for method, number in numbers.items() if number == best)


def values_table(title: str, rows: Sequence[MetricRow]) -> NumberTable:
    """Every value as it was computed, and why it is undefined where it is."""
    return NumberTable(title, ("method", *METRICS), tuple(_line(row, _told) for row in rows))


def printed_table(title: str, rows: Sequence[MetricRow]) -> NumberTable:
    """The same for print: dashes where a value is undefined, the reasons and the leaders below."""
    heads = tuple(f"{name} {ARROWS[metric.better]}" for name, metric in METRICS.items())
    best = [f"{name}: {' and '.join(found) or 'nobody'}" for name, found in leaders(rows).items()]
    notes = (f"Leading: {'; '.join(best)}. Each metric rewards what it was made to see.", *_reasons(rows))
    return NumberTable(title, ("method", *heads), tuple(_line(row, _number) for row in rows), notes)


def _line(row: MetricRow, entry: Any) -> tuple[TableEntry, ...]:
    return (row["method"], *(entry(value) for value in row["values"]))


def _told(value: Mapping[str, Any]) -> TableEntry:
    return f"undefined: {value['why']}" if value["number"] is None else float(value["number"])


def _number(value: Mapping[str, Any]) -> TableEntry:
    return None if value["number"] is None else float(value["number"])


def _reasons(rows: Sequence[MetricRow]) -> tuple[str, ...]:
    """A sentence for each reason, with the values that it leaves undefined."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, value in zip(METRICS, row["values"], strict=True):
            if value["number"] is None:
                found.setdefault(value["why"], []).append(f"{name} of {row['method']}")
    return tuple(f"Undefined, {', '.join(places)}: {why}" for why, places in found.items())
