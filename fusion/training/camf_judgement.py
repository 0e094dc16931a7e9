"""How well CAMF copies, and tells apart, pictures that it has not learned from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.inference import as_tensors
from fusion.metrics.contrast import spatial_frequency
from fusion.metrics.fidelity import visual_information_fidelity
from fusion.metrics.levels import grey_levels
from fusion.metrics.value import UndefinedError
from fusion.networks.camf import CAMF


@dataclass(frozen=True)
class Judgement:
    """How both stages do on pictures that were not learned from.

    Attributes
    ----------
    pictures : int
        How many were judged; both of each pair.
    psnr : float
        Mean peak signal-to-noise ratio of the auto-encoder's reconstruction in dB, peak 1.
    vif : float
        Mean visual information fidelity of the reconstruction: 1 for a copy. nan where no picture has one.
    sharpness : float
        Mean spatial frequency of the reconstruction, as a multiple of the picture's own, over the same pictures.
    accuracy : float
        Share of the pictures whose modality the classifier names.
    spread : float
        Standard deviation of the class weights over the channels, mean of both classes.
    correlation : float
        Of one class's weights with the other's, nan where a class weighs all channels alike. A dense layer that
        starts at zero learns opposite numbers for two classes, which have −1.
    """

    pictures: int
    psnr: float
    vif: float
    sharpness: float
    accuracy: float
    spread: float
    correlation: float


def judge(network: CAMF, pairs: Sequence[ImagePair]) -> Judgement:
    """How well does a trained CAMF give back, and name, pictures it has not seen? Whole pictures.

    Raises
    ------
    InputError
        There is no pair to judge by.
    """
    if not pairs:
        raise InputError("There is no kept-out pair to judge the network by; keep out at least one case.")
    copies, right = [], []
    with torch.no_grad():
        for pair in pairs:
            for modality, picture in enumerate(as_tensors(network, pair)):
                features = network.encode(picture)
                copies.append(_likeness(picture, network.decode(features, picture.shape)))
                right.append(network.classifier(features).argmax().item() == modality)
        weights = network.channel_weights()
    psnr, vif, sharpness = (_mean(column) for column in zip(*copies, strict=True))
    return Judgement(
        pictures=len(right),
        psnr=psnr,
        vif=vif,
        sharpness=sharpness,
        accuracy=float(np.mean(right)),
        spread=weights.std(dim=1).mean().item(),
        correlation=torch.corrcoef(weights)[0, 1].item(),
    )


def _likeness(picture: Tensor, copy: Tensor) -> tuple[float, float, float]:
    """PSNR in dB, VIF, and spatial frequency as a multiple; nan for the latter two where there is no VIF."""
    psnr = -10 * math.log10(max((copy - picture).square().mean().item(), 1e-12))
    original, found = (grey_levels(image[0, 0].cpu().numpy()) for image in (picture, copy))
    try:
        vif = visual_information_fidelity(original, original, found) / 2  # both inputs' is summed
    except UndefinedError:  # too small, or constant
        return psnr, math.nan, math.nan
    return psnr, vif, spatial_frequency(found) / spatial_frequency(original)


def _mean(values: Iterable[float]) -> float:
    """Of those that exist; nan where none does."""
    found = [value for value in values if not math.isnan(value)]
    return float(np.mean(found)) if found else math.nan
