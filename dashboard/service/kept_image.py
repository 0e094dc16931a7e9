"""Graphs of views that are computed whole: one a view, and the pointer's kept for its next pixel, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from weakref import WeakValueDictionary

from dashboard.cache.slopes_store import SlopesStore
from dashboard.server.memory import trim
from dashboard.service.fused_pair import FusedPair
from dashboard.service.idle_timer import IdleTimer
from dashboard.service.memory_gate import PATIENCE, MemoryGate
from saliency.derivatives.whole_image import WholeImage
from saliency.network.graph_memory import graph_bytes
from saliency.network.pair_function import is_prepared, kept_slopes, prepared, put_slopes
from saliency.network.summary_slopes import Told, no_matter

MOST_BYTES = 2**31
"""A larger graph is let go with its pixel."""


class KeptImage:
    """At most one graph of each view, which pointer and guidance share; the pointer's last one is held.

    Parameters
    ----------
    slopes : SlopesStore
        What all pixels of a pair share comes from there, and goes there.
    """

    def __init__(self, slopes: SlopesStore) -> None:
        self._slopes = slopes
        self._lock = Lock()
        self._built: WeakValueDictionary[str, WholeImage] = WeakValueDictionary()
        self._image: WholeImage | None = None
        self._idle = IdleTimer(self.let_go)

    @contextmanager
    def of(self, fused_pair: FusedPair, gate: MemoryGate, told: Told) -> Iterator[WholeImage]:
        """A view with its graph: the one that is there, or a new one in the memory that ``gate`` admits.

        For one thread at a time. ``told`` hears of the steps to what all pixels share.

        Raises
        ------
        InputError
            It does not fit into memory.
        """
        image = self._at_hand(fused_pair)
        if image is not None:
            self._keep(image)
            yield image
            return
        self.let_go()
        with gate.admitted(fused_pair, PATIENCE):
            image = self.shared(fused_pair, told)
            if graph_bytes(fused_pair.loaded.network, fused_pair.pair.shape) <= MOST_BYTES:
                self._keep(image)
            yield image

    def shared(self, fused_pair: FusedPair, told: Told = no_matter) -> WholeImage:
        """The graph of a view, a new one where nobody has one; it lives as long as somebody holds it.

        For who was admitted to its memory.
        """
        network, pair = fused_pair.loaded.network, fused_pair.pair
        self._fetch(fused_pair)
        prepared(network, pair, told)  # takes long, and somebody else may build the graph after it
        image = self._at_hand(fused_pair) or WholeImage(network, pair)
        self._store(fused_pair)
        with self._lock:
            self._built[fused_pair.maps_key] = image
        return image

    def is_kept(self, fused_pair: FusedPair) -> bool:
        """Whether the next pixel of a view finds its graph."""
        return self._at_hand(fused_pair) is not None

    def let_go(self) -> None:
        """Give the memory back; where a pass is under way, after that."""
        with self._lock:
            had, self._image = self._image is not None, None
        if had:
            trim()

    def _at_hand(self, fused_pair: FusedPair) -> WholeImage | None:
        with self._lock:
            image = self._built.get(fused_pair.maps_key)
        return image if image is not None and image.is_of(fused_pair.loaded.network) else None

    def _keep(self, image: WholeImage) -> None:
        with self._lock:
            self._image = image
        self._idle.restart()

    def _fetch(self, fused_pair: FusedPair) -> None:
        network, pair = fused_pair.loaded.network, fused_pair.pair
        if not is_prepared(network, pair) and (found := self._slopes.get(fused_pair.maps_key)):
            put_slopes(network, pair, found)

    def _store(self, fused_pair: FusedPair) -> None:
        found = kept_slopes(fused_pair.loaded.network, fused_pair.pair)
        if found is not None:
            self._slopes.put(fused_pair.maps_key, found)
