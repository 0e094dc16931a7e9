"""One picture of a view on a canvas: whole or zoomed, with its red box, or the scatterplot."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from dashboard.imaging.downsampling import block_edges
from dashboard.report.page_canvas import GREEN, INK, POINT, QUIET, RED, SMALL, PageBox, PageCanvas
from dashboard.report.view import GUIDANCE, NEED_GUIDANCE, Colors, ReportColumn, ReportView
from dashboard.views.pair_words import orientation
from dashboard.views.short_number import short
from saliency.geometry.window import Window, single, whole

WARNING = "#a65300"
"""As the page marks what is estimated."""
POINTS = 200_000
"""Points drawn in a scatterplot; of larger images every n-th pixel."""
ValueRange = tuple[float, float]
_SIDES: dict[str, tuple[float, float, Literal["left", "center", "right"], Literal["top", "center", "bottom"]]] = {
    "top": (0.5, 0.985, "center", "top"),
    "bottom": (0.5, 0.015, "center", "bottom"),
    "left": (0.015, 0.5, "left", "center"),
    "right": (0.985, 0.5, "right", "center"),
}
"""Where the letter of each edge stands, as parts of a picture, and how it is aligned."""


def draw(
    canvas: PageCanvas, box: PageBox, view: ReportView, column: ReportColumn, image: str, *, is_zoom: bool
) -> None:
    """Fill ``box`` with ``image``; says so where it cannot be shown, and where it is estimated."""
    if image == "scatter":
        scatter(canvas, box, view, column)
    else:
        _drawn(canvas, box, view, column, image, is_zoom=is_zoom)
    if column.error is not None and column.guidance is not None and image in NEED_GUIDANCE:
        words = f"± {short(column.error.largest, 2)}" if image in GUIDANCE else "estimated"
        _estimated(canvas, box, words)


def _estimated(canvas: PageCanvas, box: PageBox, words: str) -> None:
    """A dashed frame, and how far off the picture is: it must not pass for exact, wherever it is shown."""
    axes = canvas.axes(box)
    axes.set(xticks=[], yticks=[], facecolor="none")
    for spine in axes.spines.values():
        spine.set(color=WARNING, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.text(
        0.02,
        0.97,
        words,
        size=SMALL,
        color=WARNING,
        ha="left",
        va="top",
        transform=axes.transAxes,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
    )


def _drawn(
    canvas: PageCanvas, box: PageBox, view: ReportView, column: ReportColumn, image: str, *, is_zoom: bool
) -> None:
    picture = view.picture(image, column, view.area if is_zoom else whole(view.pair.shape))
    if picture is None:
        absent(canvas, box, column)
    else:
        axes = (_zoom if is_zoom else _whole)(canvas, box, picture, view)
        _letters(axes, view)


def absent(canvas: PageCanvas, box: PageBox, column: ReportColumn) -> None:
    """A frame with the reason why there is no picture in it."""
    _bare(canvas.axes(box))
    reason = column.problem or "not computed"
    canvas.paragraph(
        box.left + 1, box.top + 1, box.width - 2, [f"{word} " for word in reason.split()], color=QUIET
    )


def _letters(axes: Axes, view: ReportView) -> None:
    """The side of the patient at each edge, where the files tell it."""
    sides = orientation(view.pair)
    if not isinstance(sides, dict):
        return
    ground = {"facecolor": "black", "edgecolor": "none", "pad": 0.6, "alpha": 0.6}
    for side, (across, up, ha, va) in _SIDES.items():
        letter = axes.text(across, up, sides[side], size=SMALL, color="white", ha=ha, va=va, bbox=ground)
        letter.set_transform(axes.transAxes)


def _whole(canvas: PageCanvas, box: PageBox, picture: Colors, view: ReportView) -> Axes:
    axes = _picture(canvas, box, picture, whole(view.pair.shape), view)
    _shown(axes, block_edges(whole(view.pair.shape), 1))
    _frame(axes, window_edges(view), RED, 0.7)
    return axes


def _zoom(canvas: PageCanvas, box: PageBox, picture: Colors, view: ReportView) -> Axes:
    """The red box's content; where it reaches beyond the image the paper stays empty."""
    axes = _picture(canvas, box, picture, view.area, view)
    _shown(axes, window_edges(view))
    for spine in axes.spines.values():
        spine.set(color=RED, linewidth=0.7)
    _frame(axes, block_edges(single(view.pixel), 1), RED, 0.5)
    return axes


