"""The objective all four networks are trained with, and the SSIM figures that are reported."""

from __future__ import annotations

from dataclasses import dataclass

from pytorch_msssim import ssim as windowed_ssim
from torch import Tensor

from fusion.errors import InputError
from fusion.training.training_defaults import SSIM_WINDOW


@dataclass(frozen=True)
class Objective:
    """The weights of the paper's loss (Kumar & Gumhold 2020, Eq. 4).

    L = λ·L_SSIM + (1−λ)·L_ℓ2; within each, γ weighs the first image and 1−γ the second.
    """

    lambda_ssim: float = 0.99
    gamma_ssim: float = 0.5
    gamma_l2: float = 0.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 1:
                raise InputError(f"{name} weighs two losses and must lie in [0, 1]; {value} does not.")


@dataclass(frozen=True)
class Losses:
    """The four partial losses of one batch, each (N,): one value a picture."""

    ssim_first: Tensor
    ssim_second: Tensor
    l2_first: Tensor
    l2_second: Tensor

    def total(self, objective: Objective) -> Tensor:
        """L of the paper's Eq. 4, (N,)."""
        by = objective
        ssim = by.gamma_ssim * self.ssim_first + (1 - by.gamma_ssim) * self.ssim_second
        l2 = by.gamma_l2 * self.l2_first + (1 - by.gamma_l2) * self.l2_second
        return by.lambda_ssim * ssim + (1 - by.lambda_ssim) * l2


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """How alike are two batches (N, 1, H, W) in structure? Mean SSIM of each picture, (N,), at most 1.

    Gaussian window 11×11, σ = 1.5, data range 1, K = (0.01, 0.03), averaged over the positions where the
    window lies inside the picture (Wang et al. 2004).

    Raises
    ------
    InputError
        A side is below 11 pixels.

    Examples
    --------
    >>> import torch
    >>> picture = torch.rand(2, 1, 16, 16)
    >>> [round(value, 4) for value in ssim(picture, picture).tolist()]
    [1.0, 1.0]
    """
    if min(a.shape[-2:]) < SSIM_WINDOW:
        raise InputError(
            f"SSIM needs pictures of at least {SSIM_WINDOW}×{SSIM_WINDOW} pixels; "
            f"this one has {a.shape[-2]}×{a.shape[-1]}."
        )
    alike: Tensor = windowed_ssim(a, b, data_range=1.0, win_size=SSIM_WINDOW, size_average=False)
    return alike


def losses(first: Tensor, second: Tensor, fused: Tensor) -> Losses:
    """How far is ``fused`` from each input, (N, 1, H, W) each, in SSIM and in squared distance?"""
    return Losses(
        1 - ssim(first, fused),
        1 - ssim(second, fused),
        (first - fused).square().mean(dim=(1, 2, 3)),
        (second - fused).square().mean(dim=(1, 2, 3)),
    )


def ssim_sum(first: Tensor, second: Tensor, fused: Tensor) -> Tensor:
    """SSIM(x1, y) + SSIM(x2, y) of each picture, (N,): the figure the README's table ranks by; at most 2."""
    return ssim(first, fused) + ssim(second, fused)
