"""Jacobians computed for who asks, as many at a time as the machine has cores, in memory that a gate admits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import BoundedSemaphore

from dashboard.service.fused_pair import FusedPair
from dashboard.service.kept_derivatives import KeptDerivatives
from dashboard.service.kept_image import KeptImage
from dashboard.service.long_answers import LongAnswers
from dashboard.service.memory_gate import PATIENCE, MemoryGate
from dashboard.service.pixel_answer import PixelAnswer
from saliency import Jacobian, influence, locality
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand
from saliency.network.one_look import one_look
from saliency.network.summary_slopes import Told, no_matter
from saliency.validation.pair_check import is_value_of

AT_ONCE = 2
"""Jacobians computed at a time: one a core."""
LONG_AT_ONCE = 1
"""Beside these, Jacobians of networks that see the whole image: they take seconds, and quick ones pass by."""


class ComputedAnswers:
    """Nothing is kept here but the graph of the view that was asked last.

    Parameters
    ----------
    gate : MemoryGate
    image : KeptImage
        Graphs of whole images.
    derivatives : KeptDerivatives
        Told which pixels are asked for.
    long_answers : LongAnswers
        Told what one took.
    refuted : callable
        What to compute a view with whose crops are wrong.
    """

    def __init__(
        self,
        gate: MemoryGate,
        image: KeptImage,
        derivatives: KeptDerivatives,
        long_answers: LongAnswers,
        refuted: Callable[[FusedPair], FusedPair],
    ) -> None:
        self._gate, self._image, self._derivatives = gate, image, derivatives
        self._long_answers, self._refuted = long_answers, refuted
        self._turns, self._long_turns = BoundedSemaphore(AT_ONCE), BoundedSemaphore(LONG_AT_ONCE)

    @one_look()
    def of(
        self, fused_pair: FusedPair, pixels: Sequence[tuple[int, int]], told: Told = no_matter
    ) -> list[PixelAnswer]:
        """The Jacobians of several fused pixels, computed together once a core is free.

        ``told`` hears of the steps to what all pixels of the pair share, where that is not there.

        Raises
        ------
        InputError
            A pixel lies outside the image, or the memory is not there.
        """
        if locality(fused_pair.loaded.network).is_local:
            return self._on_crops(fused_pair, pixels)
        return self._by_low_rank(fused_pair, pixels) or self._whole(fused_pair, pixels, told)

    def _on_crops(self, fused_pair: FusedPair, pixels: Sequence[tuple[int, int]]) -> list[PixelAnswer]:
        asked, network = time.perf_counter(), fused_pair.loaded.network
        with self._turns, self._gate.admitted(fused_pair, PATIENCE):
            start = time.perf_counter()
            found = jacobian_batch(network, fused_pair.pair, pixels)
            seconds = time.perf_counter() - start
        if not all(is_value_of(J, fused_pair.fused, fused_pair.largest) for J in found):
            return self.of(self._refuted(fused_pair), pixels)
        for pixel in pixels[:1]:  # those that are asked for ahead lie beside it
            self._derivatives.point_at(fused_pair, pixel, self._gate)
        return _answered(fused_pair, found, seconds, start - asked)

    def _by_low_rank(self, fused_pair: FusedPair, pixels: Sequence[tuple[int, int]]) -> list[PixelAnswer]:
        """Where the derivative is kept, of a network that sees the whole image by a few numbers; else none."""
        network = fused_pair.loaded.network
        if low_rank_at_hand(network, fused_pair.pair) is None:
            return []
        asked = time.perf_counter()
        with self._turns:
            start = time.perf_counter()
            found = jacobian_batch(network, fused_pair.pair, pixels)
            seconds = time.perf_counter() - start
        if not all(is_value_of(J, fused_pair.fused, fused_pair.largest) for J in found):
            return self.of(self._refuted(fused_pair), pixels)
        self._long_answers.took(fused_pair, seconds / max(len(pixels), 1))
        return _answered(fused_pair, found, seconds, start - asked)

    def _whole(self, fused_pair: FusedPair, pixels: Sequence[tuple[int, int]], told: Told) -> list[PixelAnswer]:
        asked = time.perf_counter()
        with self._long_turns:
            queued = time.perf_counter() - asked
            with self._image.of(fused_pair, self._gate, told) as image:
                start = time.perf_counter()  # the next pixel finds the image, too
                found = [image.jacobian(pixel) for pixel in pixels]
                seconds = time.perf_counter() - start
        self._long_answers.took(fused_pair, seconds / max(len(pixels), 1), image.seconds)
        return _answered(fused_pair, found, seconds, queued)


def _answered(
    fused_pair: FusedPair, found: Sequence[Jacobian], seconds: float, queued: float
) -> list[PixelAnswer]:
    """Answers of pixels that took ``seconds`` together, and waited."""
    each, reason = 1000 * seconds / max(len(found), 1), locality(fused_pair.loaded.network).reason
    return [PixelAnswer(J, influence(J), each, 1000 * queued, reason) for J in found]
