"""How well a region stands out against the ring around it, by two definitions in use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.errors import InputError
from saliency.geometry.masks import Mask


@dataclass(frozen=True)
class Contrast:
    """A region against its surroundings in one picture; μ and σ are mean and standard deviation there.

    Attributes
    ----------
    region_mean, ring_mean : float
        μ of the region and of the ring.
    weber : float or None
        (μ_region − μ_ring) / μ_ring, Weber's fraction: the step as a part of the ground; None where the ring
        is black on average, as then no such part exists. Below 0 for a region darker than its ring.
    cnr : float or None
        (μ_region − μ_ring) / √((σ_region² + σ_ring²) / 2), the contrast-to-noise ratio: the step in units of
        the pooled scatter (of a population, divided by n), at which a reader's eye can tell them apart. None
        where both are uniform.
    """

    region_mean: float
    ring_mean: float
    weber: float | None
    cnr: float | None

    @property
    def step(self) -> float:
        """μ_region − μ_ring."""
        return self.region_mean - self.ring_mean


def contrast(image: NDArray[np.floating], region: Mask, ring: Mask) -> Contrast | None:
    """How well does ``region`` stand out against ``ring`` in ``image``? None where the ring has no pixel.

    Parameters
    ----------
    image : float (H, W)
    region, ring : bool (H, W)
        See `saliency.geometry.masks.ring`.

    Raises
    ------
    InputError
        The sizes differ.

    Examples
    --------
    >>> image = np.array([[1.0, 3.0, 0.0, 2.0]])
    >>> found = contrast(image, image >= 2, image < 2)
    >>> found.weber, round(found.cnr, 3)
    (4.0, 4.0)
    """
    if not image.shape == region.shape == ring.shape:
        raise InputError(f"Contrast takes three equal sizes, not {image.shape}, {region.shape} and {ring.shape}.")
    if not ring.any():
        return None
    inside, outside = (image[mask].astype(np.float64) for mask in (region, ring))
    step = float(inside.mean() - outside.mean())
    scatter = math.sqrt((inside.var() + outside.var()) / 2)
    ground = float(outside.mean())
    return Contrast(
        float(inside.mean()),
        ground,
        step / ground if ground != 0 else None,
        step / scatter if scatter > 1e-12 * float(np.abs(image).max()) else None,
    )
