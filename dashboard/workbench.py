"""What the page asks for by name, answered by the rooms below: pairs, networks, fused images, saliency."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from threading import BoundedSemaphore

import numpy as np
import torch
from flask import Flask
from numpy.typing import NDArray

from dashboard.bounded import Bounded
from dashboard.catalogue import Catalogue
from dashboard.guidance_desk import GuidanceDesk, Snapshot
from dashboard.settings import Settings
from dashboard.shelf import Installed, Shelf
from dashboard.store import GuidanceStore, Images
from fusion import ImagePair
from saliency import (
    Correlation,
    Influence,
    Jacobian,
    correlation,
    fused_image,
    guidance_stream,
    influence,
    jacobian,
)

FORMAT = "1"
"""Part of every cache key; raised when what is computed changes."""
AT_ONCE = 2
"""Jacobians computed at a time: one a core."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A pair through a network.

    Attributes
    ----------
    pair : ImagePair
    installed : Installed
    fused : float32 (H, W)
        As the network gives it, unclipped.
    """

    pair: ImagePair
    installed: Installed
    fused: NDArray[np.float32]

    @property
    def key(self) -> str:
        """Hash of all that decides the saliency: method, weights, images, torch's version and our own format."""
        parts = (FORMAT, torch.__version__, self.installed.name, self.installed.weights, self.pair.content_hash)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Answer:
    """One principal pixel, answered: its Jacobian, its influence and the milliseconds it took."""

    jacobian: Jacobian
    influence: Influence
    milliseconds: float


class Workbench:
    """Everything a running dashboard holds; one per application, bounded in memory."""

    def __init__(self, settings: Settings, server: Flask) -> None:
        self.catalogue = Catalogue(settings.phantoms, settings.pairs, settings.max_pixels)
        self.shelf = Shelf(settings.checkpoints)
        self.desk = GuidanceDesk(GuidanceStore(server, settings.cache))
        self._seen: Bounded[Seen] = Bounded(size=32)
        self._correlations: Bounded[Correlation] = Bounded(size=64)
        self._turns = BoundedSemaphore(AT_ONCE)

    def see(self, pair_id: str, network: str) -> Seen:
        """The pair ``pair_id`` through ``network``; InputError where either cannot be used."""
        pair, installed = self.catalogue.pair(pair_id), self.shelf.get(network)
        key = (pair_id, pair.content_hash, installed.name, installed.weights)
        return self._seen.get(key, lambda: Seen(pair, installed, fused_image(installed.network, pair)))

    def answer(self, seen: Seen, pixel: tuple[int, int]) -> Answer:
        """The Jacobian of one fused pixel; waits for a free core."""
        self.desk.hovering()
        with self._turns:
            start = time.perf_counter()
            J = jacobian(seen.installed.network, seen.pair, pixel)
            milliseconds = (time.perf_counter() - start) * 1000
        return Answer(J, influence(J), milliseconds)

    def guidance(self, seen: Seen) -> Snapshot:
        """Both guidance images as far as they are computed; asking keeps the computation going."""
        return self.desk.ask(seen.key, lambda: guidance_stream(seen.installed.network, seen.pair))

    def correlation(self, seen: Seen, images: Images) -> Correlation:
        """Correlation of finished guidance over all pixels, computed once."""
        return self._correlations.get(seen.key, lambda: correlation(*images))
