"""The arrangements of Figures 4 to 8 of Kumar & Gumhold (Computers 2020, 9, 98) for any pair and any pixels.

The paper shows two pairs, each at a pixel of the dark functional core and at one of bright healthy tissue. Here
each principal pixel given makes one group of columns, and methods are rows in the paper's order. Where the paper's
text leaves open whether a picture is whole or zoomed, what its captions name ("in the clinical region of
interests") is the zoom.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.report.export_request import FIGURES
from dashboard.report.grids import Cell, Grid
from dashboard.report.view import GUIDANCE, JACOBIAN, ReportView, name_of


def paper_grid(number: int, views: Sequence[ReportView]) -> Grid:
    """Figure ``number`` (4 to 8) for the same pair and networks seen at one pixel after the other.

    Figure 4 has both inputs above the fused images; 5 the guidance images and 7 the Jacobians at the window; 6
    guidance RGB whole and zoomed; 8 the scatterplots, the window's pixels in green.
    """
    shown = FIGURES[number]
    names = views[0].pair.names
    heads = tuple(_head(image, is_zoom, names, view) for view in views for image, is_zoom in shown)
    groups = tuple((f"pixel row {view.pixel[0]}, column {view.pixel[1]}", len(shown)) for view in views)
    networks = range(len(views[0].columns))
    cells = [[Cell(view, view.columns[n], *each) for view in views for each in shown] for n in networks]
    sides = [column.network for column in views[0].columns]
    if number == 4:
        cells = [*(_inputs(image, views) for image in ("first", "second")), *cells]
        sides = [*names, *sides]
    return Grid(heads, tuple(sides), tuple(map(tuple, cells)), groups)


def _inputs(image: str, views: Sequence[ReportView]) -> list[Cell]:
    return [Cell(view, view.columns[0], image, is_zoom) for view in views for is_zoom in (False, True)]


def _head(image: str, is_zoom: bool, names: tuple[str, str], view: ReportView) -> str:
    if image in (*GUIDANCE, *JACOBIAN, "scatter"):
        return name_of(image, names, "")
    return f"zoom {view.look.window} × {view.look.window}" if is_zoom else "whole"
