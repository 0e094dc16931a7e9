"""Copies of networks, which may have run before."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def copied(network: Network) -> Network:
    """A copy that shares nothing with ``network``; maps that this noted on itself as it ran come without graphs.

    Raises
    ------
    RuntimeError
        It holds a graph elsewhere, such as in a list, which torch does not copy.

    Examples
    --------
    >>> net = nn.Conv2d(1, 1, 3)
    >>> net.noted = net(net.weight)
    >>> copied(net).noted.requires_grad
    False
    """
    held = (value for layer in network.modules() for value in vars(layer).values())
    noted = [value for value in held if isinstance(value, Tensor) and not value.is_leaf]
    return copy.deepcopy(network, {id(each): each.detach().clone() for each in noted})
