"""Every row of the Jacobian for a region's fused pixels, exact: what they take, and from which input pixels.

Fused pixels 2·radius + 1 apart see disjoint windows. One backward pass seeded at such a lattice therefore
holds the whole Jacobian row of each of its pixels, side by side, and (2·radius + 1)² lattices hold every row
of an image (Curtis, Powell & Reid 1974). A small or thin region has few pixels on each lattice; there the
Jacobian of one pixel after the other may be cheaper. Which way is taken is decided by what both multiply,
counted and not timed, so that the same question always gets the same digits.

A network whose steps are all known needs neither: its derivative is carried back on a block around each
fused pixel that grows to the pixel's window (`saliency.network.blockwise`), after one forward pass for all.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import gradients_on, jacobian, leaves
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand
from saliency.geometry.masks import Mask, bounds, check_region
from saliency.geometry.window import TILE, Pixel, Window, around, single, tiles_of, whole
from saliency.network.blockwise import gradients, linearised
from saliency.network.flops import multiplications_of
from saliency.network.optimized import optimized, optimized_plan
from saliency.network.pair_function import at_pair
from saliency.network.pair_inputs import on_crop
from saliency.network.plan import Plan
from saliency.receptive_field.locality import Locality, locality

RUN = 8
"""Neighbouring fused pixels that are carried back together."""
PIXEL, PASS = 1_000, 5_000_000
"""What a pass takes for each pixel of its area, and by itself, in multiplications that take as long.

For activations and memory, and for torch and Python. Measured once, on one core of an x86 server that
multiplies 2.5e10 times a second: small networks took 0.01 to 0.05 µs a pixel and 0.1 to 0.3 ms a pass.
"""


@dataclass(frozen=True, eq=False)
class RegionRows:
    """The absolute Jacobian rows of a region's fused pixels, added up both ways, and their diagonal.

    The first axis of each array is the input: 0 for the first, 1 for the second.

    Attributes
    ----------
    region : bool (H, W)
        The fused pixels that are asked about.
    sources : float64 (2, H, W)
        For each input pixel j: Σ |J_k[i, j]| over the region's fused pixels i. Where the region looks.
    totals : float32 (2, H, W)
        For each fused pixel i of the region: Σ |J_k[i, j]| over all input pixels j; NaN outside the region
        and where not computed yet.
    guidance : float32 (2, H, W)
        J_k[i, i], signed, for each fused pixel i of the region; NaN as above.
    done, total : int
        The region's fused pixels computed and in all.
    """

    region: Mask
    sources: NDArray[np.float64]
    totals: NDArray[np.float32]
    guidance: NDArray[np.float32]
    done: int
    total: int

    @property
    def is_complete(self) -> bool:
        """Whether every fused pixel of the region is computed."""
        return self.done == self.total


def region_rows(network: nn.Module, pair: ImagePair, region: Mask) -> RegionRows:
    """What do a region's fused pixels take from each input pixel? See `region_rows_stream`.

    Examples
    --------
    >>> import fusion
    >>> from saliency.geometry.masks import disk
    >>> pair = fusion.phantom(seed=7)
    >>> rows = region_rows(fusion.load("Weighted Averaging"), pair, disk((128, 100), 5, pair.shape))
    >>> rows.total, float(rows.sources[:, ~rows.region].sum())
    (81, 0.0)
    """
    for partial in region_rows_stream(network, pair, region):
        latest = partial
    return latest


def region_rows_stream(
    network: nn.Module, pair: ImagePair, region: Mask, tile: int = TILE
) -> Iterator[RegionRows]:
    """The same, growing pass by pass; the last one is complete. Stop asking, and the work stops.

    Each yielded `RegionRows` is a view of the same growing arrays: copy what is to be kept.

    Parameters
    ----------
    network : Module
        In eval mode. One that is not local takes one pass through the full image for every pixel.
    pair : ImagePair
    region : bool (H, W)
    tile : int
        Largest side of the tiles that are computed one after the other, in pixels.

    Raises
    ------
    InputError
        The region has another size than the pair or no pixel, or the network is in training mode.
    """
    shape = pair.shape
    region = check_region(region, shape)
    found = locality(network)
    sources = np.zeros((2, *shape))
    totals, guidance = (np.full((2, *shape), np.nan, dtype=np.float32) for _ in range(2))
    done, total = 0, int(region.sum())
    for part in _parts(region, found, tile):
        for rows in _rows(network, pair, part, found):
            strengths = np.abs(rows.gradients.astype(np.float64))
            sources[:, *rows.area.slices] += strengths
            for row, col in rows.pixels:
                seen = around(single((row, col)), found.radius, 1, shape) if found.is_local else rows.area
                totals[:, row, col] = strengths[:, *seen.within(rows.area)].sum(axis=(1, 2))
                guidance[:, row, col] = rows.gradients[:, row - rows.area.top, col - rows.area.left]
            done += len(rows.pixels)
            yield RegionRows(region, sources, totals, guidance, done, total)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Jacobian rows of fused pixels whose windows are disjoint: (2, h, w) at ``area``, signed."""

    pixels: Sequence[Pixel]
    area: Window
    gradients: NDArray[np.floating]


def _parts(region: Mask, found: Locality, tile: int) -> Iterator[Mask]:
    """The region tile by tile, so that memory does not grow with it; each part a mask of the whole image."""
    box = bounds(region)
    tiles = tiles_of(box.shape, tile) if found.crops((region.shape[0], region.shape[1])) else [whole(box.shape)]
    for each in tiles:
        at = (
            slice(box.top + each.top, box.top + each.bottom),
            slice(box.left + each.left, box.left + each.right),
        )
        if region[at].any():
            part = np.zeros_like(region)
            part[at] = region[at]
            yield part


