"""A network's examination as the page shows it: a row a point, and what is being looked at."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from saliency.examination.finding import Examination, Finding, Outcome, verdict

NOT_EXAMINED = (
    "Not examined with these weights yet: whether it can be asked, how exact its maps are, and what they cost."
)
MARKS = {Outcome.RIGHT: "✓", Outcome.LIMITED: "!", Outcome.FAILED: "✗", Outcome.NOT_DONE: "–"}


def examination_table(found: Examination) -> list[Component]:
    """Rows of what was found, limits and failures first told in a sentence."""
    table = html.Table(html.Tbody([_row(each) for each in found.findings]), className="net-findings")
    return [html.P(sentence(found), className="net-note", role="status"), *([table] if found.findings else [])]


def sentence(found: Examination) -> str:
    """How the examination stands.

    Examples
    --------
    >>> sentence(Examination(doing="cost"))
    'Being examined, in a process of its own: cost …'
    """
    return f"Being examined, in a process of its own: {found.doing} …" if found.doing else verdict(found)


def _row(finding: Finding) -> Component:
    outcome = finding.outcome
    return html.Tr(
        [
            html.Td(f"{MARKS[outcome]} {outcome}", className=f"net-{outcome.name.lower()}"),
            html.Th(finding.point, scope="row"),
            html.Td(finding.sentence),
        ]
    )
