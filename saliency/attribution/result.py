"""What an attribution method answers: how much each input pixel had to do with a fused pixel or region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saliency.attribution.path_integral import PathIntegral
from saliency.derivatives.target import Target
from saliency.geometry.window import Shape, Window, placed


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each pixel of both inputs had to do with the fused value that was asked about.

    Attributes
    ----------
    first, second : float32 (h, w)
        Of the pixels in the window, signed; exactly 0 everywhere else.
    area : Window
        Where the window lies in the image: all that the fused value depends on.
    shape : (H, W)
        Of the whole image.
    value : float
        The fused pixel, or the mean over the region.
    baseline : float or None
        The same for the baseline; None for a method that has none.
    error : float or None
        How far the attributions are from complete: the sum, over the stretches of the path, of how much they
        miss the change of the fused value by, each taken without its sign. None for a method without a path.
    bound : float or None
        What ``error`` was to be brought under.
    steps : int
        Gradients computed.
    """

    first: NDArray[np.float32]
    second: NDArray[np.float32]
    area: Window
    shape: Shape
    value: float
    baseline: float | None
    error: float | None
    bound: float | None
    steps: int

    @property
    def window(self) -> tuple[slice, slice]:
        """The slices of the whole image that ``first`` and ``second`` cover."""
        return self.area.slices

    @property
    def residual(self) -> float | None:
        """Sum of all attributions minus the change of the fused value; None for a method without a path."""
        if self.baseline is None:
            return None
        total = self.first.sum(dtype=np.float64) + self.second.sum(dtype=np.float64)
        return float(total) - (self.value - self.baseline)

    @property
    def is_complete(self) -> bool | None:
        """Whether the attributions sum to the change of the fused value within the bound; None: no path."""
        return None if self.error is None or self.bound is None else self.error <= self.bound

    def full(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both attributions at the inputs' size (H, W), zero outside the window."""
        return placed(self.first, self.area, self.shape), placed(self.second, self.area, self.shape)


def along_path(target: Target, found: PathIntegral, bound: float) -> Attribution:
    """A path's contributions as an attribution."""
    first, second = found.contributions.astype(np.float32)
    return Attribution(
        first, second, target.area, target.shape, found.end, found.start, found.error, bound, found.steps
    )
