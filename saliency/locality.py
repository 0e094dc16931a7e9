"""How far a fused pixel sees: measured with NaN, checked against the full image."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor, nn

from saliency.window import Pixel, Shape, Window, around, single, whole

PHASES = 8
"""Largest stride that is looked for."""
LARGEST_PROBE = 161
"""Side of the largest probe image; a network that sees across it counts as global."""
TOLERANCE = 1e-9
"""Largest difference, relative to the Jacobian's maximum, between crop and full image in float64."""


@dataclass(frozen=True)
class Locality:
    """Which inputs a fused pixel can depend on.

    Attributes
    ----------
    radius : int
        Fused pixel i depends on no input pixel further than ``radius`` rows or columns from i, whatever
        the phase of the stride. For a global network, the side of the largest probe.
    stride : int
        The network is equivariant to shifts by multiples of this.
    is_local : bool
        Whether a crop gives the full image's Jacobian; measured, then checked.
    reason : str
        Why not, in a sentence for the user; empty where ``is_local``.
    """

    radius: int
    stride: int = 1
    is_local: bool = True
    reason: str = ""

    def window(self, area: Window, shape: Shape) -> Window:
        """The part of the inputs that the fused pixels of ``area`` depend on, as far as is known."""
        return around(area, self.radius, self.stride, shape) if self.is_local else whole(shape)


class _Memo:
    """Localities found so far; a network that is gone takes its entry with it."""

    def __init__(self) -> None:
        self._found: WeakKeyDictionary[nn.Module, Locality] = WeakKeyDictionary()
        self._lock = Lock()

    def __call__(self, network: nn.Module) -> Locality:
        with self._lock:
            if network not in self._found:
                self._found[network] = measure(network)
            return self._found[network]


_memo = _Memo()


def locality(network: nn.Module) -> Locality:
    """How far does a fused pixel of ``network`` see? Measured once per network, then remembered.

    Raises
    ------
    RuntimeError
        The network cannot run on a pair of 33×33 images.

    Examples
    --------
    >>> import fusion
    >>> locality(fusion.load("Weighted Averaging"))
    Locality(radius=0, stride=1, is_local=True, reason='')
    """
    return _memo(network)


def measure(network: nn.Module) -> Locality:
    """Measure a network's locality anew: probe with NaN, then compare crops with the full image."""
    probe = copy.deepcopy(network).double().cpu().eval().requires_grad_(False)
    side = 33
    while side <= LARGEST_PROBE:
        reaches = _reaches(probe, side)
        if reaches is not None:
            found = Locality(max(map(max, reaches)), _stride(reaches))
            return found if _crops_agree(probe, found) else _not_local(found.radius, "crop")
        side = 2 * side - 1
    return _not_local(LARGEST_PROBE, "global")


def _not_local(radius: int, why: str) -> Locality:
    reasons = {
        "crop": "A crop does not give this network's full-image Jacobian, so full images are computed.",
        "global": "Each fused pixel of this network depends on the whole image, so full images are computed.",
    }
    return Locality(radius, is_local=False, reason=reasons[why])


Reach = tuple[int, int, int, int]
"""How far the outputs that depend on one input pixel lie above, below, left and right of it."""


def _reaches(network: nn.Module, side: int) -> list[Reach] | None:
    """The reach of the pixel at each phase of the diagonal; None where one meets the probe's border."""
    found = []
    for phase in range(PHASES):
        pixel = (side // 2 + phase, side // 2 + phase)
        spoiled = _spoiled(network, pixel, side)
        if spoiled.any() and (spoiled[[0, -1]].any() or spoiled[:, [0, -1]].any()):
            return None
        found.append(_reach(spoiled, pixel))
    return found


def _spoiled(network: nn.Module, pixel: Pixel, side: int) -> np.ndarray:
    """The outputs, bool (side, side), that structurally depend on ``pixel`` of either input."""
    # NaN survives ReLU, tanh, BatchNorm in eval mode, maximum and multiplication by zero.
    spoiled = np.zeros((side, side), dtype=bool)
    for which in range(2):
        inputs = [_noise(side, seed) for seed in (1, 2)]
        inputs[which][0, 0, pixel[0], pixel[1]] = torch.nan
        spoiled |= network(*inputs)[0, 0].isnan().numpy()
    return spoiled


def _reach(spoiled: np.ndarray, pixel: Pixel) -> Reach:
    if not spoiled.any():
        return 0, 0, 0, 0
    rows, cols = np.nonzero(spoiled)
    up, down = pixel[0] - int(rows.min()), int(rows.max()) - pixel[0]
    return up, down, pixel[1] - int(cols.min()), int(cols.max()) - pixel[1]


def _stride(reaches: list[Reach]) -> int:
    """Smallest shift after which the reaches repeat."""
    for period in range(1, PHASES):
        if all(reaches[i] == reaches[i + period] for i in range(PHASES - period)):
            return period
    return PHASES


def _crops_agree(network: nn.Module, found: Locality) -> bool:
    """Whether crops reproduce the full image's values and gradients at inner, border and corner pixels."""
    height, width = 2 * found.radius + 4 * found.stride + 9, 2 * found.radius + 4 * found.stride + 14
    full = [_noise(height, seed, width) for seed in (3, 4)]
    return all(
        _difference(network, full, pixel, found) <= TOLERANCE for pixel in _checked_pixels((height, width))
    )


def _checked_pixels(shape: Shape) -> Iterator[Pixel]:
    """The corners, mid-borders and centre, and five pixels drawn from anywhere."""
    height, width = shape
    yield from product((0, height // 2, height - 1), (0, width // 2, width - 1))
    rng = np.random.default_rng(5)
    for _ in range(5):
        yield int(rng.integers(height)), int(rng.integers(width))


def _difference(network: nn.Module, full: list[Tensor], pixel: Pixel, found: Locality) -> float:
    """Largest difference between crop and full image, relative to the largest derivative."""
    window = found.window(single(pixel), (full[0].shape[-2], full[0].shape[-1]))
    rows, cols = window.slices
    crop = [image[..., rows, cols] for image in full]
    expected_value, expected = _gradients(network, full, pixel)
    value, gradients = _gradients(network, crop, (pixel[0] - window.top, pixel[1] - window.left))
    scale = max(float(torch.stack(expected).abs().max()), 1e-12)
    worst = abs(value - expected_value)
    for part, wanted in zip(gradients, expected, strict=True):
        rest = wanted.clone()
        rest[..., rows, cols] -= part
        worst = max(worst, float(rest.abs().max()))
    return worst / scale


def _gradients(network: nn.Module, inputs: list[Tensor], pixel: Pixel) -> tuple[float, list[Tensor]]:
    leaves = [image.detach().clone().requires_grad_() for image in inputs]
    value = network(*leaves)[0, 0, pixel[0], pixel[1]]
    return float(value.detach()), list(torch.autograd.grad(value, leaves, materialize_grads=True))


def _noise(height: int, seed: int, width: int | None = None) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, height, width or height, generator=generator, dtype=torch.float64)
