"""Pictures of guidance that is still computed: made when somebody looks, shared by all who do."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

from dashboard.cache.lru import LRUCache
from dashboard.imaging.seen_guidance import SeenGuidance, seen
from dashboard.jobs.guidance_queue import Snapshot

PICTURED_EVERY = 0.15
"""Seconds between two pictures of the same guidance: copying and reducing it takes time too …"""
SHARE = 5
"""… and of a large image at most one part in so many of one core's time."""
KEPT_BYTES = 64 * 2**20


@dataclass
class _Preview:
    """The latest picture and when the next one may be made."""

    lock: Lock = field(default_factory=Lock)
    picture: SeenGuidance | None = None
    done: int = 0
    due: float = 0.0

    @property
    def size(self) -> int:
        return 0 if self.picture is None else self.picture.nbytes


class GuidancePreviews:
    """The latest picture of each guidance at each level of detail."""

    def __init__(self) -> None:
        self._previews: LRUCache[_Preview] = LRUCache(32, lambda preview: preview.size, KEPT_BYTES)

    def of(self, key: str, step: int, snapshot: Snapshot) -> tuple[SeenGuidance | None, int]:
        """Guidance to look at, reduced by ``step``, and after how many passes it was made.

        It may lie a moment behind ``snapshot``; only what is complete is always the latest.
        """
        if snapshot.grown is None:
            return None, 0
        if snapshot.is_complete and step == 1:
            return SeenGuidance(snapshot.grown.first, snapshot.grown.second, snapshot.grown.known), snapshot.done
        name = (key, step, snapshot.is_complete)
        preview = self._previews.get(name, _Preview)
        with preview.lock:
            start = time.monotonic()
            # Passes begin anew where a job was given up and taken up again.
            if preview.picture is None or (preview.done != snapshot.done and start >= preview.due):
                preview.picture, preview.done = seen(snapshot.grown, step), snapshot.done
                self._previews.reweigh(name)
                took = time.monotonic() - start
                preview.due = start + max(PICTURED_EVERY, SHARE * took)
            return preview.picture, preview.done
