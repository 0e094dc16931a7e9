"""CAMF's first stage: encoder and decoder learn to give back each picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.networks.camf import CAMF
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.camf_steps import descend, pictures_of, weighted
from fusion.training.dataset import Batch, CropSampler
from fusion.training.loop import TrainingRun, resume, store


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


def _reconstruction_step(run: TrainingRun, recipe: CamfRecipe, batch: Batch) -> None:
    network = run.network
    assert isinstance(network, CAMF)
    pictures, weight = pictures_of(batch, network)
    error = network.reconstruct(pictures) - pictures
    pixels = weighted(error.square().mean(dim=(1, 2, 3)), weight)
    gradients = weighted(_gradient_error(error), weight)
    loss = recipe.pixel_weight * pixels + recipe.gradient_weight * gradients
    descend(loss, run.optimiser, recipe, run.step / recipe.steps)
    if run.step % 10 == 0:
        row = {"pixels": pixels.item(), "gradients": gradients.item(), "loss": loss.item()}
        run.history.append({"step": run.step, **row})
    run.step += 1


def _gradient_error(error: Tensor) -> Tensor:
    """Mean squared difference of neighbours along rows and columns, (N,): that of the images' gradients."""
    down = (error[..., 1:, :] - error[..., :-1, :]).square().mean(dim=(1, 2, 3))
    across = (error[..., :, 1:] - error[..., :, :-1]).square().mean(dim=(1, 2, 3))
    return down + across
