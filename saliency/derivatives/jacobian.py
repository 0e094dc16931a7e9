"""Jacobian images: which pixels of each input made one fused pixel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from saliency.derivatives.kept_slopes import KeptSlopes, at_hand
from saliency.derivatives.known_network import known_of
from saliency.derivatives.low_rank import LowRankDerivative
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand
from saliency.geometry.window import Pixel, Shape, Window, check_pixel, placed, single, whole
from saliency.network.crops import CropFunction, crop_function
from saliency.network.device import keep_float32
from saliency.network.grid_backward import grid_jacobians
from saliency.network.grid_steps_back import Rectangle
from saliency.network.one_look import one_look
from saliency.network.optimized import ExactCopy, exact_copy
from saliency.network.pair_inputs import on_crop
from saliency.receptive_field.float64_copy import float64_copy
from saliency.receptive_field.locality import Locality, locality

FAINT = 1e-4
"""Largest derivative of a Jacobian below which float32 may not tell its shape."""


@dataclass(frozen=True, eq=False)
class Jacobian:
    """The derivatives of one fused pixel with respect to every pixel of both inputs.

    Attributes
    ----------
    first, second : float32 (h, w)
        J_k[row, col, i, j] for (i, j) in the window; exactly 0 everywhere else. Signed, unscaled.
        Of the network's own type: float64 for a float64 network.
    pixel : (row, col)
        The principal pixel.
    area : Window
        Where the window lies in the image.
    shape : (H, W)
        Of the whole image.
    fused : float
        y[row, col].
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    pixel: Pixel
    area: Window
    shape: Shape
    fused: float

    @property
    def window(self) -> tuple[slice, slice]:
        """The slices of the whole image that ``first`` and ``second`` cover."""
        return self.area.slices

    def full(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both Jacobian images at the inputs' size (H, W), zero outside the window."""
        return placed(self.first, self.area, self.shape), placed(self.second, self.area, self.shape)


@one_look()
def jacobian(network: nn.Module, pair: ImagePair, pixel: Pixel) -> Jacobian:
    """Which pixels of each input made the fused pixel, and how strongly? (Kumar & Gumhold 2020, Eq. 1.)

    Only the principal pixel's receptive field is computed, at a cost that does not depend on the image's size;
    the result equals the full image's. It is computed in float64 where a copy of the network is known to do the
    same: float32's rounding moves values across an activation's kink, and the slopes of what saturates. Of a
    local network whose steps are known slopes may be kept for a pair (`saliency.derivatives.kept_slopes`; guidance
    does so where maps change their size): then it is only carried back from the pixel. A network that is not local
    is differentiated on the full image, unless its derivative is kept as a local part and one of low rank
    (`saliency.derivatives.low_rank`). What a network holds fixed for a pair is found on the whole pair, once; so
    is what the derivatives of all fused pixels of a pair share (`saliency.network.pair_function`).

    Parameters
    ----------
    network : Module
        In eval mode, e.g. from `fusion.load`.
    pair : ImagePair
    pixel : (row, col)
        The principal pixel.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> jacobian(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (0, 0)).first.tolist()
    [[0.5]]
    """
    pixel = check_pixel(pixel, pair.shape)
    known = known_of(network)
    found, kept = known.locality, at_hand(known, pair, [pixel])
    if kept is not None:
        return carried_back(kept, pair, [pixel], found)[0]
    low_rank = low_rank_at_hand(network, pair)
    if low_rank is not None:
        return by_low_rank(low_rank, pair, pixel)
    exact = exact_copy(network) if found.crops(pair.shape) else None
    if exact is None:
        return exact_where_faint(network, pair, cropped_jacobian(network, pair, pixel))
    return in_float32(cropped_jacobian(network, pair, pixel, exact))


def carried_back(kept: KeptSlopes, pair: ImagePair, pixels: Sequence[Pixel], found: Locality) -> list[Jacobian]:
    """From the pixels through the network's steps, on what each needs of every map."""
    at, (top, _, left, _) = kept
    places = [(row - top, col - left) for row, col in pixels]
    with torch.inference_mode():
        gradients = grid_jacobians(at, places)
    made = []
    for pixel, place, both in zip(pixels, places, gradients, strict=True):
        area = found.window(single(pixel), pair.shape)
        here = area.moved(-top, -left)
        first, second = (_at(here, gradient.cpu().numpy(), rectangle) for gradient, rectangle in both)
        made.append(Jacobian(first, second, pixel, area, pair.shape, at.fused[0, 0, *place].item()))
    return made


def by_low_rank(at: LowRankDerivative, pair: ImagePair, pixel: Pixel) -> Jacobian:
    """Of a network that sees the whole image by a few numbers alone."""
    row = at.row(pixel)
    first, second = row.gradients.cpu().numpy()
    return Jacobian(first, second, pixel, whole(pair.shape), pair.shape, row.value)


def _at(area: Window, gradient: NDArray[np.float32], rectangle: Rectangle) -> NDArray[np.float32]:
    """A gradient that lies in a rectangle of the image, on ``area``, which holds it."""
    here = Window(*rectangle[0], *rectangle[1])
    image = np.zeros(area.shape, dtype=gradient.dtype)
    image[here.within(area)] = gradient
    return image


def exact_where_faint(network: nn.Module, pair: ImagePair, found: Jacobian) -> Jacobian:
    """The same Jacobian, from float64 where nothing in it reaches `FAINT`; of crops alone, for memory's sake.

    Where a network saturates, its slopes are of the size e^(−2x) of what goes in: float32's rounding of an x of 16
    alone moves them by some 1e-4 of themselves.
    """
    largest = max(float(np.abs(each).max(initial=0)) for each in (found.first, found.second))
    is_faint = 0 < largest < FAINT and found.first.dtype == np.float32  # NaN is not below
    if not is_faint or not locality(network).crops(pair.shape):
        return found
    return in_float32(cropped_jacobian(float64_copy(network), pair, found.pixel))


def in_float32(found: Jacobian) -> Jacobian:
    """The same Jacobian, rounded."""
    return replace(found, first=found.first.astype(np.float32), second=found.second.astype(np.float32))


def cropped_jacobian(
    network: nn.Module, pair: ImagePair, pixel: Pixel, exact: ExactCopy | None = None
) -> Jacobian:
    """On the principal pixel's receptive field, in the network's own precision or by a copy in float64."""
    found = locality(network)
    area = found.window(single(pixel), pair.shape)
    run = crop_function(network, pair, area, shrinks=found.shrinks, exact=exact)
    return _differentiated(network if exact is None else exact.network, run, pair, pixel, area)


def full_image_jacobian(network: nn.Module, pair: ImagePair, pixel: Pixel) -> Jacobian:
    """The same Jacobian in the plain way: one backward pass through the whole image.

    This is how FuseVis does it, and with a float64 network the reference that every fast path is held to.
    """
    pixel, area = check_pixel(pixel, pair.shape), whole(pair.shape)
    fuse = on_crop(network, pair, area)
    return _differentiated(network, lambda first, second: (fuse(first, second), area), pair, pixel, area)


def _differentiated(
    network: nn.Module, run: CropFunction, pair: ImagePair, pixel: Pixel, area: Window
) -> Jacobian:
    """By autograd through ``run``, which is a network at ``area``, of the type of ``network``."""
    with gradients_on():
        first_input, second_input = inputs = leaves(network, pair, area)
        fused, place = run(first_input, second_input)
        value = fused[0, 0, pixel[0] - place.top, pixel[1] - place.left]
        gradients = torch.autograd.grad(value, inputs, materialize_grads=True)
    # Autograd may hand out one tensor for both (y = a + b); nobody expects two images to share memory.
    first, second = (gradient[0, 0].cpu().numpy().copy() for gradient in gradients)
    return Jacobian(first, second, pixel, area, pair.shape, value.item())


def leaves(network: nn.Module, pair: ImagePair, area: Window) -> list[Tensor]:
    """Both inputs at ``area``, (1, 1, h, w), to be differentiated for; the pair's own arrays stay untouched."""
    keep_float32(network)
    return [image.requires_grad_() for image in as_tensors(network, cropped(pair, area))]


def cropped(pair: ImagePair, area: Window) -> ImagePair:
    """The part of a pair that lies at ``area``."""
    return replace(pair, first=pair.first[area.slices], second=pair.second[area.slices])


@contextmanager
def gradients_on() -> Iterator[None]:
    """Let gradients be recorded even where the caller is in no_grad or inference mode."""
    with torch.inference_mode(False), torch.enable_grad():
        yield
