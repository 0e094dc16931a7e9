"""Maps of a pair whose crops were compared with the whole image first: what ``import saliency`` offers.

How far a network sees is measured on noise. One that warps by what it reads from the pictures, works in tiles of
its own, or branches on a picture's mean may see further on the pair in hand; its crops would give a wrong map
without a word. Here each network is held against the whole image once a pair, and computed whole where crops are
wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.attribution import integrated_gradients as by_path
from saliency.attribution import local_attribution as by_blur
from saliency.attribution import smoothgrad as by_noise
from saliency.derivatives import column as columns
from saliency.derivatives import guidance as diagonals
from saliency.derivatives import jacobian as rows
from saliency.derivatives import region_rows as regions
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.jacobian import Jacobian
from saliency.geometry.window import Pixel
from saliency.network.fingerprint import Fingerprint
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import PerPairCache
from saliency.receptive_field.locality import locality
from saliency.validation import nudge as nudges
from saliency.validation import trust_card as trust
from saliency.validation.pair_check import check_on_pair, is_value_of, whole_image_network

logger = logging.getLogger(__name__)

Asked = ParamSpec("Asked")
Map = TypeVar("Map")
Question = Callable[Concatenate[nn.Module, ImagePair, Asked], Map]


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


def _on_pair(network: nn.Module, pair: ImagePair, *, agrees: bool) -> _OnPair:
    if not agrees:
        logger.warning("Crops of %s are wrong on a pair; it is computed whole there", type(network).__name__)
    fused = fused_image(network, pair)
    largest = float(np.abs(fused[np.isfinite(fused)]).max(initial=0))
    return _OnPair(None if agrees else whole_image_network(network), fused, largest)


def _checked(question: Question[Asked, Map]) -> Question[Asked, Map]:
    """The same question, asked of what `checked_on_pair` gives."""

    @wraps(question)
    def asked(network: nn.Module, pair: ImagePair, *more: Asked.args, **named: Asked.kwargs) -> Map:
        return question(checked_on_pair(network, pair), pair, *more, **named)

    return cast("Question[Asked, Map]", asked)


@wraps(rows.jacobian)
def jacobian(network: nn.Module, pair: ImagePair, pixel: Pixel) -> Jacobian:
    """Besides, its fused value is held against the fused image at every pixel."""
    found = rows.jacobian(asked := checked_on_pair(network, pair), pair, pixel)
    known = None if asked is not network else _on_pairs(network).at_hand(pair)
    if known is None or is_value_of(found, known.fused, known.largest):
        return found
    known = _on_pair(network, pair, agrees=True)  # what is in no fingerprint may have changed: a number in a list
    agrees = is_value_of(found, known.fused, known.largest)
    _on_pairs(network).put(pair, known if agrees else _on_pair(network, pair, agrees=False))
    return found if agrees else rows.jacobian(checked_on_pair(network, pair), pair, pixel)


guidance = _checked(diagonals.guidance)
guidance_stream = _checked(diagonals.guidance_stream)
column = _checked(columns.column)
region_rows = _checked(regions.region_rows)
region_rows_stream = _checked(regions.region_rows_stream)
integrated_gradients = _checked(by_path.integrated_gradients)
local_attribution = _checked(by_blur.local_attribution)
smooth_gradients = _checked(by_noise.smooth_gradients)
nudge = _checked(nudges.nudge)
trust_card = _checked(trust.trust_card)
trust_checks = _checked(trust.trust_checks)

_on_pairs = PerNetworkCache(lambda _: PerPairCache[_OnPair](lambda known: known.fused.nbytes), Fingerprint)
