"""How a fusion network is trained: the paper's objective, a schedule that works on full slices, resumable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn
from tqdm import tqdm

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from fusion.training.dataset import Batch, CropSampler
from fusion.training.objective import Losses, Objective, losses
from fusion.training.training_defaults import BATCH, HALF_PRECISION, LEARNING_RATE, SIDE, STEPS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PARTIAL = ("ssim_first", "ssim_second", "l2_first", "l2_second")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how the weights come out, besides the data.

    Attributes
    ----------
    steps : int
        Optimiser steps (Adam), one batch of crops each.
    side, batch : int
        Side of a crop in pixels; crops a step.
    learning_rate : float
        At the start; it falls to zero along a cosine.
    warm_start : float
        Share of the steps that regress the pixel maximum before the objective takes over.
    batch_statistics : float
        Share of the steps in which BatchNorm uses the batch's statistics; afterwards its running ones, as
        in use: most of a slice is black, and statistics that differ from those in use ripple there.
    half_precision : float
        Share of the steps computed in bfloat16 (2 to 3 times faster); the rest refine in float32.
    clip : float
        Largest norm of the gradient.
    seed : int
        Of the initial weights and the crops.
    """

    steps: int = STEPS
    side: int = SIDE
    batch: int = BATCH
    learning_rate: float = LEARNING_RATE
    warm_start: float = 0.1
    batch_statistics: float = 1 / 3
    half_precision: float = HALF_PRECISION
    clip: float = 1.0
    seed: int = 0
    objective: Objective = field(default_factory=Objective)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise InputError(f"Training takes at least one step of one crop; got {self.steps} of {self.batch}.")

    def progress(self, step: int) -> float:
        """Share of the training done before ``step``, in [0, 1)."""
        return step / self.steps

    def rate(self, step: int) -> float:
        """Learning rate of ``step``."""
        return self.learning_rate * 0.5 * (1 + float(np.cos(np.pi * self.progress(step))))


@dataclass
class TrainingRun:
    """A training under way: what is saved and taken up again.

    Attributes
    ----------
    step : int
        Steps done.
    history : list of dict
        One row per 10 steps: ``step``, the four partial losses and ``loss``, weighted means over the batch.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def train(
    build: Callable[[], nn.Module],
    collections: Sequence[Sequence[ImagePair]],
    shares: Sequence[float],
    recipe: Recipe,
    state: Path | None = None,
    save_every: float = 120.0,
    quiet: bool = False,
    material: Mapping[str, Any] | None = None,
    device: str = "cpu",
) -> TrainingRun:
    """Train a network to keep both images' structure (Kumar & Gumhold 2020, Eq. 4).

    Parameters
    ----------
    build : callable
        Makes the untrained network.
    collections, shares
        Pairs to draw crops from, and how often from each collection; shares sum to 1.
    state : Path or None
        File to save the run to every ``save_every`` seconds; a run found there is taken up where it stopped.
    quiet : bool
        No progress bar.
    material : mapping or None
        What is learned from, in words that JSON knows: kept in ``state``, so that no run is taken up for
        other data.
    device : str
        Where to compute, ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    InputError
        ``state`` holds a run with another recipe or from other material, or is damaged.
    """
    torch.manual_seed(recipe.seed)
    network = build().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = TrainingRun(network, torch.optim.Adam(network.parameters(), lr=recipe.learning_rate))
    if state is not None and state.exists():
        resume(run, recipe, material, state)
    sampler = CropSampler(collections, shares, recipe.side, recipe.batch, recipe.seed)
    saved = time.monotonic()
    with tqdm(total=recipe.steps, initial=run.step, disable=quiet, mininterval=2) as bar:
        while run.step < recipe.steps:
            loss = _step(run, recipe, sampler.batch(run.step).to(device))
            bar.update()
            bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
            if state is not None and time.monotonic() - saved > save_every:
                store(run, recipe, material, state)
                saved = time.monotonic()
    if state is not None:
        store(run, recipe, material, state)
    run.network.eval()
    return run


def _step(run: TrainingRun, recipe: Recipe, batch: Batch) -> float:
    """One optimiser step; returns the objective's value, whatever was descended."""
    progress = recipe.progress(run.step)
    run.network.train(progress < recipe.batch_statistics)
    for group in run.optimiser.param_groups:
        group["lr"] = recipe.rate(run.step)
    with torch.autocast(batch.first.device.type, torch.bfloat16, enabled=progress < recipe.half_precision):
        fused = run.network(batch.first, batch.second)
    fused = fused.float()
    partial = losses(batch.first, batch.second, fused)
    objective = _weighted(partial.total(recipe.objective), batch.weight)
    maximum = torch.maximum(batch.first, batch.second)
    target = (fused - maximum).square().mean() if progress < recipe.warm_start else objective
    run.optimiser.zero_grad()
    target.backward()
    nn.utils.clip_grad_norm_(run.network.parameters(), recipe.clip)
    run.optimiser.step()
    if run.step % 10 == 0:
        run.history.append(_row(run.step, partial, objective, batch.weight))
    run.step += 1
    return objective.item()


def _weighted(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum()


def _row(step: int, partial: Losses, objective: Tensor, weight: Tensor) -> dict[str, float]:
    row = {name: _weighted(getattr(partial, name), weight).item() for name in PARTIAL}
    return {"step": step, **row, "loss": objective.item()}


def store(run: TrainingRun, recipe: DataclassInstance, material: Mapping[str, Any] | None, state: Path) -> None:
    """Save a run, whole or not at all: weights, moments, step, history, recipe, material in one file."""
    tensors = {f"net.{name}": value.contiguous() for name, value in run.network.state_dict().items()}
    for index, slots in run.optimiser.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{slot}": value.contiguous() for slot, value in slots.items()}
    about = {
        "recipe": json.dumps(asdict(recipe)),
        "material": json.dumps(material),
        "step": str(run.step),
        "history": json.dumps(run.history),
    }
    state.parent.mkdir(parents=True, exist_ok=True)
    write_whole(state, safetensors.torch.save(tensors, metadata=about))


def resume(run: TrainingRun, recipe: DataclassInstance, material: Mapping[str, Any] | None, state: Path) -> None:
    """Take up the run saved in ``state``; InputError where it is damaged or another recipe's or material's."""
    try:
        with safetensors.safe_open(state, framework="pt") as file:
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        known_recipe, known_material = json.loads(about["recipe"]), json.loads(about["material"])
        step, history = int(about["step"]), json.loads(about["history"])
    except (safetensors.SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{state} holds no run that can be resumed; move it away to start anew.") from error
    if known_material != json.loads(json.dumps(material)):
        raise InputError(
            f"{state} holds a run that learned from other data; name another folder with --runs, "
            "or move the file away to start anew."
        )
    if known_recipe != json.loads(json.dumps(asdict(recipe))):
        raise InputError(f"{state} holds a run with another recipe; name another folder or use that recipe.")
    try:
        run.network.load_state_dict(_prefixed(tensors, "net."))
        run.optimiser.load_state_dict(_adam_state(run.optimiser, _prefixed(tensors, "adam.")))
    except (RuntimeError, ValueError) as error:
        raise InputError(f"{state} holds the run of another network; name another folder with --runs.") from error
    run.step, run.history = step, history


def _prefixed(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _adam_state(optimiser: torch.optim.Optimizer, moments: dict[str, Tensor]) -> dict[str, object]:
    content = optimiser.state_dict()
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, slot = name.split(".")
        slots.setdefault(int(index), {})[slot] = value
    return {**content, "state": slots}
