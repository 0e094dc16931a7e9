"""One network's part of a case file: every pixel's figures and Jacobian, as the engine finds them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dashboard.imaging.downsampling import extremes
from dashboard.imaging.encoding import to_bytes
from dashboard.report.window_codes import coded, deflated, part_outside, windows_of
from dashboard.server.messages import packed
from dashboard.views.pictures import unit_bytes
from fusion import ImagePair, InputError
from fusion.data.outgoing.unnamed import unnamed
from saliency import Jacobian, influence, jacobian, locality
from saliency.derivatives.jacobian_blocks import jacobian_blocks
from saliency.geometry.window import Window

BLOCK = 8
"""Rows and columns of the pixels whose windows are deflated together."""
MOST_VALUES = 300_000_000
"""Derivatives that a case file holds at most; each takes about a third of a byte."""
CHECKED = 64
"""At how many pixels, about, windows are held against those that the pointer gets."""
FIGURES = ("y", "d1", "d2", "total1", "total2", "share1", "share2", "radius1", "radius2", "limit", "outside")
"""What is told of a pixel; NaN where there is none of it."""


@dataclass(frozen=True, eq=False)
class CaseNetwork:
    """A network of a case file.

    Attributes
    ----------
    name, weights : str
        The SHA-256 of its weights; empty where it has none.
    network : Module
        As `saliency.checked_on_pair` gives it for the pair.
    fused : float32 (H, W)
    reach : int
        How many pixels its windows reach from their middle.
    """

    name: str
    weights: str
    network: nn.Module
    fused: NDArray[np.float32]
    reach: int


@dataclass(eq=False)
class CaseWindows:
    """What is known of a network's pixels so far; complete once all ``blocks`` are.

    Attributes
    ----------
    area : Window
        The pixels.
    figures : mapping of str to float32 (rows, cols) of ``area``
        By the names of `FIGURES`.
    blocks : mapping of (int, int) to bytes
        Deflated codes by the block's first row and column.
    error, relative : float
        Largest difference of a decoded derivative from the engine's, and as a part of its window's largest.
    beside : float
        Largest difference of the engine's blocks from its single Jacobians, as a part of the window's largest.
    checked : int
        At how many pixels that was looked at.
    done : int
        Pixels computed.
    """

    area: Window
    figures: dict[str, NDArray[np.float32]]
    blocks: dict[tuple[int, int], bytes] = field(default_factory=dict)
    error: float = 0.0
    relative: float = 0.0
    beside: float = 0.0
    checked: int = 0
    done: int = 0


def reach_of(name: str, network: nn.Module, pair: ImagePair, asked: int | None) -> int:
    """How far a network's windows reach: as far as a fused pixel sees, or as far as is ``asked``.

    Raises
    ------
    InputError
        It sees the whole image, and nothing is asked.
    """
    found = locality(network)
    if found.is_local and found.crops(pair.shape):
        return found.radius if asked is None else min(asked, found.radius)
    if asked is None:
        raise InputError(
            f"{name} sees the whole image, which no window of a case file holds: leave it out, or give --reach, "
            "such as 16; the file then tells for each pixel which part of the influence lies outside its window."
        )
    return min(asked, max(pair.shape))


def refuse_large(reaches: Sequence[int], area: Window, remedy: str) -> None:
    """Refuse what would be too large a file to open; ``remedy`` says what helps, given a side in pixels.

    Raises
    ------
    InputError
        There would be more than `MOST_VALUES` derivatives.
    """
    each = sum(2 * (2 * reach + 1) ** 2 for reach in reaches)
    pixels = area.shape[0] * area.shape[1]
    if each * pixels > MOST_VALUES:
        side = int((MOST_VALUES / each) ** 0.5)
        raise InputError(
            f"This case file would hold {each * pixels / 1e6:.0f} million derivatives, and {MOST_VALUES // 10**6} "
            f"million are the most: {remedy.format(side=side)}."
        )


def case_windows(asked: CaseNetwork, pair: ImagePair, area: Window) -> Iterator[CaseWindows]:
    """The same `CaseWindows` after each block of pixels, growing; the last one is complete."""
    shape = area.shape
    found = CaseWindows(area, {name: np.full(shape, np.nan, dtype=np.float32) for name in FIGURES})
    every = max(shape[0] * shape[1] // (CHECKED * BLOCK * BLOCK), 1)
    for number, block in enumerate(jacobian_blocks(asked.network, pair, area, BLOCK)):
        rows, cols = block.area.within(area)
        windows = coded(windows_of(block.jacobians, asked.reach))
        found.blocks[block.area.top, block.area.left] = deflated(windows.codes)
        found.error = max(found.error, windows.error)
        found.relative = max(found.relative, windows.relative)
        for J, limit in zip(block.jacobians, windows.limits, strict=True):
            place = J.pixel[0] - area.top, J.pixel[1] - area.left
            for name, value in _figures(J, asked.reach).items():
                found.figures[name][place] = np.nan if value is None else value
            found.figures["limit"][place] = limit
        if number % every == 0:
            _hold_against_single(found, asked.network, pair, block.jacobians[number % len(block.jacobians)])
        found.figures["y"][rows, cols] = asked.fused[block.area.slices]
        found.done += len(block.jacobians)
        yield found


def _figures(J: Jacobian, reach: int) -> Mapping[str, float | None]:
    """What the page's read-out says of a pixel, from its whole Jacobian."""
    at, found = (J.pixel[0] - J.area.top, J.pixel[1] - J.area.left), influence(J)
    return {
        "d1": float(J.first[at]),
        "d2": float(J.second[at]),
        "total1": found.total_first,
        "total2": found.total_second,
        "share1": found.share_first,
        "share2": found.share_second,
        "radius1": found.radius_first,
        "radius2": found.radius_second,
        "outside": part_outside(J, reach),
    }


