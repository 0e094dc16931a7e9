"""A slice's guidance as it is handed out to a worker: in words that name no patient, under the cache's seal."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dashboard.cache.sealed_words import SealedWords

KIND = "slice order"


@dataclass(frozen=True)
class SliceOrder:
    """What a worker is told.

    Attributes
    ----------
    key : str
        Under which the guidance is to be kept.
    pair : str
        What stands for the id of the pair as it is, see `SealedWords.name_of`.
    changes : str
        What is changed of it, as an id has it.
    network : str
    """

    key: str
    pair: str
    changes: str
    network: str


def sealed_order(words: SealedWords, order: SliceOrder) -> str:
    """The order as a message."""
    return words.sealed(KIND, asdict(order))


def opened_order(words: SealedWords, message: object) -> SliceOrder | None:
    """The order that a message is; None for what no dashboard with this cache has written."""
    found = words.opened(KIND, message)
    try:
        return None if found is None else SliceOrder(**found)
    except TypeError:  # of another version
        return None
