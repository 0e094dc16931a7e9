"""How CAMF is trained: first the auto-encoder, then, on its frozen encoder, the modality classifier."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.inference import as_tensors
from fusion.networks.camf import CAMF
from fusion.training.dataset import Batch, CropSampler
from fusion.training.loop import TrainingRun, resume, store

Collections = Sequence[Sequence[ImagePair]]
PANELS = (
    {"pixels": "stage 1: squared error of pixels", "gradients": "stage 1: squared error of gradients"},
    {"cross_entropy": "stage 2: cross-entropy of the modality"},
)
"""What the picture of a training's curves shows."""


@dataclass(frozen=True)
class CamfRecipe:
    """Everything that decides how CAMF's weights come out, besides the data.

    Attributes
    ----------
    steps : int
        Optimiser steps (Adam) of the auto-encoder.
    classifier_share : float
        The classifier's steps, as a share of these; at least one.
    side, batch : int
        Side of a crop in pixels; crops of pairs a step, each of which is two pictures.
    learning_rate : float
        At the start of each stage; it falls to zero along a cosine.
    pixel_weight, gradient_weight : float
        Of the two squared errors in stage 1.
    clip : float
        Largest norm of the gradient.
    seed : int
        Of the initial weights and the crops.
    """

    steps: int = 2000
    classifier_share: float = 0.1
    side: int = 96
    batch: int = 6
    learning_rate: float = 1e-3
    pixel_weight: float = 5.0
    gradient_weight: float = 1.0
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise InputError(f"Training takes at least one step of one crop; got {self.steps} of {self.batch}.")

    @property
    def classifier_steps(self) -> int:
        """Steps of stage 2."""
        return max(round(self.steps * self.classifier_share), 1)


@dataclass(frozen=True)
class Judgement:
    """How both stages do on pictures that were not learned from.

    Attributes
    ----------
    pictures : int
        How many were judged; both of each pair.
    psnr : float
        Mean peak signal-to-noise ratio of the auto-encoder's reconstruction in dB, peak 1.
    accuracy : float
        Share of the pictures whose modality the classifier names.
    """

    pictures: int
    psnr: float
    accuracy: float


def train_autoencoder(
    network: CAMF,
    collections: Collections,
    shares: Sequence[float],
    recipe: CamfRecipe,
    state: Path | None = None,
    save_every: float = 120.0,
    quiet: bool = False,
    material: Mapping[str, Any] | None = None,
) -> TrainingRun:
    """Teach encoder and decoder to give back each picture (CAMF's stage 1), on the network's own device.

    Parameters
    ----------
    network : CAMF
        Changed in place.
    collections, shares
        Pairs to draw crops from, and how often from each collection; shares sum to 1. Both pictures of a
        pair are learned from, each by itself.
    state, save_every, quiet, material
        As in `fusion.training.loop.train`.

    Raises
    ------
    InputError
        ``state`` holds a run with another recipe or from other material, or is damaged.
    """
    parts = [*network.encoder.parameters(), *network.decoder.parameters()]
    run = TrainingRun(network, torch.optim.Adam(parts, lr=recipe.learning_rate))
    if state is not None and state.exists():
        resume(run, recipe, material, state)
    sampler = CropSampler(collections, shares, recipe.side, recipe.batch, recipe.seed)
    saved = time.monotonic()
    with tqdm(total=recipe.steps, initial=run.step, desc="auto-encoder", disable=quiet, mininterval=2) as bar:
        while run.step < recipe.steps:
            _reconstruction_step(run, recipe, sampler.batch(run.step))
            bar.update()
            if state is not None and time.monotonic() - saved > save_every:
                store(run, recipe, material, state)
                saved = time.monotonic()
    if state is not None:
        store(run, recipe, material, state)
    return run


def train_classifier(
    network: CAMF, collections: Collections, recipe: CamfRecipe, quiet: bool = False
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
        pictures, weight = _pictures(sampler.batch(step), network)
        with torch.no_grad():
            features = network.encode(pictures)
        scores = network.classifier(features)
        loss = _weighted(F.cross_entropy(scores, _modalities(scores), reduction="none"), weight)
        _descend(loss, optimiser, recipe, progress=step / recipe.classifier_steps)
        if step % 10 == 0:
            accuracy = (scores.argmax(dim=1) == _modalities(scores)).float().mean()
            history.append({"step": step, "cross_entropy": loss.item(), "accuracy": accuracy.item()})
    return history


def judge(network: CAMF, pairs: Sequence[ImagePair]) -> Judgement:
    """How well does a trained CAMF give back, and name, pictures it has not seen? Whole pictures.

    Raises
    ------
    InputError
        There is no pair to judge by.
    """
    if not pairs:
        raise InputError("There is no kept-out pair to judge the network by; keep out at least one case.")
    psnr, right = [], 0
    with torch.no_grad():
        for pair in pairs:
            for modality, picture in enumerate(as_tensors(network, pair)):
                features = network.encode(picture)
                error = (network.decode(features, picture.shape) - picture).square().mean().item()
                psnr.append(-10 * np.log10(max(error, 1e-12)))
                right += int(network.classifier(features).argmax().item() == modality)
    return Judgement(len(psnr), float(np.mean(psnr)), right / len(psnr))


def _reconstruction_step(run: TrainingRun, recipe: CamfRecipe, batch: Batch) -> None:
    network = run.network
    assert isinstance(network, CAMF)
    pictures, weight = _pictures(batch, network)
    error = network.reconstruct(pictures) - pictures
    pixels = _weighted(error.square().mean(dim=(1, 2, 3)), weight)
    gradients = _weighted(_gradient_error(error), weight)
    loss = recipe.pixel_weight * pixels + recipe.gradient_weight * gradients
    _descend(loss, run.optimiser, recipe, run.step / recipe.steps)
    if run.step % 10 == 0:
        row = {"pixels": pixels.item(), "gradients": gradients.item(), "loss": loss.item()}
        run.history.append({"step": run.step, **row})
    run.step += 1


def _gradient_error(error: Tensor) -> Tensor:
    """Mean squared difference of neighbours along rows and columns, (N,): that of the images' gradients."""
    down = (error[..., 1:, :] - error[..., :-1, :]).square().mean(dim=(1, 2, 3))
    across = (error[..., :, 1:] - error[..., :, :-1]).square().mean(dim=(1, 2, 3))
    return down + across


def _pictures(batch: Batch, network: nn.Module) -> tuple[Tensor, Tensor]:
    """All first pictures of a batch, then all second ones, (2N, 1, S, S), and what each crop counts, (2N,)."""
    device = next(network.parameters()).device
    pictures = torch.cat((batch.first, batch.second)).to(device)
    return pictures, batch.weight.repeat(2).to(device)


def _modalities(scores: Tensor) -> Tensor:
    """The classes of `_pictures`: 0 for the first half, 1 for the second, (2N,)."""
    half = len(scores) // 2
    return torch.arange(2, device=scores.device).repeat_interleave(half)


def _weighted(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum()


def _descend(loss: Tensor, optimiser: torch.optim.Optimizer, recipe: CamfRecipe, progress: float) -> None:
    """One optimiser step down ``loss``, at the cosine's rate for a share of the stage in [0, 1)."""
    for group in optimiser.param_groups:
        group["lr"] = recipe.learning_rate * 0.5 * (1 + float(np.cos(np.pi * progress)))
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], recipe.clip)
    optimiser.step()
