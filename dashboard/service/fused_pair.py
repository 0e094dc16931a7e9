"""A pair through a network: what all questions are asked of."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dashboard.cache.disk import MEMORY_ONLY
from dashboard.imaging.downsampling import extremes
from dashboard.service.network_pool import LoadedNetwork
from fusion import ImagePair
from saliency import locality
from saliency.geometry.window import Pixel

FORMAT = "3"
"""Part of every cache key; raised when what is computed changes."""


def view_key(pair: ImagePair, loaded: LoadedNetwork) -> str:
    """Hash of all that decides a view: method, weights, images, torch's version and our own format."""
    parts = (FORMAT, torch.__version__, loaded.name, loaded.weights, loaded.session, pair.content_hash)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class FusedPair:
    """A pair through a network.

    Attributes
    ----------
    pair : ImagePair
    loaded : LoadedNetwork
    fused : float32 (H, W)
        As the network gives it, unclipped.
    is_refuted : bool
        Whether crops were found to be wrong on this pair: its saliency is computed on the whole image.
    is_dropped : bool
        Whether it was dropped on a page: nothing that is computed of it is written to the disk.
    """

    pair: ImagePair
    loaded: LoadedNetwork
    fused: NDArray[np.float32]
    is_refuted: bool = False
    is_dropped: bool = False

    @cached_property
    def largest(self) -> float:
        """Largest absolute value of the fused image."""
        return max(map(abs, self.fused_range))

    @cached_property
    def fused_range(self) -> tuple[float, float]:
        """Smallest and largest finite value of the fused image."""
        return extremes(self.fused)

    def computed_whole(self, network: nn.Module) -> FusedPair:
        """The same, its crops refuted: its saliency is computed by ``network``, which crops nothing."""
        return replace(self, loaded=replace(self.loaded, network=network), is_refuted=True)

    @property
    def is_whole(self) -> bool:
        """Whether its saliency is computed on the whole image: its graph takes memory, its passes take long.

        Measures the network's receptive field where that was not done yet.
        """
        return not locality(self.loaded.network).crops(self.pair.shape)

    @cached_property
    def key(self) -> str:
        """Hash of all that decides the view, see `view_key`."""
        name = view_key(self.pair, self.loaded)
        return f"{MEMORY_ONLY}{name}" if self.is_dropped else name

    def place(self, pixel: Pixel) -> Hashable:
        """Where an answer is kept: one computed on a crop is no answer once crops were found to be wrong."""
        return self.maps_key, pixel

    @property
    def maps_key(self) -> str:
        """Of what was computed for the view: maps of crops are none of a view whose crops were refuted since."""
        return f"{self.key}-whole" if self.is_refuted else self.key
