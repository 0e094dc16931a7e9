"""CAMF's second stage: its classifier learns, on the frozen encoder, which picture of a pair is which."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from fusion.networks.camf import CAMF, ModalityClassifier
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.dataset import CropSampler
from fusion.training.descent import descend, pictures_of, weighted

WHOLE = 40
"""Most pairs of a collection whose whole pictures level the classifier's pooled maps."""


def train_classifier(
    network: CAMF, collections: Sequence[Sequence[ImagePair]], recipe: CamfRecipe, quiet: bool = False
) -> list[dict[str, float]]:
    """Teach the classifier which picture of a pair is which, on a frozen encoder (CAMF's stage 2).

    Parameters
    ----------
    network : CAMF
        Its classifier is changed in place, nothing else.
    collections
        Pairs of the two modalities; each collection is drawn from equally often.

    Returns
    -------
    list of dict
        A row per 10 steps: ``step``, ``cross_entropy``, and ``accuracy`` on the step's crops.
    """
    classifier = network.classifier
    optimiser = _started(classifier, recipe)
    crops = _encoded_crops(network, collections, recipe)
    history = []
    for step in tqdm(range(recipe.classifier_steps), desc="classifier", disable=quiet, mininterval=2):
        features, weight = crops[step % len(crops)]
        pooled = classifier.stages(features).mean(dim=(2, 3))
        scores = classifier.dense((pooled - pooled.mean(dim=0)) * _scale(pooled, recipe.pooled))
        loss = weighted(F.cross_entropy(scores, _modalities(scores), reduction="none"), weight)
        descend(loss, optimiser, recipe.classifier_rate_at(step), recipe.clip)
        if step % 10 == 0:
            accuracy = (scores.argmax(dim=1) == _modalities(scores)).float().mean()
            history.append({"step": step, "cross_entropy": loss.item(), "accuracy": accuracy.item()})
    _fold(classifier, _pooled(network, collections), recipe.pooled)
    return history


def _started(classifier: ModalityClassifier, recipe: CamfRecipe) -> torch.optim.Adam:
    """Set the dense layer to zero; an optimiser in which it has a rate of its own."""
    nn.init.zeros_(classifier.dense.weight)
    nn.init.zeros_(classifier.dense.bias)
    return torch.optim.Adam(
        [
            {"params": classifier.stages.parameters(), "share": 1.0},
            {"params": classifier.dense.parameters(), "share": recipe.dense_rate},
        ]
    )


def _encoded_crops(
    network: CAMF, collections: Sequence[Sequence[ImagePair]], recipe: CamfRecipe
) -> list[tuple[Tensor, Tensor]]:
    """Stage 2's batches of features, first pictures before second ones, and what each crop counts."""
    least = min(min(pair.shape) for pairs in collections for pair in pairs)
    shares = [1 / len(collections)] * len(collections)
    side = min(recipe.classifier_side, least)
    sampler = CropSampler(collections, shares, side, recipe.classifier_batch, recipe.seed + 1)
    found = []
    with torch.no_grad():
        for step in range(min(recipe.pool, recipe.classifier_steps)):
            pictures, weight = pictures_of(sampler.batch(step), network)
            found.append((network.encode(pictures), weight))
    return found


def _scale(pooled: Tensor, target: float) -> Tensor:
    """The factor that takes pooled maps (N, C) to a standard deviation of ``target``, one for all channels."""
    return target / (pooled.var(dim=0, correction=0).mean() + 1e-12).sqrt()


def _pooled(network: CAMF, collections: Sequence[Sequence[ImagePair]]) -> Tensor:
    """The classifier's pooled maps, (N, C), of some whole pictures of each collection."""
    found = []
    with torch.no_grad():
        for pairs in collections:
            for pair in pairs[:: -(-len(pairs) // WHOLE)]:
                maps = [network.classifier.stages(network.encode(x)) for x in as_tensors(network, pair)]
                found += [values.mean(dim=(2, 3)) for values in maps]
    return torch.cat(found)


def _fold(classifier: ModalityClassifier, pooled: Tensor, target: float) -> None:
    """Let the classifier do by itself what `train_classifier` does to pooled maps before its dense layer.

    The factor goes into the last stage, whose ReLU lets positive factors through, their mean into the dense
    layer's bias. Both are those of whole pictures, where borders count less than in crops.
    """
    scale = _scale(pooled, target)
    with torch.no_grad():
        for values in classifier.stages[-1].parameters():
            values.mul_(scale)
        classifier.dense.bias.sub_(classifier.dense.weight @ (pooled.mean(dim=0) * scale))


def _modalities(scores: Tensor) -> Tensor:
    """The classes of `fusion.training.descent.pictures_of`: 0 for the first half, 1 for the second, (2N,)."""
    half = len(scores) // 2
    return torch.arange(2, device=scores.device).repeat_interleave(half)
