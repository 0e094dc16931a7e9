"""How UAAFusion is trained: its segmenter first, then both together (Bai et al. 2024)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from fusion.errors import InputError
from fusion.layers.unfolding import STEP_RATE
from fusion.networks.uaafusion import UAAFusion
from fusion.synthetic.labels import UNLABELLED
from fusion.training.descent import descend
from fusion.training.labelled_crops import LabelledBatch, LabelledCrops, Slice
from fusion.training.loop import TrainingRun, resume, store
from fusion.training.uaafusion_objective import (
    JointLosses,
    JointObjective,
    cross_entropy,
    fusion_losses,
)

BESIDE = 0.2
"""Share of the warm-up's crops from labelled collections beside the phantoms, where there are any."""
FUSION_PARTS = ("first", "second", "gradient")
PARTS = (*FUSION_PARTS, "segmentation")
HALVINGS = 4
"""In how many equal parts of the joint training the learning rate is halved."""


@dataclass(frozen=True)
class JointRecipe:
    """Everything that decides how the weights come out, besides the data.

    Attributes
    ----------
    steps : int
        Optimiser steps (Adam) of the joint training, one batch of crops each.
    side, batch : int
        Side of a crop in pixels; crops a step.
    learning_rate : float
        At the start of the joint training, where it is halved after every quarter.
    warm_up : int
        Steps before those, in which the segmenter learns alone, from labelled pairs: both sources and their
        mean. Attribution of a segmenter that knows nothing would weigh at random, and one of these steps
        costs a fraction of a joint one.
    warm_up_side, warm_up_batch, warm_up_rate
        Their crops and learning rate, which falls to zero along a cosine.
    labelled : float
        Share of the joint training's crops that come from the phantoms.
    half_precision : float
        Share of the joint steps whose networks compute in bfloat16; attribution weights are always float32.
    clip : float
        Largest norm of the gradient.
    first_step : float or None
        The step sizes that training begins with; None for those of the network. Begun at the paper's 0.001,
        most stages' steps stayed near 0; begun at 0.2, all five grew beyond 0.6.
    objective : JointObjective
    seed : int
        Of the initial weights and the crops.
    """

    steps: int = 5000
    side: int = 128
    batch: int = 12
    learning_rate: float = 1e-3
    warm_up: int = 4000
    warm_up_side: int = 96
    warm_up_batch: int = 8
    warm_up_rate: float = 5e-3
    labelled: float = 0.7
    half_precision: float = 0.8
    clip: float = 1.0
    first_step: float | None = None
    objective: JointObjective = field(default_factory=JointObjective)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise InputError(f"Training takes at least one step of one crop; got {self.steps} of {self.batch}.")

    @property
    def total(self) -> int:
        """Steps of both parts together."""
        return self.warm_up + self.steps

    def is_warm_up(self, step: int) -> bool:
        """Whether only the segmenter learns in ``step``, counted from the warm-up's first."""
        return step < self.warm_up

    def is_half(self, step: int) -> bool:
        """Whether the networks compute ``step`` in bfloat16."""
        return self.warm_up <= step < self.warm_up + self.half_precision * self.steps

    def rate(self, step: int) -> float:
        """Learning rate of ``step``.

        Examples
        --------
        >>> recipe = JointRecipe(steps=80, learning_rate=1.0, warm_up=20, warm_up_rate=4.0)
        >>> [recipe.rate(step) for step in (0, 10, 20, 39, 40, 60, 99)]
        [4.0, 2.0, 1.0, 1.0, 0.5, 0.25, 0.125]
        """
        if self.is_warm_up(step):
            return self.warm_up_rate * 0.5 * (1 + math.cos(math.pi * step / self.warm_up))
        return self.learning_rate * 0.5 ** (HALVINGS * (step - self.warm_up) // self.steps)


def train_jointly(
    build: Callable[[], nn.Module],
    labelled: Sequence[Slice],
    others: Sequence[Sequence[Slice]],
    recipe: JointRecipe,
    device: torch.device,
    state: Path | None = None,
    material: Mapping[str, Any] | None = None,
    save_every: float = 120.0,
) -> TrainingRun:
    """Train a UAAFusion network and the segmenter inside it.

    Parameters
    ----------
    build : callable
        Makes the untrained `UAAFusion`.
    labelled : sequence of Slice
        Both images with labels.
    others : sequence of sequences of Slice
        Collections beside them, drawn from equally often; may be empty. They join the losses, and those with
        labels the segmentation and the warm-up, too.
    state, material, save_every
        As `fusion.training.loop.train`.

    Raises
    ------
    InputError
        ``state`` holds a run with another recipe or from other material, or is damaged.
    """
    torch.manual_seed(recipe.seed)
    network = build()
    if not isinstance(network, UAAFusion):
        raise TypeError(f"{type(network).__name__} has no segmenter to be trained with")
    if recipe.first_step is not None:
        _begin_steps(network, recipe.first_step)
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = TrainingRun(network, _optimiser(network, recipe))
    if state is not None and state.exists():
        resume(run, recipe, material, state)
    alone = crops_alone(labelled, others, recipe)
    together = _crops(labelled, others, recipe.labelled, recipe)
    saved = time.monotonic()
    with tqdm(total=recipe.total, initial=run.step, mininterval=2) as bar:
        while run.step < recipe.total:
            crops = alone if recipe.is_warm_up(run.step) else together
            loss = _step(network, run, recipe, crops.batch(run.step, device))
            bar.update()
            if run.step % 10 == 1:
                bar.set_postfix(loss=f"{loss.item():.4f}", refresh=False)
            if state is not None and time.monotonic() - saved > save_every:
                store(run, recipe, material, state)
                saved = time.monotonic()
    if state is not None:
        store(run, recipe, material, state)
    network.eval()
    return run


def _begin_steps(network: UAAFusion, size: float) -> None:
    """Set every stage's step size, between 0 and 1."""
    with torch.no_grad():
        for logit in network.steps.parameters():
            logit.fill_(math.log(size / (1 - size)))


def _optimiser(network: UAAFusion, recipe: JointRecipe) -> torch.optim.Adam:
    """Adam, in which step sizes have a rate of their own."""
    sizes = list(network.steps.parameters())
    others = [value for name, value in network.named_parameters() if not name.startswith("steps.")]
    groups: list[dict[str, Any]] = [{"params": others}, {"params": sizes, "share": STEP_RATE}]
    return torch.optim.Adam(groups, lr=recipe.learning_rate)


def crops_alone(
    labelled: Sequence[Slice], others: Sequence[Sequence[Slice]], recipe: JointRecipe
) -> LabelledCrops:
    """What the segmenter learns from in the warm-up: only pictures with labels."""
    known = [group for group in others if all((each.labels != UNLABELLED).any() for each in group)]
    crops = _crops(labelled, known, 1 - BESIDE, recipe)
    return replace(crops, side=recipe.warm_up_side, count=recipe.warm_up_batch)


def _crops(
    labelled: Sequence[Slice], others: Sequence[Sequence[Slice]], share: float, recipe: JointRecipe
) -> LabelledCrops:
    share = share if others else 1.0
    shares = [share, *[(1 - share) / len(others) for _ in others]]
    return LabelledCrops([labelled, *others], shares, recipe.side, recipe.batch, recipe.seed)


def _step(network: UAAFusion, run: TrainingRun, recipe: JointRecipe, batch: LabelledBatch) -> Tensor:
    """One optimiser step; returns what was descended."""
    if recipe.is_warm_up(run.step):
        target = segmenter_loss(network, batch)
        row = {"segmentation": target}
    else:
        losses = joint_losses(network, batch, half=recipe.is_half(run.step))
        target = losses.total(recipe.objective)
        last = {name: getattr(losses.stages[-1], name).mean() for name in FUSION_PARTS}
        row = {"loss": target, **last, "segmentation": losses.segmentation}
    descend(target, run.optimiser, recipe.rate(run.step), recipe.clip)
    if run.step % 10 == 0 or run.step + 1 == recipe.total:
        run.history.append({"step": run.step, **{name: value.item() for name, value in row.items()}})
    run.step += 1
    return target.detach()


def segmenter_loss(network: UAAFusion, batch: LabelledBatch) -> Tensor:
    """Cross-entropy on both sources and on their mean, added up: the warm-up's."""
    first, second = batch.planes
    pictures = (first, second, (first + second) / 2)
    return torch.stack(_entropies(network, pictures, batch.labels, half=False)).sum()


def joint_losses(network: UAAFusion, batch: LabelledBatch, *, half: bool = False) -> JointLosses:
    """All parts of the objective; weights and attention are constants of the current segmenter."""
    first, second = batch.planes
    weights = network.weigh(first, second, differentiable=False)
    with torch.autocast(first.device.type, torch.bfloat16, enabled=half):
        unfolding = network.unfold(first, second, weights, differentiable=False)
    stages = [stage.float() for stage in unfolding.stages]
    entropies = _entropies(network, (first, second, *stages[1:]), batch.labels, half=half)
    start, *later = (fusion_losses(first, second, stage, weights.first) for stage in stages)
    return JointLosses(
        start=start,
        stages=later,
        segmented=entropies[2:],
        sources=entropies[0] + entropies[1],
    )


def _entropies(network: UAAFusion, pictures: Sequence[Tensor], labels: Tensor, *, half: bool) -> list[Tensor]:
    """The segmenter's cross-entropy on each of ``pictures``, which lie over the same ``labels``."""
    with torch.autocast(labels.device.type, torch.bfloat16, enabled=half):
        logits = network.segmenter(torch.cat(tuple(pictures)))
    return [cross_entropy(each, labels) for each in logits.float().chunk(len(pictures))]
