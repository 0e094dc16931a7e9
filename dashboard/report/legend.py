"""What stands under the pictures: scale bars, colour bars and where all of it comes from."""

from __future__ import annotations

import math

import numpy as np

from dashboard.imaging.encoding import colored
from dashboard.report.page_canvas import INK, POINT, QUIET, RED, SMALL, PageBox, PageCanvas
from dashboard.report.provenance import NOTICE, Provenance
from dashboard.report.view import JACOBIAN, ReportColumn, ReportView
from dashboard.views.short_number import short
from fusion.data.pixel_size import is_square

BAR_HEIGHT = 2.2
LEGEND_HEIGHT = 9.0
"""Millimetres that `scale_bars` and `color_bar` take."""
SHADES = 512
READINGS = {"signed": "∂y/∂x", "magnitude": "|∂y/∂x|", "fusevis": "max(∂y/∂x, 0)"}


def color_bar(canvas: PageCanvas, box: PageBox, view: ReportView, image: str, column: ReportColumn | None) -> None:
    """Which colour means which derivative: values grow evenly, so that γ shows in the colours, as on the page.

    ``column`` is the one whose scale it is; None where each picture ends at a maximum of its own.
    """
    limit = 1.0 if column is None else view.limit(image, column)
    least = -limit if view.look.display == "signed" else 0.0
    values = np.linspace(least, limit, SHADES, dtype=np.float32)[None]
    axes = canvas.axes(PageBox(box.left, box.top + 3.2, box.width, BAR_HEIGHT))
    axes.imshow(
        colored(values, limit, view.gamma(image), view.look.display, view.look.colormap),
        aspect="auto",
        extent=(0, 1, 0, 1),
    )
    axes.set(xticks=[], yticks=[])
    what, gamma = ("Jacobian", "γ1") if image in JACOBIAN else ("Guidance", "γ2")
    canvas.label(
        box.left,
        box.top,
        box.width,
        f"{what} {READINGS[view.look.display]}, {gamma} = {view.gamma(image):g}",
        SMALL,
    )
    for place, align in ((0.0, "left"), (0.5, "center"), (1.0, "right")):
        value = least + (limit - least) * place
        words = short(value) if column is not None else _of_maximum(value)
        canvas.text(box.left + place * box.width, box.top + 3.2 + BAR_HEIGHT + 0.5, words, SMALL, ha=align)


def _of_maximum(value: float) -> str:
    return {0.0: "0", 0.5: "½", 1.0: "own max.", -1.0: "− own max."}[value]


def scale_bars(canvas: PageCanvas, box: PageBox, view: ReportView, places: tuple[tuple[str, float], ...]) -> None:
    """How long a stretch of the pictures is, in millimetres where the pair knows them and in pixels elsewhere.

    ``places`` are the kinds of picture and the millimetres of paper that one of their columns takes; a bar takes
    about half the box's width at most.
    """
    for number, (kind, grain) in enumerate(places):
        top = box.top + 1.2 + number * 3.6
        length, words = nice_length(grain, view.pair.spacing, box.width * 0.4)
        axes = canvas.axes(PageBox(box.left, top + 0.4, length, 0.7))
        axes.set(xticks=[], yticks=[], facecolor=INK)
        for spine in axes.spines.values():
            spine.set_visible(False)
        canvas.label(box.left + length + 1.2, top - 0.6, box.width - length - 1.2, f"{words}{kind}", SMALL)


def nice_length(grain: float, spacing: float | None, most: float) -> tuple[float, str]:
    """The longest round length that takes at most ``most`` millimetres of paper, and its name.

    Parameters
    ----------
    grain : float
        Millimetres of paper a pixel.
    spacing : float or None
        Millimetres of the scene a pixel.

    Examples
    --------
    >>> nice_length(0.1, None, 12.0), nice_length(0.1, 0.5, 12.0)
    ((10.0, '100 pixels'), (10.0, '50 mm'))
    """
    unit = 1.0 if spacing is None else spacing
    most_units = most / grain * unit
    power = 10.0 ** math.floor(math.log10(most_units))
    length = max(step * power for step in (1, 2, 5) if step * power <= most_units)
    if spacing is None:
        length = max(length, 1.0)
        return length * grain, f"{length:g} pixel{'s' if length > 1 else ''}"
    return length / unit * grain, f"{length:g} mm"


def spacing_words(spacing: float | None, row_spacing: float | None) -> str:
    """How large a pixel is.

    Examples
    --------
    >>> spacing_words(None, None), spacing_words(0.5, 0.5), spacing_words(0.5, 5.0)
    ('their spacing not known', '0.5 mm a pixel', 'a pixel is 0.5 mm wide, 5 mm high')
    """
    if spacing is None:
        return "their spacing not known"
    if is_square(spacing, row_spacing):
        return f"{spacing:.4g} mm a pixel"
    return f"a pixel is {spacing:.4g} mm wide, {row_spacing:.4g} mm high"


def key(canvas: PageCanvas, box: PageBox, words: str) -> None:
    """What the red box is."""
    axes = canvas.axes(PageBox(box.left, box.top + 0.3, 2.0, 2.0))
    axes.set(xticks=[], yticks=[], facecolor="none")
    for spine in axes.spines.values():
        spine.set(color=RED, linewidth=0.7)
    canvas.label(box.left + 3.2, box.top, box.width - 3.2, words, SMALL)


def origin_lines(canvas: PageCanvas, origin: Provenance, width: float) -> int:
    """How many lines the provenance takes."""
    return len(canvas.wrapped(_parts(origin), width, SMALL))


def origin_height(origin: Provenance, width: float) -> float:
    """Millimetres that the provenance takes under a figure of ``width``."""
    return origin_lines(PageCanvas(width, 10), origin, width) * SMALL * POINT * 1.35 + 1.0


def write_origin(canvas: PageCanvas, left: float, top: float, width: float, origin: Provenance) -> float:
    """The provenance in small type; returns its lower edge."""
    return canvas.paragraph(left, top, width, _parts(origin), color=QUIET)


def _parts(origin: Provenance) -> list[str]:
    *parts, last = origin.parts()
    return [*(f"{part} · " for part in parts), f"{last or NOTICE}."]
