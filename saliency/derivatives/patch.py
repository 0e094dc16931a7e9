"""One fused pixel as a function of its window: to be asked again with other inputs or another network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.method.pair_constants import HasPairConstants
from saliency.derivatives.jacobian import gradients_on, leaves
from saliency.geometry.window import Pixel, Window, check_pixel, single, whole
from saliency.network.pair_inputs import on_copies
from saliency.receptive_field.locality import locality

BATCH_PIXELS = 100_000
"""Input pixels of the variants that go through the network together."""


@dataclass(frozen=True, eq=False)
class Patch:
    """What one fused pixel is made of.

    Attributes
    ----------
    inputs : tensor (2, h, w)
        Both inputs at ``area``, of the network's own type.
    pixel : (row, col)
        The fused pixel.
    area : Window
        All that it depends on.
    """

    inputs: Tensor
    pixel: Pixel
    area: Window

    def place(self, pixel: Pixel) -> Pixel:
        """Where a pixel of the image lies in the window."""
        return pixel[0] - self.area.top, pixel[1] - self.area.left

    def values(self, network: nn.Module, variants: Tensor) -> NDArray[np.float64]:
        """The fused pixel for each of ``variants`` of the inputs, (n, 2, h, w): float64 (n,)."""
        row, col = self.place(self.pixel)
        together = max(1, BATCH_PIXELS // variants[0, 0].numel())
        with torch.no_grad():
            parts = torch.split(variants, together)
            found = [on_copies(network, some[:, :1], some[:, 1:])[:, 0, row, col] for some in parts]
        return torch.cat(found).double().cpu().numpy()

    def gradient(self, network: nn.Module, inputs: Tensor | None = None) -> NDArray[np.float64]:
        """The fused pixel's derivatives by both inputs, or by others of their shape: float64 (2, h, w)."""
        row, col = self.place(self.pixel)
        with gradients_on():
            images = (self.inputs if inputs is None else inputs).detach().clone().requires_grad_()
            value = on_copies(network, images[None, :1], images[None, 1:])[0, 0, row, col]
            (gradient,) = torch.autograd.grad(value, images, materialize_grads=True)
        return gradient.double().cpu().numpy()


def patch_of(network: nn.Module, pair: ImagePair, pixel: Pixel, seen_by: nn.Module | None = None) -> Patch:
    """The window of a fused pixel, cut out of both inputs.

    For a network that holds something fixed for the pair (`fusion.method.pair_constants`) that is the whole
    image: with other inputs it would hold something else, and what really happens then is what is asked here.

    Parameters
    ----------
    network : Module
        Whose type and device the inputs take.
    pair : ImagePair
    pixel : (row, col)
    seen_by : Module, optional
        Whose locality says how large the window is, where ``network`` is a copy of it.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.
    """
    pixel = check_pixel(pixel, pair.shape)
    found = locality(network if seen_by is None else seen_by)
    area = whole(pair.shape) if isinstance(network, HasPairConstants) else found.window(single(pixel), pair.shape)
    inputs = torch.cat([crop.detach()[0] for crop in leaves(network, pair, area)])
    return Patch(inputs, pixel, area)
