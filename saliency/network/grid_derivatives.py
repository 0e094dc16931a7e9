"""The derivative at the pairs looked at last, of networks whose maps change their size."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.inference import as_tensors
from saliency.geometry.window import Shape
from saliency.network.grid_check import grid_agrees
from saliency.network.grid_linearised import GridLinearised, linearised_in_steps, slope_bytes, slope_values
from saliency.network.grid_plan import GridPlan
from saliency.network.grid_spans import grid_of, spans_of
from saliency.network.grid_tracing import grid_plan_of
from saliency.network.network_copy import copied
from saliency.network.pair_inputs import on_copies
from saliency.network.parts import Parts, Progress, finished
from saliency.network.per_pair import MOST_BYTES, PerPairCache
from saliency.network.tracing import NoPlanError

LARGEST = 640
"""Rows or columns of an image whose derivative is kept; of a larger one, that of parts of it."""
MOST_PARTS = 64
"""Pairs, or parts of large ones, whose derivative is kept, within the bytes of all."""
TRIED = 128
"""Rows and columns of a picture that tells how far a pixel sees; the plan is checked on one a little larger."""
TOLERANCE = 1e-4
"""Largest difference from the network itself on the pair in hand, relative to its largest value."""
BESIDE = 3
"""Memory at the highest, as a multiple of all slopes: every map is computed in float64 first."""
OTHER_VALUES = (
    "On this pair the steps that were noted of the network give other values than it does, so there is no "
    "guidance; ask for the Jacobians of single pixels, which are computed without them."
)
"""Why there is no guidance, for the user."""

logger = logging.getLogger(__name__)


class GridDerivatives:
    """Of one network, which is no longer changed.

    Slopes are found in float64, whatever the network's own type: rounding in float32 would move values across an
    activation's kink, and the slopes of what saturates by parts of themselves. Only what is carried back from a
    pixel is of the network's type.

    Parameters
    ----------
    network : Module
    exact : Module, optional
        The same in float64; by default a copy.
    """

    def __init__(self, network: nn.Module, exact: nn.Module | None = None) -> None:
        self._network = network
        with torch.inference_mode(False):
            self._exact = copied(network).double() if exact is None else exact
        self._is_right: bool | None = None
        self._lock = Lock()
        self._kept: PerPairCache[GridLinearised | None] = PerPairCache(_bytes, MOST_PARTS)

    def at_hand(self, pair: ImagePair) -> GridLinearised | None:
        """The derivative at a whole pair, if it is kept; it takes too long to be made under a pointer."""
        return self._kept.at_hand(pair)

    def at(self, pair: ImagePair) -> GridLinearised | None:
        """The derivative at a whole pair, kept from now on; None where it has to be had in another way."""
        if max(pair.shape) > LARGEST or not self.is_right():
            return None
        return self._kept.get(pair, lambda: finished(self._checked(pair)))

    def in_parts(self, pair: ImagePair, fused: NDArray[np.float32] | None = None) -> Parts[None]:
        """The same, so that `at_hand` finds it afterwards; no two threads may find it at the same time.

        ``fused`` is what the network makes of the pair, (H, W), where that is known. All is done only where
        something is kept.
        """
        if max(pair.shape) > LARGEST or not self.is_right():
            return
        found = yield from self._checked(pair, fused)
        self._kept.put(pair, found)
        if found is not None:
            yield Progress(1, 1)

    def needed(self, shape: Shape) -> int:
        """How many bytes it takes to find what `at` keeps of an image of that size; 0 where that is none."""
        if max(shape) > LARGEST or not self.is_right():
            return 0
        return 0 if self.kept_bytes(shape) > MOST_BYTES else self._at_the_highest(shape)

    def kept_bytes(self, shape: Shape) -> int:
        """How many bytes the slopes take that are kept of an image of that size."""
        return slope_bytes(self._plan(shape), self._width())

    def together(self, shape: Shape) -> int:
        """Of how many pairs of that size slopes are kept at a time."""
        return min(MOST_BYTES // max(self.kept_bytes(shape), 1), MOST_PARTS)

    def let_go(self) -> bool:
        """Keep nothing any more; whether there was something."""
        return self._kept.let_go()

    def is_right(self) -> bool:
        """Whether the plan gives what autograd gives, looked at once, in float64."""
        with self._lock:
            if self._is_right is None:
                self._is_right = _is_right(self._exact)
            return self._is_right

    def linearised(self, pair: ImagePair) -> GridLinearised:
        """The derivative at a pair, or a part of one; where `is_right`.

        Raises
        ------
        InputError
            The steps give other values there than the network does, so their derivative would be another's.
        """
        return finished(self._linearised(pair, None))

    @torch.inference_mode(False)
    @torch.no_grad()
    def _linearised(self, pair: ImagePair, fused: NDArray[np.float32] | None) -> Parts[GridLinearised]:
        own = next(self._network.parameters()).dtype
        at = yield from self._in_float64(as_tensors(self._exact, pair), own)
        found = replace(at, plan=self._plan(pair.shape), fused=at.fused.to(own))
        if fused is None:
            expected = on_copies(self._network, *as_tensors(self._network, pair))
        else:
            expected = torch.tensor(fused).to(found.fused)[None, None]
        most = TOLERANCE * float(expected.nan_to_num(0, 0, 0).abs().max())
        if torch.allclose(found.fused, expected, rtol=0, atol=most, equal_nan=True):
            return found
        raise InputError(OTHER_VALUES)

    def _plan(self, shape: Shape) -> GridPlan:
        """The network's steps for images of one size."""
        return grid_plan_of(self._network, shape)

    def _in_float64(self, inputs: Sequence[Tensor], kept_as: torch.dtype) -> Parts[GridLinearised]:
        """Its derivative at both inputs, with the steps of the network in float64."""
        shape = inputs[0].shape[2], inputs[0].shape[3]
        return linearised_in_steps(grid_plan_of(self._exact, shape), inputs, kept_as)

    def _at_the_highest(self, shape: Shape) -> int:
        """How many bytes are held while slopes are found."""
        return BESIDE * slope_values(self._plan(shape)) * self._width()

    def _width(self) -> int:
        """Bytes of a number of the network's type."""
        return next(self._network.parameters()).element_size()

    def _checked(self, pair: ImagePair, fused: NDArray[np.float32] | None = None) -> Parts[GridLinearised | None]:
        """The derivative, if it takes no more memory than is kept."""
        if self.kept_bytes(pair.shape) > MOST_BYTES:
            return None
        return (yield from self._linearised(pair, fused))


