"""What an examination of a network found, as plain data that travels between processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a point of the examination ended."""

    RIGHT = "right"
    LIMITED = "limited"
    """The network can be used; the sentence says within which limits."""
    FAILED = "failed"
    """Maps of this network would be wrong, or cannot be had; the sentence says what to do."""
    NOT_DONE = "not done"
    """Time or memory ran out, or a point before it failed; nothing is known of this one."""


@dataclass(frozen=True)
class Finding:
    """What one point of the examination found.

    Attributes
    ----------
    point : str
        Which, in a word or two.
    outcome : Outcome
    sentence : str
        For the user.
    """

    point: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True)
class Examination:
    """An examination, as far as it is.

    Attributes
    ----------
    findings : tuple of Finding
        In the order they were made.
    doing : str
        The point that is being looked at; empty once all are done.
    """

    findings: tuple[Finding, ...] = ()
    doing: str = ""

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        """Those that ended so.

        Examples
        --------
        >>> found = Examination((Finding("sizes", Outcome.LIMITED, "Takes 64 × 64 only."),))
        >>> [each.point for each in found.of(Outcome.LIMITED)]
        ['sizes']
        """
        return tuple(each for each in self.findings if each.outcome is outcome)


def verdict(found: Examination) -> str:
    """How many points ended how, and what that means.

    Examples
    --------
    >>> verdict(Examination((Finding("sizes", Outcome.LIMITED, "It takes 64 × 64."),)))
    '0 right, 1 limited, 0 failed: its maps can be computed within these limits.'
    >>> verdict(Examination((Finding("cost", Outcome.NOT_DONE, "Time ran out."),)))
    '0 right, 0 limited, 0 failed, 1 not done: what is not done is not known; nothing was found against the rest.'
    """
    named = [each for each in Outcome if each is not Outcome.NOT_DONE or found.of(each)]
    told = ", ".join(f"{len(found.of(outcome))} {outcome}" for outcome in named)
    if found.of(Outcome.FAILED):
        return f"{told}: do not lean on its maps before that is mended."
    if found.of(Outcome.NOT_DONE):
        return f"{told}: what is not done is not known; nothing was found against the rest."
    return f"{told}: its maps can be computed{' within these limits' if found.of(Outcome.LIMITED) else ''}."


def limits(found: Examination | None) -> str:
    """Which points did not end right, in a few words; empty where none, or where nothing was examined.

    Examples
    --------
    >>> limits(Examination((Finding("sizes", Outcome.LIMITED, "It takes 64 × 64."),)))
    'examination: limited (sizes)'
    """
    if found is None:
        return ""
    ended = {each: found.of(each) for each in (Outcome.FAILED, Outcome.LIMITED, Outcome.NOT_DONE)}
    told = [f"{outcome} ({_points(findings)})" for outcome, findings in ended.items() if findings]
    return f"examination: {', '.join(told)}" if told else ""


def _points(findings: Sequence[Finding], most: int = 4) -> str:
    names = ", ".join(each.point for each in findings[:most])
    return names + (f" and {len(findings) - most} more" if len(findings) > most else "")


def examination_of(about: Mapping[str, Any]) -> Examination:
    """An examination from what `dataclasses.asdict` made of it, perhaps by way of JSON.

    Examples
    --------
    >>> examination_of({"findings": [], "doing": "cost"})
    Examination(findings=(), doing='cost')
    """
    findings = (Finding(each["point"], Outcome(each["outcome"]), each["sentence"]) for each in about["findings"])
    return Examination(tuple(findings), about["doing"])
