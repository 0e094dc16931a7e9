"""What the optimiser steps of both of CAMF's stages share."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from fusion.training.camf_recipe import CamfRecipe
from fusion.training.dataset import Batch


def pictures_of(batch: Batch, network: nn.Module) -> tuple[Tensor, Tensor]:
    """All first pictures of a batch, then all second ones, (2N, 1, S, S), and what each crop counts, (2N,)."""
    device = next(network.parameters()).device
    pictures = torch.cat((batch.first, batch.second)).to(device)
    return pictures, batch.weight.repeat(2).to(device)


def weighted(values: Tensor, weight: Tensor) -> Tensor:
    """The mean of a batch's values (N,) if each counts by its weight (N,)."""
    return (values * weight).sum() / weight.sum()


def descend(loss: Tensor, optimiser: torch.optim.Optimizer, recipe: CamfRecipe, progress: float) -> None:
    """One optimiser step down ``loss``, at the cosine's rate for a share of the stage in [0, 1)."""
    for group in optimiser.param_groups:
        group["lr"] = recipe.learning_rate * 0.5 * (1 + float(np.cos(np.pi * progress)))
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], recipe.clip)
    optimiser.step()
