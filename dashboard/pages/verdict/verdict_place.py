"""The place that a verdict is about: a fused pixel, or a region of several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fusion import ImagePair
from saliency.geometry.masks import Mask, middle
from saliency.geometry.window import Pixel


@dataclass(frozen=True, eq=False)
class Place:
    """Fused pixels of a pair.

    Attributes
    ----------
    pair_id : str
        As in the address.
    pair : ImagePair
    mask : bool (H, W)
    region : str
        The region's word; empty for a single pixel.
    """

    pair_id: str
    pair: ImagePair
    mask: Mask
    region: str = ""

    @cached_property
    def count(self) -> int:
        """Of its fused pixels."""
        return int(self.mask.sum())

    @cached_property
    def middle(self) -> Pixel:
        """Its pixel that is nearest to its centre of mass, where what holds for one pixel is tested."""
        return middle(self.mask)

    def said(self) -> str:
        """What it is, in a few words."""
        row, col = self.middle
        if not self.region:
            return f"the pixel at row {row}, column {col}"
        return f"the region {self.region[:60]}, {self.count:,} pixels, tested at row {row}, column {col}"
