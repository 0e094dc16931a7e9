"""What the words of ``python -m fusion`` do."""

from __future__ import annotations

import argparse
import datetime
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from fusion.checkpoints import SHIPPED, save
from fusion.curves import save_curves
from fusion.dataset import Split, split_by_case
from fusion.errors import InputError
from fusion.objective import Objective
from fusion.pairs import ImagePair, PairFiles, read_collection
from fusion.phantom import phantom
from fusion.registry import Method, find
from fusion.training import PARTIAL, Recipe, Run, train

FIRST_TRAINING_PHANTOM = 1000
"""Phantoms learned from have seeds from here on; the shipped examples have small ones."""
PHANTOM_SHARE = 0.15


def add_train(commands: Any) -> None:  # noqa: ANN401  # argparse keeps the type private
    """Describe ``train`` to the parser."""
    parser = commands.add_parser(
        "train",
        help="train one network and write its weights and model card",
        description="Train one network with the paper's objective. Run the same command again after an "
        "interruption: it goes on where it stopped.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--method", required=True, help="which network, e.g. masknet")
    parser.add_argument(
        "--data", required=True, action="append", type=Path, metavar="DIR",
        help="a folder of pairs (two sub-folders, same names); give it again for more",
    )  # fmt: skip
    parser.add_argument("--kept-out", metavar="CASES", help="cases set aside, e.g. 30,4; else every fourth")
    parser.add_argument("--phantoms", type=int, default=40, help="phantoms that join the training pairs")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="optimiser steps")
    parser.add_argument("--batch", type=int, default=Recipe.batch, help="crops a step")
    parser.add_argument("--side", type=int, default=Recipe.side, help="side of a crop in pixels")
    parser.add_argument("--learning-rate", type=float, default=Recipe.learning_rate, help="at the start")
    parser.add_argument("--seed", type=int, default=0, help="of the initial weights and the crops")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where weights and card are written")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the state is kept meanwhile")
    parser.set_defaults(run=run_train)


def run_train(args: argparse.Namespace) -> None:
    """Train as the command line says; write weights, card and curves."""
    torch.set_num_threads(args.threads)
    method = find(args.method)
    if not method.trained:
        raise InputError(f"{method.name} has nothing to train; it can be used as it is.")
    recipe = Recipe(
        steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate, seed=args.seed,
        objective=Objective(gamma_ssim=method.gamma_ssim, gamma_l2=method.gamma_l2),
    )  # fmt: skip
    collections = {folder.resolve().name: read_collection(folder).pairs for folder in args.data}
    split = split_by_case(collections, args.kept_out.split(",") if args.kept_out else None)
    images, shares = training_images(split, args.phantoms)
    run = train(method.build, images, shares, recipe, args.runs / f"{method.slug}.safetensors")
    weights = save(run.network, method, about(method, recipe, split, args.phantoms, run), args.out)
    save_curves(run.history, args.out / method.slug, method.name)
    print(f"{method.name}: weights {weights}, card and curves beside them.")


def training_images(split: Split, phantoms: int) -> tuple[list[list[ImagePair]], list[float]]:
    """Every training pair in memory, by collection, and how often each collection is drawn from."""
    images = [
        [files.read() for files in tqdm(pairs, desc=f"reading {name}", leave=False)]
        for name, pairs in split.training.items()
    ]
    shares = [1 / len(images)] * len(images)
    if phantoms:
        seeds = range(FIRST_TRAINING_PHANTOM, FIRST_TRAINING_PHANTOM + phantoms)
        images.append([phantom(seed) for seed in tqdm(seeds, desc="phantoms", leave=False)])
        shares = [share * (1 - PHANTOM_SHARE) for share in shares] + [PHANTOM_SHARE]
    return images, shares


def about(method: Method, recipe: Recipe, split: Split, phantoms: int, run: Run) -> Mapping[str, Any]:
    """What the model card says of a training: data and split, recipe, losses, date and versions."""
    last = run.history[-20:]
    return {
        "summary": method.summary,
        "data": {
            "training": {
                name: {"pairs": len(pairs), "cases": list(split.training_cases[name])}
                for name, pairs in split.training.items()
            },
            "kept_out": _kept_out(split.kept_out),
            "phantoms": {"first_seed": FIRST_TRAINING_PHANTOM, "count": phantoms, "share": PHANTOM_SHARE},
            "split": "by case; a case kept out of one collection is kept out of all",
        },
        "recipe": {**asdict(recipe), "optimiser": "Adam", "schedule": "cosine to zero"},
        "final_losses": {name: round(float(np.mean([row[name] for row in last])), 5) for name in PARTIAL},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__,
        },
    }  # fmt: skip


def _kept_out(collections: Mapping[str, Sequence[PairFiles]]) -> dict[str, Any]:
    return {
        name: {"pairs": len(pairs), "cases": sorted({files.case for files in pairs})}
        for name, pairs in collections.items()
    }
