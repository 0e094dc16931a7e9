"""CAMF's first stage: encoder and decoder learn to give back each picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.networks.camf import CAMF
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.dataset import Batch, CropSampler
from fusion.training.descent import descend, pictures_of, weighted
from fusion.training.loop import TrainingRun, resume, store
from fusion.training.muon import Muon

COARSEST_GRAIN = 0.1
"""Largest standard deviation of the noise that pictures get, as a share of the range."""


def train_autoencoder(
    network: CAMF,
    collections: Sequence[Sequence[ImagePair]],
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
    run = TrainingRun(network, Muon(parts, lr=recipe.learning_rate))
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


def _reconstruction_step(run: TrainingRun, recipe: CamfRecipe, batch: Batch) -> None:
    network = run.network
    assert isinstance(network, CAMF)
    pictures, weight = _to_copy(batch, network, recipe, run.step)
    is_half = run.step / recipe.steps < recipe.half_precision
    with torch.autocast(pictures.device.type, torch.bfloat16, enabled=is_half):
        copies = network.reconstruct(pictures)
    error = copies.float() - pictures
    pixels = weighted(error.abs().mean(dim=(1, 2, 3)), weight)
    gradients = weighted(_gradient_error(error), weight)
    loss = recipe.pixel_weight * pixels + recipe.gradient_weight * gradients
    descend(loss, run.optimiser, recipe.rate(run.step), recipe.clip)
    if run.step % 10 == 0:
        row = {"pixels": pixels.item(), "gradients": gradients.item(), "loss": loss.item()}
        run.history.append({"step": run.step, **row})
    run.step += 1


def _to_copy(batch: Batch, network: CAMF, recipe: CamfRecipe, step: int) -> tuple[Tensor, Tensor]:
    """A batch's pictures that have structure, some of them inverted or with noise, and what each counts.

    Background alone, which the sampler has thinned out, is kept: a copy has to be black there.
    """
    pictures, weight = pictures_of(batch, network)
    negative = np.random.default_rng((recipe.seed, step, 1)).random(len(pictures)) < recipe.inverted
    is_negative = torch.from_numpy(negative).to(pictures.device)[:, None, None, None]
    pictures = torch.where(is_negative, 1 - pictures, pictures)
    spans = pictures.amax(dim=(1, 2, 3)) - pictures.amin(dim=(1, 2, 3))
    kept = (spans >= recipe.flat) | (weight > 1)
    pictures = _with_grain(pictures, recipe, step)
    return (pictures[kept], weight[kept]) if kept.any() else (pictures, weight)


def _with_grain(pictures: Tensor, recipe: CamfRecipe, step: int) -> Tensor:
    """Pictures of which a share has white noise, each of a strength of its own."""
    chance = np.random.default_rng((recipe.seed, step, 2))
    strength = chance.uniform(0, COARSEST_GRAIN, len(pictures)) * (chance.random(len(pictures)) < recipe.grain)
    noise = chance.standard_normal(pictures.shape, np.float32) * strength[:, None, None, None].astype(np.float32)
    return (pictures + torch.from_numpy(noise).to(pictures.device)).clamp(0, 1)


def _gradient_error(error: Tensor) -> Tensor:
    """Mean absolute difference of neighbours along rows and columns, (N,): that of the images' gradients."""
    down = (error[..., 1:, :] - error[..., :-1, :]).abs().mean(dim=(1, 2, 3))
    across = (error[..., :, 1:] - error[..., :, :-1]).abs().mean(dim=(1, 2, 3))
    return down + across
