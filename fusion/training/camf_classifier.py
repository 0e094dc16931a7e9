"""CAMF's second stage: its classifier learns, on the frozen encoder, which picture of a pair is which."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.networks.camf import CAMF
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.camf_steps import descend, pictures_of, weighted
from fusion.training.dataset import CropSampler


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
    optimiser = torch.optim.Adam(network.classifier.parameters(), lr=recipe.learning_rate)
    shares = [1 / len(collections)] * len(collections)
    sampler = CropSampler(collections, shares, recipe.side, recipe.batch, recipe.seed + 1)
    history = []
    for step in tqdm(range(recipe.classifier_steps), desc="classifier", disable=quiet, mininterval=2):
        pictures, weight = pictures_of(sampler.batch(step), network)
        with torch.no_grad():
            features = network.encode(pictures)
        scores = network.classifier(features)
        loss = weighted(F.cross_entropy(scores, _modalities(scores), reduction="none"), weight)
        descend(loss, optimiser, recipe, progress=step / recipe.classifier_steps)
        if step % 10 == 0:
            accuracy = (scores.argmax(dim=1) == _modalities(scores)).float().mean()
            history.append({"step": step, "cross_entropy": loss.item(), "accuracy": accuracy.item()})
    return history


def _modalities(scores: Tensor) -> Tensor:
    """The classes of `fusion.training.camf_steps.pictures_of`: 0 for the first half, 1 for the second, (2N,)."""
    half = len(scores) // 2
    return torch.arange(2, device=scores.device).repeat_interleave(half)
