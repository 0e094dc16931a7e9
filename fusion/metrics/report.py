"""Averages of metrics as a table for the eye."""

from __future__ import annotations

from collections.abc import Mapping

from fusion.metrics.catalogue import METRICS
from fusion.metrics.table import leaders
from fusion.metrics.value import Average

WIDTH = 110
"""Characters that a line of the table takes at most."""


def formatted(summary: Mapping[str, Mapping[str, Average]], width: int = WIDTH) -> str:
    """What do metrics say of each method? Mean ± standard deviation, the leader of each column starred.

    As many metrics stand side by side as fit into ``width``, the others below. A figure that rests on fewer
    pairs than there were has their number behind it; one that is undefined for all of them is a dash, and the
    reasons follow the table.

    Examples
    --------
    >>> from fusion.metrics.value import MetricValue, average
    >>> nothing = average([MetricValue(None, "a reason")])
    >>> sheet = {"mean": {"EN": average([MetricValue(5.0)])}, "copy": {"EN": nothing}}
    >>> print(formatted(sheet))
    method     EN ↑
    mean     *5.000
    copy          –
    –: copy: EN: a reason
    """
    names = list(next(iter(summary.values()), {}))
    best = leaders(summary)
    first = ["method", *summary]
    columns = [
        [f"{name} {'↑' if METRICS[name].better == 'higher' else '↓'}"]
        + [_cell(averages[name], method in best[name]) for method, averages in summary.items()]
        for name in names
    ]
    blocks = ["\n".join(_lines([first, *block])) for block in _blocks(first, columns, width)]
    return "\n".join(["\n\n".join(blocks), *_reasons(summary)])


def _cell(found: Average, leads: bool) -> str:
    if found.mean is None:
        return "–"
    spread = "" if found.deviation is None else f" ± {_figure(found.deviation)}"
    rest = "" if found.count == found.of else f" ({found.count})"
    return ("*" if leads else "") + _figure(found.mean) + spread + rest


def _figure(number: float) -> str:
    return f"{number:.{2 if abs(number) >= 10 else 3}f}"


def _width(column: list[str]) -> int:
    return max(len(cell) for cell in column) + 3


def _blocks(first: list[str], columns: list[list[str]], width: int) -> list[list[list[str]]]:
    blocks: list[list[list[str]]] = []
    left = 0
    for column in columns:
        left -= _width(column)
        if left < 0 or not blocks:
            blocks.append([])
            left = width - _width(first) - _width(column)
        blocks[-1].append(column)
    return blocks


def _lines(columns: list[list[str]]) -> list[str]:
    names, *others = columns
    widths = [_width(column) for column in others]
    return [
        name.ljust(_width(names) - 3) + "".join(cell.rjust(wide) for cell, wide in zip(cells, widths, strict=True))
        for name, *cells in zip(names, *others, strict=True)
    ]


def _reasons(summary: Mapping[str, Mapping[str, Average]]) -> list[str]:
    """A line for each reason, with the methods and metrics it holds for."""
    held: dict[tuple[str, str], list[str]] = {}
    for method, averages in summary.items():
        for name, found in averages.items():
            for why in found.whys:
                held.setdefault((name, why), []).append(method)
    return [f"–: {', '.join(methods)}: {name}: {why}" for (name, why), methods in held.items()]