def _bytes(at: GridLinearised | None) -> int:
    return 0 if at is None else sum(each.nbytes for slopes in at.slopes for each in slopes)


def _is_right(exact: nn.Module) -> bool:
    """On a picture that all its grids fit, and on one that they do not if it takes such."""
    name = type(exact).__name__
    try:
        with torch.inference_mode(False):
            plan = grid_plan_of(exact, (TRIED, TRIED))
            start, stop = spans_of(plan, 0, TRIED // 2, own=False)[0]
            side, grid = stop - start, grid_of(plan)
            rows, cols = (grid * math.ceil((side + more) / grid) for more in (9, 14))
            agrees = grid_agrees(grid_plan_of(exact, (rows, cols)), exact)
    except (NoPlanError, RuntimeError, ValueError) as reason:  # other steps, or no picture of the size tried
        logger.info("No plan of grids of %s: %s", name, reason)
        logger.debug("Tracing or checking %s failed", name, exc_info=True)
        return False
    if not agrees:
        logger.info("No plan of grids of %s: its gradients are not what its steps say", name)
    return agrees and (grid == 1 or _is_right_between(exact, (rows + 1, cols - 1)))


def _is_right_between(exact: nn.Module, shape: Shape) -> bool:
    try:
        with torch.inference_mode(False):
            return grid_agrees(grid_plan_of(exact, shape), exact)
    except (NoPlanError, RuntimeError, ValueError):
        logger.debug("%s takes no pictures of %d × %d", type(exact).__name__, *shape, exc_info=True)
        return True  # so none will come
