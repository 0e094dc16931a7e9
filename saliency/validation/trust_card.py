"""A trust card for one Jacobian: three checks that a derivative picture can fail, told to a reader.

Whether the derivatives are slopes of the fused image (central differences); whether a little noise leaves the
picture as it is; and whether the picture depends on what the network learned (Adebayo et al. 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import nn

from fusion.data.pairs import ImagePair
from saliency.geometry.window import Pixel, check_pixel
from saliency.validation.finite_differences import TOLERANCE, agreement
from saliency.validation.pair_check import PairCheck, check_pixel_on_pair
from saliency.validation.robustness import SIGMA, RandomisedStage, under_noise, weight_randomisation

NOISE_CHANGE = 0.25
"""Largest mean change of the Jacobian under noise that passes."""
KEPT_SIGNS = 0.5
"""Largest correlation with the trained network's Jacobian that passes once all layers are randomised."""


@dataclass(frozen=True)
class Check:
    """One line of a trust card.

    Attributes
    ----------
    name : str
        A few words.
    value : float or None
        The figure; None where there is none to be had.
    threshold : float
        The figure passes up to this.
    passed : bool or None
        None where the check does not apply.
    measured : str
        The figure and how it came about, in words.
    meaning : str
        What that tells a reader.
    """

    name: str
    value: float | None
    threshold: float
    passed: bool | None
    measured: str
    meaning: str


def trust_card(network: nn.Module, pair: ImagePair, pixel: Pixel, seed: int = 0) -> tuple[Check, ...]:
    """May a reader lean on the Jacobian of this pixel? All checks of `trust_checks`.

    Examples
    --------
    >>> import fusion
    >>> card = trust_card(fusion.load("Weighted Averaging"), fusion.phantom(seed=7), (128, 100))
    >>> [check.passed for check in card]
    [True, True, None]
    """
    return tuple(trust_checks(network, pair, pixel, seed))


def trust_checks(network: nn.Module, pair: ImagePair, pixel: Pixel, seed: int = 0) -> Iterator[Check]:
    """The same, one check at a time as each is done: differences, noise, weight randomisation.

    Differences are taken within the pixel's window; that the whole image gives the same is part of that check.

    Parameters
    ----------
    network : Module
        In eval mode.
    pair : ImagePair
    pixel : (row, col)
    seed : int
        Of the pixels looked at, the noise and the random weights.

    Raises
    ------
    InputError
        The pixel lies outside the image, or the network is in training mode.
    """
    pixel = check_pixel(pixel, pair.shape)
    yield _differences(network, pair, pixel, seed)
    yield _noise(network, pair, pixel, seed)
    yield _randomisation(list(weight_randomisation(network, pair, pixel, seed)))


def _differences(network: nn.Module, pair: ImagePair, pixel: Pixel, seed: int) -> Check:
    found, whole = agreement(network, pair, pixel, seed=seed), check_pixel_on_pair(network, pair, pixel)
    if not whole.agrees:
        return _looks_further(whole)
    passed = None if found.error is None else found.error <= TOLERANCE
    meaning = {
        True: "The picture shows how the fused pixel really responds to small changes of the inputs.",
        False: "The picture is not the slope of the fused image: what it shows is not what a change would do.",
        None: "The fused pixel bends sharply here and has no slope: what is shown is a convention.",
    }[passed]
    error = "none has a slope" if found.error is None else f"off by at most {found.error:.1e} of the largest"
    kinks = f"; {found.kinks} lie at a kink" if found.kinks else ""
    measured = f"{len(found.slopes)} derivatives against central differences in float64: {error}{kinks}."
    return Check("agrees with differences", found.error, TOLERANCE, passed, measured, meaning)


def _looks_further(found: PairCheck) -> Check:
    """Differences within the window say nothing where the pixel depends on more than the window."""
    measured = f"On the whole image values or derivatives differ by {found.difference:.1e} of the largest."
    meaning = "On this pair the fused pixel depends on more than its window: this is not its Jacobian."
    return Check("agrees with differences", found.difference, TOLERANCE, False, measured, meaning)


def _noise(network: nn.Module, pair: ImagePair, pixel: Pixel, seed: int) -> Check:
    alike = under_noise(network, pair, pixel, seed=seed)
    changes = [each.change for each in alike if each.change is not None]
    ranks = [each.ranks for each in alike if each.ranks is not None]
    value = float(np.mean(changes)) if changes else None
    passed = None if value is None else value <= NOISE_CHANGE
    meaning = {
        True: "A neighbouring scan with slightly different noise would show the same picture.",
        False: "The picture depends on the noise of this very scan: read the rough pattern, not single pixels.",
        None: "The fused pixel depends on nothing here, so there is no picture to be disturbed.",
    }[passed]
    change = "nothing to change" if value is None else f"changes by {value:.1%} of its size on average"
    order = f", order of strengths kept to {np.mean(ranks):.2f} (Spearman)" if ranks else ""
    measured = f"Noise of {SIGMA:g} of the image's range, {len(alike)} copies: the Jacobian {change}{order}."
    return Check("steady under noise", value, NOISE_CHANGE, passed, measured, meaning)


def _randomisation(stages: list[RandomisedStage]) -> Check:
    name = "depends on what was learned"
    signed = stages[-1].similarity.signed if stages else None
    if signed is None:
        measured = "No weights to randomise." if not stages else "No pattern to compare."
        meaning = "The method learned nothing, or its Jacobian has no pattern: this check says nothing of it."
        return Check(name, None, KEPT_SIGNS, None, measured, meaning)
    value = abs(signed)
    passed = value <= KEPT_SIGNS
    meaning = (
        "The pattern of raising and lowering pixels comes from what was learned. That influence fades with "
        "distance does not: it comes from the architecture, and stays."
        if passed
        else "An untrained network shows much the same picture: it tells of the architecture, not of what was "
        "learned."
    )
    ranks = stages[-1].similarity.ranks
    order = "" if ranks is None else f"; that of their strengths at {ranks:.2f}"
    measured = (
        f"With all {len(stages)} layers randomised from output to input, the order of the signed derivatives "
        f"correlates at {signed:+.2f} with the trained network's{order} (Spearman)."
    )
    return Check(name, value, KEPT_SIGNS, passed, measured, meaning)
