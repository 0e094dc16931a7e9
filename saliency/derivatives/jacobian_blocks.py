"""Jacobians of all fused pixels of an area, a block of pixels at a time: windows of one size, centred."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import FAINT, Jacobian, kept_derivative, leaves
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.geometry.window import Pixel, Window, centred, common, whole
from saliency.network.blockwise import Linearised, gradients, linearised
from saliency.network.optimized import optimized, optimized_plan
from saliency.receptive_field.locality import locality

SIDE = 64
"""Rows and columns of fused pixels for which the network is linearised together, at most."""
RUN = 8
"""Neighbouring fused pixels that are carried back together."""


@dataclass(frozen=True, eq=False)
class JacobianBlock:
    """The Jacobians of neighbouring fused pixels: those of ``area``, row by row."""

    area: Window
    jacobians: Sequence[Jacobian]


def jacobian_blocks(network: nn.Module, pair: ImagePair, area: Window, side: int) -> Iterator[JacobianBlock]:
    """Which input pixels made each fused pixel of ``area``? As `jacobian`, in blocks of ``side`` × ``side``.

    Where all steps of a local network are known, its derivative is carried back in float32 on blocks around the
    pixels, after one forward pass for a square of them (`saliency.network.blockwise`); pixels whose derivatives
    are too faint for float32 are asked singly. Other networks, and where the derivative is kept for the pair
    (`saliency.derivatives.jacobian.keep_derivative`), are asked as `jacobian_batch` asks them. One block is held
    at a time.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    area : Window
        The fused pixels that are asked about.
    side : int
        Rows and columns of a block; those at the right and lower end have fewer.

    Examples
    --------
    >>> import fusion
    >>> net, pair = fusion.load("Weighted Averaging"), fusion.phantom(seed=7)
    >>> found = next(jacobian_blocks(net, pair, Window(0, 8, 0, 9), side=8))
    >>> len(found.jacobians), found.jacobians[-1].pixel, found.jacobians[-1].first.tolist()
    (64, (7, 7), [[0.5]])
    """
    found, plan = locality(network), optimized_plan(network)
    has_slopes = kept_derivative(network, pair, found) is not None
    if has_slopes or plan is None or not found.crops(pair.shape) or plan.radius != found.radius:
        yield from (
            JacobianBlock(each, jacobian_batch(network, pair, pixels_of(each))) for each in squares(area, side)
        )
        return
    for tile in squares(area, max(SIDE // side, 1) * side):
        seen = found.window(tile, pair.shape)
        with torch.inference_mode(False), torch.no_grad():
            at = linearised(plan, [leaf.detach() for leaf in leaves(optimized(network), pair, seen)])
        for block in squares(tile, side):
            yield JacobianBlock(block, _carried_back(network, pair, at, seen, block))


def squares(area: Window, side: int) -> list[Window]:
    """Squares of ``side`` that cover ``area``, row by row, from its upper left corner.

    Examples
    --------
    >>> squares(Window(0, 3, 0, 2), 2)
    [Window(top=0, bottom=2, left=0, right=2), Window(top=2, bottom=3, left=0, right=2)]
    """
    return [
        Window(top, min(top + side, area.bottom), left, min(left + side, area.right))
        for top in range(area.top, area.bottom, side)
        for left in range(area.left, area.right, side)
    ]


def pixels_of(area: Window) -> list[Pixel]:
    """Every pixel of an area, row by row."""
    return [(row, col) for row in range(area.top, area.bottom) for col in range(area.left, area.right)]


def _carried_back(
    network: nn.Module, pair: ImagePair, at: Linearised, seen: Window, block: Window
) -> list[Jacobian]:
    """Back from every pixel of ``block`` through the steps linearised on ``seen``."""
    found: dict[Pixel, Jacobian] = {}
    for run in _runs(block):
        rows, cols = run.within(seen)
        lattice = slice(rows.start, rows.stop, 1), slice(cols.start, cols.stop, 1)
        with torch.inference_mode(False), torch.no_grad():
            values = gradients(at, lattice)[0].float().cpu().numpy()
        for pixel, both in zip(pixels_of(run), values, strict=True):
            found[pixel] = _inside(pair, pixel, both, at.fused[0, 0, rows.start, pixel[1] - seen.left].item())
    faint = [pixel for pixel, J in found.items() if 0 < max(np.abs(J.first).max(), np.abs(J.second).max()) < FAINT]
    found |= {J.pixel: J for J in jacobian_batch(network, pair, faint)} if faint else {}
    return [found[pixel] for pixel in pixels_of(block)]


def _runs(area: Window) -> Iterator[Window]:
    """The rows of an area in pieces of `RUN` pixels."""
    for row in range(area.top, area.bottom):
        for left in range(area.left, area.right, RUN):
            yield Window(row, row + 1, left, min(left + RUN, area.right))


def _inside(pair: ImagePair, pixel: Pixel, both: NDArray[np.float32], fused: float) -> Jacobian:
    """A pixel's gradients, (2, n, n), cut off at the image's border."""
    reach = both.shape[-1] // 2
    wanted = centred(pixel, reach)
    area = common(wanted, whole(pair.shape))
    first, second = both[:, *area.within(wanted)]
    return Jacobian(first, second, pixel, area, pair.shape, fused)
