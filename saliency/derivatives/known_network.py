"""What single pixels need to know of a network: how far it sees, and what is kept of its derivative."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.one_look import one_look
from saliency.network.optimized import grid_derivatives
from saliency.receptive_field.locality import Locality, locality


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
    with one_look():
        found = locality(network)
        return Known(found, grid_derivatives(network) if found.is_local else None)
