"""How long would a network take here? Known before it is asked, as what takes long is begun by its reader only."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import nn

from dashboard.cache.lru import LRUCache
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, fuse, phantom
from saliency import Locality, locality
from saliency.geometry.window import Shape

SIDE = 64
"""Of the phantom on which a network is timed, in pixels."""
TRIES = 2
"""The quicker counts: the first one finds nothing prepared."""
BACKWARD = 3
"""A Jacobian takes about so many times what fusing its crop takes: once forward, twice back."""
LONG: Mapping[str, float] = MappingProxyType({"fused": 5.0, "jacobian": 0.25, "guidance": 300.0})
"""Seconds from which on each is asked for."""


@dataclass(frozen=True)
class ExpectedTimes:
    """Seconds that a pair through a network takes, about; None where that cannot be told.

    Attributes
    ----------
    fused : float
        The fused image.
    jacobian : float
        One pixel's Jacobian.
    guidance : float or None
        Both guidance images; None of a network that sees the whole image, whose guidance is estimated.
    """

    fused: float
    jacobian: float
    guidance: float | None

    def asks(self) -> dict[str, float | None]:
        """Those that take long, with how long.

        Examples
        --------
        >>> ExpectedTimes(1.2, 1.0, 430.0).asks(), ExpectedTimes(0.1, 0.02, 5.0).asks()
        ({'jacobian': 1.0, 'guidance': 430.0}, {})
        """
        times = {"fused": self.fused, "jacobian": self.jacobian, "guidance": self.guidance}
        return {what: taken for what, taken in times.items() if taken is None or taken > LONG[what]}


def expected_times(found: Locality, pixel: float, shape: Shape) -> ExpectedTimes:
    """What an image of ``shape`` takes where fusing one ``pixel`` takes so many seconds.

    Guidance of crops takes a pass for each pixel of a lattice, each about as long as fusing: carried back on small
    blocks, a pass takes a third of what autograd does.

    Examples
    --------
    >>> expected_times(Locality(radius=9, stride=1, is_local=True, reason=""), 1e-6, (100, 200)).guidance
    2.0
    """
    fused = pixel * math.prod(shape)
    if not found.is_local:
        return ExpectedTimes(fused, BACKWARD * fused, None)
    crop = min((4 * found.radius + 1) ** 2, math.prod(shape))
    return ExpectedTimes(fused, BACKWARD * pixel * crop, round((found.radius + 1) ** 2 * fused, 9))


class TimeExpectations:
    """What networks take: guessed from a small phantom, and known better from a pair that is opened."""

    def __init__(self, service: SaliencyService) -> None:
        self._service = service
        self._pixels: LRUCache[float] = LRUCache(size=256)

    def guessed(self, pair_id: str, network: str) -> ExpectedTimes:
        """Before the pair is opened through ``network``; InputError where either cannot be used."""
        loaded = self._service.network_pool.get(network)
        pixel = self._pixels.get((loaded.name, loaded.weights), lambda: _of_phantom(loaded.network))
        return expected_times(locality(loaded.network), pixel, self._service.catalogue.pair(pair_id).shape)

    def of(self, fused_pair: FusedPair) -> ExpectedTimes:
        """Of an opened pair, fused once more: a small phantom takes mostly what any picture does."""
        loaded, pair = fused_pair.loaded, fused_pair.pair
        guess = self._pixels.peek((loaded.name, loaded.weights))
        if guess is not None and expected_times(locality(loaded.network), guess, pair.shape).fused > LONG["fused"]:
            return expected_times(locality(loaded.network), guess, pair.shape)
        key = loaded.name, loaded.weights, pair.shape
        pixel = self._pixels.get(key, lambda: _seconds_a_pixel(loaded.network, pair))
        return expected_times(locality(loaded.network), pixel, pair.shape)


def _of_phantom(network: nn.Module) -> float:
    pair = phantom(1, size=SIDE)
    return min(_seconds_a_pixel(network, pair) for _ in range(TRIES))


def _seconds_a_pixel(network: nn.Module, pair: ImagePair) -> float:
    # Of this thread alone: what else the computer does is no part of it.
    start = time.thread_time()
    fuse(network, pair)
    return (time.thread_time() - start) / math.prod(pair.shape)
