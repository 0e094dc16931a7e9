"""Do crops give the full image's Jacobian on the pair in hand, too? Locality was measured on noise alone.

A network that warps by a displacement it reads from the picture, or branches on the picture's mean, may look no
further than a small window on noise and across half of a real image. The window's Jacobian is then wrong.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_gradient_magnitude, uniform_filter
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.guidance import Guidance
from saliency.derivatives.jacobian import Jacobian, cropped_jacobian, gradients_on, jacobian, leaves
from saliency.derivatives.jacobian_batch import jacobian_batch
from saliency.geometry.window import TILE, Pixel, Window, check_pixel, whole
from saliency.network.graph_memory import graph_bytes
from saliency.network.network_look import Unchanged
from saliency.network.pair_inputs import on_crop
from saliency.network.per_network import PerNetworkCache
from saliency.network.per_pair import PerPairCache
from saliency.receptive_field.float64_copy import float64_copy
from saliency.receptive_field.locality import Locality, locality, remember

TOLERANCE = 1e-4
"""Largest difference, relative to the largest derivative or value, that float32's rounding may make."""
ROUNDING, DRAWS = 2e-6, 12
"""Of the images' range, and how many pairs are tried: what kinks a picture lies at within rounding."""
TOLERANCE_FLOAT64 = 1e-9
"""The same in float64, in which is looked again where float32 differs by more."""
MOST_BYTES = 3 * 2**29
"""Of memory that a check takes, about: 1.5 GiB."""
SIDE = 8
"""Pixels are looked at in so many rows and columns of fields that cover the image."""
REASON = (
    "On this pair fused pixels depend on more than the window that was measured on noise, "
    "so full images are computed."
)
"""Why a network that is local elsewhere is not on this pair, for the user."""


@dataclass(frozen=True)
class PairCheck:
    """What the comparison of crops with the full image said.

    Attributes
    ----------
    pixels : tuple of (row, col)
        Where both were computed; none where the network sees the whole image and nothing is cropped.
    difference : float
        The largest difference between two derivatives or values, as a part of the largest; infinite where only
        what is checked is NaN.
    agrees : bool
        Whether that is no more than rounding: crops may stand for the full image on this pair.
    """

    pixels: tuple[Pixel, ...]
    difference: float
    agrees: bool


def check_on_pair(
    network: nn.Module, pair: ImagePair, finished: Guidance | None = None, seed: int = 0
) -> PairCheck:
    """Does the fast path give the full image's values and derivatives on this pair, at some seventy pixels?

    One in each of `SIDE` × `SIDE` fields, and those with the strongest structure inside and on the border. Their
    sum with random weights is differentiated once on the full image; the pixels' own Jacobians, weighted alike,
    must add up to the same. A large image is represented by the part with most structure; see `checked_side`.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    finished : Guidance, optional
        Held against the same pixels' own derivatives.
    seed : int
        Of pixels and weights; what was found with the first is remembered for the pairs looked at last.

    Raises
    ------
    InputError
        The network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> found = check_on_pair(fusion.load("MaskNet"), fusion.phantom(seed=7, size=64))
    >>> len(found.pixels), found.agrees
    (66, True)
    """
    if not locality(network).crops(pair.shape):
        return PairCheck((), 0.0, agrees=True)
    found = _known(network).get(pair, lambda: _crops_compared(network, pair)) if seed == 0 else None
    found = found or _crops_compared(network, pair, seed)
    if finished is None or not found.agrees:
        return found
    own = _own_difference(network, pair, finished, looked_at(pair, seed))
    return replace(found, difference=max(found.difference, own), agrees=own <= TOLERANCE)


def _crops_compared(network: nn.Module, pair: ImagePair, seed: int = 0) -> PairCheck:
    side, stride = checked_side(network), locality(network).stride
    part, _ = _part_of(pair, _most_structure(pair, side), stride, side)
    return _compared(network, part, looked_at(part, seed), seed)


def check_pixel_on_pair(network: nn.Module, pair: ImagePair, pixel: Pixel) -> PairCheck:
    """The same at one pixel; of a large image the part around it is looked at.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.
    """
    pixel = check_pixel(pixel, pair.shape)
    if not locality(network).crops(pair.shape):
        return PairCheck((), 0.0, agrees=True)
    part, (top, left) = _part_of(pair, pixel, locality(network).stride, checked_side(network))
    return _compared(network, part, [(pixel[0] - top, pixel[1] - left)])


