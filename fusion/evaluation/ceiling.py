"""The best any fused image could score: gradient ascent on its pixels, without a network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from fusion.errors import InputError
from fusion.method.rules import RULES
from fusion.training.objective import ssim_sum


@dataclass(frozen=True)
class Ascent:
    """How the ceiling is climbed: rounds of Adam, each from the best image so far.

    Attributes
    ----------
    steps : int
        Steps of one round; the learning rate falls to zero along a cosine.
    learning_rate : float
        In grey levels of [0, 1], at the start of the first round; each later round starts at half of it.
    tolerance : float
        A round that gains less than this in SSIM(x1, y) + SSIM(x2, y) is the last.
    rounds : int
        No more than this many.
    """

    steps: int = 150
    learning_rate: float = 0.02
    tolerance: float = 5e-4
    rounds: int = 8

    def __post_init__(self) -> None:
        if self.steps < 1 or self.rounds < 1 or not self.learning_rate > 0:
            raise InputError(
                "Gradient ascent takes at least one round of one step and a learning rate above 0; got "
                f"{self.rounds} of {self.steps} at {self.learning_rate}."
            )


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the ascent ended.

    Attributes
    ----------
    fused : float (1, 1, H, W)
        The best image met; free to leave [0, 1], as the image of a network without an output bound is.
    value : float
        Its SSIM(x1, y) + SSIM(x2, y), at most 2.
    start : str
        The rule the ascent set out from, one of `fusion.method.rules.RULES`.
    steps : int
        Steps taken.
    """

    fused: Tensor
    value: float
    start: str
    steps: int


def ceiling(first: Tensor, second: Tensor, ascent: Ascent | None = None) -> Optimum:
    """How high can SSIM(x1, y) + SSIM(x2, y) get for this pair, whatever makes y?

    Adam climbs from the best trivial rule and the best image met is kept: no rule's value is higher. The
    sum is not concave in y: what is found is the summit above that rule, not provably the highest.

    Parameters
    ----------
    first, second : float (1, 1, H, W) in [0, 1]
        One pair, sides of at least 11 pixels.
    ascent : Ascent, optional
        How to climb; the defaults take some 300 steps.

    Raises
    ------
    InputError
        The tensors are not one pair of equal size, or a side is below 11 pixels.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> first, second = torch.rand(2, 1, 1, 16, 16, generator=generator)
    >>> best = ceiling(first, second, Ascent(steps=20, rounds=1))
    >>> best.value > max(ssim_sum(first, second, rule(first, second)).item() for rule in RULES.values())
    True
    """
    if first.dim() != 4 or first.shape[0] != 1:
        raise InputError(f"The ceiling is climbed for one pair (1, 1, H, W) at a time, not {tuple(first.shape)}.")
    ascent = ascent or Ascent()
    best = _best_rule(first, second)
    for number in range(ascent.rounds):
        before = best.value
        best = _climbed(first, second, best, ascent.steps, ascent.learning_rate / 2**number)
        if best.value - before < ascent.tolerance:
            break
    return best


def _best_rule(first: Tensor, second: Tensor) -> Optimum:
    tried = []
    for name, rule in RULES.items():
        fused = rule(first, second)
        tried.append(Optimum(fused, ssim_sum(first, second, fused).item(), name, 0))
    return max(tried, key=lambda optimum: optimum.value)


def _climbed(first: Tensor, second: Tensor, start: Optimum, steps: int, learning_rate: float) -> Optimum:
    """One round of Adam from ``start``; the best image met, ``start`` itself included."""
    fused = start.fused.clone().requires_grad_()
    optimiser = torch.optim.Adam([fused], lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _cosine(step / steps))
    best_image, best_value = start.fused, start.value
    for _ in range(steps):
        value = ssim_sum(first, second, fused).sum()
        if value.item() > best_value:
            best_image, best_value = fused.detach().clone(), value.item()
        optimiser.zero_grad()
        # A mean over all pixels has gradients as small as Adam's ε; their sum has not.
        (-value * fused.numel()).backward()
        optimiser.step()
        schedule.step()
    last = ssim_sum(first, second, fused.detach()).item()
    if last > best_value:
        best_image, best_value = fused.detach(), last
    return Optimum(best_image, best_value, start.start, start.steps + steps)


def _cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * progress))
