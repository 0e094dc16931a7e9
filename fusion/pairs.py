"""Registered image pairs: what they hold and how they are read from files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ImagePair:
    """Two registered pictures of one scene, ready for a fusion network.

    Attributes
    ----------
    first, second : float32 (H, W) in [0, 1]
        The anatomical (or visible) and the functional (or infrared) image.
    title : str
        What a person calls the pair, e.g. ``"Phantom 3"`` or a file's stem.
    names : tuple of two str
        The modalities, e.g. ``("MRI", "PET")``.
    first_color, second_color : uint8 (H, W, 3) or None
        The pictures as they were read where they carried colour, for display only.
    spacing : float or None
        Millimetres per pixel, where known.
    regions : mapping of str to bool (H, W)
        Labelled regions, by name; empty where nothing is labelled.
    """

    first: Image
    second: Image
    title: str
    names: tuple[str, str] = ("first", "second")
    first_color: NDArray[np.uint8] | None = None
    second_color: NDArray[np.uint8] | None = None
    spacing: float | None = None
    regions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of both images."""
        return self.first.shape[0], self.first.shape[1]

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over both images' sizes and every byte: equal only for equal pictures."""
        digest = hashlib.sha256(repr(self.first.shape).encode())
        digest.update(np.ascontiguousarray(self.first).tobytes())
        digest.update(np.ascontiguousarray(self.second).tobytes())
        return digest.hexdigest()
