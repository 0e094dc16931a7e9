"""A4 pages that tables and entries flow over, one after the other, until the last page is well filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.report.number_table import NumberTable
from dashboard.report.page_canvas import BODY, HEAD, LEADING, POINT, QUIET, SMALL, TITLE, PageBox, PageCanvas
from dashboard.report.provenance import NOTICE, PROGRAM, Provenance
from dashboard.report.tables import draw_table, table_height

WIDTH, HEIGHT, EDGE = 180.0, 261.0, 15.0
"""An A4 page inside its margin; the footer stands in the lower margin."""
NAMES = 46.0
"""Millimetres that the names of entries take."""
LEAST_FILLED = 0.6
"""Part of the last page that is filled at least, if larger type and wider gaps can fill it."""
SETTINGS = ((BODY, 2.0), (BODY + 0.5, 2.6), (BODY + 1, 3.2), (BODY + 1.5, 4.0), (BODY + 2, 5.0))
"""Size of type and millimetres between entries, the densest first."""
Entries = Sequence[tuple[str, str]]
Part = Callable[["PageFlow"], None]
"""Puts something on the pages."""


class PageFlow:
    """Pages that grow as something is put on them.

    Parameters
    ----------
    title : str
        Of the first page; the later ones carry on below it.
    size : float
        Of the entries' type, in points.
    gap : float
        Millimetres between two entries.
    """

    def __init__(self, title: str, size: float = BODY, gap: float = 2.0) -> None:
        self.title, self.size, self.gap = title, size, gap
        self.pages: list[tuple[str, PageCanvas]] = []
        self.top = HEIGHT
        self._turn()

    @property
    def canvas(self) -> PageCanvas:
        """The page that is being filled."""
        return self.pages[-1][1]

    @property
    def filled(self) -> float:
        """Part of the last page that is taken."""
        return self.top / HEIGHT

    def _turn(self) -> None:
        title = f"{self.title}, continued" if self.pages else self.title
        self.pages.append((title, blank_sheet(title)))
        self.top = title_height()

    def room(self, height: float) -> float:
        """Turn the page where ``height`` millimetres do not fit any more; returns where they begin."""
        if self.top + height > HEIGHT and self.top > title_height():
            self._turn()
        return self.top

    def head(self, words: str, below: float = 12.0) -> None:
        """A head, together with at least ``below`` millimetres of what follows."""
        top = self.room(8 + below)
        self.canvas.label(0, top + 2, WIDTH, words, HEAD, weight="bold")
        self.top = top + 8

    def paragraph(self, words: str) -> None:
        """A paragraph across the page."""
        pieces = _pieces(words)
        lines = len(self.canvas.wrapped(pieces, WIDTH, self.size))
        top = self.room(lines * self.size * POINT * LEADING)
        self.top = self.canvas.paragraph(0, top, WIDTH, pieces, self.size) + self.gap

    def entries(self, entries: Entries, names: float = NAMES) -> None:
        """Names at the left, what they stand for at the right; none is torn apart."""
        for name, words in entries:
            pieces, width = _pieces(words), WIDTH - names - 2
            top = self.room(len(self.canvas.wrapped(pieces, width, self.size)) * self.size * POINT * LEADING)
            self.canvas.label(0, top, names, name, self.size, weight="bold")
            self.top = self.canvas.paragraph(names + 2, top, width, pieces, self.size) + self.gap

    def table(self, table: NumberTable) -> None:
        """A table, kept whole."""
        height = table_height(self.canvas, table, WIDTH)
        top = self.room(height)
        self.top = draw_table(self.canvas, PageBox(0, top, WIDTH, height), table) + 5

    def drawn(self, height: float, draw: Callable[[PageCanvas, PageBox], object]) -> None:
        """Whatever else takes ``height`` millimetres across the page."""
        top = self.room(height)
        draw(self.canvas, PageBox(0, top, WIDTH, height))
        self.top = top + height + 3


def flowing(title: str, parts: Sequence[Part]) -> list[tuple[str, PageCanvas]]:
    """Pages with all ``parts``, in the densest type of `SETTINGS` whose last page is filled, else the best."""
    best: PageFlow | None = None
    for size, gap in SETTINGS:
        flow = PageFlow(title, size, gap)
        for part in parts:
            part(flow)
        if best is None or (flow.filled > best.filled and len(flow.pages) <= len(best.pages)):
            best = flow
        if flow.filled >= LEAST_FILLED:
            return flow.pages
    return best.pages if best is not None else []


def title_height(size: float = HEAD + 3) -> float:
    """Millimetres that a page's title takes."""
    return size * POINT * 1.6 + 1


def blank_sheet(title: str, size: float = HEAD + 3) -> PageCanvas:
    """A page with nothing but its title."""
    canvas = PageCanvas(WIDTH, HEIGHT + 2 * 3, margin=EDGE)
    canvas.label(0, 0, WIDTH, title, size, weight="bold")
    return canvas


def with_footer(canvas: PageCanvas, number: int, count: int, origin: Provenance) -> PageCanvas:
    """The page with what stands at the foot of every one."""
    foot = HEIGHT + 4
    canvas.text(0, foot, f"{NOTICE}.", SMALL, weight="bold")
    networks = ", ".join(name for name, _ in origin.networks)
    about = f"{origin.pair} · {networks} · {PROGRAM} {origin.version} · {origin.day}"
    words, size = canvas.fitted(about, 95, SMALL)
    canvas.text(WIDTH / 2 + 8, foot, words, size, ha="center", color=QUIET)
    canvas.text(WIDTH, foot, f"page {number} of {count}", SMALL, ha="right", color=QUIET)
    return canvas


def bound_sheets(pages: Sequence[PageCanvas], origin: Provenance) -> list[PageCanvas]:
    """All pages, numbered."""
    return [with_footer(page, number, len(pages), origin) for number, page in enumerate(pages, 1)]


def first_sheet(title: str) -> tuple[PageCanvas, float]:
    """The first page of a report, and where its content begins."""
    return blank_sheet(title, TITLE), title_height(TITLE)


def _pieces(words: str) -> list[str]:
    return [f"{word} " for word in words.split()]
