"""The slopes that a network keeps for a pair: with them the Jacobian of any pixel is a walk backwards alone.

Of a picture of more than 640 rows or columns they are kept for a tile of its pixels at a time, as those of the
part of the pair that the tile depends on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.known_network import Known, known_of
from saliency.derivatives.low_rank_derivatives import low_rank_derivatives
from saliency.geometry.window import Pixel, Shape, Window, check_pixel, tile_at, whole
from saliency.network.graph_memory import graph_bytes
from saliency.network.grid_derivatives import LARGEST, GridDerivatives
from saliency.network.grid_linearised import GridLinearised
from saliency.network.optimized import grid_derivatives
from saliency.network.parts import Progress
from saliency.network.plain_derivatives import PlainDerivatives
from saliency.receptive_field.locality import Locality, locality

TILE = 128
"""Largest side of the tiles of a large picture: found in 0.4 to 1.3 s, and computed a third more than once."""


class KeptSlopes(NamedTuple):
    """The derivative at a part of a pair, and where in it that lies."""

    at: GridLinearised
    area: Window


def kept_derivative(network: nn.Module, pair: ImagePair, found: Locality) -> GridLinearised | None:
    """The derivative at the whole pair, of a local network whose steps are known, if it is kept."""
    derivatives = _derivatives(Known(found, grid_derivatives(network)), pair)
    return None if derivatives is None else derivatives.at_hand(pair)


def at_hand(known: Known, pair: ImagePair, pixels: Sequence[Pixel]) -> KeptSlopes | None:
    """The derivative at the pair, or the part of it, on which the pixels depend; None where it is not kept."""
    derivatives = _derivatives(known, pair)
    if derivatives is None:
        return None
    areas = {_area(known.locality, pair.shape, pixel) for pixel in pixels}
    if len(areas) != 1:
        return None
    at = derivatives.at_hand(_part(pair, area := areas.pop()))
    return None if at is None else KeptSlopes(at, area)


def is_kept_in_parts(pair: ImagePair) -> bool:
    """Whether slopes are kept for a part of a pair at a time: of one of more than 640 rows or columns."""
    return max(pair.shape) > LARGEST


def kept_part(network: nn.Module, pair: ImagePair, pixel: Pixel) -> ImagePair:
    """Of which pair does `jacobian` look for kept slopes at a pixel?

    The pair itself; where that has more than 640 rows or columns, the part of it on which the pixels of a tile
    depend. What `keep_derivative` keeps of that part serves all pixels of the tile.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> image = np.zeros((768, 768), dtype=np.float32)
    >>> kept_part(fusion.load("MaskNet"), ImagePair(image, image, title="A"), (300, 10)).shape
    (144, 136)
    """
    return _part(pair, _area(locality(network), pair.shape, check_pixel(pixel, pair.shape)))


def kept_parts(network: nn.Module, pair: ImagePair, pixel: Pixel) -> list[ImagePair]:
    """That of a pixel, and of a large picture those of the tiles beside its own, the nearest first.

    So many as are kept together.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> image = np.zeros((768, 768), dtype=np.float32)
    >>> pair = ImagePair(image, image, title="A")
    >>> [part.shape for part in kept_parts(fusion.load("MaskNet"), pair, (3, 120))]
    [(136, 136), (136, 144), (144, 136), (144, 144)]
    """
    if not is_kept_in_parts(pair):
        return [kept_part(network, pair, pixel)]
    (row, col), tile = check_pixel(pixel, pair.shape), tile_at(pixel, pair.shape, TILE)
    places = product((tile.top - 1, row, tile.bottom), (tile.left - 1, col, tile.right))
    inside = (each for each in places if 0 <= each[0] < pair.shape[0] and 0 <= each[1] < pair.shape[1])
    nearest = sorted(inside, key=lambda each: (each[0] - row) ** 2 + (each[1] - col) ** 2)
    parts = [kept_part(network, pair, each) for each in nearest]
    derivatives = _derivatives(known_of(network), parts[0])
    return parts if derivatives is None else parts[: max(derivatives.together(parts[0].shape), 1)]


def _area(found: Locality, shape: Shape, pixel: Pixel) -> Window:
    """What the pixels depend on that share slopes with one."""
    return whole(shape) if max(shape) <= LARGEST else found.window(tile_at(pixel, shape, TILE), shape)


def _part(pair: ImagePair, area: Window) -> ImagePair:
    return pair if area.shape == pair.shape else pair.part(*area)


def is_kept_by_guidance(network: nn.Module) -> bool:
    """Whether asking for guidance keeps the derivative, and takes its memory.

    So it is where maps change their size, and of networks that are local but for a few numbers.
    """
    found = locality(network)
    return found.stride > 1 or found.held is not None


def lacks_derivative(network: nn.Module, pair: ImagePair) -> bool:
    """Whether `keep_derivative` might find something that is not there."""
    low_rank = low_rank_derivatives(network)
    if low_rank is not None:
        return low_rank.lacks(pair)
    derivatives = _derivatives(known_of(network), pair)
    return derivatives is not None and not is_kept_in_parts(pair) and derivatives.at_hand(pair) is None


def keep_derivative(network: nn.Module, pair: ImagePair) -> bool:
    """Find what `jacobian` keeps for a pair, without asking for guidance; whether there is such a thing.

    Takes up to some seconds; afterwards a Jacobian is only carried back from its pixel, through slopes that are
    kept until other pairs need the memory or the network changes. Images of more than 640 rows or columns
    (but parts of them, see `kept_part`), and what takes more than 256 MiB, are never kept.

    Examples
    --------
    >>> import fusion
    >>> keep_derivative(fusion.load("Weighted Averaging"), fusion.phantom(seed=7, size=64))
    False
    """
    low_rank = low_rank_derivatives(network)
    if low_rank is not None:
        return low_rank.at(network, pair) is not None
    derivatives = _derivatives(known_of(network), pair)
    return derivatives is not None and derivatives.at(pair) is not None


def derivative_in_parts(
    network: nn.Module, pair: ImagePair, fused: NDArray[np.float32] | None = None
) -> Iterator[Progress]:
    """Do what `keep_derivative` does in parts of some milliseconds; no two threads may, for the same pair.

    ``fused`` is what the network makes of the pair, (H, W), where that is known. All is done at the end only where
    something is kept.

    Examples
    --------
    >>> import fusion
    >>> *_, last = derivative_in_parts(fusion.load("DeepFuse"), fusion.phantom(seed=7, size=64))
    >>> last.done == last.total
    True
    """
    low_rank = low_rank_derivatives(network)
    if low_rank is not None:
        if low_rank.at(network, pair) is not None:
            yield Progress(1, 1)
        return
    derivatives = _derivatives(known_of(network), pair)
    if derivatives is not None:
        yield from derivatives.in_parts(pair, fused)


def derivative_bytes(network: nn.Module, pair: ImagePair) -> int:
    """About how many bytes `keep_derivative` takes where it finds something; 0 where it keeps nothing.

    Examples
    --------
    >>> import fusion
    >>> derivative_bytes(fusion.load("Weighted Averaging"), fusion.phantom(seed=7, size=64))
    0
    """
    low_rank = low_rank_derivatives(network)
    if low_rank is not None:
        needed = low_rank.needed(pair.shape)  # and a second graph, as guidance goes twice backwards
        return needed and needed + graph_bytes(network, pair.shape)
    derivatives = _derivatives(known_of(network), pair)
    return 0 if derivatives is None else derivatives.needed(pair.shape)


def let_go_derivatives(network: nn.Module) -> bool:
    """Forget what `keep_derivative` has found, at every pair; whether there was something."""
    kept = low_rank_derivatives(network) or grid_derivatives(network)
    return kept is not None and kept.let_go()


def _derivatives(known: Known, pair: ImagePair) -> GridDerivatives | None:
    found, derivatives = known
    if not found.crops(pair.shape):
        return None
    if found.stride > 1:
        return derivatives
    is_plain = isinstance(derivatives, PlainDerivatives) and derivatives.radius == found.radius
    return derivatives if is_plain and found.shrinks else None
