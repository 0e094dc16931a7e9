"""Which γs and γ2 balance the two modalities? The paper's search: a grid, then refinement (section 4.6)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from fusion.data.pairs import ImagePair
from fusion.evaluation.method_table import MethodRow, evenly_spaced, score
from fusion.method.inference import as_tensors
from fusion.training.loop import Recipe, train
from fusion.training.objective import Objective
from fusion.training.training_defaults import GRID

FIRST_STEP, LAST_STEP = 0.1, 0.005
"""Refinement begins with neighbours half a grid spacing away and halves down to about this distance."""
BALANCED = 0.02
"""Modalities are balanced where their losses differ by less than this share of their sum."""
SOUND = 1.1
"""A trial counts if its SSIM losses, added, are at most this many times the least: a network that has learned
nothing yet loses both modalities alike, and is no balance worth having."""
JUDGED = 8
"""Whole training pictures that each trial is judged on, evenly spaced over all."""


@dataclass(frozen=True)
class Trial:
    """One short training with given weights, and the losses it ended with (means over whole pictures).

    Attributes
    ----------
    gamma_ssim, gamma_l2 : float
        Weight of the first image in L_SSIM and in L_ℓ2 (γs and γ2), in [0, 1].
    ssim_first, ssim_second : float
        1 − SSIM of the fused image with each input.
    l2_first, l2_second : float
        Mean squared distance from each input.
    seconds : float
        What the trial took.
    """

    gamma_ssim: float
    gamma_l2: float
    ssim_first: float
    ssim_second: float
    l2_first: float
    l2_second: float
    seconds: float = 0.0

    @property
    def point(self) -> tuple[float, float]:
        """γs and γ2, as the search tells trials apart."""
        return _point(self.gamma_ssim, self.gamma_l2)

    @property
    def ssim_tilt(self) -> float:
        """(first − second) / (first + second) of the SSIM losses, in [−1, 1]; above 0 the first suffers."""
        return _tilt(self.ssim_first, self.ssim_second)

    @property
    def l2_tilt(self) -> float:
        """The same of the squared distances."""
        return _tilt(self.l2_first, self.l2_second)

    @property
    def imbalance(self) -> float:
        """Both tilts' sizes added: what the search makes small; infinite where a training diverged."""
        value = abs(self.ssim_tilt) + abs(self.l2_tilt)
        return value if math.isfinite(value) else math.inf

    @property
    def ssim_loss(self) -> float:
        """Both SSIM losses added; infinite where a training diverged."""
        value = self.ssim_first + self.ssim_second
        return value if math.isfinite(value) else math.inf

    @property
    def is_balanced(self) -> bool:
        """Whether both kinds of loss treat the modalities alike."""
        return abs(self.ssim_tilt) < BALANCED and abs(self.l2_tilt) < BALANCED


def _tilt(first: float, second: float) -> float:
    return (first - second) / (first + second) if first + second else 0.0


def _point(gamma_ssim: float, gamma_l2: float) -> tuple[float, float]:
    return round(gamma_ssim, 4), round(gamma_l2, 4)


def best(trials: Sequence[Trial]) -> Trial:
    """Which trial balances the modalities best, of those that learned about as much as any did?

    Examples
    --------
    >>> learned, blank = Trial(0.5, 0.5, 0.2, 0.3, 0.01, 0.02), Trial(0.1, 0.5, 0.9, 0.9, 0.1, 0.1)
    >>> best([learned, blank]) is learned
    True
    """
    limit = SOUND * min(trial.ssim_loss for trial in trials)
    return min((trial for trial in trials if trial.ssim_loss <= limit), key=lambda trial: trial.imbalance)


def grid() -> list[tuple[float, float]]:
    """In which order is the paper's grid tried? From its middle outwards, for short budgets.

    Examples
    --------
    >>> len(grid()), grid()[0]
    (25, (0.5, 0.5))
    """
    points = [(gamma_ssim, gamma_l2) for gamma_ssim in GRID for gamma_l2 in GRID]
    return sorted(points, key=lambda point: (max(abs(value - 0.5) for value in point), point))


