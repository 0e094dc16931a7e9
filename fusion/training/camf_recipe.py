"""What decides how CAMF's weights come out, besides the data."""

from __future__ import annotations

from dataclasses import dataclass

from fusion.errors import InputError


@dataclass(frozen=True)
class CamfRecipe:
    """Everything that decides how CAMF's weights come out, besides the data.

    Attributes
    ----------
    steps : int
        Optimiser steps (Adam) of the auto-encoder.
    classifier_share : float
        The classifier's steps, as a share of these; at least one.
    side, batch : int
        Side of a crop in pixels; crops of pairs a step, each of which is two pictures.
    learning_rate : float
        At the start of each stage; it falls to zero along a cosine.
    pixel_weight, gradient_weight : float
        Of the two squared errors in stage 1.
    clip : float
        Largest norm of the gradient.
    seed : int
        Of the initial weights and the crops.
    """

    steps: int = 2000
    classifier_share: float = 0.1
    side: int = 96
    batch: int = 6
    learning_rate: float = 1e-3
    pixel_weight: float = 5.0
    gradient_weight: float = 1.0
    clip: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise InputError(f"Training takes at least one step of one crop; got {self.steps} of {self.batch}.")

    @property
    def classifier_steps(self) -> int:
        """Steps of stage 2."""
        return max(round(self.steps * self.classifier_share), 1)
