"""The report: a PDF of A4 pages made from one view, from provenance to definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboard.components import ids
from dashboard.components.definitions import DEFINITIONS
from dashboard.components.ids import Panel
from dashboard.report import legend, panels
from dashboard.report.difference_part import put_differences
from dashboard.report.grids import compare_grid, draw_page_grid
from dashboard.report.layouts import CAPTION, GAP, RGB_KEY, caption, grain, readout, readout_rows, title_of
from dashboard.report.legend import LEGEND_HEIGHT, spacing_words
from dashboard.report.number_table import NumberTable
from dashboard.report.page_canvas import BODY, HEAD, QUIET, SMALL, PageBox, PageCanvas
from dashboard.report.page_flow import (
    HEIGHT,
    WIDTH,
    PageFlow,
    Part,
    blank_sheet,
    bound_sheets,
    first_sheet,
    flowing,
    title_height,
)
from dashboard.report.provenance import NOTICE, PROGRAM, Provenance
from dashboard.report.tables import draw_table
from dashboard.report.view import GUIDANCE, JACOBIAN, ReportColumn, ReportView
from dashboard.views.short_number import short
from saliency import correlation
from saliency.measures.guidance_correlation import NO_CORRELATION

Draw = Callable[[PageCanvas, float], object]


def report_sheets(view: ReportView, origin: Provenance, more: Sequence[Part] = ()) -> list[PageCanvas]:
    """The pages of a report on ``view``.

    Title page with provenance, inputs and fused image; guidance and Jacobians of the first network with the
    read-out; the comparison where there are several networks. Then, one after the other, the read-outs, what
    ``more`` puts there (verdict, regions, metrics, differences), and definitions. Every page has a footer.
    """
    alone = view.alone(view.columns[0])
    network = view.columns[0].network
    first, top = first_sheet(f"{view.pair.title}: how it was fused")
    _title_page(first, top, view, origin)
    pages: list[tuple[str, Draw]] = [
        (f"Guidance images, {network}", lambda canvas, top: _guidance_page(canvas, top, alone)),
        (f"Jacobian images, {network}", lambda canvas, top: _jacobian_page(canvas, top, alone)),
    ]
    if len(view.columns) > 1:
        pages.append(("Networks side by side", lambda canvas, top: _compare_page(canvas, top, view)))
    drawn = [_drawn(*page) for page in pages]
    several: list[Part] = []
    if len(view.columns) > 1:
        several = [lambda flow: flow.table(readout_table(view)), lambda flow: put_differences(flow, view)]
    rest = flowing("Figures, and what they mean", [*several, *more, _definitions])
    return bound_sheets([first, *drawn, *(canvas for _, canvas in rest)], origin)


def _drawn(title: str, draw: Draw) -> PageCanvas:
    canvas = blank_sheet(title)
    draw(canvas, title_height())
    return canvas


def _compare_page(canvas: PageCanvas, top: float, view: ReportView) -> None:
    draw_page_grid(canvas, PageBox(0, top, WIDTH, HEIGHT - top), compare_grid(view))


def _definitions(flow: PageFlow) -> None:
    flow.head("What the pictures and numbers mean")
    flow.entries(DEFINITIONS)


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
    high = panels.cell_height(wide, view.pair.drawn_shape) + CAPTION + 0.4
    for row in letters:
        for number, letter in enumerate(row):
            if letter != " ":
                _place(canvas, PageBox(number * (wide + GAP), top, wide, high), view, view.columns[0], letter)
        top += high + GAP
    return top


def _bars(canvas: PageCanvas, top: float, wide: float, view: ReportView) -> None:
    cell = wide, panels.cell_height(wide, view.pair.drawn_shape)
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
    spacing = spacing_words(origin.spacing, origin.row_spacing)
    networks = [(f"weights of {name}", weights or "none") for name, weights in origin.networks]
    return (
        ("pair", f"{origin.pair} ({', '.join(origin.names)})"),
        ("size", f"{rows} rows × {cols} columns, {spacing}"),
        *([("read as", " ".join(origin.remarks))] if origin.remarks else []),
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
