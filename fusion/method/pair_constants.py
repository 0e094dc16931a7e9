"""Networks that hold part of their reasoning fixed for a pair, so that a crop can be explained alone."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Companioned(Protocol):
    """A fusion network with constants of the pair: its companions, maps that lie over the images.

    Alone, such a network depends on the whole pair, because it finds its companions there. With companions
    found once for the whole pair, ``network(crop(x1), crop(x2), crop(companions))`` is local: values and
    derivatives are those of the whole pair, except nearer to a cut edge than its receptive-field radius.
    """

    def given(self, first: Tensor, second: Tensor) -> Tensor:
        """The companions (N, K, H, W) of a pair (N, 1, H, W), constants without a graph."""

    def __call__(self, first: Tensor, second: Tensor, given: Tensor | None = None) -> Tensor:
        """Fuse; without ``given``, companions are found for these inputs."""
