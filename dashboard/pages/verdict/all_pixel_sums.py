"""All-pixel sums of whole images: how strongly each fused pixel depends on each input, over all its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from time import perf_counter

import numpy as np
from torch import nn

from dashboard.cache.disk import Images
from dashboard.jobs.spans import Forecast, spelled
from fusion import ImagePair, InputError
from saliency import locality
from saliency.derivatives.region_rows import region_rows_stream

TRIED = 20.0
"""Seconds of work after which its pace tells how long the whole takes."""
LONGEST = 3600.0
"""Seconds of work that are worth waiting for; what takes longer is given up, and told."""
INSTEAD = "Guidance tells less but is at hand, and Regions sums up the pixels of a region."


@dataclass(frozen=True, eq=False)
class AllPixelSums:
    """Σ_j |J_k[i, j]| at every fused pixel i, as far as it is.

    Attributes
    ----------
    done, total : int
        Fused pixels.
    seconds : float
        Of work so far.
    images : two float32 (H, W) or None
        For the first and the second input, once all pixels are done.
    """

    done: int
    total: int
    seconds: float = 0.0
    images: Images | None = None

    @property
    def left(self) -> str:
        """How long the rest takes at the pace so far, in words; empty while there is no pace."""
        return spelled(self.seconds / self.done * (self.total - self.done)) + " left" if self.done else ""


def all_pixel_sums_stream(network: nn.Module, pair: ImagePair) -> Iterator[AllPixelSums]:
    """The sums of a whole image, growing.

    Raises
    ------
    InputError
        They would take longer than `LONGEST`: a network that sees the whole image takes a pass for each pixel.
    """
    total = prod(pair.shape)
    yield AllPixelSums(0, total)
    if not locality(network).is_local:
        passes = f"The sums would take one such pass for each of its {total:,} pixels."
        raise InputError(f"{locality(network).reason} {passes} {INSTEAD}")
    rows = region_rows_stream(network, pair, np.ones(pair.shape, dtype=np.bool_))
    seconds, start, forecast = 0.0, perf_counter(), Forecast(total)
    for latest in rows:
        seconds += perf_counter() - start
        expected = forecast.seconds(latest.done, seconds)
        if expected is not None and seconds > TRIED and expected > LONGEST:
            raise InputError(f"The sums of this image would take {spelled(expected)} on this computer. {INSTEAD}")
        yield AllPixelSums(latest.done, total, seconds)
        start = perf_counter()
    yield AllPixelSums(total, total, seconds, (latest.totals[0], latest.totals[1]))
