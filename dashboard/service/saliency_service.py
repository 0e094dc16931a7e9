"""What the page asks for by name, answered by the rooms below: pairs, networks, fused images, saliency."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from threading import BoundedSemaphore

import numpy as np
import torch
from flask import Flask
from numpy.typing import NDArray

from dashboard.cache.background import Beside
from dashboard.cache.disk import GuidanceStore, Images
from dashboard.cache.lru import Bounded
from dashboard.cache.receptive_fields import LocalityStore
from dashboard.imaging.density import Density, density
from dashboard.imaging.downsampling import extremes
from dashboard.jobs.guidance_queue import GuidanceDesk, Snapshot
from dashboard.jobs.previews import Sketches
from dashboard.service.cost import Cost, multiplications
from dashboard.service.inner_view_images import Inside, look_inside
from dashboard.service.network_pool import Installed, Shelf, StillMeasuringError
from dashboard.service.pair_catalogue import Catalogue, bytes_of
from dashboard.settings import Settings
from fusion import ImagePair, find
from saliency import (
    Correlation,
    Influence,
    Jacobian,
    Locality,
    correlation,
    fused_image,
    guidance_stream,
    influence,
    locality,
)
from saliency.derivatives.jacobian_batch import jacobian_batch

FORMAT = "1"
"""Part of every cache key; raised when what is computed changes."""
SEEN_BYTES = 2**30
"""Pairs and fused images held in memory."""
Range = tuple[float, float]
"""A smallest and a largest value."""
AT_HAND = 512 * 512
"""Pixels whose correlation is computed while its reader waits; ranking 4096 × 4096 takes many seconds."""
ANSWER_BYTES = 32 * 2**20
"""Jacobians held in memory; of a network that is not local each is as large as the image."""
INSIDES = 4
"""Pairs through a network whose inner views are held in memory, up to a hundred megabytes each."""
COUNTED = 3
"""Jacobians computed to say how long one takes; the shortest time counts."""
AT_ONCE = 2
"""Jacobians computed at a time: one a core."""
LONG_AT_ONCE = 1
"""Beside these, Jacobians of networks that see the whole image: they take seconds, and quick ones pass by."""


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

    @cached_property
    def fused_range(self) -> tuple[float, float]:
        """Smallest and largest finite value of the fused image."""
        return extremes(self.fused)

    @cached_property
    def key(self) -> str:
        """Hash of all that decides the saliency: method, weights, images, torch's version and our own format."""
        parts = (FORMAT, torch.__version__, self.installed.name, self.installed.weights, self.pair.content_hash)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Answer:
    """One principal pixel, answered: its Jacobian, its influence, and the milliseconds it took and waited.

    Of pixels that were computed together each took its part of the time.
    """

    jacobian: Jacobian
    influence: Influence
    milliseconds: float
    queued: float = 0.0