def checked_side(network: nn.Module) -> int:
    """Rows and columns of the largest part of an image that is computed whole for a check.

    `TILE`; fewer where the graph would take more than `MOST_BYTES`, but more than a fused pixel can see.
    """
    bytes_a_pixel = graph_bytes(network, (TILE, TILE)) / TILE**2
    fitting = TILE if not bytes_a_pixel else int(math.sqrt(MOST_BYTES / bytes_a_pixel))
    stride, least = locality(network).stride, 4 * (locality(network).radius + 1)
    return min(TILE, max(fitting, least) // stride * stride + stride)


def _compared(network: nn.Module, pair: ImagePair, pixels: Sequence[Pixel], seed: int = 0) -> PairCheck:
    """In float32; where that differs, in float64."""
    difference, most = _difference(network, pair, pixels, seed), TOLERANCE
    if difference > most:
        # Derivatives that nearly cancel are rounded coarsely; float64 tells that from another dependence.
        difference, most = _difference(float64_copy(network), pair, pixels, seed), TOLERANCE_FLOAT64
    return PairCheck(tuple(pixels), difference, agrees=difference <= most)


def whole_image_network(network: nn.Module, reason: str = REASON) -> nn.Module:
    """The same network, of the same weights, taken for one that sees the whole image: computed without crops.

    Examples
    --------
    >>> import fusion
    >>> net = fusion.load("MaskNet")
    >>> locality(whole_image_network(net)).is_local, locality(net).is_local
    (False, True)
    """
    twin = copy.copy(network)
    remember(twin, Locality(0, is_local=False, reason=reason))
    return twin


def is_value_of(found: Jacobian, fused: NDArray[np.float32], largest: float) -> bool:
    """Whether the value that a Jacobian was computed with is that of the fused image (H, W), up to rounding.

    ``largest`` is the image's largest absolute value, which rounding is measured by.
    """
    expected = float(fused[found.pixel])
    if math.isnan(expected) or math.isnan(found.fused):
        return math.isnan(expected) and math.isnan(found.fused)
    return abs(found.fused - expected) <= TOLERANCE * largest


def looked_at(pair: ImagePair, seed: int = 0) -> tuple[Pixel, ...]:
    """One pixel at random in each field of the image, then those where the pictures change most."""
    random = np.random.default_rng(seed)
    rows, cols = (np.linspace(0, length, min(SIDE, length) + 1).astype(int) for length in pair.shape)
    fields = [
        (int(random.integers(*down)), int(random.integers(*across)))
        for down, across in product(pairwise(rows), pairwise(cols))
    ]
    inner = _structure(pair)
    border = inner.copy()
    border[1:-1, 1:-1] = -1
    strongest = (np.unravel_index(int(np.argmax(each)), pair.shape) for each in (inner, border))
    return (*fields, *((int(row), int(col)) for row, col in strongest))


def _structure(pair: ImagePair) -> NDArray[np.float64]:
    """How much both pictures change around each pixel."""
    first, second = (gaussian_gradient_magnitude(each.astype(float), 1.5) for each in (pair.first, pair.second))
    both: NDArray[np.float64] = first + second
    return both


def _most_structure(pair: ImagePair, side: int) -> Pixel:
    """The middle of the part of ``side`` rows and columns in which the pictures change most."""
    row, col = np.unravel_index(
        int(np.argmax(uniform_filter(_structure(pair), side, mode="constant"))), pair.shape
    )
    return int(row), int(col)


def _part_of(pair: ImagePair, around: Pixel, stride: int, side: int) -> tuple[ImagePair, Pixel]:
    """The part of at most ``side`` rows and columns around a pixel, on the stride's grid, and where it begins."""
    top, left = (
        min(max(at - side // 2, 0), max(length - side, 0)) // stride * stride
        for at, length in zip(around, pair.shape, strict=True)
    )
    part = Window(top, min(top + side, pair.shape[0]), left, min(left + side, pair.shape[1]))
    return replace(pair, first=pair.first[part.slices], second=pair.second[part.slices]), (top, left)


def _difference(network: nn.Module, pair: ImagePair, pixels: Sequence[Pixel], seed: int) -> float:
    """Between the pixels' own answers and the full image's, as a part of the largest."""
    weights = np.random.default_rng(seed + 1).uniform(0.5, 1.5, len(pixels))
    full, values = _on_full_image(network, pair, pixels, weights)
    rest = full.copy()
    for J, weight, at in zip(jacobian_batch(network, pair, pixels), weights, range(len(pixels)), strict=True):
        rest[:, *J.window] -= weight * np.stack((J.first, J.second))
        values[1, at] = J.fused
    if not np.array_equal(np.isnan(values[0]), np.isnan(values[1])):
        return float("inf")
    return max(relative(rest, full), relative(values[0] - values[1], values[0]))


def _own_difference(network: nn.Module, pair: ImagePair, finished: Guidance, pixels: Sequence[Pixel]) -> float:
    """Between guidance and the pixels' own derivatives in their Jacobians, as a part of the largest of these.

    Guidance is computed in float32, whose rounding may move a value across an activation's kink: where it differs,
    the network's own derivative in float32 and those at pictures that differ by no more than such rounding count
    as well.
    """
    own = np.array([_own(J) for J in jacobian_batch(network, pair, pixels)])
    told = np.array([[image[pixel] for image in (finished.first, finished.second)] for pixel in pixels])
    if not np.array_equal(np.isnan(own), np.isnan(told)):
        return float("inf")
    off = np.abs(own - told)
    largest = np.nan_to_num(np.abs(own)).max()
    for at in np.flatnonzero((off > TOLERANCE * largest).any(axis=1)).tolist():
        others = (jacobian(network, each, pixels[at]) for each in _rounded(pair))
        near = [own[at], *map(_own, (cropped_jacobian(network, pair, pixels[at]), *others))]
        off[at] = np.maximum(np.maximum(np.min(near, axis=0) - told[at], told[at] - np.max(near, axis=0)), 0)
    return relative(off, own)


def _rounded(pair: ImagePair) -> list[ImagePair]:
    """Pairs that differ from ``pair`` as little as float32's rounding on the way through a network would make."""
    random = np.random.default_rng(0)

    def moved(image: NDArray[np.float32]) -> NDArray[np.float32]:
        off = random.uniform(-ROUNDING, ROUNDING, image.shape)
        return np.clip(image + off, 0, 1).astype(np.float32)

    return [replace(pair, first=moved(pair.first), second=moved(pair.second)) for _ in range(DRAWS)]


def _own(J: Jacobian) -> NDArray[np.float64]:
    """Both derivatives at the principal pixel's own place."""
    place = J.pixel[0] - J.area.top, J.pixel[1] - J.area.left
    return np.array([J.first[place], J.second[place]], dtype=np.float64)


def _on_full_image(
    network: nn.Module, pair: ImagePair, pixels: Sequence[Pixel], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The gradient of the weighted sum, (2, H, W); the fused values, and room for others, (2, n)."""
    area = whole(pair.shape)
    rows, cols = (list(each) for each in zip(*pixels, strict=True))
    with gradients_on():
        inputs = leaves(network, pair, area)
        values = on_crop(network, pair, area)(*inputs)[0, 0, rows, cols]
        total = (values * torch.from_numpy(weights).to(values)).sum()
        gradients = torch.autograd.grad(total, inputs, materialize_grads=True)
    full = np.stack([each[0, 0].double().cpu().numpy() for each in gradients])
    return full, np.stack([values.detach().double().cpu().numpy()] * 2)


def relative(off: NDArray[np.float64], to: NDArray[np.float64]) -> float:
    """The largest of ``off`` as a part of the largest of ``to``; infinite where ``off`` alone is NaN.

    Where ``to`` is NaN nothing is told: a full image's gradient is NaN wherever a root is taken of 0, be it out of
    the fused pixel's reach (0 · ∞), where a crop's is right. Without any number in it all is infinite, too.
    """
    defined = ~np.isnan(to)
    if np.isnan(off[defined]).any() or (to.size and not defined.any()):
        return float("inf")
    off, to = off[defined], to[defined]
    largest, found = np.abs(to).max(initial=0), np.abs(off).max(initial=0)
    return float(found / largest) if largest > 0 else float(np.inf if found > 0 else 0)


_known = PerNetworkCache(lambda _: PerPairCache[PairCheck](lambda _: 1), Unchanged)
