"""What stands above a cohort's tables where a network has learned from a case that it is measured on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboard.service.network_pool import NetworkPool
from dashboard.service.network_standing import has_learned_from, told_purpose
from dashboard.service.pair_catalogue import PairEntry

NAMED = 12
"""Cases that are named; of more it is said how many they are."""


def learned_note(pool: NetworkPool, entries: Sequence[PairEntry], networks: Iterable[str]) -> str:
    """Which networks have learned from which of the measured cases, in sentences; nothing where none has."""
    count = len({each.case for each in entries})
    learned: dict[tuple[str, ...], list[str]] = {}
    unknown = []
    for name in networks:
        purpose = told_purpose(pool, name)
        told = {each.case: has_learned_from(purpose, each) for each in entries}
        if cases := tuple(case for case, has_learned in told.items() if has_learned):
            learned.setdefault(cases, []).append(name)
        elif None in told.values():
            unknown.append(name)
    said = [_learned(names, cases, count) for cases, names in learned.items()]
    if unknown:
        said.append(f"It is not known which of these cases {_listed(unknown)} learned from.")
    return " ".join(said)


def _learned(names: Sequence[str], cases: Sequence[str], count: int) -> str:
    have = "has" if len(names) == 1 else "have"
    which = f" ({', '.join(cases)})" if len(cases) <= NAMED else ""
    return (
        f"{_listed(names)} {have} learned from {len(cases)} of these {count} cases{which}; "
        "what is measured there may flatter."
    )


def _listed(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    Examples
    --------
    >>> _listed(["MaskNet"]), _listed(["MaskNet", "DeepFuse", "FunFuseAn"])
    ('MaskNet', 'MaskNet, DeepFuse and FunFuseAn')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
