"""``python -m fusion study``: the paper's search for γs and γ2, on a budget."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Any

from tqdm import tqdm

from fusion.cli.inputs import chosen_recipe, use_threads
from fusion.cli.train import chosen_split, trainable
from fusion.cli.training_images import training_images
from fusion.errors import InputError
from fusion.evaluation.loss_study import JUDGED, Trial, best, grid, measured, search
from fusion.evaluation.trials import claim, figure, read_trials, save_trials
from fusion.method.registry import Method
from fusion.training.dataset import Split
from fusion.training.objective import Objective


def run(args: argparse.Namespace) -> None:
    """Search as the command line says; save after every trial, and the picture whatever happens."""
    use_threads(args)
    method = trainable(args.method)
    if method.trainer:
        raise InputError(f"{method.name} is not trained with γs and γ2; there is nothing to study.")
    split = chosen_split(args)
    args.out.mkdir(parents=True, exist_ok=True)
    stem = args.out / f"study-{method.slug}"
    claim(stem.with_suffix(".json"), settings(args, method, split))
    trials = read_trials(stem.with_suffix(".csv"))
    measure = measure_for(args, method, split)
    try:
        with tqdm(total=max(len(grid()), len(trials)), initial=len(trials), desc="trials") as bar:
            for trial in search(measure, trials, args.budget * 60):
                trials.append(trial)
                save_trials(trials, stem.with_suffix(".csv"))
                bar.total = max(bar.total, len(trials))
                bar.set_postfix(imbalance=f"{best(trials).imbalance:.4f}", refresh=False)
                bar.update()
    finally:
        if trials:
            figure(trials, method.name).savefig(stem.with_suffix(".png"), dpi=110)
    if not trials:
        raise InputError(f"The budget of {args.budget:g} minutes ended before the first trial; give more.")
    print(closing(method, trials, args.steps))


def measure_for(args: argparse.Namespace, method: Method, split: Split) -> Any:  # noqa: ANN401
    """A function of (γs, γ2) that trains and judges."""
    images, shares = training_images(split, args.phantoms, args.side)
    train_and_judge = partial(measured, method.build, images, shares, chosen_recipe(args))
    return lambda gamma_ssim, gamma_l2: train_and_judge(Objective(args.lambda_ssim, gamma_ssim, gamma_l2))


def settings(args: argparse.Namespace, method: Method, split: Split) -> dict[str, Any]:
    """Everything besides γs and γ2 that decides how a trial comes out."""
    names = ("lambda_ssim", "steps", "batch", "side", "learning_rate", "seed", "phantoms")
    return {
        "method": method.name,
        **{name: getattr(args, name) for name in names},
        "training": {name: len(pairs) for name, pairs in split.training.items()},
        "kept_out": list(split.kept_out_cases),
        "judged": JUDGED,
    }


def closing(method: Method, trials: Sequence[Trial], steps: int) -> str:
    """The sentence a study ends with.

    Examples
    --------
    >>> from fusion import find
    >>> print(closing(find("masknet"), [Trial(0.5, 0.5, 0.2, 0.2, 0.01, 0.01)], 100))
    MaskNet: of 1 trial of 100 steps, γs = 0.5 and γ2 = 0.5 balance the two images best: 1 − SSIM 0.2000 and \
0.2000, squared distance 0.0100 and 0.0100 (balanced; 24 points of the grid are still to be tried).
    """
    chosen = best(trials)
    missing = len(set(grid()) - {trial.point for trial in trials})
    notes = ["balanced" if chosen.is_balanced else "not yet balanced"]
    if missing:
        notes.append(f"{missing} point{'s' if missing > 1 else ''} of the grid are still to be tried")
    return (
        f"{method.name}: of {len(trials)} trial{'s' if len(trials) > 1 else ''} of {steps} steps, "
        f"γs = {chosen.gamma_ssim:g} and γ2 = {chosen.gamma_l2:g} balance the two images best: "
        f"1 − SSIM {chosen.ssim_first:.4f} and {chosen.ssim_second:.4f}, "
        f"squared distance {chosen.l2_first:.4f} and {chosen.l2_second:.4f} ({'; '.join(notes)})."
    )
