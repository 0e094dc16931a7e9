"""What decides how CAMF's weights come out, besides the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.errors import InputError


@dataclass(frozen=True)
class CamfRecipe:
    """Everything that decides how CAMF's weights come out, besides the data.

    Two things differ from the paper (Tang et al. 2023), each for what was seen with its way:

    - Stage 1 takes absolute errors. The paper squares them; small as they are, their squares have next to no
      slope, and copies stayed blurred.
    - Stage 2 scales what the dense layer receives. Its class weights had stayed as they began, with a standard
      deviation of 0.05 to 0.06 over the channels, for the scale of the pooled maps, the layer's rate and the
      number of steps. Over pictures of MRI, PET and SPECT the pooled maps varied by 2.7 (standard deviation,
      quadratic mean over channels): 128 dense weights of ±0.06 told them apart already. Over visible light and
      infrared they varied by 0.3 around means of 1.4: the weights had far to go, and 250 steps at the rate of
      all layers, 0.001, did not take them there. So pooled maps are centred and scaled to one small deviation
      while the dense layer learns, which is folded into the classifier afterwards; the layer starts at zero, so
      that no channel counts for its chance beginning, and has a rate of its own.

    Attributes
    ----------
    steps : int
        Optimiser steps (Muon) of the auto-encoder.
    classifier_share : float
        The classifier's steps (Adam), as a share of these; at least one.
    side, batch : int
        Side of a crop in pixels; crops of pairs a step, each of which is two pictures.
    learning_rate : float
        Stage 1's at the start; in both stages it falls to zero along a cosine.
    hold : float
        Share of stage 1 before its rate begins to fall, in [0, 1].
    half_precision : float
        Share of stage 1 computed in bfloat16; the rest refines in float32.
    inverted : float
        Share of stage 1's pictures that are learned as their negatives.
    grain : float
        Share of stage 1's pictures that get white noise, of a standard deviation up to 0.1 of the range, which the
        copy has to show, too: what cameras' noise is made of, and smooth scenes do not teach.
    flat : float
        Pictures of a crop whose values span less than this teach no structure; stage 1 leaves them out.
    pixel_weight, gradient_weight : float
        Of the two absolute errors in stage 1.
    classifier_side, classifier_batch : int
        Stage 2's `side`, as far as the pictures reach, and `batch`: what tells two modalities apart is spread
        over a picture.
    classifier_rate, dense_rate : float
        Stage 2's learning rate at the start, and that of its dense layer as a multiple of it.
    pool : int
        Batches of crops that stage 2 encodes, once, and learns from again and again.
    pooled : float
        Standard deviation over pictures that the classifier's pooled maps are scaled to, in quadratic mean
        over channels. What the dense layer has to make up for by its weights, which are the class activation
        weights: the smaller this, the further apart they are.
    clip : float
        Largest norm of the gradient.
    seed : int
        Of the initial weights and the crops.
    """

    steps: int = 2000
    classifier_share: float = 0.25
    side: int = 64
    batch: int = 2
    learning_rate: float = 2e-3
    hold: float = 0.0
    half_precision: float = 0.0
    inverted: float = 1 / 3
    grain: float = 0.0
    flat: float = 0.05
    pixel_weight: float = 1.0
    gradient_weight: float = 1.0
    classifier_side: int = 96
    classifier_batch: int = 8
    classifier_rate: float = 1e-3
    dense_rate: float = 10.0
    pool: int = 30
    pooled: float = 0.2
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise InputError(f"Training takes at least one step of one crop; got {self.steps} of {self.batch}.")

    @property
    def classifier_steps(self) -> int:
        """Steps of stage 2."""
        return max(round(self.steps * self.classifier_share), 1)

    def rate(self, step: int) -> float:
        """Stage 1's learning rate at ``step``.

        Examples
        --------
        >>> recipe = CamfRecipe(steps=8, learning_rate=1.0, hold=0.5)
        >>> [round(recipe.rate(step), 2) for step in (0, 4, 6)]
        [1.0, 1.0, 0.5]
        """
        falls = 1 - self.hold
        return self.learning_rate * (falling(max(step / self.steps - self.hold, 0) / falls) if falls else 1.0)

    def classifier_rate_at(self, step: int) -> float:
        """Stage 2's learning rate at ``step``, of all layers but the dense one."""
        return self.classifier_rate * falling(step / self.classifier_steps)


def falling(progress: float) -> float:
    """From 1 to 0 along a cosine, for a share of what is done in [0, 1].

    Examples
    --------
    >>> falling(0.0), round(falling(0.5), 3)
    (1.0, 0.5)
    """
    return 0.5 * (1 + float(np.cos(np.pi * progress)))
