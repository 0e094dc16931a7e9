"""How well can a fused image be segmented? A fresh segmenter for each way of fusing, judged on unseen slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.layers.segmenter import Segmenter
from fusion.method.inference import as_tensors
from fusion.method.rules import Rule
from fusion.synthetic.labels import CLASSES, UNLABELLED, label_map
from fusion.training.labelled_crops import LabelledCrops, Slice
from fusion.training.training_defaults import (
    SEGMENTER_BATCH,
    SEGMENTER_LEARNING_RATE,
    SEGMENTER_STEPS,
    SIDE,
)
from fusion.training.uaafusion_objective import cross_entropy


@dataclass(frozen=True)
class SegmenterRecipe:
    """How each segmenter is trained; the same for every way of fusing.

    Attributes
    ----------
    steps : int
        Optimiser steps (Adam), one batch of crops each.
    side, batch : int
        Side of a crop in pixels; crops a step.
    learning_rate : float
        At the start; it falls to zero along a cosine.
    seed : int
        Of the initial weights and the crops.
    """

    steps: int = SEGMENTER_STEPS
    side: int = SIDE
    batch: int = SEGMENTER_BATCH
    learning_rate: float = SEGMENTER_LEARNING_RATE
    seed: int = 0

    def rate(self, step: int) -> float:
        """Learning rate of ``step``."""
        return self.learning_rate * 0.5 * (1 + float(np.cos(np.pi * step / self.steps)))


@dataclass(frozen=True)
class Overlap:
    """Intersection over union of one class over all judged pixels, in [0, 1]; None where it never occurs."""

    name: str
    iou: float | None


@dataclass(frozen=True)
class Segmentation:
    """How one way of fusing was segmented.

    Attributes
    ----------
    name : str
        The rule or network.
    runs : tuple of tuples of Overlap
        For each seed, every class.
    """

    name: str
    runs: tuple[tuple[Overlap, ...], ...]

    def values(self, class_name: str) -> list[float]:
        """A class's overlap by seed, without the runs in which it never occurs."""
        return [each.iou for run in self.runs for each in run if each.name == class_name and each.iou is not None]

    @property
    def means(self) -> list[float]:
        """By seed, the mean over the classes other than background (mIoU)."""
        return [mean_overlap(run) for run in self.runs]


def mean_overlap(overlaps: Sequence[Overlap]) -> float:
    """The mean over the classes that occur, background left out; NaN where none does."""
    values = [each.iou for each in overlaps[1:] if each.iou is not None]
    return float(np.mean(values)) if values else float("nan")


def overlaps(predicted: NDArray[np.integer], labels: NDArray[np.integer]) -> tuple[Overlap, ...]:
    """How far do ``predicted`` classes and ``labels`` agree, class by class, over all pixels given?

    Parameters
    ----------
    predicted, labels : integers of equal shape
        Numbers of `fusion.synthetic.labels.CLASSES`; pixels that are `UNLABELLED` do not count.

    Raises
    ------
    InputError
        The shapes differ.

    Examples
    --------
    >>> found = overlaps(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    >>> [(each.name, round(each.iou, 3)) for each in found[:2]], found[2].iou
    ([('background', 0.5), ('skull', 0.667)], None)
    """
    if predicted.shape != labels.shape:
        raise InputError(f"Predicted classes {predicted.shape} and labels {labels.shape} differ in shape.")
    known = labels != UNLABELLED
    found = []
    for number, name in enumerate(CLASSES):
        said, true = (predicted == number) & known, labels == number
        union = int((said | true).sum())
        found.append(Overlap(name, int((said & true).sum()) / union if union else None))
    return tuple(found)


def fused_slices(pairs: Sequence[ImagePair], fuser: Rule, device: torch.device) -> Iterator[Slice]:
    """Each pair's fused image, clipped to [0, 1] as it is shown, with its labels."""
    for pair in pairs:
        first, second = (image.to(device) for image in as_tensors(None, pair))
        with torch.no_grad():
            fused = fuser(first, second).clamp(0, 1)
        yield Slice(fused[0].cpu().numpy(), label_map(pair))


def train_segmenter(slices: Sequence[Slice], recipe: SegmenterRecipe, device: torch.device) -> Segmenter:
    """A fresh segmenter that has learned from the first plane of ``slices``."""
    torch.manual_seed(recipe.seed)
    segmenter = Segmenter().to(device)
    optimiser = torch.optim.Adam(segmenter.parameters(), lr=recipe.learning_rate)
    crops = LabelledCrops([slices], [1.0], recipe.side, recipe.batch, recipe.seed)
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate(step)
        batch = crops.batch(step, device)
        loss = cross_entropy(segmenter(batch.planes[0]), batch.labels)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(segmenter.parameters(), 1.0)
        optimiser.step()
    return segmenter.eval()


def judged(segmenter: nn.Module, slices: Sequence[Slice], device: torch.device) -> tuple[Overlap, ...]:
    """How well does ``segmenter`` name the classes of these slices? Over all their pixels together."""
    predicted = [_classes(segmenter, torch.from_numpy(each.planes[:1, None]).to(device)) for each in slices]
    return overlaps(np.stack(predicted), np.stack([each.labels for each in slices]))


def _classes(segmenter: nn.Module, image: Tensor) -> NDArray[np.int64]:
    with torch.no_grad():
        classes: NDArray[np.int64] = segmenter(image)[0].argmax(dim=0).cpu().numpy()
    return classes


def study(
    fusers: Mapping[str, Rule],
    learned: Sequence[ImagePair],
    unseen: Sequence[ImagePair],
    recipes: Sequence[SegmenterRecipe],
    device: torch.device,
    done: Callable[[], object] = lambda: None,
) -> Iterator[Segmentation]:
    """How well can each way of fusing be segmented, by a segmenter made for it?

    Parameters
    ----------
    fusers : mapping of name to callable
        Rules and networks, ``(x1, x2) -> y``, on ``device``.
    learned, unseen : sequences of ImagePair
        Labelled pairs that the segmenters learn from, and others that they are judged on.
    recipes : sequence of SegmenterRecipe
        One training each, usually of one recipe with several seeds.
    done : callable
        Called after each training, for a progress bar.
    """
    for name, fuser in fusers.items():
        train, test = (list(fused_slices(pairs, fuser, device)) for pairs in (learned, unseen))
        runs = []
        for recipe in recipes:
            runs.append(judged(train_segmenter(train, recipe, device), test, device))
            done()
        yield Segmentation(name, tuple(runs))