def search(
    measure: Callable[[float, float], Trial],
    finished: Sequence[Trial] = (),
    seconds: float = math.inf,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Trial]:
    """Try the grid, then neighbours of the best trial at shrinking distance, until balance or time's end.

    Parameters
    ----------
    measure : callable
        Makes the trial at (γs, γ2).
    finished : sequence of Trial
        Trials of an earlier search; they are not repeated.
    seconds : float
        No trial begins that, taking as long as the mean of those before, would end later than this.
    clock : callable
        Tells the time in seconds.

    Yields
    ------
    Trial
        Each new one as soon as it is finished, so that the caller can save it.

    Examples
    --------
    >>> def measure(gamma_ssim, gamma_l2):
    ...     return Trial(gamma_ssim, gamma_l2, 0.85 - gamma_ssim, gamma_ssim, 0.5, 0.5)
    >>> trials = list(search(measure))
    >>> best(trials).gamma_ssim
    0.425
    """
    known = {trial.point: trial for trial in finished}
    end = clock() + seconds

    def is_affordable() -> bool:
        usual = sum(trial.seconds for trial in known.values()) / max(len(known), 1)
        return clock() + usual < end

    proposals = _proposals(known)
    for point in proposals:
        if not is_affordable():
            return
        known[point] = measure(*point)
        yield known[point]


def _proposals(known: dict[tuple[float, float], Trial]) -> Iterator[tuple[float, float]]:
    """Points still to be tried; each must be in ``known`` before the next one is asked for."""
    for point in grid():
        if point not in known:
            yield point
    step, centre = FIRST_STEP, best(list(known.values()))
    while not centre.is_balanced and step >= LAST_STEP:
        for point in _neighbours(centre, step):
            if point not in known:
                yield point
            better = best(list(known.values()))
            if better is not centre:
                centre = better
                break
        else:
            step /= 2


def _neighbours(trial: Trial, step: float) -> list[tuple[float, float]]:
    """The four points ``step`` away, those first that give more weight to the image that suffers."""
    ssim_step = math.copysign(step, trial.ssim_tilt)
    l2_step = math.copysign(step, trial.l2_tilt)
    points = [
        _point(trial.gamma_ssim + ssim_step, trial.gamma_l2),
        _point(trial.gamma_ssim, trial.gamma_l2 + l2_step),
        _point(trial.gamma_ssim - ssim_step, trial.gamma_l2),
        _point(trial.gamma_ssim, trial.gamma_l2 - l2_step),
    ]
    return [point for point in points if all(0 <= value <= 1 for value in point)]


def measured(
    build: Callable[[], nn.Module],
    images: Sequence[Sequence[ImagePair]],
    shares: Sequence[float],
    recipe: Recipe,
    objective: Objective,
) -> Trial:
    """What does one training with this objective come to?

    Parameters
    ----------
    build : callable
        Makes the untrained network.
    images, shares
        Pairs to learn from, by collection, and how often each collection is drawn from.
    recipe : Recipe
        How to train; its objective is replaced.
    objective : Objective
        The weights to try.

    Returns
    -------
    Trial
        Judged in eval mode on whole training pictures: kept-out ones must not choose hyperparameters.
    """
    began = time.monotonic()
    network = train(build, images, shares, replace(recipe, objective=objective), quiet=True).network
    pairs = [pair for collection in images for pair in collection]
    scores = []
    for index in evenly_spaced(len(pairs), JUDGED):
        first, second = as_tensors(network, pairs[index])
        with torch.no_grad():
            scores.append(score(first, second, network(first, second)))
    row = MethodRow("trial", tuple(scores))
    return Trial(
        objective.gamma_ssim,
        objective.gamma_l2,
        row.mean("ssim_loss_first"),
        row.mean("ssim_loss_second"),
        row.mean("l2_first"),
        row.mean("l2_second"),
        time.monotonic() - began,
    )
