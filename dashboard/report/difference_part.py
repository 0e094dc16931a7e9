"""What each network's fused image has that the first one's has not, on one scale for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.downsampling import block_edges, strongest
from dashboard.imaging.encoding import colored
from dashboard.report.page_canvas import BODY, QUIET, SMALL, PageBox, PageCanvas
from dashboard.report.page_flow import WIDTH, PageFlow
from dashboard.report.view import ReportView
from dashboard.views.short_number import short
from saliency.geometry.window import whole

GAP, WIDEST = 3.0, 42.0
"""Millimetres between pictures, and that one is wide at most."""
Difference = tuple[str, NDArray[np.float32]]


def put_differences(flow: PageFlow, view: ReportView) -> None:
    """The fused image of every other network less the first one's, red where it is brighter."""
    fused = [(column.network, column.fused) for column in view.columns if column.fused is not None]
    if len(fused) < 2:
        return
    (name, first), *others = fused
    found = [(other, values - first) for other, values in others]
    limit = max(float(np.nanmax(np.abs(values))) for _, values in found)
    flow.head(f"Fused images less that of {name}", below=40)
    wide = min((WIDTH - GAP * (len(found) - 1)) / len(found), WIDEST)
    high, across = view.pair.drawn_shape
    step = view.step(whole(view.pair.shape))
    flow.drawn(wide * high / across + 8, lambda canvas, box: _pictures(canvas, box, found, limit, (wide, step)))
    flow.paragraph(
        f"Red: brighter than {name}, blue: darker; the strongest colour is ±{short(limit)} in all of "
        "them, where an image spans 0 to 1."
    )


def _pictures(
    canvas: PageCanvas, box: PageBox, found: list[Difference], limit: float, size: tuple[float, int]
) -> None:
    """Each ``size[0]`` wide, of blocks of ``size[1]`` pixels along each axis."""
    wide, step = size
    for number, (name, values) in enumerate(found):
        left = box.left + number * (wide + GAP)
        canvas.label(left, box.top, wide, name, BODY)
        axes = canvas.axes(PageBox(left, box.top + 4, wide, box.height - 8))
        shown, area = colored(strongest(values, step), limit, 1.0, "signed", "viridis"), whole(values.shape)
        axes.imshow(shown, extent=block_edges(area, step), aspect="auto")
        edges = block_edges(area, 1)
        axes.set(xticks=[], yticks=[], xlim=edges[:2], ylim=edges[2:])
        mean = f"mean size {short(float(np.nanmean(np.abs(values))))}"
        canvas.label(left, box.bottom - 3.4, wide, mean, SMALL, color=QUIET)
