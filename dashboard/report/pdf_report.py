"""The report: a PDF of A4 pages made from one view, from provenance to definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.components import ids
from dashboard.components.ids import Panel
from dashboard.report import legend, panels
from dashboard.report.definitions import DEFINITIONS
from dashboard.report.grids import compare_grid, draw_page_grid
from dashboard.report.layouts import CAPTION, GAP, RGB_KEY, caption, grain, readout, readout_rows, title_of
from dashboard.report.legend import LEGEND_HEIGHT, short
from dashboard.report.number_table import NumberTable
from dashboard.report.page_canvas import BODY, HEAD, POINT, QUIET, SMALL, TITLE, PageBox, PageCanvas
from dashboard.report.provenance import NOTICE, PROGRAM, Provenance
from dashboard.report.tables import draw_table
from dashboard.report.view import GUIDANCE, JACOBIAN, ReportColumn, ReportView
from saliency import correlation
from saliency.measures.guidance_correlation import NO_CORRELATION

WIDTH, HEIGHT, EDGE = 180.0, 261.0, 15.0
"""An A4 page inside its margin; the footer stands in the lower margin."""
Draw = Callable[[PageCanvas, float], object]


def report_sheets(view: ReportView, origin: Provenance, tables: Sequence[NumberTable] = ()) -> list[PageCanvas]:
    """The pages of a report on ``view``.

    Title page with provenance, inputs and fused image; guidance and Jacobians of the first network with the
    read-out; the comparison where there are several networks; one page for each of ``tables`` (metrics, regions);
    definitions. Every page has a footer.
    """
    column = view.columns[0]
    alone = view.alone(column)
    network = column.network
    pages: list[tuple[str, Draw]] = [
        (f"{view.pair.title}: how it was fused", lambda canvas, top: _title_page(canvas, top, view, origin)),
        (f"Guidance images, {network}", lambda canvas, top: _guidance_page(canvas, top, alone)),
        (f"Jacobian images, {network}", lambda canvas, top: _jacobian_page(canvas, top, alone)),
    ]
    if len(view.columns) > 1:
        pages.append(
            (
                "Networks side by side",
                lambda canvas, top: draw_page_grid(
                    canvas, PageBox(0, top, WIDTH, HEIGHT - top), compare_grid(view)
                ),
            )
        )
        pages.append(
            (
                "Read-out of every network",
                lambda canvas, top: draw_table(canvas, PageBox(0, top, WIDTH, HEIGHT - top), readout_table(view)),
            )
        )
    pages += [(table.title, _table_page(table)) for table in tables]
    pages.append(("What the pictures and numbers mean", _definitions_page))
    return [_page(title, draw, number, len(pages), origin) for number, (title, draw) in enumerate(pages, 1)]


def _table_page(table: NumberTable) -> Draw:
    return lambda canvas, top: draw_table(canvas, PageBox(0, top, WIDTH, HEIGHT - top), table)


def _page(title: str, draw: Draw, number: int, count: int, origin: Provenance) -> PageCanvas:
    canvas = PageCanvas(WIDTH, HEIGHT + 2 * 3, margin=EDGE)
    size = TITLE if number == 1 else HEAD + 3
    canvas.label(0, 0, WIDTH, title, size, weight="bold")
    draw(canvas, size * POINT * 1.6 + 1)
    foot = HEIGHT + 4
    canvas.text(0, foot, f"{NOTICE}.", SMALL, weight="bold")
    networks = ", ".join(name for name, _ in origin.networks)
    about = f"{origin.pair} · {networks} · {PROGRAM} {origin.version} · {origin.day}"
    words, size = canvas.fitted(about, 95, SMALL)
    canvas.text(WIDTH / 2 + 8, foot, words, size, ha="center", color=QUIET)
    canvas.text(WIDTH, foot, f"page {number} of {count}", SMALL, ha="right", color=QUIET)
    return canvas


def _panel(letter: str) -> Panel:
    return next(panel for panel in ids.PANELS if panel.letter == letter)


def _place(canvas: PageCanvas, box: PageBox, view: ReportView, column: ReportColumn, letter: str) -> None:
    """A panel with its caption inside ``box``."""
    panel = _panel(letter)
    caption(canvas, box.left, box.top, box.width, letter, title_of(panel, view, column))
    inner = PageBox(box.left, box.top + CAPTION + 0.4, box.width, box.height - CAPTION - 0.4)
    panels.draw(canvas, inner, view, column, panel.image, is_zoom=panel.is_zoom)


def _rows(canvas: PageCanvas, top: float, wide: float, view: ReportView, letters: Sequence[str]) -> float:
    """Panels in rows of equal cells, from the left; a space leaves a cell free. Returns the lower edge."""
    high = panels.cell_height(wide, view.pair.shape) + CAPTION + 0.4
    for row in letters:
        for number, letter in enumerate(row):
            if letter != " ":
                _place(canvas, PageBox(number * (wide + GAP), top, wide, high), view, view.columns[0], letter)
        top += high + GAP
    return top


def _bars(canvas: PageCanvas, top: float, wide: float, view: ReportView) -> None:
    cell = wide, panels.cell_height(wide, view.pair.shape)
    places = tuple(
        (words, grain(view, *cell, is_zoom=kind)) for words, kind in ((" (whole)", False), (" (zoom)", True))
    )
    legend.scale_bars(canvas, PageBox(0, top, 60, 8), view, places)


def _title_page(canvas: PageCanvas, top: float, view: ReportView, origin: Provenance) -> None:
    one, two = view.pair.names
    pixel = f"pixel (row {view.pixel[0]}, column {view.pixel[1]})"
    networks = ", ".join(name for name, _ in origin.networks)
    top = canvas.paragraph(
        0, top, WIDTH, [f"{one} and {two}, fused by {networks}, questioned at {pixel}."], BODY + 1
    )
    wide, first = 42.0, top + 3
    top = _rows(canvas, first, wide, view, ("alg", "bmh"))
    _bars(canvas, top, wide, view)
    beside = 3 * (wide + GAP) + 4
    readout(canvas, PageBox(beside, first + CAPTION, WIDTH - beside, 100), view, view.columns[0], SMALL + 0.5)
    canvas.text(0, top + 12, "Where this report comes from", HEAD, weight="bold")
    _entries(canvas, top + 18, _facts(origin))


def _entries(canvas: PageCanvas, top: float, entries: Sequence[tuple[str, str]]) -> None:
    """Names at the left, what they stand for at the right."""
    for name, words in entries:
        canvas.label(0, top, 46, name, BODY, weight="bold")
        top = canvas.paragraph(48, top, WIDTH - 48, [f"{word} " for word in words.split()], BODY) + 2.0


def _facts(origin: Provenance) -> tuple[tuple[str, str], ...]:
    rows, cols = origin.shape
    spacing = "their spacing not known" if origin.spacing is None else f"{origin.spacing:g} mm a pixel"
    networks = [(f"weights of {name}", weights or "none") for name, weights in origin.networks]
    return (
        ("pair", f"{origin.pair} ({', '.join(origin.names)})"),
        ("size", f"{rows} rows × {cols} columns, {spacing}"),
        ("images (SHA-256)", origin.images),
        *networks,
        ("pixel", " and ".join(f"row {row}, column {col}" for row, col in origin.pixels)),
        ("window", f"{origin.window} × {origin.window} pixels"),
        (
            "display",
            f"derivative: {origin.display}; γ1 {origin.gamma1:g}, γ2 {origin.gamma2:g}; {origin.colormap}",
        ),
        ("made by", f"{PROGRAM} {origin.version}, torch {origin.torch}"),
        ("date", origin.day),
        ("use", f"{NOTICE}."),
    )


def _guidance_page(canvas: PageCanvas, top: float, view: ReportView) -> None:
    wide, column = 58.0, view.columns[0]
    top = _rows(canvas, top, wide, view, ("cni", "doj"))
    _bars(canvas, top, wide, view)
    legend.color_bar(canvas, PageBox(64, top, 112, LEGEND_HEIGHT), view, GUIDANCE[0], column)
    top = canvas.paragraph(0, top + LEGEND_HEIGHT + 1, WIDTH, [RGB_KEY.format(*view.pair.names)]) + 3
    _place(canvas, PageBox(0, top, 80, 76), view, column, "k")
    if column.guidance is None:
        return
    if column.error is not None:
        canvas.paragraph(92, top, 84, [f"{word} " for word in NO_CORRELATION.split()], color=QUIET)
        return
    near = view.area.slices
    found = {"all pixels": column.guidance, "the red box": tuple(image[near] for image in column.guidance)}
    values = [(where, correlation(*images)) for where, images in found.items()]
    table = NumberTable(
        "Correlation of both guidance images",
        ("over", "Pearson", "Spearman", "pixels"),
        tuple((where, each.pearson, each.spearman, f"{each.count}") for where, each in values),
    )
    draw_table(canvas, PageBox(92, top, 84, 40), table)


def _jacobian_page(canvas: PageCanvas, top: float, view: ReportView) -> None:
    wide, column = 82.0, view.columns[0]
    top = _rows(canvas, top, wide, view, ("ep", "fq"))
    _bars(canvas, top, wide, view)
    legend.color_bar(canvas, PageBox(64, top, 102, LEGEND_HEIGHT), view, JACOBIAN[0], column)
    draw_table(canvas, PageBox(0, top + LEGEND_HEIGHT + 4, WIDTH * 0.6, 40), _readout_table(view, column))


def _readout_table(view: ReportView, column: ReportColumn) -> NumberTable:
    title = f"Read-out at row {view.pixel[0]}, column {view.pixel[1]}: fused y = {short(column.readout.get('y'))}"
    return NumberTable(title, ("", *view.pair.names), tuple(readout_rows(column)))


def readout_table(view: ReportView) -> NumberTable:
    """One row a network: fused value, derivatives, totals, shares and radii at the pixel."""
    one, two = view.pair.names
    kinds = (("∂y/∂{}", "d"), ("Σ |∂y/∂{}|", "total"), ("share {}", "share"), ("r (90 %) {}", "radius"))
    heads = ("network", "fused y", *(kind.format(name) for kind, _ in kinds for name in (one, two)))
    rows = tuple(
        (
            column.network,
            column.readout.get("y"),
            *(column.readout.get(f"{stem}{number}") for _, stem in kinds for number in (1, 2)),
        )
        for column in view.columns
    )
    notes = tuple(f"{column.network}: {column.problem}" for column in view.columns if column.problem)
    return NumberTable(f"At row {view.pixel[0]}, column {view.pixel[1]}", heads, rows, notes)


def _definitions_page(canvas: PageCanvas, top: float) -> None:
    _entries(canvas, top, DEFINITIONS)
