"""The rows of a verdict as they are told: judged and sorted by the rules, and as a table of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.pages.verdict.verdict_jobs import VerdictRow
from dashboard.pages.verdict.verdict_place import Place
from dashboard.report.number_table import NumberTable, TableEntry
from dashboard.service.purposes import case_address
from fusion.method.purpose import Purpose
from saliency.validation.verdict_rules import DIFFERENCES, LEARNED, NOISE, Evidence, Level, Verdict, rank, verdict

AGREES = 0.1
"""Part of the change that the straight line may be off by to count as true."""
LEVELS: Mapping[Level, str] = {
    Level.NOTHING_AGAINST: "nothing against it",
    Level.CARE: "with care",
    Level.AGAINST: "not to be relied on",
    Level.UNKNOWN: "not computed",
}
SHARE = (
    "Σ|∂y/∂x| over all pixels of an input, as a part of that of both inputs: at a pixel the read-out of Explore, "
    "over a region the share of Regions. The share map of the details compares by guidance, the input pixel at "
    "the fused one's own place alone, and so differs."
)
DEFINITIONS: tuple[tuple[str, str], ...] = (
    ("share", SHARE),
    ("leakage", "Part of both inputs' influence that comes from pixels outside the region; a pixel has none."),
    (
        "contrast kept",
        "CNR(fused) / CNR(second input), each of the region against the ring of 5 pixels around it; 1 is as "
        "distinct as in the second input, below 0 it is inverted. A dash where the second input has no contrast "
        "to keep, below 0.5 either way, and for a single pixel.",
    ),
    (
        "checks",
        "The trust card at the pixel, or at the region's middle: central differences in float64, a little noise, "
        "random weights.",
    ),
    (
        "1 px off",
        "The largest change of the first input's share, in percentage points, where the second input is moved by "
        "one pixel to each of its eight neighbouring places; by exact Jacobians of the eight moved pairs, at the "
        "pixel or the region's middle. At the image's border, pixels without data come in.",
    ),
    (
        "holds for",
        "How far the input pixel at the fused one's own place may change, either way, before the derivative is "
        "off by more than a tenth of the change; images span 0 to 1, and up to 0.5 is tried.",
    ),
)
"""What each column is."""


@dataclass(frozen=True, eq=False)
class VerdictLine:
    """A network's row, judged.

    Attributes
    ----------
    row : VerdictRow
    purpose : Purpose
    evidence : Evidence
    verdict : Verdict
    is_generated : bool
        Whether the pair is a generated one, which is no case.
    """

    row: VerdictRow
    purpose: Purpose
    evidence: Evidence
    verdict: Verdict
    is_generated: bool

    @property
    def network(self) -> str:
        """Its name."""
        return self.row.network

    @property
    def flags(self) -> tuple[str, ...]:
        """What stands beside its name."""
        foreign = ("not made for this modality",) if self.evidence.suits is False else ()
        return (*foreign, *(("learned from this case",) if self.evidence.has_learned else ()))

    def learned(self) -> str:
        """What it has learned from, in a few words."""
        if self.purpose.is_general:
            return "nothing learned"
        if self.evidence.has_learned is None:
            return "generated pair" if self.is_generated and self.purpose.learned else "not told"
        return "this very case" if self.evidence.has_learned else "other cases"


def judged(purpose_of: Callable[[str], Purpose], place: Place, rows: Sequence[VerdictRow]) -> list[VerdictLine]:
    """Every row with its verdict, the best by the rules first; ``purpose_of`` tells a network's by its name."""
    lines = [_line(purpose_of(row.network), place, row) for row in rows]
    return sorted(lines, key=lambda line: rank(line.evidence, line.verdict))


def _line(purpose: Purpose, place: Place, row: VerdictRow) -> VerdictLine:
    collection, title = case_address(place.pair_id)
    evidence = Evidence(
        place.pair.names,
        purpose.suits(place.pair.names),
        purpose.has_learned(collection, title),
        row.progress.report,
        tuple(each.true_within(AGREES) for each in row.progress.nudges),
        row.progress.checks,
    )
    return VerdictLine(row, purpose, evidence, verdict(evidence), is_generated=not collection)


def values_table(place: Place, lines: Sequence[VerdictLine]) -> NumberTable:
    """Every value that stands in the rows; what is not computed or not defined stays empty."""
    one, two = place.pair.names
    heads = (
        "network",
        "made for",
        "made for this modality",
        "learned from",
        "verdict",
        "sentence",
        f"share {one}",
        f"share {two}",
        f"largest change of share {one} by 1 px of misregistration",
        "leakage",
        "contrast kept",
        DIFFERENCES,
        NOISE,
        LEARNED,
        f"holds for {one}",
        f"holds for {two}",
    )
    return NumberTable(f"Verdict on {place.said()}", heads, tuple(map(_values, lines)), notes(lines))


def _values(line: VerdictLine) -> tuple[TableEntry, ...]:
    evidence, moves = line.evidence, line.row.progress.moves
    shares = (None, None) if evidence.report is None else evidence.report.share
    checks = [evidence.check(name) for name in (DIFFERENCES, NOISE, LEARNED)]
    ranges: list[float | None] = [*evidence.ranges, *[None] * (2 - len(evidence.ranges))]
    made = {True: "yes", False: "no", None: "not told"}[evidence.suits]
    return (
        line.network,
        line.purpose.said(),
        made,
        line.learned(),
        LEVELS[line.verdict.level],
        line.verdict.sentence,
        *shares,
        None if moves is None else moves.change,
        evidence.leakage,
        evidence.contrast_kept,
        *(None if each is None else each.value for each in checks),
        *ranges,
    )


def begun(words: str) -> str:
    """The words with a capital letter at their begin.

    Examples
    --------
    >>> begun("the Jacobian is steady")
    'The Jacobian is steady'
    """
    return words[:1].upper() + words[1:]


def notes(lines: Sequence[VerdictLine]) -> tuple[str, ...]:
    """Which rows are empty, and why."""
    failed = tuple(f"{line.network}: {line.row.failure}" for line in lines if line.row.failure)
    missing = [line.network for line in lines if line.verdict.level is Level.UNKNOWN and not line.row.failure]
    return (*failed, *((f"Not computed: {', '.join(missing)}.",) if missing else ()))