def _hold_against_single(found: CaseWindows, network: nn.Module, pair: ImagePair, J: Jacobian) -> None:
    """Compare a Jacobian with the one that the pointer gets there."""
    single = np.stack(jacobian(network, pair, J.pixel).full())
    off = np.abs(np.stack(J.full()) - single)
    largest = float(np.abs(single).max(initial=0, where=np.isfinite(single)))
    found.checked += 1
    if largest > 0:
        found.beside = max(found.beside, float(off.max(initial=0, where=np.isfinite(off))) / largest)


def about_part(asked: CaseNetwork, found: CaseWindows, pair: ImagePair) -> dict[str, Any]:
    """What a case file says of a network's windows; ``radius`` is None where it sees the whole image."""
    sees = locality(asked.network)
    radius = sees.radius if sees.crops(pair.shape) else None
    outside = found.figures["outside"]
    known = outside[np.isfinite(outside)]
    is_cut = radius is None or radius > asked.reach
    return {
        "name": asked.name,
        "names": list(unnamed(pair).names),
        "weights": asked.weights,
        "reach": asked.reach,
        "radius": radius,
        "is_cut": is_cut,
        "outside_most": float(known.max(initial=0)) if is_cut else 0.0,
        "outside_mean": float(known.mean()) if is_cut and known.size else 0.0,
        "error": found.error,
        "relative": found.relative,
        "beside": found.beside,
        "checked": found.checked,
        "block": BLOCK,
        "lengths": [len(each) for _, each in sorted(found.blocks.items())],
    }


def part_bytes(asked: CaseNetwork, found: CaseWindows, about: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Pictures and figures as a message, deflated; and the codes of all blocks, row by row of blocks."""
    arrays: dict[str, Any] = {
        "fused": to_bytes(asked.fused),
        "blue": unit_bytes(asked.fused, *extremes(asked.fused)),
        **found.figures,
    }
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    message = squeezer.compress(packed(about, arrays)) + squeezer.flush()
    return message, b"".join(each for _, each in sorted(found.blocks.items()))
