"""A table of numbers as a figure: a region's numbers by network, metrics, the read-out of several networks."""

from __future__ import annotations

from dashboard.report import legend
from dashboard.report.number_table import NumberTable
from dashboard.report.page_canvas import BODY, DOUBLE, INK, LEADING, POINT, QUIET, SMALL, PageBox, PageCanvas
from dashboard.report.provenance import Provenance
from dashboard.views.short_number import short

LINE = SMALL * POINT * 1.75


def table_figure(table: NumberTable, origin: Provenance, width: float = DOUBLE) -> PageCanvas:
    """The table for print, with its notes and where it comes from."""
    probe = PageCanvas(width, 10)
    height = table_height(probe, table, width) + 2 + legend.origin_height(origin, width)
    canvas = PageCanvas(width, height)
    bottom = draw_table(canvas, PageBox(0, 0, width, height), table)
    legend.write_origin(canvas, 0, bottom + 2, width, origin)
    return canvas


def draw_table(canvas: PageCanvas, box: PageBox, table: NumberTable) -> float:
    """Title, heads, rows and notes from the top of ``box``; returns the lower edge."""
    canvas.label(box.left, box.top, box.width, table.title, BODY + 1, weight="bold")
    top = box.top + 5
    widths = _widths(canvas, table, box.width)
    heads = [
        canvas.wrapped(_words(head), width - 1, SMALL) for head, width in zip(table.heads, widths, strict=True)
    ]
    deep = max(map(len, heads))
    for number, lines in enumerate(heads):
        for step, line in enumerate(lines):
            _entry(canvas, box.left, widths, number, top + (deep - len(lines) + step) * LINE * 0.8, line, QUIET)
    top += deep * LINE * 0.8 + 0.8
    _rule(canvas, box, top)
    for row in table.rows:
        for number, value in enumerate(row):
            words = value if isinstance(value, str) else aligned(value)
            _entry(canvas, box.left, widths, number, top + 1.0, words, INK)
        top += LINE
    _rule(canvas, box, top + 0.8)
    top += 2.0
    for note in table.notes:
        top = canvas.paragraph(box.left, top, box.width, _words(note), color=QUIET)
    return top


def aligned(value: float | None) -> str:
    """A number of four digits, all of them written, so that a column reads evenly; a count as it is.

    Examples
    --------
    >>> aligned(1.33), aligned(-1.0), aligned(0.0421), aligned(0.0), aligned(1091), aligned(None)
    ('1.330', '−1.000', '0.04210', '0', '1091', '–')
    """
    if value is None or isinstance(value, int) or not 0.001 <= abs(value) < 1000:
        return str(value) if isinstance(value, int) else short(value, 4)
    return f"{value:#.4g}".replace("-", "−")


def _heads(canvas: PageCanvas, table: NumberTable, widths: list[float]) -> list[list[str]]:
    """The lines of every column's head."""
    both = zip(table.heads, widths, strict=True)
    return [canvas.wrapped(_words(head), width - 1, SMALL) for head, width in both]


def table_height(canvas: PageCanvas, table: NumberTable, width: float) -> float:
    """Millimetres that `draw_table` takes, notes included."""
    notes = sum(len(canvas.wrapped(_words(note), width, SMALL)) for note in table.notes)
    return 5 + _height(canvas, table, width) + notes * SMALL * POINT * LEADING


def _height(canvas: PageCanvas, table: NumberTable, width: float) -> float:
    deep = max(map(len, _heads(canvas, table, _widths(canvas, table, width))))
    return deep * LINE * 0.8 + len(table.rows) * LINE + 2.8


def _widths(canvas: PageCanvas, table: NumberTable, width: float) -> list[float]:
    """The first column, of names, is wider: as wide as they are, within limits."""
    count = len(table.heads)
    names = max((canvas.breadth(str(row[0]), SMALL) for row in table.rows), default=0.0) + 2
    first = min(max(width * 2.2 / (count + 1.2), names), width * 0.26)
    return [first, *[(width - first) / max(count - 1, 1)] * (count - 1)]


def _entry(
    canvas: PageCanvas, left: float, widths: list[float], number: int, top: float, words: str, color: str
) -> None:
    words, size = canvas.fitted(words, widths[number] - 0.8, SMALL)
    if number == 0:
        canvas.text(left, top, words, size, color=color)
    else:
        canvas.text(left + sum(widths[: number + 1]), top, words, size, ha="right", color=color)


def _rule(canvas: PageCanvas, box: PageBox, top: float) -> None:
    axes = canvas.axes(PageBox(box.left, top, box.width, 0.01))
    axes.set(xticks=[], yticks=[], facecolor="none")
    for side, spine in axes.spines.items():
        spine.set_visible(side == "top")


def _words(text: str) -> list[str]:
    return [f"{word} " for word in text.split()]
