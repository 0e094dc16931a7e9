"""Which network may be asked on a pair: one whose crops were compared with the whole image there.

How far a network sees is measured on noise. One that warps by what it reads from the pictures, works in tiles of
its own, or branches on a picture's mean may see further on the pair in hand; its crops would give a wrong map
without a word.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.jacobian import Jacobian
from saliency.network.network_look import Unchanged
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import PerPairCache
from saliency.receptive_field.locality import locality
from saliency.validation.pair_check import check_on_pair, is_value_of, whole_image_network

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _OnPair:
    """What a network is on a pair: its twin that crops nothing where crops are wrong, and the fused image."""

    whole: nn.Module | None
    fused: NDArray[np.float32]
    largest: float


def checked_on_pair(network: nn.Module, pair: ImagePair) -> nn.Module:
    """Which network may be asked on this pair? The same, or a twin of it that is computed on the whole image.

    Looked at once a pair and network, see `saliency.validation.pair_check.check_on_pair`; takes half a second to
    a few.

    Raises
    ------
    InputError
        The network is in training mode, or cannot be asked.

    Examples
    --------
    >>> import fusion
    >>> net = fusion.load("Weighted Averaging")
    >>> checked_on_pair(net, fusion.phantom(seed=7)) is net
    True
    """
    if not locality(network).crops(pair.shape):
        return network

    def found() -> _OnPair:
        return _on_pair(network, pair, agrees=check_on_pair(network, pair).agrees)

    return _on_pairs(network).get(pair, found).whole or network


def has_its_value(network: nn.Module, pair: ImagePair, found: Jacobian) -> bool:
    """Whether a Jacobian of crops has the fused image's value; where not, `checked_on_pair` gives a twin.

    What is in no fingerprint of a network may have changed since its fused image was computed, such as a number in
    a list: it is computed anew before crops are said to be wrong.
    """
    known = _on_pairs(network).at_hand(pair)
    if known is None or is_value_of(found, known.fused, known.largest):
        return True
    known = _on_pair(network, pair, agrees=True)
    agrees = is_value_of(found, known.fused, known.largest)
    _on_pairs(network).put(pair, known if agrees else _on_pair(network, pair, agrees=False))
    return agrees


def _on_pair(network: nn.Module, pair: ImagePair, *, agrees: bool) -> _OnPair:
    if not agrees:
        logger.warning("Crops of %s are wrong on a pair; it is computed whole there", type(network).__name__)
    fused = fused_image(network, pair)
    largest = float(np.abs(fused[np.isfinite(fused)]).max(initial=0))
    return _OnPair(None if agrees else whole_image_network(network), fused, largest)


_on_pairs = PerNetworkCache(lambda _: PerPairCache[_OnPair](lambda known: known.fused.nbytes), Unchanged)
