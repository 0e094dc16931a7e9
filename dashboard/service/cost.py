"""What asking a network costs: multiplications, seconds."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from fusion import phantom
from fusion.method.inference import as_tensors
from saliency.network.flops import multiplications_of

SIDE = 128
"""Of the phantom on which multiplications are counted."""


def multiplications(network: nn.Module) -> float:
    """How many multiplications in convolutions and matrix products does one fused pixel take?

    Counted by torch while a phantom of 128 × 128 pixels is fused; a network that differentiates inside itself
    is counted with that. Each product and the sum it goes into are one.

    Examples
    --------
    >>> import fusion
    >>> multiplications(fusion.load("Weighted Averaging"))
    0.0
    """
    first, second = as_tensors(network, phantom(1, size=SIDE))
    with torch.no_grad():
        return multiplications_of(lambda: network(first, second)) / SIDE**2


@dataclass(frozen=True)
class Cost:
    """Multiplications a fused pixel, and milliseconds of one Jacobian; None where it was not taken."""

    multiplications: float
    milliseconds: float | None
