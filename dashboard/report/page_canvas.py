"""Paper in millimetres: boxes, text that fits, and a figure as PNG, SVG or PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from threading import RLock
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage

from dashboard.report.provenance import PROGRAM, Provenance
from fusion import InputError

MARGIN = 1.0
"""White around a figure, so that frames at its edge are whole."""
SINGLE, MIDDLE, DOUBLE = (width - 2 * MARGIN for width in (85.0, 120.0, 180.0))
"""What fits into one, one and a half and two columns of a journal, in millimetres."""
INCH = 25.4
POINT = INCH / 72
SMALL, BODY, HEAD, TITLE = 6.0, 7.0, 8.5, 15.0
"""Sizes of type in points; no journal prints less than the smallest."""
INK, QUIET, RED, GREEN = "#1d2329", "#5c6670", "#e03131", "#2b8a3e"
LEADING = 1.35
"""Height of a line over the size of its type."""
DOTS = 100
"""An inch, where text is measured."""
LARGEST = 60_000_000
"""Dots of the largest PNG; it is drawn in memory at four bytes a dot."""

HOUSE_STYLE: Any = {
    "pdf.fonttype": 42,  # TrueType, which journals accept and readers can select and search
    "svg.fonttype": "none",
    "svg.hashsalt": PROGRAM,
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": SMALL,
    "text.hinting": "none",  # else a line is up to a twentieth wider at one resolution than at another
    "text.parse_math": False,  # a file may be called "a$b$"
    "axes.linewidth": 0.4,
    "axes.edgecolor": QUIET,
    "axes.unicode_minus": True,
    "axes.facecolor": "white",
    "text.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "auto",
    "savefig.bbox": None,
}
_STYLING = RLock()
"""Matplotlib's settings belong to the whole process: while one thread draws with ours, others wait."""


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save with our settings, whatever the person's matplotlibrc says; one thread at a time."""
    with _STYLING, matplotlib.rc_context(HOUSE_STYLE):
        yield


class PageBox(NamedTuple):
    """A rectangle on a canvas, in millimetres from the page's top left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


class PageCanvas:
    """Paper with room for ``width`` × ``height`` millimetres inside a margin; places are counted from there."""

    def __init__(self, width: float, height: float, margin: float = MARGIN) -> None:
        self.width, self.height, self._margin = width + 2 * margin, height + 2 * margin, margin
        self.figure = Figure(figsize=(self.width / INCH, self.height / INCH))
        FigureCanvasAgg(self.figure)

    def axes(self, box: PageBox) -> Axes:
        """Axes that fill ``box``."""
        left, bottom = self._place(box.left, box.bottom)
        return self.figure.add_axes((left, bottom, box.width / self.width, box.height / self.height))

    def _place(self, left: float, top: float) -> tuple[float, float]:
        return (left + self._margin) / self.width, 1 - (top + self._margin) / self.height

    def text(self, left: float, top: float, words: str, size: float = BODY, **style: Any) -> None:
        """One line of text, its upper left corner (or with ``ha`` another of the upper ones) at the place."""
        style = {"va": "top", "ha": "left", "color": INK, **style}
        self.figure.text(*self._place(left, top), words, fontsize=size, **style)

    def label(self, left: float, top: float, width: float, words: str, size: float = BODY, **style: Any) -> None:
        """One line of text that keeps within ``width``: set smaller, at last cut off."""
        fitting, size = self.fitted(words, width, size, style.get("weight", "normal"))
        self.text(left, top, fitting, size, **style)

    def paragraph(
        self, left: float, top: float, width: float, words: Sequence[str], size: float = SMALL, **style: Any
    ) -> float:
        """``words``, each kept whole where it fits, in lines of ``width``; returns the lower edge."""
        lines = self.wrapped(words, width, size)
        for number, line in enumerate(lines):
            self.text(left, top + number * size * POINT * LEADING, line, size, **style)
        return top + len(lines) * size * POINT * LEADING

    def wrapped(self, words: Sequence[str], width: float, size: float) -> list[str]:
        """The lines that ``words`` (with their own spaces) fill; a word wider than ``width`` is broken."""
        lines = [""]
        for word in (piece for each in words for piece in self._pieces(each, width, size)):
            if lines[-1] and self.breadth((lines[-1] + word).rstrip(), size) > width:
                lines.append("")
            lines[-1] += word if lines[-1] else word.lstrip()
        return [line.rstrip() for line in lines if line.strip()]

    def _pieces(self, word: str, width: float, size: float) -> Iterator[str]:
        while len(word) > 1 and self.breadth(word.rstrip(), size) > width:
            space = word.rstrip().rfind(" ", 1, max(len(word) // 2, 2))
            cut = space + 1 if space > 0 else max(len(word) // 2, 1)
            yield from self._pieces(word[:cut], width, size)
            word = word[cut:]
        yield word

    def fitted(self, words: str, width: float, size: float, weight: str = "normal") -> tuple[str, float]:
        """``words`` and the size at which they keep within ``width``, no smaller than `SMALL`; else cut off."""
        natural = self.breadth(words, size, weight)
        if natural <= width:
            return words, size
        size = max(size * width / natural, SMALL)
        while len(words) > 2 and self.breadth(words, size, weight) > width:
            words = words[:-2].rstrip() + "…"
        return words, size

    def breadth(self, words: str, size: float, weight: str = "normal") -> float:
        """How wide a line of text is, in millimetres."""
        return _breadth(words, size, weight)


@lru_cache(maxsize=4096)
def _breadth(words: str, size: float, weight: str) -> float:
    """The same, measured once: a report's tables ask for five lines in six again, half a millisecond each."""
    font = FontProperties(family=HOUSE_STYLE["font.family"], size=size, weight=weight)
    with house_style():
        width, _, _ = RendererAgg(1, 1, DOTS).get_text_width_height_descent(words, font, ismath=False)
    return float(width) / DOTS * INCH


