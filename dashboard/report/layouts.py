"""Figures of one network: a panel, the whole Explore screen, the read-out."""

from __future__ import annotations

from dashboard.components import ids
from dashboard.components.ids import Panel
from dashboard.report import legend, panels
from dashboard.report.legend import LEGEND_HEIGHT
from dashboard.report.page_canvas import BODY, DOUBLE, POINT, QUIET, SINGLE, SMALL, PageBox, PageCanvas
from dashboard.report.provenance import Provenance
from dashboard.report.view import GUIDANCE, JACOBIAN, ReportColumn, ReportView, name_of
from dashboard.views.short_number import short

GAP = 1.6
CAPTION = 3.6
RGB_KEY = "Guidance RGB: red {0}, green {1}, blue fused; each from its own minimum to its maximum."


def title_of(panel: Panel, view: ReportView, column: ReportColumn) -> str:
    """A panel's name as on the page."""
    name = name_of(panel.image, view.pair.names, column.network)
    side = view.look.window
    return f"{name}, zoom {side} × {side}" if panel.is_zoom else name


def grain(view: ReportView, width: float, height: float, *, is_zoom: bool) -> float:
    """Millimetres of paper that a column takes in a cell."""
    if is_zoom:
        return min(width, height / view.pair.aspect) / view.look.window
    high, wide = view.pair.drawn_shape
    return min(width / wide, height / high)


def panel_figure(view: ReportView, panel: Panel, origin: Provenance, width: float = SINGLE) -> PageCanvas:
    """One panel of Explore, its letter and name above, its scales below."""
    column = view.columns[0]
    high = (
        width * 0.85
        if panel.image == "scatter" or panel.is_zoom
        else panels.cell_height(width, view.pair.drawn_shape)
    )
    has_bar, has_key = panel.image in (*GUIDANCE, *JACOBIAN), panel.image == "rgb"
    below = 0 if panel.image == "scatter" else LEGEND_HEIGHT
    height = CAPTION + 1 + high + GAP + below + (3 if has_key else 0) + legend.origin_height(origin, width)
    canvas = PageCanvas(width, height)
    caption(canvas, 0, 0, width, panel.letter, title_of(panel, view, column), BODY + 1)
    box = PageBox(0, CAPTION + 1, width, high)
    panels.draw(canvas, box, view, column, panel.image, is_zoom=panel.is_zoom)
    top = box.bottom + GAP
    if panel.image != "scatter":
        bars = (("", grain(view, width, high, is_zoom=panel.is_zoom)),)
        legend.scale_bars(canvas, PageBox(0, top, width * 0.45, 4), view, bars)
        if not panel.is_zoom:
            legend.key(canvas, PageBox(0, top + 4, width * 0.45, 4), _window_words(view))
    if has_bar:
        legend.color_bar(canvas, PageBox(width * 0.5, top, width * 0.5, LEGEND_HEIGHT), view, panel.image, column)
    top += below
    if has_key:
        canvas.label(0, top - 0.5, width, RGB_KEY.format(*view.pair.names), SMALL)
        top += 3
    legend.write_origin(canvas, 0, top, width, origin)
    return canvas


def explore_figure(view: ReportView, origin: Provenance, width: float = DOUBLE) -> PageCanvas:
    """The 17 panels as on the page, the read-out in the free cell, one colour bar for each shared scale."""
    column = view.columns[0]
    wide = (width - 5 * GAP) / 6
    high = panels.cell_height(wide, view.pair.drawn_shape)
    grid = 3 * (CAPTION + high + GAP)
    canvas = PageCanvas(width, grid + LEGEND_HEIGHT + 3.5 + legend.origin_height(origin, width))
    for panel in ids.PANELS:
        left, top = (panel.col - 1) * (wide + GAP), (panel.row - 1) * (CAPTION + high + GAP)
        side = view.look.window
        name = f"zoom {side} × {side}" if panel.is_zoom else name_of(panel.image, view.pair.names, column.network)
        caption(canvas, left, top, wide, panel.letter, name)
        panels.draw(
            canvas, PageBox(left, top + CAPTION, wide, high), view, column, panel.image, is_zoom=panel.is_zoom
        )
    place = PageBox(5 * (wide + GAP), 2 * CAPTION + high + GAP, wide, high)
    readout(canvas, place, view, column)
    _legends(canvas, PageBox(0, grid, width, LEGEND_HEIGHT), view, column, (wide, high))
    canvas.label(0, grid + LEGEND_HEIGHT, width, RGB_KEY.format(*view.pair.names), SMALL)
    legend.write_origin(canvas, 0, grid + LEGEND_HEIGHT + 3.5, width, origin)
    return canvas


