"""Which pairs a network learns from, which are kept out, and how crops are drawn from them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusion.data.collection import PairFiles
from fusion.data.naming import natural_key
from fusion.data.pairs import ImagePair
from fusion.data.same_pictures import cases_sharing_pictures
from fusion.errors import InputError

DARK = 0.02
"""A crop whose brightest pixel is below this holds background only."""
DARK_KEPT = 0.25
"""Share of background crops that are kept; each then counts 1/DARK_KEPT, so the mean stays that of all crops."""


@dataclass(frozen=True)
class Split:
    """Pairs by collection, split by case so that no patient is on both sides.

    Attributes
    ----------
    training, kept_out : mapping of collection name to tuple of PairFiles
    kept_out_cases : tuple of str
        The cases set aside, for every collection alike.
    """

    training: Mapping[str, tuple[PairFiles, ...]]
    kept_out: Mapping[str, tuple[PairFiles, ...]]
    kept_out_cases: tuple[str, ...]


def split_by_case(
    collections: Mapping[str, Sequence[PairFiles]],
    kept_out_cases: Sequence[str] | None = None,
    known_cases: Collection[str] = (),
) -> Split:
    """Which pairs are learned from and which kept out?

    Without ``kept_out_cases`` every fourth case of each collection is set aside (the second, sixth, …, in
    natural order). A case set aside in one collection is set aside in all: it may be the same patient. So is
    every case that holds a picture file of one set aside. ``known_cases``, which the weights that training
    starts from have learned already, are never set aside, nor are those that hold a picture file of theirs:
    nothing could be judged by them.

    Raises
    ------
    InputError
        Nothing would be left to learn from.
    """
    if kept_out_cases is None:
        chosen = {case for files in collections.values() for case in _cases(files)[1::4]}
    else:
        chosen = set(kept_out_cases)
    known = cases_sharing_pictures(collections, known_cases)
    chosen = cases_sharing_pictures(collections, chosen - known)
    training = {name: tuple(f for f in files if f.case not in chosen) for name, files in collections.items()}
    kept_out = {name: tuple(f for f in files if f.case in chosen) for name, files in collections.items()}
    empty = [name for name, files in training.items() if not files]
    if empty:
        raise InputError(f"Keeping these cases out leaves nothing to learn from in {', '.join(empty)}.")
    return Split(training, kept_out, tuple(sorted(chosen, key=natural_key)))


def _cases(files: Sequence[PairFiles]) -> list[str]:
    return sorted({f.case for f in files}, key=natural_key)


@dataclass(frozen=True)
class Batch:
    """Crops of one training step.

    Attributes
    ----------
    first, second : float32 (N, 1, S, S) in [0, 1]
    weight : float32 (N,)
        How many crops of the plain distribution each stands for.
    """

    first: Tensor
    second: Tensor
    weight: Tensor

    def to(self, device: str) -> Batch:
        """The same crops on ``device``."""
        return Batch(self.first.to(device), self.second.to(device), self.weight.to(device))


@dataclass(frozen=True)
class CropSampler:
    """Draw random square crops from anywhere in the pairs, the same ones for the same (seed, step).

    Attributes
    ----------
    collections : sequence of sequences of ImagePair
    shares : sequence of float
        How often each collection is drawn from; sums to 1.
    side, count : int
        Side of a crop in pixels and crops a batch.
    """

    collections: Sequence[Sequence[ImagePair]]
    shares: Sequence[float]
    side: int
    count: int
    seed: int

    def batch(self, step: int) -> Batch:
        """The crops of training step ``step``; no state is kept, so a resumed run sees the same ones."""
        rng = np.random.default_rng((self.seed, step))
        crops = self._kept_crops(rng)
        chosen = [next(crops) for _ in range(self.count)]
        first, second, weight = zip(*chosen, strict=True)
        return Batch(_stacked(first), _stacked(second), torch.tensor(weight, dtype=torch.float32))

    def _kept_crops(self, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
        # Most of a slice is black and all black crops teach the same thing: few are kept, and weigh more.
        while True:
            first, second = self._crop(rng)
            is_dark = max(first.max(), second.max()) < DARK
            if not is_dark:
                yield first, second, 1.0
            elif rng.random() < DARK_KEPT:
                yield first, second, 1 / DARK_KEPT

    def _crop(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        collection = self.collections[rng.choice(len(self.collections), p=self.shares)]
        pair = collection[int(rng.integers(len(collection)))]
        height, width = pair.shape
        row = rng.integers(max(height - self.side, 0) + 1)
        col = rng.integers(max(width - self.side, 0) + 1)
        window = np.s_[row : row + self.side, col : col + self.side]
        turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
        return _turned(pair.first[window], turns, mirrored), _turned(pair.second[window], turns, mirrored)


def _turned(image: np.ndarray, turns: int, mirrored: bool) -> np.ndarray:
    turned = np.rot90(image, turns)
    return turned[:, ::-1] if mirrored else turned


def _stacked(images: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(images)).unsqueeze(1)
