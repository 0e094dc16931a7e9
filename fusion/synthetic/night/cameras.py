"""What the two cameras make of the street: one sees light, the other warmth."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from fusion.synthetic.night.scene_canvas import SceneField

EXPOSURE = 1.25
GLARE = ((2.0, 0.10), (6.0, 0.16), (13.0, 0.10), (50.0, 0.014))
"""How wide, in pixels at a focal length of `FOCAL`, the lens scatters which share of the light."""
FOCAL = 294.0
SPAN = -6.0, 19.0
"""Degrees above the air between which the infrared camera tells temperatures apart."""


def through_lens(radiance: SceneField, focal: float) -> SceneField:
    """Expose (H, W, 3) through a lens that scatters: bright lights grow a wide glow."""
    scale = focal / FOCAL
    seen = (1 - sum(share for _, share in GLARE)) * ndimage.gaussian_filter(radiance, (0.5, 0.5, 0))
    for width, share in GLARE:
        seen += share * ndimage.gaussian_filter(radiance, (width * scale, width * scale, 0), mode="constant")
    exposed: SceneField = EXPOSURE * seen
    return exposed


def photograph(exposed: SceneField, rng: Generator) -> NDArray[np.uint8]:
    """Read a colour sensor (H, W, 3): photon and read-out noise, saturation at 1, sRGB's curve, uint8."""
    grain = rng.standard_normal(exposed.shape)
    noise = 0.7 * grain + ndimage.gaussian_filter(grain, (0.8, 0.8, 0))  # demosaicing smears it
    level = np.clip(exposed + noise * np.sqrt(1.1e-5 + 3.0e-4 * np.clip(exposed, 0, 1.5)), 0, 1)
    curve = np.where(level < 0.0031308, 12.92 * level, 1.055 * level ** (1 / 2.4) - 0.055)
    levels: NDArray[np.uint8] = np.rint(255 * curve).astype(np.uint8)
    return levels


def thermograph(above_air: SceneField, focal: float, rng: Generator) -> NDArray[np.float64]:
    """Image temperatures (H, W), in degrees above the air, with an uncooled long-wave camera: (H, W) in [0, 1].

    Its optics are softer than the visible camera's and its columns differ a little. The gain is fixed: what lies
    outside `SPAN` saturates.
    """
    rows, columns = above_air.shape
    soft = ndimage.gaussian_filter(above_air.astype(np.float64), 0.75 * max(focal / FOCAL, 0.6))
    stripes = 0.12 * rng.standard_normal((1, columns)) + 0.06 * rng.standard_normal((rows, 1))
    noisy = soft + stripes + 0.16 * rng.standard_normal(soft.shape)
    level: NDArray[np.float64] = np.clip((noisy - SPAN[0]) / (SPAN[1] - SPAN[0]), 0, 1) ** 0.9
    return level
