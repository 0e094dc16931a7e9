"""Where an input pixel goes: a column of the Jacobian, exact, beside the row that a Jacobian image is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.autograd.forward_ad as forward_ad
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import gradients_on, leaves
from saliency.geometry.window import Pixel, Shape, Window, around, check_pixel, single, whole
from saliency.network.crops import CropFunction, crop_function
from saliency.receptive_field.locality import locality

# torch leaves these two without annotations.
make_dual: Callable[[Tensor, Tensor], Tensor] = forward_ad.make_dual
unpack_dual: Callable[[Tensor], forward_ad.UnpackedDualTensor] = forward_ad.unpack_dual


@dataclass(frozen=True, eq=False)
class Column:
    """The derivatives of every fused pixel with respect to one pixel of each input.

    Attributes
    ----------
    first, second : float32 (h, w)
        J_k[i, j, row, col] = ∂y[i, j] / ∂x_k[row, col] for fused pixels (i, j) in the window; exactly 0
        everywhere else. Signed, unscaled. Of the network's own type.
    pixel : (row, col)
        The input pixel.
    area : Window
        Where the window lies in the fused image.
    shape : (H, W)
        Of the whole image.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    pixel: Pixel
    area: Window
    shape: Shape


def column(network: nn.Module, pair: ImagePair, pixel: Pixel) -> Column:
    """Which fused pixels does an input pixel move, and how strongly? For the pixel of either input.

    Computed in forward mode: one pass carries the derivative along with the values. A fused pixel that the
    input pixel reaches sees ``radius`` pixels beyond, so that twice the radius is computed on each side.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    pixel : (row, col)
        Of both inputs.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> column(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (0, 0)).second.tolist()
    [[0.5]]
    """
    pixel = check_pixel(pixel, pair.shape)
    found = locality(network)
    moved = around(single(pixel), found.radius, 1, pair.shape) if found.is_local else whole(pair.shape)
    area = found.window(moved, pair.shape)
    with gradients_on():
        crops = [crop.detach() for crop in leaves(network, pair, area)]
        run = crop_function(network, pair, area, shrinks=found.shrinks)
        # Whole images through a large network take gigabytes: there one input follows the other.
        turns = [(0, 1)] if found.crops(pair.shape) else [(0,), (1,)]
        carried = [_carried(run, crops, pixel, turn, area) for turn in turns]
    first, second = (
        part[0][moved.within(place)].cpu().numpy().copy() for parts, place in carried for part in parts
    )
    return Column(first, second, pixel, moved, pair.shape)


def _carried(
    run: CropFunction, crops: list[Tensor], pixel: Pixel, asked: tuple[int, ...], area: Window
) -> tuple[Tensor, Window]:
    """∂y/∂x_k[pixel] as (n, 1, h, w) for the n inputs ``asked`` for, and where it lies."""
    at = pixel[0] - area.top, pixel[1] - area.left
    with forward_ad.dual_level():
        inputs = []
        for input_index, crop in enumerate(crops):
            copies = crop.expand(len(asked), -1, -1, -1).clone()
            direction = torch.zeros_like(copies)
            direction[[place for place, each in enumerate(asked) if each == input_index], 0, *at] = 1
            inputs.append(make_dual(copies, direction))
        fused, place = run(*inputs)
        carried = unpack_dual(fused).tangent
        return (torch.zeros_like(fused) if carried is None else carried.clone()).detach(), place
