"""A network at one pair, to be differentiated there: what all pixels share of the derivative is found once.

That is for networks with pair summaries (`fusion.method.pair_summaries`). Whether those are what autograd says is
looked at once a network, and on each pair the fused image by them is held against the network's own: what is no
better founded is differentiated in the plain way.
"""

from __future__ import annotations

import logging
from typing import cast

import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors, checked_output
from fusion.method.pair_constants import HasPairConstants
from fusion.method.pair_summaries import HasPairSummaries
from saliency.geometry.window import Window, whole
from saliency.network.frozen_convolution import lean
from saliency.network.network_copy import copied
from saliency.network.network_look import Unchanged
from saliency.network.optimized import optimized
from saliency.network.pair_inputs import Fuse, on_crop
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import PerPairCache
from saliency.network.summary_check import summaries_agree
from saliency.network.summary_slopes import SlopeSteps, SummarySlopes, Told, no_matter

TOLERANCE = 1e-4
"""Largest difference from the network's fused image, relative to its largest value; rounding makes about 1e-6."""

logger = logging.getLogger(__name__)


def at_pair(network: nn.Module, pair: ImagePair, area: Window, runner: nn.Module | None = None) -> Fuse:
    """As `on_crop`, where the inputs are to be differentiated for at the pair's own values.

    Any other inputs are fused in the plain way, and right as well.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> at_pair(net, pair, Window(0, 1, 0, 1))(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)).item()
    1.0
    """
    plain = on_crop(network, pair, area, runner)
    by_summaries = summarised_copy(network)
    if area != whole(pair.shape) or by_summaries is None:
        return plain

    def fuse(first: Tensor, second: Tensor) -> Tensor:
        own = zip(as_tensors(network, pair), (first, second), strict=True)
        is_own = torch.is_grad_enabled() and all(torch.equal(*both) for both in own)
        found = prepared(network, pair) if is_own else None
        if found is None:
            return plain(first, second)
        return checked_output(found.fused(by_summaries, first.clone(), second.clone()), first)

    return fuse


def prepared(network: nn.Module, pair: ImagePair, told: Told = no_matter) -> SummarySlopes | None:
    """Find what the derivatives of all fused pixels of a pair share; None where that is nothing.

    Takes some passes of the network, in steps that ``told`` hears of. Where that is interrupted, the steps done
    are kept; and all of it for the pairs used last, until the network changes.
    """
    return _cache(network).prepared(network, pair, told) if isinstance(network, HasPairSummaries) else None


def is_prepared(network: nn.Module, pair: ImagePair) -> bool:
    """Whether `prepared` answers at once."""
    return not isinstance(network, HasPairSummaries) or _cache(network).is_prepared(pair)


def kept_slopes(network: nn.Module, pair: ImagePair) -> SummarySlopes | None:
    """What `prepared` has found of a pair, to be put aside; None where it has nothing yet, or there is nothing."""
    return _cache(network).kept(pair) if isinstance(network, HasPairSummaries) else None


def put_slopes(network: nn.Module, pair: ImagePair, slopes: SummarySlopes) -> None:
    """Spare `prepared` the work: ``slopes`` were found before, by this code, of the same weights and pair."""
    if isinstance(network, HasPairSummaries):
        _cache(network).put(network, pair, slopes)


def summarised_copy(network: nn.Module) -> HasPairSummaries | None:
    """The copy of a network that is differentiated by its summaries; None where it has none that are right."""
    return _cache(network).copy(network) if isinstance(network, HasPairSummaries) else None


