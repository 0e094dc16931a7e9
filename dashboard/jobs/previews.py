"""Pictures of guidance that is still computed: made when somebody looks, shared by all who do."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

from dashboard.cache.disk import Images
from dashboard.cache.lru import LRUCache
from dashboard.imaging.downsampling import looked_at
from dashboard.jobs.guidance_queue import Snapshot

PICTURED_EVERY = 0.15
"""Seconds between two pictures of the same guidance: filling its gaps takes time too …"""
SHARE = 5
"""… and of a large image at most one part in so many of one core's time."""
KEPT_BYTES = 64 * 2**20


@dataclass
class _Preview:
    """The latest picture and when the next one may be made."""

    lock: Lock = field(default_factory=Lock)
    images: Images | None = None
    done: int = 0
    due: float = 0.0

    @property
    def size(self) -> int:
        return 0 if self.images is None else 2 * self.images[0].nbytes


class GuidancePreviews:
    """The latest picture of each guidance at each level of detail."""

    def __init__(self) -> None:
        self._previews: LRUCache[_Preview] = LRUCache(32, lambda preview: preview.size, KEPT_BYTES)

    def of(self, key: str, step: int, snapshot: Snapshot) -> tuple[Images | None, int]:
        """Guidance to look at, reduced by ``step``, and after how many passes it was made.

        It may lie a moment behind ``snapshot``; only what is complete is always the latest.
        """
        if snapshot.grown is None:
            return None, 0
        if snapshot.is_complete and step == 1:
            return (snapshot.grown.first, snapshot.grown.second), snapshot.done
        preview = self._previews.get((key, step, snapshot.is_complete), _Preview)
        with preview.lock:
            start = time.monotonic()
            # Passes begin anew where a job was given up and taken up again.
            if preview.images is None or (preview.done != snapshot.done and start >= preview.due):
                preview.images, preview.done = looked_at(snapshot.grown, step), snapshot.done
                took = time.monotonic() - start
                preview.due = start + max(PICTURED_EVERY, SHARE * took)
            return preview.images, preview.done
