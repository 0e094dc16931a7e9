"""The graph of the view that is computed whole and was asked last: it is kept for the next pixel, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer

from dashboard.cache.slopes_store import SlopesStore
from dashboard.server.memory import trim
from dashboard.service.fused_pair import FusedPair
from dashboard.service.memory_gate import PATIENCE, MemoryGate
from saliency.derivatives.whole_image import WholeImage
from saliency.network.graph_memory import graph_bytes
from saliency.network.pair_function import is_prepared, kept_slopes, put_slopes
from saliency.network.summary_slopes import Told

REST = 60.0
"""Seconds after the last pixel in which the next one finds the graph."""
MOST_BYTES = 2**31
"""A larger graph is let go with its pixel."""


class KeptImage:
    """At most one graph of a whole image.

    Parameters
    ----------
    slopes : SlopesStore
        What all pixels of a pair share comes from there, and goes there.
    """

    def __init__(self, slopes: SlopesStore) -> None:
        self._slopes = slopes
        self._lock = Lock()
        self._key = ""
        self._image: WholeImage | None = None
        self._timer: Timer | None = None

    @contextmanager
    def of(self, fused_pair: FusedPair, gate: MemoryGate, told: Told) -> Iterator[WholeImage]:
        """A view with its graph: the one kept, or a new one in the memory that ``gate`` admits.

        For one thread at a time. ``told`` hears of the steps to what all pixels share.

        Raises
        ------
        InputError
            It does not fit into memory.
        """
        image = self._at_hand(fused_pair)
        if image is not None:
            self._keep(fused_pair, image)
            yield image
            return
        self.let_go()
        with gate.admitted(fused_pair, PATIENCE):
            self._fetch(fused_pair)
            image = WholeImage(fused_pair.loaded.network, fused_pair.pair, told)
            self._store(fused_pair)
            if graph_bytes(fused_pair.loaded.network, fused_pair.pair.shape) <= MOST_BYTES:
                self._keep(fused_pair, image)
            yield image

    def is_kept(self, fused_pair: FusedPair) -> bool:
        """Whether the next pixel of a view finds its graph."""
        return self._at_hand(fused_pair) is not None

    def let_go(self) -> None:
        """Give the memory back; where a pass is under way, after that."""
        with self._lock:
            had, self._image = self._image is not None, None
            if self._timer is not None:
                self._timer.cancel()
        if had:
            trim()

    def _at_hand(self, fused_pair: FusedPair) -> WholeImage | None:
        with self._lock:
            image = self._image if self._key == fused_pair.maps_key else None
        return image if image is not None and image.is_of(fused_pair.loaded.network) else None

    def _keep(self, fused_pair: FusedPair, image: WholeImage) -> None:
        with self._lock:
            self._key, self._image = fused_pair.maps_key, image
            if self._timer is not None:
                self._timer.cancel()
            self._timer = Timer(REST, self.let_go)
            self._timer.daemon = True
            self._timer.start()

    def _fetch(self, fused_pair: FusedPair) -> None:
        network, pair = fused_pair.loaded.network, fused_pair.pair
        if not is_prepared(network, pair) and (found := self._slopes.get(fused_pair.maps_key)):
            put_slopes(network, pair, found)

    def _store(self, fused_pair: FusedPair) -> None:
        found = kept_slopes(fused_pair.loaded.network, fused_pair.pair)
        if found is not None:
            self._slopes.put(fused_pair.maps_key, found)
