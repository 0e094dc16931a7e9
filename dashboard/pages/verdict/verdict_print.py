"""A verdict on paper: the place on the pictures, the table, a sentence for each network, and the rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dashboard.imaging.downsampling import block_edges, mean, step_for
from dashboard.imaging.encoding import to_bytes
from dashboard.pages.verdict.verdict_lines import DEFINITIONS, LEVELS, VerdictLine, begun, notes
from dashboard.pages.verdict.verdict_place import Place
from dashboard.report.number_table import NumberTable, TableEntry
from dashboard.report.page_canvas import BODY, RED, PageBox, PageCanvas
from dashboard.report.page_flow import WIDTH, PageFlow, Part, bound_sheets, flowing
from dashboard.report.provenance import NOTICE, Provenance
from dashboard.service.fused_pair import FusedPair
from saliency.geometry.window import whole
from saliency.validation.verdict_rules import DIFFERENCES, LEARNED, NOISE, RULES, Level, TrustRule

FINEST = 1024
"""Pixels along the longer side of an embedded picture."""
HIGH = 58.0
"""Millimetres that the pictures are high at most."""
MARKS = {True: "✓", False: "⚠", None: "–"}


def verdict_sheets(
    place: Place, lines: Sequence[VerdictLine], fused_pair: FusedPair, origin: Provenance
) -> list[PageCanvas]:
    """The pages of a verdict."""
    title = f"May I trust it here? {place.pair.title}"
    parts: list[Part] = [
        partial(_opening, place=place, fused_pair=fused_pair),
        *verdict_parts(place, lines),
        _reasons,
    ]
    pages = flowing(title, parts)
    return bound_sheets([canvas for _, canvas in pages], origin)


def verdict_parts(place: Place, lines: Sequence[VerdictLine]) -> list[Part]:
    """The table and the sentences, for a report."""
    return [
        lambda flow: flow.table(printed_table(place, lines)),
        lambda flow: _sentences(flow, lines),
        lambda flow: _checks(flow, lines),
    ]


def printed_table(place: Place, lines: Sequence[VerdictLine]) -> NumberTable:
    """The figures that fit on paper; dashes where there is none."""
    one, two = place.pair.names
    heads = (
        "network",
        "made for this",
        f"share {one}",
        f"share {two}",
        "1 px off",
        "leakage",
        "contrast",
        "differences",
        "noise",
        "random weights",
        f"holds ± {one}",
        f"holds ± {two}",
    )
    rows = tuple(_row(line) for line in lines)
    return NumberTable(f"Verdict on {place.said()}", heads, rows, notes(lines))


def _row(line: VerdictLine) -> tuple[TableEntry, ...]:
    evidence = line.evidence
    shares = (None, None) if evidence.report is None else evidence.report.share
    ranges = [f"{each:.3g}" for each in evidence.ranges]
    made = {True: "yes", False: "NO", None: "not told"}[evidence.suits]
    checks = (evidence.check(name) for name in (DIFFERENCES, NOISE, LEARNED))
    return (
        line.network,
        made,
        *map(_part, shares),
        _points(line),
        *map(_part, (evidence.leakage, evidence.contrast_kept)),
        *("–" if check is None else MARKS[check.passed] for check in checks),
        *(ranges or ["–"] * 2),
    )


def _points(line: VerdictLine) -> str:
    """How far a pixel of misregistration changes the share, in percentage points."""
    moves = line.row.progress.moves
    return "–" if moves is None or moves.change is None else f"±{100 * moves.change:.1f}"


def _part(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %".replace("-", "−")


def _opening(flow: PageFlow, place: Place, fused_pair: FusedPair) -> None:
    one, two = place.pair.names
    name = fused_pair.loaded.name
    flow.paragraph(
        f"{begun(place.said())}, of {one} and {two}. The networks are sorted by the rules told below; those made "
        f"for other modalities stand last. {NOTICE}."
    )
    pictures = ((one, place.pair.first), (two, place.pair.second), (f"fused by {name}", fused_pair.fused))
    high, across = place.pair.drawn_shape
    wide = min((WIDTH - 8) / 3, HIGH * across / high)
    flow.drawn(wide * high / across + 5, lambda canvas, box: _pictures(canvas, box, place, pictures, wide))


def _pictures(
    canvas: PageCanvas,
    box: PageBox,
    place: Place,
    pictures: Sequence[tuple[str, NDArray[np.float32]]],
    wide: float,
) -> None:
    for number, (name, image) in enumerate(pictures):
        left = box.left + number * (wide + 4)
        canvas.label(left, box.top, wide, name, BODY)
        _picture(canvas, PageBox(left, box.top + 4, wide, box.height - 5), place, image)


def _picture(canvas: PageCanvas, box: PageBox, place: Place, image: NDArray[np.float32]) -> None:
    """A picture with the place on it: the region's edge, or a cross at the pixel."""
    area, axes = whole(place.pair.shape), canvas.axes(box)
    step, edges = step_for(area.shape, FINEST, place.pair.aspect), block_edges(area, 1)
    shown = to_bytes(mean(np.nan_to_num(image), step))
    axes.imshow(np.repeat(shown[..., None], 3, axis=-1), extent=block_edges(area, step), aspect="auto")
    if place.region:
        axes.contour(place.mask.astype(float), levels=[0.5], colors=[RED], linewidths=0.8)
    else:
        axes.plot(place.middle[1], place.middle[0], "+", color=RED, markersize=7, markeredgewidth=0.9)
    axes.set(xticks=[], yticks=[], xlim=edges[:2], ylim=edges[2:])


def _sentences(flow: PageFlow, lines: Sequence[VerdictLine]) -> None:
    flow.head("In a sentence")
    flow.entries([(line.network, _sentence(line)) for line in lines])


def _sentence(line: VerdictLine) -> str:
    made = f"Made for {line.purpose.said()}; learned from: {line.learned()}."
    flags = "".join(f"{flag.upper()}. " for flag in line.flags)
    if line.verdict.level is Level.UNKNOWN:
        return f"{flags}{line.row.failure or 'Not computed.'} {made}"
    return f"{flags}{line.verdict.sentence} {made}"


def _checks(flow: PageFlow, lines: Sequence[VerdictLine]) -> None:
    checked = [line for line in lines if line.evidence.checks]
    if not checked:
        return
    flow.head("What was measured")
    flow.entries([(line.network, " ".join(each.measured for each in line.evidence.checks)) for line in checked])


def _reasons(flow: PageFlow) -> None:
    flow.head("What the columns mean")
    flow.entries(DEFINITIONS, names=30)
    flow.head("The rules")
    flow.entries([(str(number), _rule(rule)) for number, rule in enumerate(RULES, 1)], names=8)


def _rule(rule: TrustRule) -> str:
    threshold = "" if rule.threshold is None else f" (threshold {rule.threshold:g})"
    return f"{begun(rule.name)}{threshold}; else {LEVELS[rule.level]}. {rule.reason}"
