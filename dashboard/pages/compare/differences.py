"""One network's pictures less another's, for the same pair: signed, exact, as far as a screen shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.cache.lru import LRUCache
from dashboard.imaging.downsampling import extremes, step_for, strongest
from dashboard.server import messages
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from saliency.geometry.window import Window, whole

KEPT_BYTES = 64 * 2**20
Difference = NDArray[np.float32]


class Differences:
    """The latest differences of whole pictures, so that a large one is taken once."""

    def __init__(self, service: SaliencyService) -> None:
        self._service = service
        self._messages: LRUCache[bytes] = LRUCache(16, len, KEPT_BYTES)

    def message(self, one: FusedPair, other: FusedPair, side: int) -> bytes:
        """``one`` less ``other``: the fused image and, where both are finished, the guidance images.

        Of a large image each block shows its strongest difference with its sign. The header's ``limits`` hold
        the largest size of the fused images' and of both guidance images' differences, ``means`` the mean size
        of each; both are of every pixel.
        """
        is_finished = None not in (self._service.finished_guidance(one), self._service.finished_guidance(other))
        key = (one.key, other.key, step_for(one.pair.shape, side, one.pair.aspect), is_finished)
        return self._messages.get(key, lambda: self._whole(one, other, key[2]))

    def window_message(self, one: FusedPair, other: FusedPair, area: Window) -> bytes:
        """The same inside ``area``, every pixel of it."""
        arrays = self._taken(one, other, area)
        about = {
            "key": f"{one.key} {other.key}",
            "top": area.top,
            "left": area.left,
            "done": int("guidance1" in arrays),
        }
        return messages.packed(about, arrays)

    def _whole(self, one: FusedPair, other: FusedPair, step: int) -> bytes:
        arrays = self._taken(one, other, whole(one.pair.shape))
        sizes = {name: max(map(abs, extremes(values))) for name, values in arrays.items()}
        about: dict[str, Any] = {
            "key": f"{one.key} {other.key}",
            "step": step,
            "done": int("guidance1" in arrays),
            "limits": {
                "fused": sizes["fused"],
                "guidance": max((sizes[name] for name in arrays if name != "fused"), default=0.0),
            },
            "means": {name: _mean_size(values) for name, values in arrays.items()},
        }
        return messages.packed(about, {name: strongest(values, step) for name, values in arrays.items()})

    def _taken(self, one: FusedPair, other: FusedPair, area: Window) -> dict[str, Difference]:
        found = {"fused": one.fused[area.slices] - other.fused[area.slices]}
        first, second = self._service.finished_guidance(one), self._service.finished_guidance(other)
        if first is not None and second is not None:
            for name, a, b in zip(("guidance1", "guidance2"), first, second, strict=True):
                found[name] = a[area.slices] - b[area.slices]
        return found


def _mean_size(values: Difference) -> float | None:
    """Mean of the absolute values of the finite ones; None where there are none."""
    finite = np.isfinite(values)
    return float(np.abs(values[finite]).mean(dtype=np.float64)) if finite.any() else None
