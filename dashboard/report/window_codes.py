"""Jacobian windows in a byte a value: how they are written into a case file, and what that costs in exactness.

A code q stands for sign(q) · (q / 127)² of the window's largest size. Squares, as weak influence is what a γ
below 1 lifts: even steps would show four fifths of a window as 0.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saliency import Jacobian
from saliency.geometry.window import centred, common

LARGEST = 127
"""The code of a window's largest size."""
NO_SLOPE = -128
"""The code of what is not finite."""

Codes = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class CodedWindows:
    """Windows of several Jacobians, a byte a value.

    Attributes
    ----------
    codes : int8 (pixels, 2, 2 · reach + 1, 2 · reach + 1)
        Of both inputs, the principal pixel in the middle; 0 beyond the image.
    limits : float32 (pixels,)
        The size that code 127 stands for: the largest in both windows of a Jacobian.
    error, relative : float
        The largest difference from what was written, and from that as a part of its window's limit.
    """

    codes: Codes
    limits: NDArray[np.float32]
    error: float
    relative: float


def windows_of(jacobians: Sequence[Jacobian], reach: int) -> NDArray[np.float32]:
    """Both Jacobian images of each, as far as ``reach`` around its pixel, (pixels, 2, n, n)."""
    values = np.zeros((len(jacobians), 2, 2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    for target, J in zip(values, jacobians, strict=True):
        wanted = centred(J.pixel, reach)
        held = common(wanted, J.area)
        for image, found in zip(target, (J.first, J.second), strict=True):
            image[held.within(wanted)] = found[held.within(J.area)]
    return values


def part_outside(J: Jacobian, reach: int) -> float:
    """Which part of Σ |J| of both inputs lies further than ``reach`` from the pixel? NaN where there is no sum.

    Examples
    --------
    >>> from saliency.geometry.window import Window
    >>> row = np.array([[1, 0, 3]], dtype=np.float32)
    >>> part_outside(Jacobian(row, 0 * row, (0, 0), Window(0, 1, 0, 3), (1, 3), 0.5), reach=1)
    0.75
    """
    held = common(centred(J.pixel, reach), J.area).within(J.area)
    strengths = np.abs(np.stack([J.first, J.second]).astype(np.float64))
    total = strengths.sum()
    if not 0 < total < np.inf:
        return float("nan")
    strengths[:, *held] = 0
    return float(strengths.sum() / total)


def coded(values: NDArray[np.float32]) -> CodedWindows:
    """Windows, float32 (pixels, 2, n, n), as codes, and the largest error that this makes.

    Examples
    --------
    >>> found = coded(np.array([[[[0.5]], [[-0.125]]]], dtype=np.float32))
    >>> found.codes.ravel().tolist(), found.limits.tolist(), found.relative < 0.01
    ([127, -64], [0.5], True)
    """
    is_finite = np.isfinite(values)
    sizes = np.where(is_finite, np.abs(values), 0).astype(np.float64)
    limits = sizes.max(axis=(1, 2, 3)).astype(np.float32)
    scale = np.where(limits > 0, limits, 1).astype(np.float64)[:, None, None, None]
    codes = np.where(is_finite, np.sign(values) * np.rint(LARGEST * np.sqrt(sizes / scale)), NO_SLOPE)
    found = CodedWindows(codes.astype(np.int8), limits, 0.0, 0.0)
    off = np.where(is_finite, np.abs(decoded(found.codes, limits).astype(np.float64) - values), 0)
    return CodedWindows(found.codes, limits, float(off.max(initial=0)), float((off / scale).max(initial=0)))


def decoded(codes: Codes, limits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a reader sees of codes; NaN where the derivative is not finite. As ``js/data/window_codes.js``."""
    part = codes.astype(np.float64) / LARGEST
    values = np.sign(part) * part**2 * limits.astype(np.float64)[:, None, None, None]
    return np.where(codes == NO_SLOPE, np.nan, values).astype(np.float32)


def deflated(codes: Codes) -> bytes:
    """A block's codes, each as its difference from the pixel before at the same place of the window."""
    by_place = codes.reshape(len(codes), -1).T.view(np.uint8)
    steps = np.diff(by_place, axis=1, prepend=np.uint8(0))
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezer.compress(np.ascontiguousarray(steps).tobytes()) + squeezer.flush()


def inflated(data: bytes, pixels: int, reach: int) -> Codes:
    """The inverse of `deflated`.

    Examples
    --------
    >>> codes = np.arange(-9, 9, dtype=np.int8).reshape(1, 2, 3, 3)
    >>> bool((inflated(deflated(codes), pixels=1, reach=1) == codes).all())
    True
    """
    side = 2 * reach + 1
    steps = np.frombuffer(zlib.decompress(data, -zlib.MAX_WBITS), dtype=np.uint8).reshape(-1, pixels)
    codes = np.cumsum(steps, axis=1, dtype=np.uint8).view(np.int8)
    return np.ascontiguousarray(codes.T).reshape(pixels, 2, side, side)
