"""In which numbers a network counts grey values that are [0, 1] here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor


@dataclass(frozen=True)
class ValueRange:
    """Grey values as ``value · scale + shift``, where ``value`` lies in [0, 1].

    Attributes
    ----------
    scales, shifts : tuples of equally many float
        One for all channels, or one for each.

    Examples
    --------
    >>> ValueRange((255.0,)).from_unit(torch.tensor([0.0, 1.0])).tolist()
    [0.0, 255.0]
    """

    scales: tuple[float, ...] = (1.0,)
    shifts: tuple[float, ...] = (0.0,)

    @classmethod
    def normalized(cls, means: Sequence[float], deviations: Sequence[float]) -> ValueRange:
        """Values minus their mean, divided by their standard deviation.

        Examples
        --------
        >>> ValueRange.normalized([0.5], [0.25])
        ValueRange(scales=(4.0,), shifts=(-2.0,))
        """
        pairs = list(zip(means, deviations, strict=True))
        return cls(tuple(1 / sd for _, sd in pairs), tuple(-mean / sd for mean, sd in pairs))

    def from_unit(self, values: Tensor, channel: int = 0) -> Tensor:
        """Values in [0, 1] as the network counts them in ``channel``."""
        scale, shift = self._of(channel)
        scaled = values if scale == 1 else values * scale
        return scaled if shift == 0 else scaled + shift

    def to_unit(self, values: Tensor, channel: int = 0) -> Tensor:
        """The network's values of ``channel`` as values in [0, 1]."""
        scale, shift = self._of(channel)
        shifted = values if shift == 0 else values - shift
        return shifted if scale == 1 else shifted / scale

    def repeated(self, image: Tensor, channels: int) -> Tensor:
        """An image (N, 1, H, W) in [0, 1] in every channel of (N, channels, H, W), as the network counts it."""
        if channels == 1:
            return self.from_unit(image)
        each = range(len(self.scales))
        converted = [self.from_unit(image, channel) for channel in each]
        return torch.cat(converted * (channels // len(converted)), 1)

    def _of(self, channel: int) -> tuple[float, float]:
        place = channel if len(self.scales) > 1 else 0
        return self.scales[place], self.shifts[place]


NAMED_RANGES: Mapping[str, ValueRange] = MappingProxyType(
    {"0-1": ValueRange(), "0-255": ValueRange((255.0,)), "-1-1": ValueRange((2.0,), (-1.0,))}
)
"""Ranges that have a name on a card."""
