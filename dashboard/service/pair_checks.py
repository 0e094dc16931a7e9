"""Which networks were checked on which pair, and which turned out to need the whole image there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from threading import Lock

from torch import nn

from dashboard.service.fused_pair import FusedPair
from fusion import InputError
from saliency import Guidance
from saliency.derivatives.guidance import guidance_stream
from saliency.derivatives.guidance_order import Wanted, nowhere
from saliency.derivatives.whole_image import WholeImage
from saliency.validation.pair_check import REASON, check_on_pair, whole_image_network

REFUTED = f"{REASON} That takes one pass for every pixel; begin it only where you need it."
"""Why there is no guidance of a view whose crops were found to be wrong, until it is asked for once more."""

logger = logging.getLogger(__name__)


class PairChecks:
    """What was found out about views, by their keys.

    How far a network sees is measured on noise; here that is checked on the pairs that are really looked at. Where
    it does not hold, the network is computed on the whole image for that pair from then on.
    """

    def __init__(self) -> None:
        self._whole: dict[str, nn.Module] = {}
        self._told: set[str] = set()
        self._lock = Lock()

    def refuted(self, key: str) -> nn.Module | None:
        """The network to compute a view with whose crops were found to be wrong; None where they were not."""
        with self._lock:
            return self._whole.get(key)

    def refute(self, key: str, network: nn.Module) -> nn.Module:
        """Crops of ``network`` are wrong in this view: what to compute it with instead."""
        with self._lock:
            if key not in self._whole:
                logger.warning(
                    "Crops of %s are wrong on a pair; it is computed whole there", type(network).__name__
                )
                self._whole[key] = whole_image_network(network)
            return self._whole[key]

    def crops_agree(self, fused_pair: FusedPair) -> bool:
        """Whether a view's crops give what the whole image gives; compared once."""
        return check_on_pair(fused_pair.loaded.network, fused_pair.pair).agrees

    def guidance_stream(
        self,
        fused_pair: FusedPair,
        image: Callable[[], WholeImage],
        so_far: Guidance | None = None,
        wanted: Wanted = nowhere,
    ) -> Iterator[Guidance]:
        """Guidance that sharpens, and is not finished before the network was checked on the pair.

        ``image`` gives the pair's graph, where it is computed whole.

        Raises
        ------
        InputError
            Crops are wrong on this pair, which is told once; asked again, guidance is computed on whole images.
        """
        key, network, pair = fused_pair.key, fused_pair.loaded.network, fused_pair.pair
        if fused_pair.is_refuted and self._is_to_be_told(key):
            raise InputError(REFUTED)
        for partial in guidance_stream(network, pair, so_far=so_far, wanted=wanted, image=image):
            is_checked = fused_pair.is_refuted or not partial.is_complete
            if not is_checked and not check_on_pair(network, pair, partial).agrees:
                self.refute(key, network)
                raise InputError(REFUTED)
            yield partial

    def _is_to_be_told(self, key: str) -> bool:
        """Whether nobody was told yet that guidance of this view takes long."""
        with self._lock:
            is_new = key not in self._told
            self._told.add(key)
            return is_new