def _legends(
    canvas: PageCanvas, box: PageBox, view: ReportView, column: ReportColumn, cell: tuple[float, float]
) -> None:
    third = (box.width - 2 * GAP) / 3
    bars = (
        (" (whole)", grain(view, *cell, is_zoom=False)),
        (" (zoom)", grain(view, *cell, is_zoom=True)),
    )
    legend.scale_bars(canvas, PageBox(box.left, box.top - 0.8, third * 0.6, 8), view, bars)
    legend.key(canvas, PageBox(box.left + third * 0.62, box.top, third * 0.36, 3), "the zooms")
    for place, image in ((1, GUIDANCE[0]), (2, JACOBIAN[0])):
        left = box.left + place * (third + GAP)
        legend.color_bar(canvas, PageBox(left + 2, box.top, third - 4, box.height), view, image, column)


def caption(
    canvas: PageCanvas, left: float, top: float, width: float, letter: str, name: str, size: float = BODY
) -> None:
    """A panel's letter and name above it."""
    canvas.text(left, top + 0.2, letter, size, weight="bold")
    room = canvas.breadth(f"{letter} ", size, "bold") + 0.3
    canvas.label(left + room, top + 0.2, width - room, name, size)


def _window_words(view: ReportView) -> str:
    return f"window {view.look.window} × {view.look.window}"


READOUT_ROWS = (
    ("x", "x1", "x2"),
    ("∂y/∂x", "d1", "d2"),
    ("Σ |∂y/∂x|", "total1", "total2"),
    ("share", "share1", "share2"),
    ("r (90 %)", "radius1", "radius2"),
)
"""As the page's read-out; the radius is in pixels."""


def readout_rows(column: ReportColumn) -> list[tuple[str, str, str]]:
    """The read-out at the pixel as rows of (what, first modality, second modality)."""
    found = column.readout

    def written(name: str) -> str:
        value = found.get(name)
        if name.startswith("share") and value is not None:
            return f"{100 * value:.1f} %"
        return short(value)

    return [(what, written(one), written(two)) for what, one, two in READOUT_ROWS]


def readout(canvas: PageCanvas, box: PageBox, view: ReportView, column: ReportColumn, size: float = SMALL) -> None:
    """The figures at the principal pixel, as the page shows them."""
    step = size * POINT * 1.55
    canvas.label(box.left, box.top, box.width, column.network, size, weight="bold")
    where = f"row {view.pixel[0]}, column {view.pixel[1]}"
    canvas.label(box.left, box.top + step, box.width, where, size)
    canvas.label(box.left, box.top + 2 * step, box.width, f"fused y = {short(column.readout.get('y'))}", size)
    top = box.top + 3.2 * step
    places = (0.0, 0.69, 1.0)
    rows = [("", *view.pair.names), *readout_rows(column)]
    for number, row in enumerate(rows):
        for place, words in zip(places, row, strict=True):
            room = box.width * (0.44 if place == 0 else 0.29)
            words, fitting = canvas.fitted(words, room, size)
            align = "left" if place == 0 else "right"
            color = QUIET if number == 0 or place == 0 else "black"
            canvas.text(box.left + place * box.width, top + number * step, words, fitting, ha=align, color=color)
