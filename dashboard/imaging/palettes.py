"""Colour tables in which medical viewers show grey levels, as 256 RGB triples.

Hot Iron and PET 20 Step are well-known palettes of DICOM PS3.6, Annex B, with the values published there: three
linear ramps, and twenty colours of equal width.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fusion import InputError

Palette = NDArray[np.uint8]

_PET_STEPS = (
    (0, 0, 0),
    (96, 0, 80),
    (48, 48, 80),
    (48, 48, 112),
    (80, 80, 128),
    (96, 96, 176),
    (112, 112, 192),
    (128, 128, 224),
    (48, 96, 48),
    (48, 144, 48),
    (80, 192, 80),
    (64, 224, 64),
    (224, 224, 80),
    (208, 208, 96),
    (208, 176, 64),
    (208, 144, 0),
    (192, 96, 0),
    (176, 48, 0),
    (255, 0, 0),
    (255, 255, 255),
)


def _grey() -> Palette:
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def _inverse() -> Palette:
    return np.ascontiguousarray(_grey()[::-1])


def _hot_iron() -> Palette:
    """Red rises over the lower half, green over the upper half, blue over the last quarter."""
    level = np.arange(256)
    ramps = np.stack([2 * level, 2 * level - 256, 4 * level - 764], axis=1).clip(0, 255)
    ramps[128:, 0] = 255
    ramps[255] = 255
    return ramps.astype(np.uint8)


def _pet_20_step() -> Palette:
    place = np.arange(256) * len(_PET_STEPS) // 255
    return np.array(_PET_STEPS, dtype=np.uint8)[place.clip(max=len(_PET_STEPS) - 1)]


_MADE: Mapping[str, Callable[[], Palette]] = MappingProxyType(
    {"grey": _grey, "inverse": _inverse, "hot-iron": _hot_iron, "pet-20-step": _pet_20_step}
)
PALETTES = tuple(_MADE)
"""The palettes by name: grey, inverse grey, Hot Iron, PET 20 Step."""


def palette(name: str) -> Palette:
    """The 256 colours of a palette, uint8 (256, 3), from its lowest level to its highest.

    Examples
    --------
    >>> palette("hot-iron")[[0, 64, 128, 192, 255]].tolist()
    [[0, 0, 0], [128, 0, 0], [255, 0, 0], [255, 128, 4], [255, 255, 255]]
    >>> palette("inverse")[0].tolist(), palette("pet-20-step")[[12, 13, 243]].tolist()
    ([255, 255, 255], [[0, 0, 0], [96, 0, 80], [255, 255, 255]])
    """
    if name not in _MADE:
        raise InputError(f"There is no palette {name!r}; choose one of: {', '.join(PALETTES)}.")
    return _MADE[name]()


def palettes() -> Mapping[str, str]:
    """Every palette as base64 of its 768 bytes, for the browser."""
    return {name: base64.b64encode(palette(name).tobytes()).decode() for name in PALETTES}
