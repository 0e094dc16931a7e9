"""Networks that hold part of their reasoning fixed for a pair, so that a crop can be explained alone."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class HasPairConstants(Protocol):
    """A fusion network with constants of the pair: maps that lie over the images.

    Alone, such a network depends on the whole pair, because it finds its constants there. With those
    found once for the whole pair, ``network(crop(x1), crop(x2), crop(constants))`` is local: values and
    derivatives are those of the whole pair, except nearer to a cut edge than its receptive-field radius.
    """

    def pair_constants(self, first: Tensor, second: Tensor) -> Tensor:
        """The constants (N, K, H, W) of a pair (N, 1, H, W), without a graph."""

    def __call__(self, first: Tensor, second: Tensor, constants: Tensor | None = None) -> Tensor:
        """Fuse; without ``constants``, those of these inputs are found."""
