"""Crops with a class for every pixel, as a segmenter learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion.data.pairs import ImagePair
from fusion.synthetic.labels import label_map

Planes = NDArray[np.float32]
"""Pictures that lie over each other and over a label map, (P, H, W)."""
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Slice:
    """One scene: pictures (P, H, W) in [0, 1] and the class of every pixel, int8 (H, W)."""

    planes: Planes
    labels: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class LabelledBatch:
    """Crops of one training step, on one device.

    Attributes
    ----------
    planes : tuple of P float32 tensors (N, 1, S, S)
    labels : int64 (N, S, S)
        Numbers of `fusion.synthetic.labels.CLASSES`, or `fusion.synthetic.labels.UNLABELLED`.
    """

    planes: tuple[Tensor, ...]
    labels: Tensor


def slice_of(pair: ImagePair) -> Slice:
    """Both images of ``pair`` with their labels."""
    return Slice(np.stack((pair.first, pair.second)), label_map(pair))


def slice_without_tissue(pair: ImagePair) -> Slice:
    """Both images of ``pair``, which shows no part of a head: every pixel is background."""
    return Slice(np.stack((pair.first, pair.second)), np.zeros(pair.shape, np.int8))


@dataclass(frozen=True)
class LabelledCrops:
    """Draw random square crops, turned and mirrored, the same ones for the same (seed, step).

    Attributes
    ----------
    groups : sequence of sequences of Slice
        Drawn from in the ``shares`` that belong to them, which sum to 1.
    side, count : int
        Side of a crop in pixels and crops a batch.
    """

    groups: Sequence[Sequence[Slice]]
    shares: Sequence[float]
    side: int
    count: int
    seed: int

    def batch(self, step: int, device: torch.device) -> LabelledBatch:
        """The crops of training step ``step``."""
        rng = np.random.default_rng((self.seed, step))
        planes, labels = zip(*(self._crop(rng) for _ in range(self.count)), strict=True)
        pictures = torch.from_numpy(np.stack(planes)).to(device)
        return LabelledBatch(
            pictures.unsqueeze(2).unbind(1), torch.from_numpy(np.stack(labels)).to(device, torch.int64)
        )

    def _crop(self, rng: np.random.Generator) -> tuple[Planes, NDArray[np.int8]]:
        group = self.groups[int(rng.choice(len(self.groups), p=self.shares))]
        drawn = group[int(rng.integers(len(group)))]
        height, width = drawn.labels.shape
        row, col = rng.integers(height - self.side + 1), rng.integers(width - self.side + 1)
        window = np.s_[..., row : row + self.side, col : col + self.side]
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        return _turned(drawn.planes[window], turns, mirrored), _turned(drawn.labels[window], turns, mirrored)


def _turned(planes: NDArray[Number], turns: int, mirrored: bool) -> NDArray[Number]:
    turned = np.rot90(planes, turns, axes=(-2, -1))
    return np.ascontiguousarray(turned[..., ::-1] if mirrored else turned)
