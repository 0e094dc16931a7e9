"""The table of a verdict: a row for each network, empty where nothing is computed, with what can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.access.roles import Role, unless_may
from dashboard.components import help_dialog
from dashboard.components.unbroken_words import unbroken
from dashboard.jobs.spans import spelled
from dashboard.pages.verdict.verdict_jobs import STEPS, VerdictRow
from dashboard.pages.verdict.verdict_lines import LEVELS, VerdictLine
from saliency import Check, ShareUnderMoves
from saliency.validation.verdict_rules import DIFFERENCES, LEARNED, NOISE, RULES, Level

ACTION = "verdict-action"
"""Type of the buttons of a row: compute, cancel, details."""
CHECKS = {DIFFERENCES: "differences", NOISE: "noise", LEARNED: "random weights"}
"""What each line of the trust card is called in the table."""
TERMS = {
    "Share ": "Σ |∂y/∂x| and share",
    "Leakage": "Leakage",
    "Contrast kept": "Contrast kept",
    "Checks": "Trust card",
    "Holds for": "Range of the derivative",
}
"""What the glossary calls what stands in a column, by how its head begins."""
MARKS = {
    Level.NOTHING_AGAINST: ("✓", "good"),
    Level.CARE: ("⚠", "care"),
    Level.AGAINST: ("✕", "bad"),
    Level.UNKNOWN: ("", "unknown"),
}
PASSED = {True: ("✓", "passes", "good"), False: ("⚠", "fails", "care"), None: ("–", "does not apply", "quiet")}


def table(lines: Sequence[VerdictLine], names: tuple[str, str], opened: str) -> Component:
    """The whole table; ``opened`` is the network whose details are unfolded, empty for none."""
    one, two = names
    heads = (
        ("Network", "The best by the rules first; those made for other modalities last"),
        ("May I trust it here?", "What the rules below come to"),
        (f"Share {one} / {two}", "By all input pixels; below, how far it changes for a pixel of misregistration"),
        ("Leakage", "From outside the region"),
        ("Contrast kept", f"Of the region in {two}"),
        ("Checks", "The trust card"),
        (f"Holds for ± ({one} / {two})", "Range of the derivative"),
        ("Made for, learned from", "By its card"),
        ("Details", "What else the pixel can answer"),
    )
    head = html.Tr([html.Th(_linked(words), title=told, scope="col") for words, told in heads])
    return html.Table(
        [html.Thead(head), html.Tbody([_row(line, names, opened) for line in lines])], className="verdict-table"
    )


def _linked(words: str) -> Any:
    """The head of a column; it opens the glossary where that has a word for it."""
    found = next((term for start, term in TERMS.items() if words.startswith(start)), None)
    return help_dialog.term(words, found) if found else words


def _row(line: VerdictLine, names: tuple[str, str], opened: str) -> Component:
    is_open = line.network == opened
    return html.Tr(
        [
            html.Th(
                [html.B(line.network), *(html.Span(each, className="flag") for each in line.flags)], scope="row"
            ),
            html.Td(_said(line), className="said"),
            *_figures(line, names),
            html.Td([*unbroken(line.purpose.said()), html.Br(), html.Span(line.learned(), className="quiet")]),
            html.Td(_button("details", line.network, "Hide" if is_open else "Details")),
        ],
        className=f"level-{MARKS[line.verdict.level][1]}" + " opened" * is_open,
    )


def _said(line: VerdictLine) -> Any:
    """The sentence; before there is one, what the row waits for."""
    row = line.row
    if line.verdict.level is not Level.UNKNOWN:
        mark, kind = MARKS[line.verdict.level]
        return [html.B(mark, className=f"mark {kind}", title=LEVELS[line.verdict.level]), line.verdict.sentence]
    if row.failure:
        return [html.Span(row.failure, className="ask-failure"), " ", _button("compute", row.network, "Try again")]
    return _waiting(row)


def _waiting(row: VerdictRow) -> Any:
    if row.expected is None:
        return html.Span("Finding out how long it takes…", className="quiet")
    if not row.is_wanted:
        words = f"Compute ({spelled(row.expected)})"
        return [html.Span("Not computed. ", className="quiet"), _button("compute", row.network, words)]
    left = spelled(row.expected * (1 - row.progress.steps / STEPS))
    doing = f"{row.progress.doing}; {left} of work left" if row.progress.doing else f"waits for its turn; {left}"
    bar = html.Progress(value=f"{row.progress.steps:.3f}", max=str(STEPS), title=f"{row.network}: {doing}")
    return html.Div([bar, html.Span(doing), _button("cancel", row.network, "Cancel")], className="verdict-waiting")


def _button(action: str, network: str, words: str) -> Component:
    named: Any = {"aria-label": f"{words}: {network}"}
    if action != "details":
        named |= unless_may(Role.ANALYST)
    return html.Button(
        words, id={"type": ACTION, "action": action, "network": network}, type="button", className="link", **named
    )


def _figures(line: VerdictLine, names: tuple[str, str]) -> list[Component]:
    """The figures, each cell hatched while there is none."""
    evidence, report = line.evidence, line.evidence.report
    checks = [evidence.check(name) for name in CHECKS]
    return [
        _cell(None if report is None else [*_shares(report.share, names), *_off(line.row.progress.moves, names)]),
        _cell(None if report is None else _part(evidence.leakage), "number"),
        _cell(None if report is None else _part(evidence.contrast_kept), "number"),
        _cell(_checks(checks) if any(checks) else None, "checks"),
        _cell(_ranges(evidence.ranges) if evidence.ranges else None, "number"),
    ]


def _cell(content: Any, kind: str = "") -> html.Td:
    if content is None:
        return html.Td("", className="empty", title="Not computed")
    return html.Td(content, className=kind)


def _part(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}".replace("-", "−")


def _shares(share: tuple[float | None, float | None], names: tuple[str, str]) -> list[Any]:
    first = share[0]
    if first is None:
        return ["–"]
    said = f"{first:.1%} / {1 - first:.1%}"
    bar = html.Div(
        html.Span(style={"width": f"{100 * first:.1f}%"}), className="shares", title=f"{names[0]} {said}"
    )
    return [bar, html.Span(said)]


def _off(moves: ShareUnderMoves | None, names: tuple[str, str]) -> list[Component]:
    """How far the share changes for a pixel of misregistration; nothing before it is computed."""
    if moves is None or moves.change is None or moves.worst is None:
        return []
    told = (
        f"Where {names[1]} lies one pixel off, the share of {names[0]} at the pixel, or at the region's middle, "
        f"changes by up to {100 * moves.change:.1f} percentage points ({moves.worst.said(names[1])})."
    )
    return [html.Div(f"1 px off: ±{100 * moves.change:.1f}", className="quiet", title=told)]


def _checks(checks: Sequence[Check | None]) -> Any:
    return [_check(check, CHECKS[check.name]) for check in checks if check is not None]


def _check(check: Check, name: str) -> Component:
    mark, word, kind = PASSED[check.passed]
    told = f"{name}: {word}. {check.measured} {check.meaning}"
    return html.Div([html.B(mark, className=f"mark {kind}"), name], title=told.replace(" -", " −"))


def _ranges(ranges: Sequence[float]) -> str:
    return " / ".join(f"{each:.3g}" for each in ranges)


def rules() -> Component:
    """Every rule with its threshold and its reason."""
    heads = html.Tr([html.Th(each, scope="col") for each in ("Rule", "Else", "Threshold", "Why")])
    lines = [
        html.Tr(
            [
                html.Th(rule.name, scope="row"),
                html.Td(LEVELS[rule.level]),
                html.Td("" if rule.threshold is None else f"{rule.threshold:g}"),
                html.Td(rule.reason),
            ]
        )
        for rule in RULES
    ]
    return html.Table([html.Thead(heads), html.Tbody(lines)], className="verdict-rules")