def check_size(width: float, height: float, dpi: int) -> None:
    """Refuse a PNG of more dots than `LARGEST`, naming the resolution that would do."""
    if width * height / INCH**2 * dpi**2 > LARGEST:
        most = int((LARGEST * INCH**2 / (width * height)) ** 0.5)
        raise InputError(f"At {dpi} dots per inch this figure is too large; choose {most} or fewer, or PDF.")


def saved(canvas: PageCanvas, kind: str, dpi: int, origin: Provenance) -> bytes:
    """The page as a file: ``"png"``, ``"svg"`` or ``"pdf"``; its metadata holds the provenance in full.

    Raises
    ------
    InputError
        A PNG would be too large.
    """
    if kind == "png":
        check_size(canvas.width, canvas.height, dpi)
    _sharpen(canvas, kind, dpi)
    buffer = io.BytesIO()
    canvas.figure.savefig(buffer, format=kind, dpi=dpi, metadata=_metadata(kind, origin))
    return buffer.getvalue()


def bound(pages: Sequence[PageCanvas], dpi: int, origin: Provenance) -> bytes:
    """Several pages as one PDF."""
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    with PdfPages(buffer, metadata=_metadata("pdf", origin)) as file:
        for canvas in pages:
            _sharpen(canvas, "pdf", dpi)
            file.savefig(canvas.figure, dpi=dpi)
    return buffer.getvalue()


def _sharpen(canvas: PageCanvas, kind: str, dpi: int) -> None:
    """Show image pixels as they are: vector formats embed them unchanged, a PNG blends only what it shrinks."""
    for image in canvas.figure.findobj(AxesImage):
        dots = _pixel_side(image) * dpi / canvas.figure.dpi
        shrinks = kind == "png" and dots < 1 and min(image.get_size()) > 1
        image.set_interpolation("hanning" if shrinks else "nearest" if kind == "png" else "none")


def _pixel_side(image: AxesImage) -> float:
    """The shorter side of a pixel of a picture as it is drawn, in dots of its figure."""
    (rows, cols), drawn, aspect = image.get_size(), image.axes.get_window_extent(), image.axes.get_aspect()
    (left, right), (bottom, top) = sorted(image.axes.get_xlim()), sorted(image.axes.get_ylim())
    first, last, low, high = image.get_extent()
    across, down = drawn.width / (right - left), drawn.height / (top - bottom)
    if not isinstance(aspect, str):
        across = min(across, down / aspect)
        down = across * aspect
    return min(across * abs(last - first) / cols, down * abs(high - low) / rows)


def _metadata(kind: str, origin: Provenance) -> dict[str, Any]:
    title, moment = f"{origin.pair}: {', '.join(name for name, _ in origin.networks)}", f"{origin.day}T00:00:00"
    program = f"{PROGRAM} {origin.version}"
    if kind == "pdf":
        made = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        return {
            "Title": title,
            "Subject": origin.line(),
            "Keywords": origin.json(),
            "Creator": program,
            "CreationDate": made,
            "ModDate": made,
        }
    if kind == "svg":
        return {
            "Title": title,
            "Description": origin.line(),
            "Source": origin.json(),
            "Creator": program,
            "Date": origin.day,
        }
    return {"Title": title, "Description": origin.line(), "Comment": origin.json(), "Software": program}
