"""How well CAMF copies, and tells apart, pictures that it has not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.inference import as_tensors
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
    accuracy : float
        Share of the pictures whose modality the classifier names.
    """

    pictures: int
    psnr: float
    accuracy: float


def judge(network: CAMF, pairs: Sequence[ImagePair]) -> Judgement:
    """How well does a trained CAMF give back, and name, pictures it has not seen? Whole pictures.

    Raises
    ------
    InputError
        There is no pair to judge by.
    """
    if not pairs:
        raise InputError("There is no kept-out pair to judge the network by; keep out at least one case.")
    psnr, right = [], 0
    with torch.no_grad():
        for pair in pairs:
            for modality, picture in enumerate(as_tensors(network, pair)):
                features = network.encode(picture)
                error = (network.decode(features, picture.shape) - picture).square().mean().item()
                psnr.append(-10 * np.log10(max(error, 1e-12)))
                right += int(network.classifier(features).argmax().item() == modality)
    return Judgement(len(psnr), float(np.mean(psnr)), right / len(psnr))
