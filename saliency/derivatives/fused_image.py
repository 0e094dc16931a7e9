"""The fused image of a large pair in little memory: tile by tile, each with the surroundings it depends on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from saliency.geometry.window import TILE, tiles_of, whole
from saliency.network.device import keep_float32
from saliency.network.optimized import optimized
from saliency.network.pair_inputs import on_crop
from saliency.receptive_field.locality import locality


def fused_image(network: nn.Module, pair: ImagePair, tile: int = TILE) -> NDArray[np.float32]:
    """What does ``network`` make of ``pair``? As `fusion.fuse`, in memory that does not grow with the image.

    Equal to the full image's result to float32 rounding. A network that is not local is computed whole.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    tile : int
        Largest side of the tiles, in pixels; to each come the network's radius on every side and what its
        stride makes of that.

    Returns
    -------
    float32 (H, W)

    Examples
    --------
    >>> import fusion
    >>> fused_image(fusion.load("Weighted Averaging"), fusion.phantom(seed=7)).shape
    (256, 256)
    """
    shape = pair.shape
    found, faster = locality(network), optimized(network)
    keep_float32(faster)
    fused = np.empty(shape, dtype=np.float32)
    for area in tiles_of(shape, tile) if found.crops(shape) else [whole(shape)]:
        window = found.window(area, shape)
        crop = replace(pair, first=pair.first[window.slices], second=pair.second[window.slices])
        with torch.inference_mode(False), torch.no_grad():  # a network may differentiate in its forward
            values = on_crop(network, pair, window, faster)(*as_tensors(faster, crop))
        fused[area.slices] = values[0, 0][area.within(window)].detach().float().cpu().numpy()
    return fused