class _AtPair:
    """What is known of a network at one pair."""

    def __init__(self, network: HasPairSummaries, inputs: tuple[Tensor, Tensor]) -> None:
        with torch.inference_mode(False):
            self._inputs, self._steps = inputs, SlopeSteps(network, inputs)
        self.is_right: bool | None = None
        """Whether the fused image by the slopes is the network's own; None before that was looked at."""
        self.nbytes = self._steps.nbytes

    def found(self, network: HasPairSummaries, told: Told = no_matter) -> SummarySlopes | None:
        """The slopes, or None where the network's own fused image is another than theirs."""
        slopes = self._steps.finished(network, lambda done, total: told(done, total + 1))
        if self.is_right is None:
            self.is_right = self._is_network(network, slopes)
            if not self.is_right:
                logger.warning("%s is another by its summaries on this pair", type(network).__name__)
        told(1, 1)
        return slopes if self.is_right else None

    def put(self, slopes: SummarySlopes) -> None:
        """Take slopes that were found and looked at before."""
        if self._steps.put(slopes):
            self.is_right = True

    def _is_network(self, network: HasPairSummaries, slopes: SummarySlopes) -> bool:
        with torch.inference_mode(False), torch.no_grad():
            fused = network(*(each.clone() for each in self._inputs))
            by_summaries = slopes.fused(network, *self._inputs)
        most = TOLERANCE * float(fused.nan_to_num(0, 0, 0).abs().max())
        return torch.allclose(by_summaries, fused, rtol=0, atol=most, equal_nan=True)


class _Summarised:
    """What is known of a network with summaries; keeps the network itself not alive."""

    def __init__(self, network: nn.Module) -> None:
        self._agree = not isinstance(network, HasPairConstants) and _agree(network)
        self._copy: HasPairSummaries | None = None
        self._pairs: PerPairCache[_AtPair] = PerPairCache(lambda at: at.nbytes)

    def copy(self, network: nn.Module) -> HasPairSummaries | None:
        """A copy to compute with, arranged to be fast and to keep little; None where autograd says otherwise."""
        if self._agree and self._copy is None:
            with torch.inference_mode(False):
                self._copy = _with_summaries(lean(optimized(network)))
        return self._copy

    def prepared(self, network: nn.Module, pair: ImagePair, told: Told) -> SummarySlopes | None:
        """The slopes at a pair, found now where they are not kept."""
        by = self.copy(network)
        return None if by is None else self._at(by, network, pair).found(by, told)

    def put(self, network: nn.Module, pair: ImagePair, slopes: SummarySlopes) -> None:
        """Keep slopes that were found before."""
        by = self.copy(network)
        if by is not None:
            self._at(by, network, pair).put(slopes)

    def kept(self, pair: ImagePair) -> SummarySlopes | None:
        """The slopes at a pair, where they are known and right."""
        at = self._pairs.at_hand(pair)
        return None if at is None or not at.is_right or self._copy is None else at.found(self._copy)

    def is_prepared(self, pair: ImagePair) -> bool:
        """Whether they are kept, or never needed."""
        at = self._pairs.at_hand(pair)
        return not self._agree or (at is not None and at.is_right is not None)

    def _at(self, by: HasPairSummaries, network: nn.Module, pair: ImagePair) -> _AtPair:
        return self._pairs.get(pair, lambda: _AtPair(by, as_tensors(network, pair)))


def _agree(network: nn.Module) -> bool:
    name = type(network).__name__
    try:
        with torch.inference_mode(False):
            exact = copied(network).double().requires_grad_(False)
            agree = summaries_agree(exact, lean(exact))
    except (RuntimeError, ValueError, TypeError) as reason:  # no picture of the size tried
        logger.info("No summaries of %s: %s", name, reason)
        logger.debug("Checking the summaries of %s failed", name, exc_info=True)
        return False
    if not agree:
        logger.info("No summaries of %s: its gradients are not what they say", name)
    return agree


def _with_summaries(network: nn.Module) -> HasPairSummaries:
    """For the type alone: a copy has what the network has."""
    return cast("HasPairSummaries", network)


_cache = PerNetworkCache(_Summarised, Unchanged)
"""What is found out about a network with summaries, and at the pairs used last."""