def window_edges(view: ReportView) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the whole red box, in pixels; pixel centres are whole numbers."""
    (row, col), half = view.pixel, view.look.window / 2
    return col - half, col + half, row + half, row - half


def _picture(canvas: PageCanvas, box: PageBox, picture: Colors, area: Window, view: ReportView) -> Axes:
    axes = canvas.axes(box)
    # Not through a colour map, which moves some grey levels by one.
    colors = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=-1)
    axes.imshow(colors, extent=block_edges(area, view.step(area)), aspect=view.pair.aspect)
    _bare(axes)
    return axes


def _shown(axes: Axes, edges: tuple[float, float, float, float]) -> None:
    left, right, bottom, top = edges
    axes.set(xlim=(left, right), ylim=(bottom, top))


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(linewidth=0.3, color=QUIET)


def _frame(axes: Axes, edges: tuple[float, float, float, float], color: str, width: float) -> None:
    left, right, bottom, top = edges
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec=color, lw=width))


def cell_height(width: float, shape: tuple[float, float]) -> float:
    """How high a cell of ``width`` is, so that both a whole picture and a square zoom stand in it well."""
    return width * min(max(shape[0] / shape[1], 0.6), 1.3)


# ---- the scatterplot


def scatter(canvas: PageCanvas, box: PageBox, view: ReportView, column: ReportColumn) -> None:
    """Guidance 1 against guidance 2: every pixel grey, the red box's green, the principal one ringed."""
    if column.guidance is None:
        absent(canvas, box, column)
        return
    margin = min(9.0, 0.32 * box.width), 6.5
    axes = canvas.axes(PageBox(box.left + margin[0], box.top, box.width - margin[0], box.height - margin[1]))
    across, down = ranges(view, column)
    axes.set(xlim=across, ylim=down)
    first, second = column.guidance
    step = max(1, -(-first.size // POINTS))
    axes.scatter(first.ravel()[::step], second.ravel()[::step], s=0.5, c="0.55", linewidths=0, rasterized=True)
    near = view.area.slices
    axes.scatter(first[near].ravel(), second[near].ravel(), s=1.2, c=GREEN, linewidths=0, rasterized=True)
    axes.scatter(
        first[view.pixel],
        second[view.pixel],
        s=14,
        facecolors="none",
        edgecolors=RED,
        linewidths=0.7,
        clip_on=False,
    )
    _annotate(canvas, axes, box, margin[0], view)


def _annotate(canvas: PageCanvas, axes: Axes, box: PageBox, margin: float, view: ReportView) -> None:
    count = 2 if box.width < 32 else 4
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(count))
    axes.tick_params(labelsize=SMALL, length=1.5, width=0.4, pad=1, color=QUIET, labelcolor=INK)
    axes.axhline(0, color=QUIET, lw=0.3, zorder=0)
    axes.axvline(0, color=QUIET, lw=0.3, zorder=0)
    one, two = view.pair.names
    room = box.width - margin
    word = "guidance " if room > 24 else ""
    named, size = canvas.fitted(f"{word}{one}", room, SMALL)
    canvas.text(box.left + margin + room / 2, box.bottom - SMALL * POINT * 1.3, named, size, ha="center")
    named, size = canvas.fitted(f"{word}{two}", box.height - 6.5, SMALL)
    middle = box.top + (box.height - 6.5) / 2
    canvas.text(box.left, middle, named, size, rotation=90, va="center", rotation_mode="default")


def ranges(view: ReportView, column: ReportColumn) -> tuple[ValueRange, ValueRange]:
    """What both axes of a scatterplot span: one column's values, or every column's where scales are shared."""
    shown = view.columns if view.look.shared else (column,)
    images = [each.guidance for each in shown if each.guidance is not None]
    across, down = (_span([image[number] for image in images]) for number in (0, 1))
    return across, down


def _span(images: list[np.ndarray]) -> ValueRange:
    finite = [image[np.isfinite(image)] for image in images]
    low = min((float(values.min()) for values in finite if values.size), default=0.0)
    high = max((float(values.max()) for values in finite if values.size), default=1.0)
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin
