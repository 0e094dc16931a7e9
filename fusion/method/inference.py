"""From a pair of images to the fused one."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError


def fuse(network: nn.Module, pair: ImagePair) -> NDArray[np.float32]:
    """What does ``network`` make of ``pair``? The fused image, float32 (H, W).

    Nominally in [0, 1]; a network without an output bound may leave it, and nothing is clipped here.

    Examples
    --------
    >>> from fusion import load, phantom
    >>> fuse(load("Weighted Averaging"), phantom(0)).shape
    (256, 256)
    """
    with torch.inference_mode():
        fused = network(*as_tensors(network, pair))
    image: NDArray[np.float32] = fused[0, 0].float().cpu().numpy()
    return image


def as_tensors(network: nn.Module | None, pair: ImagePair) -> tuple[Tensor, Tensor]:
    """Both images as (1, 1, H, W) tensors of the network's own type, on its own device; else float32, CPU."""
    weights = torch.empty(0) if network is None else next(network.parameters(), torch.empty(0))
    first, second = (
        torch.from_numpy(image).to(weights.device, weights.dtype)[None, None]
        for image in (pair.first, pair.second)
    )
    return first, second


def check_inputs(first: Tensor, second: Tensor) -> None:
    """Refuse anything but two equal (N, 1, H, W) tensors, saying what was expected and what came."""
    if first.shape != second.shape or first.dim() != 4 or first.shape[1] != 1:
        raise InputError(
            "A fusion network takes two tensors of equal shape (N, 1, H, W); "
            f"these have {tuple(first.shape)} and {tuple(second.shape)}."
        )
