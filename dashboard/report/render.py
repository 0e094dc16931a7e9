"""From an export request and its views to the bytes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from dashboard.option_values import HOSPITAL, PAPER, VALUES
from dashboard.report.export_request import ExportRequest
from dashboard.report.hospital_files import capture_file, unnamed_view, values_file
from dashboard.report.provenance import Provenance, provenance
from dashboard.report.values import ValueChoice, as_csv, as_npz, choice_of
from dashboard.report.view import ReportView
from fusion.data.outgoing.source_slice import SourceSlice

if TYPE_CHECKING:  # it loads Matplotlib
    from dashboard.report.page_flow import Part

MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "npz": "application/octet-stream",
    "capture": "application/dicom",
    "map": "application/dicom",
    "nifti": "application/gzip",
}


def rendered(
    export_request: ExportRequest,
    views: Sequence[ReportView],
    day: date,
    more: Sequence[Part] = (),
    source: SourceSlice | None = None,
) -> bytes:
    """The file that ``export_request`` asks for, made of ``views`` on ``day``; a report has ``more`` besides.

    The same request, views and day give the same bytes, but for DICOM, whose files each have UIDs and a time of
    their own; threads may call it at the same time. ``source`` tells where the pair's slice lies, where that is
    known.

    Raises
    ------
    InputError
        The file would be too large, or a hospital's format cannot hold it.
    """
    if export_request.kind in HOSPITAL:
        return _for_hospital(export_request, [unnamed_view(view) for view in views], day, source)
    view, origin = views[0], provenance(views, day)
    if export_request.kind in VALUES:
        panel = export_request.panel
        choice = ValueChoice() if panel is None else choice_of(panel.image, is_zoom=panel.is_zoom)
        return (as_csv if export_request.kind == "csv" else as_npz)(view, choice, origin)
    return _drawn(export_request, views, origin, more)


def _for_hospital(
    export_request: ExportRequest, views: Sequence[ReportView], day: date, source: SourceSlice | None
) -> bytes:
    if export_request.kind != "capture":
        return values_file(export_request, views[0], day, source)
    png = _drawn(replace(export_request, kind="png"), views, provenance(views, day), ())
    return capture_file(png, export_request, views[0], day, source)


def _drawn(
    export_request: ExportRequest, views: Sequence[ReportView], origin: Provenance, more: Sequence[Part]
) -> bytes:
    # Matplotlib takes a third of a second to load: not before a figure is asked for.
    from dashboard.report import grids, layouts, page_canvas, paper_figures, pdf_report

    view = views[0]
    with page_canvas.house_style():
        if export_request.what == "report":
            return page_canvas.bound(pdf_report.report_sheets(view, origin, more), export_request.dpi, origin)
        if export_request.panel is not None:
            page = layouts.panel_figure(view, export_request.panel, origin)
        elif export_request.what in PAPER:
            page = grids.grid_figure(paper_figures.paper_grid(PAPER[export_request.what], views), origin)
        elif export_request.what == "compare":
            page = grids.compare_figure(view, origin)
        else:
            page = layouts.explore_figure(view, origin)
        return page_canvas.saved(page, export_request.kind, export_request.dpi, origin)
