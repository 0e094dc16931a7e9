"""What a worker is to compute of a slice: told in words that name no patient, under the cache's seal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from dashboard.cache.sealed_words import SealedWords

KIND = "slice order"


class SliceWork(StrEnum):
    """What is computed of a slice through a network: its guidance, or the figures of a cohort."""

    GUIDANCE = "guidance"
    FIGURES = "figures"


@dataclass(frozen=True)
class SliceOrder:
    """What a worker is told.

    Attributes
    ----------
    key : str
        Under which it is to be kept.
    pair : str
        What stands for the id of the pair as it is, see `SealedWords.name_of`.
    changes : str
        What is changed of it, as an id has it.
    network : str
    work : SliceWork
    """

    key: str
    pair: str
    changes: str
    network: str
    work: SliceWork = SliceWork.GUIDANCE


def sealed_order(words: SealedWords, order: SliceOrder) -> str:
    """The order as a message."""
    return words.sealed(KIND, asdict(order))


def opened_order(words: SealedWords, message: object) -> SliceOrder | None:
    """The order that a message is; None for what no dashboard with this cache has written."""
    found = words.opened(KIND, message)
    try:
        return None if found is None else SliceOrder(work=SliceWork(found.pop("work")), **found)
    except (KeyError, TypeError, ValueError):  # of another version
        return None
