"""What single pixels need to know of a network: how far it sees, and what is kept of its derivative.

Both are remembered elsewhere, each until its own look at the network finds a change. Here one look serves for
both, at every byte: under a pointer two of them took as long as a third of the Jacobian.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.optimized import grid_derivatives
from saliency.network.per_network import PerNetworkCache
from saliency.receptive_field.locality import Locality, locality, remembered


class Known(NamedTuple):
    """How far a network sees, and what is kept of its derivative at pairs; None where nothing can be."""

    locality: Locality
    derivatives: GridDerivatives | None


def known_of(network: nn.Module) -> Known:
    """The same as `locality` and `grid_derivatives`.

    Raises
    ------
    InputError
        The network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> known_of(fusion.load("MaskNet")).locality.radius
    8
    """
    return _cache(network)


class _Looked:
    """What was found of a network. While the same derivatives are found no byte of it has changed."""

    def __init__(self, network: nn.Module) -> None:
        self.known = _known(network)

    def unchanged(self, network: nn.Module) -> bool:
        if self.known.derivatives is None:
            return locality(network) is self.known.locality
        is_same = grid_derivatives(network) is self.known.derivatives
        return is_same and remembered(network) is self.known.locality


def _known(network: nn.Module) -> Known:
    found = locality(network)
    return Known(found, grid_derivatives(network) if found.is_local else None)


_cache = PerNetworkCache(_known, _Looked)
