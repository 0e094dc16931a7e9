"""The derivative of a network that sees the whole image by a few numbers alone: a local part, and one of low rank.

With e the numbers to which a network condenses a pair (`saliency.network.found_summaries`), the chain rule is
∂y/∂x = ∂y/∂x with e held + Σ ∂y/∂e_n · ∂e_n/∂x. The first part is local, and computed on crops; ∂y/∂e_n of a pixel
comes from the same crop; ∂e_n/∂x are images that all pixels share. They are found once for a pair, where they fit
into memory, and held against autograd through the whole network on that very pair.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
import torch.autograd.forward_ad as forward_ad
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from fusion.method.pair_summaries import HasPairSummaries
from saliency.geometry.lattices import Lattice
from saliency.geometry.window import Pixel, Shape, single, whole
from saliency.network.device import keep_float32
from saliency.network.fingerprint import Fingerprint
from saliency.network.found_summaries import HeldSummaries, found_summaries
from saliency.network.pair_function import summarised_copy
from saliency.network.pair_inputs import on_crop
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import MOST_BYTES, PerPairCache
from saliency.network.summary_slopes import SlopeSteps, SummarySlopes
from saliency.receptive_field.locality import Locality, locality, remember

TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
"""Largest difference from autograd through the whole network, relative to the largest derivative."""
PIXELS = 16
"""At so many random pixels, and the corners, that is looked at on each pair."""
AT_THE_HIGHEST = 3
"""Memory at the highest, as a multiple of what is kept."""

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

        By a pass in forward mode for each summary. None where a layer knows no forward mode, or says other than
        backwards.
        """
        try:
            total = sum(self._along(number) * self._slopes.slopes[:, number] for number in range(self._rank))
        except (RuntimeError, NotImplementedError):
            logger.info("%s has no derivative in forward mode", type(self._network).__name__, exc_info=True)
            return None
        found = torch.as_tensor(total)
        expected = [
            (pixel, self._slopes.carried(self.row(pixel).by_summaries)[:, *pixel])
            for pixel in _looked_at(self._shape)
        ]
        most = TOLERANCE[found.dtype] * float(found.nan_to_num(0, 0, 0).abs().max())
        if all(torch.allclose(found[:, *at], own, rtol=0, atol=most, equal_nan=True) for at, own in expected):
            return found.float().cpu().numpy()
        logger.warning("%s has another derivative in forward mode", type(self._network).__name__)
        return None

    def completed(self, lattice: Lattice, local: Diagonals) -> Diagonals:
        """The derivative of a lattice's pixels by their own places, of its ``local`` part; where `own` is."""
        if self.own is None:
            raise RuntimeError("Where forward mode fails guidance is had in another way.")
        first, second = (part + own[lattice] for part, own in zip(local, self.own, strict=True))
        return first, second

    @property
    def _rank(self) -> int:
        return self._slopes.slopes.shape[1]

    def _along(self, number: int) -> Tensor:
        """∂y/∂e_n at every pixel, (H, W)."""
        with torch.inference_mode(False), torch.enable_grad(), forward_ad.dual_level():
            direction = torch.zeros_like(self._slopes.values)
            direction[0, number] = 1
            summaries = forward_ad.make_dual(self._slopes.values, direction)
            first, second = (each.clone() for each in self._inputs)
            fused = self._network.fuse_with(first, second, self._slopes.maps, summaries)
            along = forward_ad.unpack_dual(fused).tangent
            return torch.zeros_like(fused)[0, 0] if along is None else along[0, 0].clone()


