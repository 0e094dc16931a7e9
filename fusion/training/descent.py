"""What optimiser steps share, whatever is trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.training.dataset import Batch


def pictures_of(batch: Batch, network: nn.Module) -> tuple[Tensor, Tensor]:
    """All first pictures of a batch, then all second ones, (2N, 1, S, S), and what each crop counts, (2N,)."""
    device = next(network.parameters()).device
    pictures = torch.cat((batch.first, batch.second)).to(device)
    return pictures, batch.weight.repeat(2).to(device)


def weighted(values: Tensor, weight: Tensor) -> Tensor:
    """The mean of a batch's values (N,) if each counts by its weight (N,).

    Examples
    --------
    >>> weighted(torch.tensor([1.0, 3.0]), torch.tensor([3.0, 1.0])).item()
    1.5
    """
    return (values * weight).sum() / weight.sum()


def descend(loss: Tensor, optimiser: torch.optim.Optimizer, rate: float, clip: float) -> None:
    """One optimiser step down ``loss``, of a gradient no longer than ``clip``.

    The rate of a group of parameters is ``rate`` times the group's ``share``, where it has one.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("share", 1.0)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], clip)
    optimiser.step()
