"""Jacobians of several fused pixels of one image, computed together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import (
    Jacobian,
    by_low_rank,
    carried_back,
    exact_where_faint,
    gradients_on,
    in_float32,
    jacobian,
    leaves,
)
from saliency.derivatives.kept_slopes import at_hand
from saliency.derivatives.known_network import known_of
from saliency.derivatives.low_rank_derivatives import low_rank_at_hand
from saliency.derivatives.whole_image import WholeImage
from saliency.geometry.window import Pixel, Shape, Window, check_pixel, single
from saliency.network.one_look import one_look
from saliency.network.optimized import exact_copy, shrinking_plan
from saliency.network.plan import Plan
from saliency.network.shrinking import run_on_window


@one_look()
def jacobian_batch(network: nn.Module, pair: ImagePair, pixels: Sequence[Pixel]) -> list[Jacobian]:
    """Which pixels of each input made each of these fused pixels? As `jacobian`, in one pass for all.

    Where the derivative is kept for the pair it is carried back from pixels that need the same but for a shift
    together. Elsewhere the pixels' receptive fields are one batch: what a pass costs besides its arithmetic is
    paid once. Pixels whose field meets the image's border, and networks without a shrinking window, are computed
    one by one. Where the whole image is computed, its graph is built once.

    Raises
    ------
    InputError
        A pixel lies outside the image, or the network is in training mode.

    Examples
    --------
    >>> import fusion
    >>> found = jacobian_batch(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), [(0, 0), (9, 4)])
    >>> [J.pixel for J in found]
    [(0, 0), (9, 4)]
    """
    pixels = [check_pixel(pixel, pair.shape) for pixel in pixels]
    known = known_of(network)
    found, kept = known.locality, at_hand(known, pair, pixels)
    if kept is not None:
        return carried_back(kept, pair, pixels, found)
    low_rank = low_rank_at_hand(network, pair)
    if low_rank is not None:
        return [by_low_rank(low_rank, pair, pixel) for pixel in pixels]
    if len(pixels) > 1 and not found.crops(pair.shape):
        image = WholeImage(network, pair)
        return [image.jacobian(pixel) for pixel in pixels]
    areas = {pixel: found.window(single(pixel), pair.shape) for pixel in pixels}
    inner = {pixel: area for pixel, area in areas.items() if found.shrinks and _is_inside(area, pair.shape)}
    together = _together(network, pair, inner) if len(inner) > 1 else {}
    return [together[pixel] if pixel in together else jacobian(network, pair, pixel) for pixel in pixels]


def _is_inside(area: Window, shape: Shape) -> bool:
    """Whether a window touches none of the image's borders, so that all such windows are alike."""
    return area.top > 0 and area.left > 0 and area.bottom < shape[0] and area.right < shape[1]


def _together(network: nn.Module, pair: ImagePair, areas: dict[Pixel, Window]) -> dict[Pixel, Jacobian]:
    """In float64 if there is a copy for it; none where not all steps are known.

    Every step of a plan treats the pictures of a batch alike; other networks may not.
    """
    exact = exact_copy(network)
    plan = shrinking_plan(network) if exact is None else exact.plan
    if plan is None:
        return {}
    found = _batched(network if exact is None else exact.network, plan, pair, areas)
    if exact is None:
        return {pixel: exact_where_faint(network, pair, each) for pixel, each in found.items()}
    return {pixel: in_float32(each) for pixel, each in found.items()}


def _batched(network: nn.Module, plan: Plan, pair: ImagePair, areas: dict[Pixel, Window]) -> dict[Pixel, Jacobian]:
    crops = zip(*(leaves(network, pair, area) for area in areas.values()), strict=True)
    inputs = [torch.cat(each).detach().requires_grad_() for each in crops]
    (row, col), area = next(iter(areas.items()))
    with gradients_on():
        fused, place = run_on_window(plan, inputs, area, pair.shape)
        values = fused[:, 0, row - place.top, col - place.left]
        gradients = torch.autograd.grad(values.sum(), inputs, materialize_grads=True)
    first, second = (gradient[:, 0].cpu().numpy() for gradient in gradients)
    return {
        pixel: Jacobian(first[i].copy(), second[i].copy(), pixel, area, pair.shape, values[i].item())
        for i, (pixel, area) in enumerate(areas.items())
    }
