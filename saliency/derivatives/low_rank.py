"""The derivative of a network that sees the whole image by a few numbers alone: a local part, and one of low rank.

With e the numbers to which a network condenses a pair (`saliency.network.found_summaries`), the chain rule is
∂y/∂x = ∂y/∂x with e held + Σ ∂y/∂e_n · ∂e_n/∂x. The first part is local, and computed on crops; ∂y/∂e_n of a pixel
comes from the same crop; ∂e_n/∂x are images that all pixels share. They are found once for a pair, where they fit
into memory (`saliency.derivatives.low_rank_derivatives`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.method.pair_summaries import HasPairSummaries
from saliency.geometry.lattices import Lattice
from saliency.geometry.window import Pixel, Shape, single
from saliency.network.found_summaries import HeldSummaries
from saliency.network.summary_slopes import SummarySlopes
from saliency.receptive_field.locality import Locality, remember

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
"""Largest difference from what autograd gives, relative to the largest that is found; rounding makes less."""
PIXELS = 16
"""At so many random pixels, and the corners, that is looked at on each pair."""

logger = logging.getLogger(__name__)


Diagonals = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Both guidance images at the pixels of a lattice."""


class Row(NamedTuple):
    """What one fused pixel depends on.

    Attributes
    ----------
    gradients : tensor (2, H, W)
    by_summaries : tensor (n,)
        ∂y/∂e_n.
    value : float
    """

    gradients: Tensor
    by_summaries: Tensor
    value: float


class LowRankDerivative:
    """The derivative at one pair.

    Parameters
    ----------
    network : HasPairSummaries
        Which nobody changes any more.
    inputs : two tensors (1, 1, H, W)
    slopes : SummarySlopes
        Of the summaries, at this pair.
    held : Locality
        How far a fused pixel sees beside them.
    """

    def __init__(
        self, network: HasPairSummaries, inputs: Sequence[Tensor], slopes: SummarySlopes, held: Locality
    ) -> None:
        self._network, self._inputs, self._slopes, self._held = network, inputs, slopes, held
        self._shape: Shape = (inputs[0].shape[2], inputs[0].shape[3])
        self.nbytes = slopes.slopes.nbytes

    @cached_property
    def local_part(self) -> nn.Module:
        """The network with its summaries held, whose locality is known."""
        found = HeldSummaries(self._network).eval()
        remember(found, self._held)
        return found

    def row(self, pixel: Pixel) -> Row:
        """What the fused pixel depends on, everywhere."""
        area = self._held.window(single(pixel), self._shape)
        maps = self._slopes.maps[..., *area.slices]
        with torch.inference_mode(False), torch.enable_grad():
            one, other = crops = [each[..., *area.slices].clone().requires_grad_() for each in self._inputs]
            summaries = self._slopes.values.clone().requires_grad_()
            fused = self._network.fuse_with(one.clone(), other.clone(), maps, summaries)
            value = fused[0, 0, pixel[0] - area.top, pixel[1] - area.left]
            first, second, by = torch.autograd.grad(value, [*crops, summaries], materialize_grads=True)
            gradients = self._slopes.carried(by[0])
        gradients[:, *area.slices] += torch.cat((first, second))[:, 0]
        return Row(gradients, by[0], value.item())

    @cached_property
    def own(self) -> NDArray[np.float32] | None:
        """The part of low rank of every pixel's derivative by its own place, (2, H, W): Σ ∂y/∂e_n · ∂e_n/∂x.

        ∂y/∂e is linear in the weights of a pass backwards: a second pass backwards gives it for one summary at
        every pixel. None where a layer knows no second pass, or says other than the first.
        """
        try:
            found = self._own_part()
        except (RuntimeError, NotImplementedError):
            logger.info("%s has no second pass backwards", type(self._network).__name__, exc_info=True)
            return None
        rows = [(pixel, self.row(pixel)) for pixel in tried_pixels(self._shape)]
        largest = max(float(row.gradients.nan_to_num(0, 0, 0).abs().max()) for _, row in rows)
        for pixel, row in rows:
            if not is_close(found[:, *pixel], self._slopes.carried(row.by_summaries)[:, *pixel], largest):
                logger.warning("%s has another derivative in a second pass", type(self._network).__name__)
                return None
        return found.float().cpu().numpy()

    def completed(self, lattice: Lattice, local: Diagonals) -> Diagonals:
        """The derivative of a lattice's pixels by their own places, of its ``local`` part; where `own` is."""
        if self.own is None:
            raise RuntimeError("Where a second pass fails guidance is had in another way.")
        first, second = (part + own[lattice] for part, own in zip(local, self.own, strict=True))
        return first, second

    def _own_part(self) -> Tensor:
        found = torch.zeros_like(self._slopes.slopes[:, 0])
        with torch.inference_mode(False), torch.enable_grad():
            first, second = (each.clone() for each in self._inputs)
            summaries = self._slopes.values.clone().requires_grad_()
            fused = self._network.fuse_with(first, second, self._slopes.maps, summaries)
            weights = torch.zeros_like(fused).requires_grad_()
            (by,) = torch.autograd.grad(fused, summaries, weights, create_graph=True, materialize_grads=True)
            by = by[0] + 0 * weights.sum()  # or what nothing depends on had no graph
            for number, value in enumerate(by):
                (along,) = torch.autograd.grad(value, weights, retain_graph=True)
                found += along[0, 0] * self._slopes.slopes[:, number]
        return found


def is_close(found: Tensor, expected: Tensor, largest: float | None = None) -> bool:
    """Whether two derivatives differ by rounding alone; ``largest`` is what that is a part of."""
    if largest is None:
        largest = float(expected.nan_to_num(0, 0, 0).abs().max())
    most = TOLERANCE.get(expected.dtype, 0.0) * largest
    return torch.allclose(found, expected, rtol=0, atol=most, equal_nan=True)


def tried_pixels(shape: Shape) -> list[Pixel]:
    """Where two ways to a derivative are compared: the corners, and pixels at random."""
    random = np.random.default_rng(9)
    height, width = shape
    corners = [(row, col) for row in (0, height - 1) for col in (0, width - 1)]
    return corners + [(int(random.integers(height)), int(random.integers(width))) for _ in range(PIXELS)]
