"""Figures of several networks: a grid of pictures, with networks as columns (Compare) or as rows (the paper's)."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.report import legend, panels
from dashboard.report.layouts import CAPTION, GAP, RGB_KEY, grain
from dashboard.report.legend import LEGEND_HEIGHT
from dashboard.report.page_canvas import BODY, DOUBLE, MIDDLE, QUIET, SMALL, PageBox, PageCanvas
from dashboard.report.provenance import Provenance
from dashboard.report.view import GUIDANCE, JACOBIAN, ReportColumn, ReportView, name_of
from dashboard.views.short_number import short

MOST_HIGH = 235.0
"""Millimetres that a figure may be high: a journal's page."""
WIDEST = 52.0
"""Millimetres of the largest cell."""
SIDE = 4.0
"""Millimetres that the rows' names take."""
INPUTS = ("first", "second")
COMPARED = ("fused", *GUIDANCE, "rgb", *JACOBIAN, "scatter")
"""Rows of the Compare grid."""


@dataclass(frozen=True, eq=False)
class Cell:
    """One picture of a grid."""

    view: ReportView
    column: ReportColumn
    image: str
    is_zoom: bool = False


@dataclass(frozen=True, eq=False)
class Grid:
    """Pictures in rows and columns.

    Attributes
    ----------
    heads : tuple of str
        Above each column.
    sides : tuple of str
        Left of each row, upright.
    cells : tuple of rows of Cell or None
    groups : tuple of (str, int)
        Above the heads: a title and how many columns it spans; may be empty.
    """

    heads: tuple[str, ...]
    sides: tuple[str, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()

    @property
    def images(self) -> frozenset[str]:
        """What it shows."""
        return frozenset(cell.image for row in self.cells for cell in row if cell is not None)

    @property
    def sample(self) -> Cell:
        """One of its cells: pair and look are the same in all."""
        return next(cell for row in self.cells for cell in row if cell is not None)


def compare_grid(view: ReportView) -> Grid:
    """The inputs, then networks as columns, seven views as rows; Jacobians as zooms: they are 0 elsewhere."""
    names = view.pair.names
    return Grid(
        heads=(*names, *(column.network for column in view.columns)),
        sides=tuple("Images" if image == "fused" else name_of(image, names, "") for image in COMPARED),
        cells=tuple(
            (
                *(_input_cell(view, image, number) for number in (0, 1)),
                *(Cell(view, column, image, image in JACOBIAN) for column in view.columns),
            )
            for image in COMPARED
        ),
    )


def _input_cell(view: ReportView, image: str, input_index: int) -> Cell | None:
    """An input beside the fused images, and its zoom beside the Jacobians by it."""
    usable = next((column for column in view.columns if not column.problem), view.columns[0])
    if image == "fused":
        return Cell(view, usable, INPUTS[input_index])
    return Cell(view, usable, INPUTS[input_index], is_zoom=True) if image == JACOBIAN[input_index] else None


def compare_figure(view: ReportView, origin: Provenance) -> PageCanvas:
    """Several networks side by side at one pixel."""
    return grid_figure(compare_grid(view), origin)


def grid_figure(grid: Grid, origin: Provenance) -> PageCanvas:
    """A grid with its colour bars, scales and provenance, as wide as it needs: one and a half or two columns.

    There is one colour bar for all pictures of a kind, or each picture's own maximum stands below it.
    """
    below = (LEGEND_HEIGHT if grid.images - {"scatter"} else 0) + (3.2 if "rgb" in grid.images else 0)
    cell = _cell(grid, DOUBLE, below + legend.origin_height(origin, DOUBLE))
    count = len(grid.heads)
    natural = SIDE + count * cell[0] + (count - 1) * GAP
    width = MIDDLE if natural <= MIDDLE else DOUBLE
    foot = legend.origin_height(origin, width)
    tall = _head(grid) + len(grid.sides) * (cell[1] + _gap(grid))
    canvas = PageCanvas(width, tall + below + foot)
    draw_grid(canvas, PageBox((width - natural) / 2, 0, natural, tall), grid, cell)
    _grid_legend(canvas, PageBox(0, tall, width, below), grid, cell)
    legend.write_origin(canvas, 0, tall + below, width, origin)
    return canvas


def _cell(grid: Grid, width: float, rest: float, most: float = MOST_HIGH) -> tuple[float, float]:
    """Width and height of the largest cells of which all fit on a page beside ``rest`` millimetres."""
    count, shape = len(grid.heads), grid.sample.view.pair.drawn_shape
    across = min((width - SIDE - (count - 1) * GAP) / count, WIDEST)
    down = (most - rest - _head(grid)) / len(grid.sides) - _gap(grid)
    high = min(panels.cell_height(across, shape), down)
    return high / panels.cell_height(1.0, shape), high


def _head(grid: Grid) -> float:
    return CAPTION * (2 if grid.groups else 1)


def _gap(grid: Grid) -> float:
    """Between rows: room for maxima where each picture has its own."""
    has_own = not grid.sample.view.look.shared and grid.images & {*GUIDANCE, *JACOBIAN}
    return GAP + (2.8 if has_own else 0)


def draw_grid(canvas: PageCanvas, box: PageBox, grid: Grid, cell: tuple[float, float]) -> None:
    """The pictures of a grid with the names of its rows and columns."""
    wide, high = cell
    _heads(canvas, grid, PageBox(box.left + SIDE, box.top, wide, high))
    for number, (side, row) in enumerate(zip(grid.sides, grid.cells, strict=True)):
        top = box.top + _head(grid) + number * (high + _gap(grid))
        _side(canvas, box.left, top + high / 2, high, side)
        for place, each in enumerate(row):
            if each is not None:
                at = PageBox(box.left + SIDE + place * (wide + GAP), top, wide, high)
                panels.draw(canvas, at, each.view, each.column, each.image, is_zoom=each.is_zoom)
                _own_maximum(canvas, at, each)


def _heads(canvas: PageCanvas, grid: Grid, first: PageBox) -> None:
    step, start = first.width + GAP, 0
    for words, span in grid.groups:
        room = span * step - GAP
        fitting, size = canvas.fitted(words, room, BODY)
        canvas.text(first.left + start * step + room / 2, first.top, fitting, size, ha="center")
        start += span
    top = first.top + _head(grid) - CAPTION
    for number, words in enumerate(grid.heads):
        fitting, size = canvas.fitted(words, first.width + 0.6 * GAP, BODY, "bold")
        canvas.text(first.left + number * step + first.width / 2, top, fitting, size, ha="center", weight="bold")


def _side(canvas: PageCanvas, left: float, middle: float, high: float, words: str) -> None:
    fitting, size = canvas.fitted(words, high, BODY)
    canvas.text(left, middle, fitting, size, rotation=90, va="center")


def _own_maximum(canvas: PageCanvas, box: PageBox, cell: Cell) -> None:
    if not cell.view.look.shared and cell.image in (*GUIDANCE, *JACOBIAN) and not cell.column.problem:
        words = f"own max. {short(cell.view.limit(cell.image, cell.column))}"
        canvas.label(box.left, box.bottom + 0.3, box.width, words, SMALL, color=QUIET)


def _grid_legend(canvas: PageCanvas, box: PageBox, grid: Grid, cell: tuple[float, float]) -> None:
    """Scale bars at the left, then a colour bar for each scale that the grid uses."""
    shown = [each for row in grid.cells for each in row if each is not None and each.image != "scatter"]
    if "rgb" in grid.images:
        canvas.label(
            box.left, box.top + LEGEND_HEIGHT, box.width, RGB_KEY.format(*grid.sample.view.pair.names), SMALL
        )
    if not shown:
        return
    view, third = shown[0].view, (box.width - 2 * GAP) / 3
    kinds = sorted({each.is_zoom for each in shown})
    named = {False: " (whole)", True: " (zoom)"}
    bars = tuple((named[kind], grain(view, *cell, is_zoom=kind)) for kind in kinds)
    legend.scale_bars(canvas, PageBox(box.left, box.top - 0.8, third, 8), view, bars)
    place = 1
    for images in (GUIDANCE, JACOBIAN):
        if not grid.images & set(images):
            continue
        used = next(each for each in shown if each.image in images)
        column = used.column if view.look.shared else None
        left = box.left + place * (third + GAP)
        legend.color_bar(
            canvas, PageBox(left + 2, box.top, third - 4, LEGEND_HEIGHT), used.view, images[0], column
        )
        place += 1


def draw_page_grid(canvas: PageCanvas, box: PageBox, grid: Grid) -> None:
    """A grid with its legend on a page of a report, centred across ``box``."""
    below = LEGEND_HEIGHT + 4
    cell = _cell(grid, box.width, below, box.height)
    natural = SIDE + len(grid.heads) * cell[0] + (len(grid.heads) - 1) * GAP
    tall = _head(grid) + len(grid.sides) * (cell[1] + _gap(grid))
    draw_grid(canvas, PageBox(box.left + (box.width - natural) / 2, box.top, natural, tall), grid, cell)
    _grid_legend(canvas, PageBox(box.left, box.top + tall, box.width, below), grid, cell)