class Workbench:
    """Everything a running dashboard holds; one per application, bounded in memory."""

    def __init__(self, settings: Settings, server: Flask) -> None:
        self.catalogue = Catalogue(settings.phantoms, settings.pairs, settings.max_pixels, settings.nightscenes)
        self.shelf = Shelf(settings.checkpoints, LocalityStore(server, settings.cache))
        self.desk = GuidanceDesk(GuidanceStore(server, settings.cache))
        self.sketches = Sketches()
        self._seen: Bounded[Seen] = Bounded(32, lambda seen: bytes_of(seen.pair) + seen.fused.nbytes, SEEN_BYTES)
        self._answers: Bounded[Answer] = Bounded(
            256, lambda answer: 2 * answer.jacobian.first.nbytes, ANSWER_BYTES
        )
        self._ranges: Bounded[tuple[Range, Range]] = Bounded(size=64)
        self._densities: Bounded[Density] = Bounded(size=32)
        self._correlations: Bounded[Correlation] = Bounded(size=64)
        self._long_correlations: Beside[Correlation] = Beside(size=64)
        self._insides: Beside[Inside] = Beside(size=INSIDES)
        self._costs: Beside[Cost] = Beside(size=32)
        self._turns, self._long_turns = BoundedSemaphore(AT_ONCE), BoundedSemaphore(LONG_AT_ONCE)

    def see(self, pair_id: str, network: str) -> Seen:
        """The pair ``pair_id`` through ``network``; InputError where either cannot be used."""
        pair, installed = self.catalogue.pair(pair_id), self.shelf.get(network)
        key = (pair_id, pair.content_hash, installed.name, installed.weights)
        return self._seen.get(key, lambda: Seen(pair, installed, fused_image(installed.network, pair)))

    def answer(self, seen: Seen, pixel: tuple[int, int]) -> Answer:
        """The Jacobian of one fused pixel; waits for a free core.

        The latest are kept: a pixel that is pointed at is asked for again when the pointer comes to rest.
        """
        self.desk.hovering()
        return self._answers.get((seen.key, pixel), lambda: self._one(seen, pixel))

    def answers(self, seen: Seen, pixels: Sequence[tuple[int, int]]) -> list[Answer]:
        """The Jacobians of several fused pixels, those not kept computed together."""
        if len(pixels) == 1:
            return [self.answer(seen, pixels[0])]
        self.desk.hovering()
        missing = [pixel for pixel in dict.fromkeys(pixels) if (seen.key, pixel) not in self._answers]
        computed = dict(zip(missing, self._computed(seen, missing), strict=True))

        def made(pixel: tuple[int, int]) -> Answer:  # one kept a moment ago may have been dropped since
            return computed.get(pixel) or self._one(seen, pixel)

        return [self._answers.get((seen.key, pixel), partial(made, pixel)) for pixel in pixels]

    def _one(self, seen: Seen, pixel: tuple[int, int]) -> Answer:
        return self._computed(seen, [pixel])[0]

    def _computed(self, seen: Seen, pixels: Sequence[tuple[int, int]]) -> list[Answer]:
        asked = time.perf_counter()
        is_long = not locality(seen.installed.network).is_local
        with self._long_turns if is_long else self._turns:
            start = time.perf_counter()
            found = jacobian_batch(seen.installed.network, seen.pair, pixels)
            milliseconds = (time.perf_counter() - start) * 1000 / max(len(pixels), 1)
        queued = (start - asked) * 1000
        return [Answer(J, influence(J), milliseconds, queued) for J in found]

    def guidance(self, seen: Seen, watcher: str = "") -> Snapshot:
        """Both guidance images as far as they are computed; asking keeps the computation going."""
        return self.desk.ask(seen.key, lambda: guidance_stream(seen.installed.network, seen.pair), watcher)

    def finished_guidance(self, seen: Seen) -> Images | None:
        """Both guidance images where they are complete; starts nothing."""
        return self.desk.look(seen.key).images

    def correlation(self, seen: Seen, images: Images) -> Correlation | None:
        """Correlation of finished guidance over all pixels, computed once; None while that takes long."""
        if images[0].size <= AT_HAND:
            return self._correlations.get(seen.key, lambda: correlation(*images))
        return self._long_correlations.get(seen.key, lambda: correlation(*images))

    def ranges(self, seen: Seen, images: Images) -> tuple[Range, Range]:
        """Smallest and largest value of both finished guidance images, found once."""
        return self._ranges.get(seen.key, lambda: (extremes(images[0]), extremes(images[1])))

    def density(self, seen: Seen, images: Images) -> Density:
        """The scatterplot of finished guidance, every pixel counted, computed once."""
        return self._densities.get(seen.key, lambda: density(*images))

    def inside(self, pair_id: str, network: str) -> Inside | None:
        """What ``network`` shows of itself for a pair; None while it is still to be computed."""
        pair, (module, weights) = self.catalogue.pair(pair_id), self.shelf.unmeasured(network)
        key = (pair.content_hash, find(network).name, weights)
        return self._insides.get(key, lambda: look_inside(module, pair))

    def reach(self, network: str, patience: float = 0.0) -> Locality | None:
        """How far a network sees; None while that is measured. InputError where it is not installed."""
        try:
            self.shelf.refuse_unmeasured(network, patience)
        except StillMeasuringError:
            return None
        return locality(self.shelf.get(network).network)

    def cost(self, pair_id: str, network: str) -> Cost | None:
        """What asking a measured network costs; None while it is still to be found out."""
        installed = self.shelf.get(network)

        def find_out() -> Cost:
            work = multiplications(installed.network)
            if not locality(installed.network).is_local:
                return Cost(work, None)
            seen = self.see(pair_id, network)
            middle = seen.pair.shape[0] // 2, seen.pair.shape[1] // 2
            return Cost(work, min(self._one(seen, middle).milliseconds for _ in range(COUNTED)))

        return self._costs.get((installed.name, installed.weights), find_out)