class LowRankDerivatives:
    """Those of one network, at the pairs looked at last; keeps the network itself not alive."""

    def __init__(self, network: nn.Module, held: Locality) -> None:
        self._held = held
        by = network if isinstance(network, HasPairSummaries) else found_summaries(network)
        self._by = None if by is None else summarised_copy(by)
        self._pairs: PerPairCache[LowRankDerivative | None] = PerPairCache(_nbytes)

    def at_hand(self, pair: ImagePair) -> LowRankDerivative | None:
        """The derivative at a pair, if it is there."""
        return self._pairs.at_hand(pair)

    def at(self, network: nn.Module, pair: ImagePair) -> LowRankDerivative | None:
        """The derivative at a pair, found now where it is not there; None where the plain way is to be taken."""
        if not self.needed(pair.shape):
            return None
        return self._pairs.get(pair, lambda: self._found(network, pair))

    def lacks(self, pair: ImagePair) -> bool:
        """Whether `at` might find something that is not there."""
        return self.needed(pair.shape) > 0 and not self._pairs.knows(pair)

    def is_refuted(self, pair: ImagePair) -> bool:
        """Whether it was found to be another than the network's on a pair."""
        return self._pairs.knows(pair) and self._pairs.at_hand(pair) is None

    def needed(self, shape: Shape) -> int:
        """How many bytes it takes to find what `at` keeps; 0 where it keeps nothing of images of that size."""
        if self._by is None or not self._held.crops(shape):
            return 0
        weight = next(self._by.parameters()) if isinstance(self._by, nn.Module) else torch.empty(0)
        kept = 2 * self._by.summary_count * shape[0] * shape[1] * weight.element_size()
        return AT_THE_HIGHEST * kept if kept <= MOST_BYTES else 0

    def let_go(self) -> bool:
        """Keep nothing any more; whether there was something."""
        return self._pairs.let_go()

    def _found(self, network: nn.Module, pair: ImagePair) -> LowRankDerivative | None:
        if self._by is None:
            return None
        name = type(network).__name__
        try:
            with torch.inference_mode(False):
                inputs = as_tensors(network, pair)
                slopes = SlopeSteps(self._by, inputs).finished(self._by)
                found = LowRankDerivative(self._by, inputs, slopes, self._held)
                agrees = _agrees(found, network, pair)
        except RuntimeError as reason:  # it condenses this picture in another way, say
            logger.warning("%s is another by its summaries on a pair: %s", name, reason)
            logger.debug("Finding its summaries failed", exc_info=True)
            return None
        if not agrees:
            logger.warning("%s has other derivatives by its summaries on a pair", name)
        return found if agrees else None


def low_rank_derivatives(network: nn.Module) -> LowRankDerivatives | None:
    """What is kept of the derivative of a network that is local but for its summaries; None of any other.

    Remembered until the network changes.

    Examples
    --------
    >>> import fusion
    >>> low_rank_derivatives(fusion.load("MaskNet")) is None
    True
    """
    return _cache(network) if locality(network).held is not None else None


def low_rank_at_hand(network: nn.Module, pair: ImagePair) -> LowRankDerivative | None:
    """The derivative of such a network at a pair, if it is there."""
    derivatives = low_rank_derivatives(network)
    return None if derivatives is None else derivatives.at_hand(pair)


def low_rank_with_own(network: nn.Module, pair: ImagePair) -> LowRankDerivative | None:
    """The same, found now, with the part of low rank of guidance; None where guidance is to be had otherwise."""
    derivatives = low_rank_derivatives(network)
    found = None if derivatives is None else derivatives.at(network, pair)
    return None if found is None or found.own is None else found


def _agrees(found: LowRankDerivative, network: nn.Module, pair: ImagePair) -> bool:
    """Whether rows of some pixels, with random weights, add up to what autograd gives for the network."""
    keep_float32(network)
    pixels = _looked_at(pair.shape)
    weights = np.random.default_rng(8).uniform(0.5, 1.5, len(pixels))
    rows = [found.row(pixel) for pixel in pixels]
    at = [list(each) for each in zip(*pixels, strict=True)]
    with torch.enable_grad():
        inputs = [each.requires_grad_() for each in as_tensors(network, pair)]
        values = on_crop(network, pair, whole(pair.shape))(*inputs)[0, 0, at[0], at[1]]
        total = (values * torch.from_numpy(weights).to(values)).sum()
        expected = torch.cat(torch.autograd.grad(total, inputs, materialize_grads=True))[:, 0]
    by_rows = sum(row.gradients * weight for row, weight in zip(rows, weights, strict=True))
    own_values = values.new_tensor([row.value for row in rows])
    return _is_close(torch.as_tensor(by_rows), expected) and _is_close(own_values, values.detach())


def _is_close(found: Tensor, expected: Tensor) -> bool:
    most = TOLERANCE.get(expected.dtype, 0.0) * float(expected.nan_to_num(0, 0, 0).abs().max())
    return torch.allclose(found, expected, rtol=0, atol=most, equal_nan=True)


def _looked_at(shape: Shape) -> list[Pixel]:
    """The corners, and pixels at random."""
    random = np.random.default_rng(9)
    height, width = shape
    corners = [(row, col) for row in (0, height - 1) for col in (0, width - 1)]
    return corners + [(int(random.integers(height)), int(random.integers(width))) for _ in range(PIXELS)]


def _nbytes(at: LowRankDerivative | None) -> int:
    return 0 if at is None else at.nbytes


def _of_network(network: nn.Module) -> LowRankDerivatives:
    return LowRankDerivatives(network, locality(network).held or Locality(0, is_local=False))


_cache = PerNetworkCache(_of_network, Fingerprint)
"""What is kept of networks that are local but for their summaries."""
