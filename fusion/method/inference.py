"""From a pair of images to the fused one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError


def fuse(network: nn.Module, pair: ImagePair) -> NDArray[np.float32]:
    """What does ``network`` make of ``pair``? The fused image, float32 (H, W).

    Nominally in [0, 1]; a network without an output bound may leave it, and nothing is clipped here.

    Raises
    ------
    InputError
        The network returns something else.

    Examples
    --------
    >>> from fusion import load, phantom
    >>> fuse(load("Weighted Averaging"), phantom(0)).shape
    (256, 256)
    """
    with torch.inference_mode(False), torch.no_grad():  # a network may differentiate in its forward
        first, second = as_tensors(network, pair)
        fused = checked_output(network(first, second), first)
    image: NDArray[np.float32] = fused[0, 0].detach().float().cpu().numpy()
    return image


def as_tensors(network: nn.Module | None, pair: ImagePair) -> tuple[Tensor, Tensor]:
    """Both images as (1, 1, H, W) tensors of the network's own type, on its own device; else float32, CPU.

    Always copies: a network that works in place alters those, never the pair.
    """
    weights = torch.empty(0) if network is None else next(network.parameters(), torch.empty(0))
    first, second = (
        torch.tensor(image, device=weights.device, dtype=weights.dtype)[None, None]
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


def checked_output(fused: object, first: Tensor) -> Tensor:
    """What a network returned, if it is one fused image of the size of the input ``first``, (N, 1, H, W).

    Raises
    ------
    InputError
        It is not; the sentence says what came.
    """
    if isinstance(fused, Tensor) and fused.shape == first.shape:
        return fused
    wanted = f"one fused image, a tensor {tuple(first.shape)}"
    came = f"a tensor {tuple(fused.shape)}" if isinstance(fused, Tensor) else _named(fused)
    raise InputError(f"A fusion network has to return {wanted} for inputs of that shape; this one returns {came}.")


def _named(returned: object) -> str:
    """A sequence or mapping by what is in it, anything else by its type."""
    if isinstance(returned, Mapping):
        return f"a dictionary with {', '.join(map(repr, returned))}"
    if isinstance(returned, tuple | list):
        return f"{len(returned)} things ({', '.join(type(each).__name__ for each in returned)})"
    return f"a {type(returned).__name__}"
