"""How far does a fused pixel's share change where the inputs lie a pixel off each other?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from fusion.data.moved_pair import Move, moved
from fusion.data.pairs import ImagePair
from fusion.method.carded_network import CardedNetwork
from saliency.derivatives.jacobian import jacobian
from saliency.geometry.window import Pixel, check_pixel
from saliency.measures.influence import influence
from saliency.validation.checked_network import checked_on_pair

AROUND = tuple(Move(right, down) for down in (-1, 0, 1) for right in (-1, 0, 1) if (right, down) != (0, 0))
"""By a pixel to each of the eight neighbouring places: across, up and down, and both."""


@dataclass(frozen=True)
class ShareUnderMoves:
    """The first input's share of a fused pixel, with the second input where it lies and a pixel off.

    Attributes
    ----------
    share : float or None
        Of the pair as it is; None where neither input has a finite influence.
    moved : tuple of (float or None)
        The same with the second input moved by each of `AROUND`, as many as were computed.
    """

    share: float | None
    moved: tuple[float | None, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all moves were computed."""
        return len(self.moved) == len(AROUND)

    @property
    def changes(self) -> tuple[float, ...]:
        """How far each move changes the share, either way; empty where a share is missing or none."""
        if self.share is None or not self.is_complete:
            return ()
        shares = [each for each in self.moved if each is not None]
        return tuple(abs(each - self.share) for each in shares) if len(shares) == len(AROUND) else ()

    @property
    def change(self) -> float | None:
        """The largest change; None where there is none, or not yet.

        Examples
        --------
        >>> round(ShareUnderMoves(0.4, (0.45, 0.4, 0.3, 0.4, 0.4, 0.4, 0.4, 0.41)).change, 6)
        0.1
        """
        return max(self.changes, default=None)

    @property
    def worst(self) -> Move | None:
        """The move that changes the share most."""
        return AROUND[self.changes.index(max(self.changes))] if self.changes else None


def share_under_moves(network: nn.Module, pair: ImagePair, pixel: Pixel) -> ShareUnderMoves:
    """How far does a fused pixel's share change for one pixel of misregistration?

    The second input is moved by one pixel to each of its eight neighbouring places, and the Jacobian of each of
    these pairs computed exactly, as for any pair. At the image's border, values without data come in: the second
    input's lowest.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    pixel : (row, col)

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> share_under_moves(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (0, 0)).change
    0.0
    """
    *_, found = share_under_moves_stream(network, pair, pixel)
    return found


def share_under_moves_stream(network: nn.Module, pair: ImagePair, pixel: Pixel) -> Iterator[ShareUnderMoves]:
    """The same, growing: after the pair as it is, and after each of its eight moves."""
    pixel = check_pixel(pixel, pair.shape)
    found = ShareUnderMoves(_share(network, pair, pixel))
    yield found
    for move in AROUND:
        share = _share(network, moved(pair, move), pixel)
        found = ShareUnderMoves(found.share, (*found.moved, share))
        yield found


def _share(network: nn.Module, pair: ImagePair, pixel: Pixel) -> float | None:
    """Of a brought network, which may look elsewhere once an image moves, crops are checked at each move."""
    held = checked_on_pair(network, pair) if isinstance(network, CardedNetwork) else network
    return influence(jacobian(held, pair, pixel)).share_first
