"""The derivatives at the pairs looked at last, of networks that see the whole image by a few numbers alone.

Each is held against autograd through the whole network on its very pair; what is no better founded is had in the
plain way there.
"""

from __future__ import annotations

import logging

import numpy as np
import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from fusion.method.pair_summaries import HasPairSummaries
from saliency.derivatives.low_rank import LowRankDerivative, is_close, tried_pixels
from saliency.geometry.window import Shape, whole
from saliency.network.device import keep_float32
from saliency.network.found_summaries import found_summaries
from saliency.network.network_look import Unchanged
from saliency.network.pair_function import summarised_copy
from saliency.network.pair_inputs import on_crop
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import MOST_BYTES, PerPairCache
from saliency.network.summary_slopes import SlopeSteps
from saliency.receptive_field.locality import Locality, locality

AT_THE_HIGHEST = 3
"""Memory at the highest, as a multiple of what is kept."""

logger = logging.getLogger(__name__)


class LowRankDerivatives:
    """Those of one network, at the pairs looked at last; keeps the network itself not alive."""

    def __init__(self, network: nn.Module, held: Locality) -> None:
        self._held = held
        by = network if isinstance(network, HasPairSummaries) else found_summaries(network)
        self._by = None if by is None else summarised_copy(by)
        self._width = next(network.parameters(), torch.empty(0)).element_size()
        self._has_own = True
        self._begun: tuple[str, SlopeSteps] | None = None
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

    def with_own(self, network: nn.Module, pair: ImagePair) -> LowRankDerivative | None:
        """As `at`, with its part of guidance; None where guidance is to be had in the plain way."""
        found = self.at(network, pair) if self._has_own else None
        if found is not None and found.own is None:
            self._has_own = False
        return found if self._has_own else None

    def serves_guidance(self, pair: ImagePair) -> bool:
        """Whether `with_own` finds something, as far as is known."""
        is_refuted = self._pairs.knows(pair) and self._pairs.at_hand(pair) is None
        return self._has_own and self.needed(pair.shape) > 0 and not is_refuted

    def needed(self, shape: Shape) -> int:
        """How many bytes it takes to find what `at` keeps; 0 where it keeps nothing of images of that size."""
        if self._by is None or not self._held.crops(shape):
            return 0
        kept = 2 * self._by.summary_count * shape[0] * shape[1] * self._width
        return AT_THE_HIGHEST * kept if kept <= MOST_BYTES else 0

    def let_go(self) -> bool:
        """Keep nothing any more; whether there was something."""
        self._begun = None
        return self._pairs.let_go()

    def _steps(self, pair: ImagePair, by: HasPairSummaries, inputs: tuple[Tensor, Tensor]) -> SlopeSteps:
        """The way to a pair's slopes: where it was given up, if that was the last one begun."""
        begun = self._begun
        if begun is None or begun[0] != pair.content_hash:
            begun = self._begun = pair.content_hash, SlopeSteps(by, inputs)
        return begun[1]

    def _found(self, network: nn.Module, pair: ImagePair) -> LowRankDerivative | None:
        if self._by is None:
            return None
        name = type(network).__name__
        try:
            with torch.inference_mode(False):
                inputs = as_tensors(network, pair)
                slopes = self._steps(pair, self._by, inputs).finished(self._by)
                self._begun = None
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


def _agrees(found: LowRankDerivative, network: nn.Module, pair: ImagePair) -> bool:
    """Whether rows of some pixels, with random weights, add up to what autograd gives for the network."""
    keep_float32(network)
    pixels = tried_pixels(pair.shape)
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
    return is_close(torch.as_tensor(by_rows), expected) and is_close(own_values, values.detach())


def _nbytes(at: LowRankDerivative | None) -> int:
    return 0 if at is None else at.nbytes


def _of_network(network: nn.Module) -> LowRankDerivatives:
    return LowRankDerivatives(network, locality(network).held or Locality(0, is_local=False))


_cache = PerNetworkCache(_of_network, Unchanged)
"""What is kept of networks that are local but for their summaries."""