def _rows(network: nn.Module, pair: ImagePair, part: Mask, found: Locality) -> Iterator[_Rows]:
    """By blocks where all steps are known; else by pixels or lattices, whichever multiplies less.

    By pixels, too, where the derivative is kept of a network that sees the whole image by a few numbers.
    """
    plan = optimized_plan(network)
    if plan is not None and found.crops(pair.shape) and plan.radius == found.radius:
        yield from _rows_by_blocks(network, plan, pair, part, found)
        return
    pixels = [(int(row), int(col)) for row, col in np.argwhere(part)]
    if low_rank_at_hand(network, pair) is not None:
        yield from (_single_row(network, pair, pixel) for pixel in pixels)
        return
    lattices = lattices_within(pixels, 2 * found.radius + 1 if found.is_local else max(pair.shape))
    area = found.window(bounds(part), pair.shape)
    if found.crops(pair.shape) and _singly_is_cheaper(network, pair, found, pixels, len(lattices), area):
        yield from (_single_row(network, pair, pixel) for pixel in pixels)
    else:
        yield from _rows_of_lattices(network, pair, area, lattices)


def _singly_is_cheaper(
    network: nn.Module, pair: ImagePair, found: Locality, pixels: Sequence[Pixel], lattices: int, area: Window
) -> bool:
    """Whether two passes for each pixel cost no more than one for each lattice and a forward pass for all.

    A backward pass for the inputs alone multiplies as often as the forward pass.
    """
    window = found.window(single(pixels[len(pixels) // 2]), pair.shape)
    multiplied, each = _forward_multiplications(network, pair, window), window.shape[0] * window.shape[1]
    whole_area = area.shape[0] * area.shape[1]
    singly = 2 * len(pixels) * (multiplied + PIXEL * each + PASS)
    return singly <= (lattices + 1) * (multiplied * whole_area / each + PIXEL * whole_area + PASS)


def _forward_multiplications(network: nn.Module, pair: ImagePair, window: Window) -> int:
    """Multiplications of one forward pass on a crop."""
    fuse = on_crop(network, pair, window, optimized(network))
    with torch.inference_mode(False), torch.no_grad():
        first, second = (leaf.detach() for leaf in leaves(network, pair, window))
        return multiplications_of(lambda: fuse(first, second))


def _rows_by_blocks(
    network: nn.Module, plan: Plan, pair: ImagePair, part: Mask, found: Locality
) -> Iterator[_Rows]:
    """Each pixel's row on a block as wide as its window, by one forward pass over all of ``part``."""
    area = found.window(bounds(part), pair.shape)
    with torch.inference_mode(False), torch.no_grad():
        at = linearised(plan, [leaf.detach() for leaf in leaves(optimized(network), pair, area)])
    reach = found.radius
    for row, start, stop in runs(part):
        with torch.inference_mode(False), torch.no_grad():
            run = slice(row - area.top, row - area.top + 1, 1), slice(start - area.left, stop - area.left, 1)
            blocks = gradients(at, run)[0].cpu().numpy()
        for col, block in zip(range(start, stop), blocks, strict=True):
            around_it = Window(row - reach, row + reach + 1, col - reach, col + reach + 1)
            seen = around(single((row, col)), found.radius, 1, pair.shape)
            yield _Rows([(row, col)], seen, block[:, *seen.within(around_it)])


def runs(part: Mask, longest: int = RUN) -> Iterator[tuple[int, int, int]]:
    """The pixels of a mask as row, first column and column after the last, ``longest`` pixels at most.

    Examples
    --------
    >>> list(runs(np.array([[True, True, True, False, True]]), longest=2))
    [(0, 0, 2), (0, 2, 3), (0, 4, 5)]
    """
    for row in np.flatnonzero(part.any(axis=1)).tolist():
        steps = np.diff(part[row].astype(np.int8), prepend=0, append=0)
        ends = zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True)
        for first, last in ends:
            yield from ((row, start, min(start + longest, last)) for start in range(first, last, longest))


def _single_row(network: nn.Module, pair: ImagePair, pixel: Pixel) -> _Rows:
    J = jacobian(network, pair, pixel)
    return _Rows([pixel], J.area, np.stack([J.first, J.second]))


def _rows_of_lattices(
    network: nn.Module, pair: ImagePair, area: Window, lattices: Sequence[Sequence[Pixel]]
) -> Generator[_Rows, None, None]:
    """The rows of each lattice in turn, by one forward pass over ``area`` and a backward pass each."""
    with gradients_on():
        inputs = leaves(network, pair, area)
        fused = at_pair(network, pair, area, optimized(network))(*inputs)
    for pixels in lattices:
        with gradients_on():
            seeds = torch.zeros_like(fused)
            rows, cols = np.array(pixels).T
            seeds[0, 0, rows - area.top, cols - area.left] = 1
            gradients = torch.autograd.grad(fused, inputs, seeds, retain_graph=True, materialize_grads=True)
        yield _Rows(pixels, area, np.stack([gradient[0, 0].cpu().numpy() for gradient in gradients]))


def lattices_within(pixels: Sequence[Pixel], period: int) -> list[list[Pixel]]:
    """The pixels in groups whose members lie multiples of ``period`` rows and columns apart.

    Examples
    --------
    >>> lattices_within([(0, 0), (0, 1), (0, 3), (3, 0)], period=3)
    [[(0, 0), (0, 3), (3, 0)], [(0, 1)]]
    """
    groups: dict[Pixel, list[Pixel]] = {}
    for row, col in pixels:
        groups.setdefault((row % period, col % period), []).append((row, col))
    return list(groups.values())
