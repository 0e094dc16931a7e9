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
from saliency.derivatives.known_network import Known, known_of
from saliency.derivatives.low_rank import LowRankDerivative
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand, low_rank_derivatives
from saliency.geometry.window import Pixel, Shape, Window, check_pixel, placed, single, whole
from saliency.network.crops import CropFunction, crop_function
from saliency.network.device import keep_float32
from saliency.network.graph_memory import graph_bytes
from saliency.network.grid_backward import grid_jacobians
from saliency.network.grid_derivatives import GridDerivatives
from saliency.network.grid_linearised import GridLinearised
from saliency.network.grid_steps_back import Rectangle
from saliency.network.one_look import one_look
from saliency.network.optimized import ExactCopy, exact_copy, grid_derivatives
from saliency.network.pair_inputs import on_crop
from saliency.network.parts import Progress
from saliency.network.plain_derivatives import PlainDerivatives
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
    local network whose steps are known the derivative may be kept for a pair (`keep_derivative`; guidance does so
    where maps change their size), and is then only carried back from the pixel. A network that is not local is
    differentiated on the full image, unless its derivative is kept as a local part and one of low rank
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
    found, at = known.locality, at_hand(known, pair)
    if at is not None:
        return carried_back(at, pair, [pixel], found)[0]
    low_rank = low_rank_at_hand(network, pair)
    if low_rank is not None:
        return by_low_rank(low_rank, pair, pixel)
    exact = exact_copy(network) if found.crops(pair.shape) else None
    if exact is None:
        return exact_where_faint(network, pair, cropped_jacobian(network, pair, pixel))
    return in_float32(cropped_jacobian(network, pair, pixel, exact))


def kept_derivative(network: nn.Module, pair: ImagePair, found: Locality) -> GridLinearised | None:
    """The derivative at the whole pair, of a local network whose steps are known, if it is kept."""
    return at_hand(Known(found, grid_derivatives(network)), pair)


def at_hand(known: Known, pair: ImagePair) -> GridLinearised | None:
    """The same of a network of which is known what `known_of` tells."""
    derivatives = _derivatives(known, pair)
    return None if derivatives is None else derivatives.at_hand(pair)


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
    return derivatives is not None and derivatives.at_hand(pair) is None


def keep_derivative(network: nn.Module, pair: ImagePair) -> bool:
    """Find what `jacobian` keeps for a pair, without asking for guidance; whether there is such a thing.

    Takes up to some seconds; afterwards a Jacobian is only carried back from its pixel, through slopes that are
    kept until other pairs need the memory or the network changes. Images of more than 640 rows or columns, and
    what takes more than 256 MiB, are never kept.

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


def carried_back(at: GridLinearised, pair: ImagePair, pixels: Sequence[Pixel], found: Locality) -> list[Jacobian]:
    """From the pixels through the network's steps, on what each needs of every map."""
    with torch.inference_mode():
        gradients = grid_jacobians(at, pixels)
    made = []
    for pixel, both in zip(pixels, gradients, strict=True):
        area = found.window(single(pixel), pair.shape)
        first, second = (_at(area, gradient.cpu().numpy(), rectangle) for gradient, rectangle in both)
        made.append(Jacobian(first, second, pixel, area, pair.shape, at.fused[0, 0, *pixel].item()))
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
