"""A network in float64, for what float32 cannot tell."""

from __future__ import annotations

import torch
from torch import nn

from saliency.network.network_copy import copied
from saliency.network.network_look import Unchanged
from saliency.network.per_network import PerNetworkCache
from saliency.receptive_field.locality import locality, remember


def float64_copy(network: nn.Module) -> nn.Module:
    """The same network in float64, of which the same is known: how far it sees. Made once a network.

    Examples
    --------
    >>> import fusion
    >>> net = fusion.load("MaskNet")
    >>> next(float64_copy(net).parameters()).dtype, locality(float64_copy(net)) == locality(net)
    (torch.float64, True)
    """
    return _cache(network)


def _copied(network: nn.Module) -> nn.Module:
    with torch.inference_mode(False):
        exact = copied(network).double().requires_grad_(False)
    remember(exact, locality(network))
    return exact


_cache = PerNetworkCache(_copied, Unchanged)
