"""The derivative at the pairs looked at last, of networks whose maps all have the picture's size."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.geometry.window import Shape
from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.grid_linearised import GridLinearised, slope_bytes
from saliency.network.grid_plan import GridPlan
from saliency.network.parts import Parts
from saliency.network.plan import Plan
from saliency.network.slope_bands import band_bytes, linearised_in_bands, margins_beyond, on_grid

logger = logging.getLogger(__name__)


class PlainDerivatives(GridDerivatives):
    """As of networks whose maps change their size; the steps are known, and found right, for every size at once.

    Parameters
    ----------
    network, exact : Module
        In its own type, and in float64.
    plan, exact_plan : Plan
        The steps of both, which give what autograd gives.
    """

    def __init__(self, network: nn.Module, plan: Plan, exact: nn.Module, exact_plan: Plan) -> None:
        super().__init__(network, exact)
        self.radius = plan.radius
        self._steps, self._exact_steps = plan, exact_plan

    def is_right(self) -> bool:
        """It was looked at before."""
        return True

    def _plan(self, shape: Shape) -> GridPlan:
        return on_grid(self._steps, shape)

    def kept_bytes(self, shape: Shape) -> int:
        """How many bytes the slopes take that are kept of an image of that size."""
        plan = self._plan(shape)
        return slope_bytes(plan, self._width(), margins_beyond(plan))

    def _in_float64(self, inputs: Sequence[Tensor], kept_as: torch.dtype) -> Parts[GridLinearised]:
        return linearised_in_bands(self._exact_steps, inputs, kept_as)

    def _at_the_highest(self, shape: Shape) -> int:
        return self.kept_bytes(shape) + band_bytes(self._exact_steps, shape)

    def _checked(self, pair: ImagePair, fused: NDArray[np.float32] | None = None) -> Parts[GridLinearised | None]:
        """None, too, where the steps give other values than the network: crops serve the pointer then."""
        try:
            return (yield from super()._checked(pair, fused))
        except InputError:
            logger.warning("The steps of %s give other values on this pair", type(self._network).__name__)
            return None
