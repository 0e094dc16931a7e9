"""Whether a network's maps are exact: beside differences, float64 on whole images, crops of pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from torch import nn

from fusion.data.pairs import ImagePair
from fusion.synthetic.nightscene import nightscene
from fusion.synthetic.phantom import phantom
from saliency.derivatives.jacobian import Jacobian, full_image_jacobian, jacobian
from saliency.examination.finding import Finding, Outcome
from saliency.examination.subject import SEED, Subject, percent
from saliency.geometry.window import Pixel
from saliency.network.optimized import optimized, optimized_plan
from saliency.receptive_field.locality import locality
from saliency.receptive_field.nan_probe import probed
from saliency.validation.finite_differences import TOLERANCE, agreement
from saliency.validation.pair_check import check_on_pair, looked_at, relative, whole_image_network

LARGEST_ERROR = 1e-4
"""Of a Jacobian, as a part of its own largest derivative, that counts as rounding."""
SIDE = 256
"""Rows and columns of the pictures on which crops are tried."""
OTHERWISE = 1e-2
"""Beyond that the map is another one."""


def field(subject: Subject) -> Finding:
    """How far does a fused pixel see?"""
    found = locality(subject.network)
    if not found.is_local:
        return Finding("receptive field", Outcome.LIMITED, found.reason)
    grid = f", on a grid of stride {found.stride}" if found.stride > 1 else ""
    sizes = "" if found.any_size else f"; images whose sides are no multiples of {found.stride} are computed whole"
    return Finding(
        "receptive field",
        Outcome.RIGHT,
        f"Local, radius {found.radius}{grid}: crops give the full image's values and gradients in float64{sizes}.",
    )


def differences(subject: Subject) -> Finding:
    """Are the derivatives the slopes of what it really does?"""
    network, pair = in_use(subject.network, subject.picture), subject.picture
    pixels = [pixel for pixel in _places(pair) if _is_defined(jacobian(network, pair, pixel))]
    found = [agreement(network, pair, pixel) for pixel in pixels]
    errors = [each.error for each in found if each.error is not None]
    if not errors:
        told = "Central differences cannot be taken where it was looked: its slope jumps or is undefined there."
        return Finding("differences", Outcome.LIMITED, told)
    kinks = sum(each.kinks for each in found)
    largest, kinked = max(errors), f"; {kinks} more lie at a kink" if kinks else ""
    if not largest <= TOLERANCE:
        told = (
            f"Its derivatives differ from central differences by up to {percent(largest)} of the largest: "
            "a detached part or a gradient of its own making hides what its values depend on."
        )
        return Finding("differences", Outcome.FAILED, told)
    count = sum(len(each.slopes) for each in found) - kinks
    told = (
        f"{count} derivatives of {len(pixels)} pixels are central differences in float64, within {largest:.1e} "
        f"of the largest{kinked}."
    )
    return Finding("differences", Outcome.RIGHT, told)


def whole_images(subject: Subject) -> Finding:
    """Does the fast way give what float64 autograd gives on the whole image?"""
    network, pair = in_use(subject.network, subject.picture), subject.picture
    exact = whole_image_network(probed(network), "The reference is computed whole.")
    pixels = _places(pair)
    largest = max(_error(jacobian(network, pair, each), full_image_jacobian(exact, pair, each)) for each in pixels)
    told = (
        f"Jacobians of {len(pixels)} pixels are within {largest:.1e} of float64 on whole images, as a part of the "
        "largest derivative"
    )
    if not largest <= OTHERWISE:
        return Finding("float64", Outcome.FAILED, f"{told}: do not lean on them.")
    if largest > LARGEST_ERROR:
        return Finding(
            "float64", Outcome.LIMITED, f"{told}: float32 rounds coarsely where it saturates or stands at a kink."
        )
    return Finding("float64", Outcome.RIGHT, f"{told}.")


def in_use(network: nn.Module, pair: ImagePair) -> nn.Module:
    """What a pair is computed with: the network, or the same without crops where these are wrong there."""
    return network if check_on_pair(network, pair).agrees else whole_image_network(network)


def pictures(subject: Subject) -> Finding:
    """Do crops stand for whole pictures, where what is shown decides how far it looks?"""
    shown = (phantom(SEED, size=SIDE), nightscene(SEED, (SIDE, SIDE)))
    if not any(locality(subject.network).crops(pair.shape) for pair in shown):
        return Finding(
            "pictures", Outcome.RIGHT, "Nothing is cropped: every answer is computed on the full image."
        )
    found = [check_on_pair(subject.network, pair) for pair in shown]
    off = max(each.difference for each in found)
    if all(each.agrees for each in found):
        count = sum(len(each.pixels) for each in found)
        return Finding(
            "pictures",
            Outcome.RIGHT,
            f"At {count} pixels of two pictures crops agree with whole images, {off:.1e}.",
        )
    how = f"by {percent(off)}" if math.isfinite(off) else "in where they have a slope"
    told = f"Crops of pictures differ {how} from whole ones; where that is found, full images are computed."
    return Finding("pictures", Outcome.LIMITED, told)


def copies(subject: Subject) -> Finding:
    """Which rearranged copies may stand for it?"""
    copied = optimized(subject.network) is not subject.network
    steps = copied and optimized_plan(subject.network) is not None
    if not copied:
        return Finding("copies", Outcome.RIGHT, "It is computed as it is; no rearranged copy stands for it.")
    blockwise = ", and so does one carried back block by block" if steps else ""
    return Finding(
        "copies",
        Outcome.RIGHT,
        f"A rearranged copy gives the same values and gradients, in float32 and in float64{blockwise}.",
    )


def _places(pair: ImagePair) -> Sequence[Pixel]:
    """A corner, the middle of a border, and where most happens inside and on the border."""
    rows, cols = pair.shape
    *_, inside, border = looked_at(pair)
    return tuple(dict.fromkeys(((0, 0), (rows - 1, cols // 2), inside, border)))


def _is_defined(J: Jacobian) -> bool:
    return not any(np.isnan(each).any() for each in (J.first, J.second))


def _error(shown: Jacobian, true: Jacobian) -> float:
    """As a part of the pixel's own largest derivative."""
    found, reference = (np.stack(each.full()).astype(np.float64) for each in (shown, true))
    return relative(found - reference, reference)
