"""From an order and its views to the bytes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dashboard.report.export_request import PAPER, VALUES, Order
from dashboard.report.provenance import Provenance, provenance
from dashboard.report.values import Choice, as_csv, as_npz, choice_of
from dashboard.report.view import View

MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "npz": "application/octet-stream",
}


def printed(order: Order, views: Sequence[View], day: date) -> bytes:
    """The file that ``order`` asks for, made of ``views`` (from `dashboard.report.collect.gathered`) on ``day``.

    The same order, views and day give the same bytes; threads may call it at the same time.

    Raises
    ------
    InputError
        The file would be too large.
    """
    view, origin = views[0], provenance(views, day)
    if order.kind in VALUES:
        panel = order.panel
        choice = Choice() if panel is None else choice_of(panel.image, is_zoom=panel.is_zoom)
        return (as_csv if order.kind == "csv" else as_npz)(view, choice, origin)
    return _drawn(order, views, origin)


def _drawn(order: Order, views: Sequence[View], origin: Provenance) -> bytes:
    # Matplotlib takes a third of a second to load: not before a figure is asked for.
    from dashboard.report import grids, layouts, page_canvas, paper_figures, pdf_report

    view = views[0]
    with page_canvas.house_style():
        if order.what == "report":
            return page_canvas.bound(pdf_report.report_sheets(view, origin), order.dpi, origin)
        if order.panel is not None:
            page = layouts.panel_figure(view, order.panel, origin)
        elif order.what in PAPER:
            page = grids.grid_figure(paper_figures.paper_grid(int(order.what[-1]), views), origin)
        elif order.what == "compare":
            page = grids.compare_figure(view, origin)
        else:
            page = layouts.explore_figure(view, origin)
        return page_canvas.saved(page, order.kind, order.dpi, origin)
