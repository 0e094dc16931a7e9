"""What a network holds fixed for a pair, found once on the whole pair and cropped along with the inputs.

A network with pair constants (`fusion.method.pair_constants`) is local only once it has them. They are found by
the network itself on the whole pair, remembered for the pairs used last, and handed over with every crop.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.inference import as_tensors, checked_output
from fusion.method.pair_constants import HasPairConstants
from saliency.geometry.window import Window
from saliency.network.network_look import Unchanged
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import PerPairCache

NO_GRADIENT = (
    "This network's result has no gradient: it was computed in torch.no_grad(), detached, or passed through NumPy "
    "or whole numbers. Let forward compute it from its inputs with torch's own operations."
)
Fuse = Callable[[Tensor, Tensor], Tensor]
"""From both inputs, (N, 1, h, w), to the fused image; what it is given stays as it is."""


def on_crop(network: nn.Module, pair: ImagePair, area: Window, runner: nn.Module | None = None) -> Fuse:
    """``network`` as a function of both inputs' crops at ``area`` alone; constants are those of the whole pair.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
        The whole pair.
    area : Window
        Where the crops will lie.
    runner : Module, optional
        A copy of ``network`` to compute with, such as the optimized one; the constants stay ``network``'s.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> on_crop(net, pair, Window(0, 1, 0, 1))(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)).item()
    1.0
    """
    return with_constants(network if runner is None else runner, pair_constants(network, pair), area)


def with_constants(network: nn.Module, constants: Tensor | None, area: Window) -> Fuse:
    """``network`` with the part of its constants (1, K, H, W) that lies at ``area``; None: it has none."""
    part = None if constants is None else constants[..., *area.slices]

    def fuse(first: Tensor, second: Tensor) -> Tensor:
        if part is None:
            return on_copies(network, first, second)
        return on_copies(network, first, second, part.to(first).expand(first.shape[0], -1, -1, -1))

    return fuse


def on_copies(network: nn.Module, *inputs: Tensor) -> Tensor:
    """What ``network`` makes of copies of its inputs: one that works in place alters nothing of anybody's.

    Raises
    ------
    InputError
        That is no fused image of the inputs' size, or cannot be differentiated for them.
    """
    is_recorded = torch.is_grad_enabled() and any(each.requires_grad for each in inputs)
    output = checked_output(network(*(each.clone() for each in inputs)), inputs[0])
    if is_recorded and not output.requires_grad:
        raise InputError(NO_GRADIENT)
    return output


def pair_constants(network: nn.Module, pair: ImagePair) -> Tensor | None:
    """What does ``network`` hold fixed for ``pair``? (1, K, H, W); None where it holds nothing.

    Remembered by the pair's content until the network changes; two threads never compute the same.
    """
    if not isinstance(network, HasPairConstants):
        return None
    return _cache(network).get(pair, lambda: _constants(network, pair))


def constants_for(network: nn.Module, first: Tensor, second: Tensor) -> Tensor | None:
    """The same for two tensors (N, 1, H, W); computed anew."""
    return network.pair_constants(first, second) if isinstance(network, HasPairConstants) else None


def _constants(network: HasPairConstants, pair: ImagePair) -> Tensor:
    with torch.inference_mode(False):
        first, second = as_tensors(network if isinstance(network, nn.Module) else None, pair)
        return network.pair_constants(first, second).detach()


_cache = PerNetworkCache(lambda _: PerPairCache[Tensor](lambda constants: constants.nbytes), Unchanged)
