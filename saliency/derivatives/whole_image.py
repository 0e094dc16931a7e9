"""A pair that is computed whole: its graph built once, passes back through it for pixels and sums of them."""

from __future__ import annotations

import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import Jacobian, gradients_on, leaves
from saliency.geometry.window import Pixel, check_pixel, whole
from saliency.network.network_look import Unchanged
from saliency.network.optimized import optimized
from saliency.network.pair_function import at_pair, prepared
from saliency.network.summary_slopes import Told, no_matter


class WholeImage:
    """A pair through a network with the graph of all of it, which takes its memory as long as this is kept.

    Several threads may go back through it at once.

    Parameters
    ----------
    network : Module
        In eval mode, of which fused pixels may depend on the whole image.
    pair : ImagePair
    told : callable, optional
        Hears of the steps to what all pixels share (`saliency.network.pair_function`).

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("MaskNet"), fusion.phantom(seed=7, size=64)
    >>> WholeImage(net, pair).jacobian((0, 0)).area
    Window(top=0, bottom=64, left=0, right=64)
    """

    def __init__(self, network: nn.Module, pair: ImagePair, told: Told = no_matter) -> None:
        self.shape, self._seen = pair.shape, Unchanged(network)
        prepared(network, pair, told)
        start = time.perf_counter()
        with gradients_on():
            self._inputs = leaves(network, pair, whole(pair.shape))
            self._fused = at_pair(network, pair, whole(pair.shape), optimized(network))(*self._inputs)
        self.seconds = time.perf_counter() - start
        """What the graph took, without what all pixels share."""

    def is_of(self, network: nn.Module) -> bool:
        """Whether its Jacobians are those of ``network`` as that is now."""
        return self._seen.unchanged(network)

    def jacobian(self, pixel: Pixel) -> Jacobian:
        """As `saliency.jacobian`, of the whole image.

        Raises
        ------
        InputError
            The pixel lies outside the image.
        """
        pixel = check_pixel(pixel, self.shape)
        with gradients_on():
            value = self._fused[0, 0, *pixel]
            gradients = torch.autograd.grad(value, self._inputs, retain_graph=True, materialize_grads=True)
        first, second = (gradient[0, 0].cpu().numpy().copy() for gradient in gradients)
        return Jacobian(first, second, pixel, whole(self.shape), self.shape, value.item())

    def back(
        self, at: Pixel | tuple[slice, slice], weights: NDArray[np.float32] | np.float32
    ) -> NDArray[np.float32]:
        """The derivatives of the weighted sum of the fused pixels ``at`` for both inputs, (2, H, W)."""
        seeds: Tensor = torch.zeros_like(self._fused)
        seeds[0, 0, *at] = torch.as_tensor(weights).to(seeds)
        with gradients_on():
            found = torch.autograd.grad(
                self._fused, self._inputs, seeds, retain_graph=True, materialize_grads=True
            )
        return np.stack([each[0, 0].float().cpu().numpy() for each in found])
