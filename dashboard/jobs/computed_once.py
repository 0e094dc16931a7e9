"""Guidance that one process at a time computes, of all that share its store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dashboard.cache.disk import GuidanceStore
from dashboard.cache.key_locks import KeyLocks
from dashboard.cache.unfinished_guidance import UnfinishedGuidanceStore
from dashboard.jobs.job import ElsewhereError
from saliency import Guidance

Start = Callable[[], Iterator[Guidance]]
GoesOn = Callable[[Guidance | None, Callable[[], Any]], Iterator[Guidance]]
"""A stream from what is known, and from what is looked at."""


class ComputedOnce:
    """Streams that hold their key's lock while they live; a job's lives until its answer is stored.

    Parameters
    ----------
    store, parts
        Finished guidance, and unfinished.
    locks : KeyLocks
    """

    def __init__(self, store: GuidanceStore, parts: UnfinishedGuidanceStore, locks: KeyLocks) -> None:
        self._store, self._parts, self._locks = store, parts, locks

    def started(self, key: str, start: Start) -> Start:
        """``start``, for one process at a time."""
        return lambda: self._stream(key, None, start)

    def gone_on(self, key: str, goes_on: GoesOn) -> GoesOn:
        """``goes_on``, likewise."""
        return lambda so_far, looked_at: self._stream(key, so_far, partial(goes_on, so_far, looked_at))

    def _stream(self, key: str, so_far: Guidance | None, begin: Start) -> Iterator[Guidance]:
        """What is stored meanwhile, else what ``begin`` computes.

        Raises
        ------
        ElsewhereError
            Another process computes it; what that has put aside of it comes before.
        """
        with self._locks.tried(key) as is_ours:
            found = stored(self._store, key) if self._store.has(key) else None
            if found is not None:
                yield found
                return
            if not is_ours:
                part = self._parts.get(key)
                if part is not None and (so_far is None or part.known.sum() > so_far.known.sum()):
                    yield part
                raise ElsewhereError
            yield from begin()


def stored(store: GuidanceStore, key: str) -> Guidance | None:
    """Finished guidance as the stream that computed it gave it at its end; None where it is not in the store."""
    images = store.get(key)
    return None if images is None else Guidance(*images, np.ones(images[0].shape, dtype=bool), 1, 1)
