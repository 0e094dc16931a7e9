"""A network on paper: its card, the curves of its training, and its receptive field to scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.patches import Rectangle

from dashboard.imaging.downsampling import block_edges, mean, step_for
from dashboard.imaging.encoding import to_bytes
from dashboard.pages.networks.model_card import Curve, ModelCard
from dashboard.pages.networks.network_plots import COLORS, DASHES
from dashboard.report import legend
from dashboard.report.page_canvas import BODY, DOUBLE, QUIET, RED, SMALL, PageBox, PageCanvas
from dashboard.report.page_flow import PageFlow, Part, bound_sheets, flowing
from dashboard.report.provenance import Provenance
from fusion import ImagePair
from saliency import Locality
from saliency.geometry.window import whole

HIGH, FINEST = 70.0, 1024
"""Millimetres that the figure is high; pixels along the longer side of its picture."""
LINES = dict(zip(("solid", "dash", "dot", "dashdot"), ("-", "--", ":", "-."), strict=True))
"""Matplotlib's words for the page's dashes."""


def network_sheets(
    card: ModelCard, found: Sequence[Curve], reach: Locality | None, pair: ImagePair, origin: Provenance
) -> list[PageCanvas]:
    """The pages about a network."""
    draw = partial(_figure, found=found, reach=reach, pair=pair)
    sections: list[Part] = [partial(_section, card=card, number=number) for number in range(len(card.sections))]
    parts: list[Part] = [
        lambda flow: flow.paragraph(f"{card.summary} {card.reference}. {card.problem}"),
        *sections,
    ]
    pages = flowing(card.name, [parts[0], lambda flow: flow.drawn(HIGH, draw), *parts[1:]])
    return bound_sheets([canvas for _, canvas in pages], origin)


def _section(flow: PageFlow, card: ModelCard, number: int) -> None:
    shown = card.sections[number]
    if shown.rows:
        flow.head(shown.title)
        flow.entries(shown.rows)


def network_figure(
    card: ModelCard, found: Sequence[Curve], reach: Locality | None, pair: ImagePair, origin: Provenance
) -> PageCanvas:
    """Curves and receptive field side by side, in two columns of a journal."""
    canvas = PageCanvas(DOUBLE, 5 + HIGH + 2 + legend.origin_height(origin, DOUBLE))
    canvas.label(0, 0, DOUBLE, card.name, BODY + 1, weight="bold")
    _figure(canvas, PageBox(0, 5, DOUBLE, HIGH), found, reach, pair)
    legend.write_origin(canvas, 0, 5 + HIGH + 2, DOUBLE, origin)
    return canvas


def _figure(
    canvas: PageCanvas, box: PageBox, found: Sequence[Curve], reach: Locality | None, pair: ImagePair
) -> None:
    half = box.width / 2 - 4
    _curves(canvas, PageBox(box.left, box.top, half, box.height), found)
    _field(canvas, PageBox(box.left + half + 8, box.top, half, box.height), reach, pair)


def _curves(canvas: PageCanvas, box: PageBox, found: Sequence[Curve]) -> None:
    canvas.label(box.left, box.top, box.width, "Training curves", BODY)
    if not found:
        canvas.label(box.left, box.top + 5, box.width, "There is no record of a training.", SMALL, color=QUIET)
        return
    axes = canvas.axes(PageBox(box.left + 10, box.top + 5, box.width - 11, box.height - 15))
    for number, curve in enumerate(found):
        style = LINES.get(DASHES[number % len(DASHES)], "--")
        color = COLORS[number % len(COLORS)]
        axes.plot(curve.steps, curve.values, style, color=color, linewidth=0.9, label=curve.name.replace("_", " "))
    axes.tick_params(labelsize=SMALL, width=0.4, length=2)
    axes.set_xlabel("step", fontsize=SMALL, labelpad=1)
    axes.legend(fontsize=SMALL, frameon=False)


def _field(canvas: PageCanvas, box: PageBox, reach: Locality | None, pair: ImagePair) -> None:
    canvas.label(box.left, box.top, box.width, f"Receptive field on {pair.names[0]}, to scale", BODY)
    (rows, cols), (high, across) = pair.shape, pair.drawn_shape
    wide = min(box.width, (box.height - 13) * across / high)
    axes = canvas.axes(PageBox(box.left, box.top + 5, wide, wide * high / across))
    step, edges = step_for(pair.shape, FINEST, pair.aspect), block_edges(whole(pair.shape), 1)
    shown = np.repeat(to_bytes(mean(pair.first, step))[..., None], 3, axis=-1)
    axes.imshow(shown, extent=block_edges(whole(pair.shape), step), aspect="auto")
    if reach is not None and reach.is_local:
        corner = cols / 2 - reach.radius - 0.5, rows / 2 - reach.radius - 0.5
        side = 2 * reach.radius + 1
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=RED, linewidth=0.9))
    axes.set(xticks=[], yticks=[], xlim=edges[:2], ylim=edges[2:])
    words = [f"{word} " for word in field_words(reach).split()]
    canvas.paragraph(box.left, box.top + 6 + wide * high / across, box.width, words, SMALL, color=QUIET)


def field_words(reach: Locality | None) -> str:
    """How far a network sees, in a sentence."""
    if reach is None:
        return "How far it sees is not measured."
    if not reach.is_local:
        return reach.reason
    side = 2 * reach.radius + 1
    return (
        f"A fused pixel depends on {side} × {side} input pixels (the red box), on a grid of stride {reach.stride}."
    )
