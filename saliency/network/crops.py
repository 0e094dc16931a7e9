"""A network on a crop of a pair: the whole pair's fused values there, with as little work as is known to do."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from saliency.geometry.window import Window
from saliency.network.optimized import ExactCopy, optimized, shrinking_plan
from saliency.network.pair_function import at_pair
from saliency.network.pair_inputs import on_crop
from saliency.network.shrinking import run_on_window

CropFunction = Callable[[Tensor, Tensor], tuple[Tensor, Window]]
"""From both inputs' crops, (N, 1, h, w), to the fused values and where in the image they lie."""


def crop_function(
    network: nn.Module, pair: ImagePair, area: Window, *, shrinks: bool, exact: ExactCopy | None = None
) -> CropFunction:
    """``network`` as a function of both inputs' crops at ``area``.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
        The whole pair.
    area : Window
        Where the crops will lie.
    shrinks : bool
        Whether the network was found to be computed rightly on a shrinking window
        (`saliency.receptive_field.locality`); the fused values then lie in its last, smallest part.
    exact : ExactCopy, optional
        Of ``network``, to compute in float64.
    """
    plan = None
    if shrinks:
        plan = shrinking_plan(network) if exact is None else exact.plan
    if plan is not None:
        return lambda first, second: run_on_window(plan, (first, second), area, pair.shape)
    if exact is not None:
        fuse = on_crop(network, pair, area, exact.network)
    else:
        fuse = at_pair(network, pair, area, optimized(network))
    return lambda first, second: (fuse(first, second), area)
