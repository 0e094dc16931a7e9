"""One fused pixel, or the mean of a region's, as a function of both inputs: what attribution methods explain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import gradients_on, leaves
from saliency.derivatives.patch import BATCH_PIXELS
from saliency.geometry.masks import Mask, bounds, check_region
from saliency.geometry.window import TILE, Pixel, Shape, Window, check_pixel, single, tiles_of, whole
from saliency.network.crops import CropFunction, crop_function
from saliency.receptive_field.locality import locality

PixelOrRegion = Pixel | Mask
"""One fused pixel, (row, col), or a region, bool (H, W)."""


@dataclass(frozen=True, eq=False)
class _Part:
    """A tile of the region: what it sees, what of it counts, and how it is computed."""

    seen: Window
    box: Window
    weights: Tensor
    run: CropFunction

    def share(self, crops: Tensor) -> Tensor:
        """What this tile adds to the mean, float64 (n,), for variants (n, 2, h, w) of what it sees."""
        fused, place = self.run(crops[:, :1], crops[:, 1:])
        rows, cols = self.box.within(place)
        return (fused[:, 0, rows, cols].double() * self.weights).sum(dim=(1, 2))


@dataclass(frozen=True, eq=False)
class Target:
    """A weighted mean of fused pixels, as a function of the part of both inputs that it sees.

    Attributes
    ----------
    inputs : tensor (2, h, w)
        Both inputs at ``area``, of the network's own type.
    area : Window
        All that the fused pixels see.
    shape : (H, W)
        Of the whole image.
    parts : tuple
        The tiles that are computed one after the other, so that memory does not grow with the region.
    """

    inputs: Tensor
    area: Window
    shape: Shape
    parts: tuple[_Part, ...]

    def value(self, images: Tensor) -> float:
        """The mean for one variant of the inputs, (2, h, w)."""
        with torch.inference_mode(False), torch.no_grad():
            return sum(float(part.share(images[None, :, *part.seen.within(self.area)])) for part in self.parts)

    def gradients(self, images: Tensor) -> NDArray[np.float64]:
        """The mean's derivatives at each of the variants (n, 2, h, w) of the inputs, of their shape."""
        found = np.zeros(images.shape)
        for part in self.parts:
            down, across = part.seen.within(self.area)
            together = max(1, BATCH_PIXELS // (part.seen.shape[0] * part.seen.shape[1]))
            for start in range(0, len(images), together):
                some = slice(start, start + together)
                found[some, :, down, across] += self._gradient(part, images[some, :, down, across])
        return found

    def _gradient(self, part: _Part, crops: Tensor) -> NDArray[np.float64]:
        with gradients_on():
            variants = crops.detach().clone().requires_grad_()
            (gradient,) = torch.autograd.grad(part.share(variants).sum(), variants, materialize_grads=True)
        return gradient.double().cpu().numpy()


def target_of(network: nn.Module, pair: ImagePair, asked: PixelOrRegion) -> Target:
    """One fused pixel, or the mean over a region, cut out with all that it sees.

    Parameters
    ----------
    network : Module
        In eval mode. What it holds fixed for the pair (`fusion.method.pair_constants`) stays fixed in
        every variant.
    pair : ImagePair
    asked : (row, col) or bool (H, W)

    Raises
    ------
    InputError
        The pixel lies outside the image, the region has another size or no pixel, or the network is in
        training mode.

    Examples
    --------
    >>> import fusion
    >>> pair = fusion.phantom(seed=7)
    >>> target = target_of(fusion.load("MaskNet"), pair, (128, 100))
    >>> target.inputs.shape, round(target.value(target.inputs), 2)
    (torch.Size([2, 17, 17]), 0.58)
    """
    shape, found = pair.shape, locality(network)
    if isinstance(asked, np.ndarray):
        region = check_region(asked, shape)
        box = bounds(region)
    else:
        box = single(check_pixel(asked, shape))
        region = np.ones((1, 1), dtype=bool)
    area = found.window(box, shape)
    inputs = torch.cat([crop.detach()[0] for crop in leaves(network, pair, area)])
    inside = region[box.slices] if region.shape == shape else region
    weights = torch.from_numpy(inside / inside.sum()).to(inputs.device)
    return Target(inputs, area, shape, tuple(_parts(network, pair, box, weights)))


def _parts(network: nn.Module, pair: ImagePair, box: Window, weights: Tensor) -> Iterator[_Part]:
    """Tiles of the region's box, those without a pixel of it left out."""
    shape, found = pair.shape, locality(network)
    for tile in tiles_of(box.shape, TILE) if found.crops(shape) else [whole(box.shape)]:
        if weights[tile.slices].any():
            part = Window(box.top + tile.top, box.top + tile.bottom, box.left + tile.left, box.left + tile.right)
            seen = found.window(part, shape)
            yield _Part(
                seen, part, weights[tile.slices], crop_function(network, pair, seen, shrinks=found.shrinks)
            )
