"""``python -m fusion train``: one network, its weights and its model card."""

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

from fusion.checkpoints import SHIPPED, save
from fusion.commands.arguments import (
    Words,
    add_data,
    add_kept_out,
    add_threads,
    add_word,
    check_cases,
    crop_side,
    integer,
    positive,
    read_collections,
    share,
)
from fusion.commands.images import FIRST_TRAINING_PHANTOM, PHANTOM_SHARE, training_images
from fusion.curves import save_curves
from fusion.dataset import Split, split_by_case
from fusion.errors import InputError
from fusion.objective import Objective
from fusion.pairs import PairFiles
from fusion.registry import Method, find
from fusion.training import PARTIAL, Recipe, Run, train


def describe(words: Words) -> None:
    """Describe ``train`` to the parser."""
    parser = add_word(
        words, "train", "train one network and write its weights and model card",
        "Train one network with the paper's objective. Run the same command again after an "
        "interruption: it goes on where it stopped.",
    )  # fmt: skip
    parser.add_argument("--method", required=True, help="which network, e.g. masknet")
    add_data(parser, required=True)
    add_kept_out(parser)
    parser.add_argument("--phantoms", type=integer(0), default=40, help="phantoms that join the training pairs")
    parser.add_argument("--steps", type=integer(1), default=Recipe.steps, help="optimiser steps")
    parser.add_argument("--batch", type=integer(1), default=Recipe.batch, help="crops a step")
    parser.add_argument("--side", type=crop_side, default=Recipe.side, help="side of a crop in pixels")
    parser.add_argument(
        "--half-precision", type=share, default=Recipe.half_precision, metavar="SHARE",
        help="share of the steps computed in bfloat16; 0 on a processor without it, where it is slow",
    )  # fmt: skip
    parser.add_argument("--learning-rate", type=positive, default=Recipe.learning_rate, help="at the start")
    parser.add_argument("--seed", type=integer(0), default=0, help="of the initial weights and the crops")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where weights and card are written")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the state is kept meanwhile")
    add_threads(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Train as the command line says; write weights, card and curves."""
    torch.set_num_threads(args.threads)
    method = trainable(args.method)
    recipe = Recipe(
        steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate, seed=args.seed,
        half_precision=args.half_precision,
        objective=Objective(gamma_ssim=method.gamma_ssim, gamma_l2=method.gamma_l2),
    )  # fmt: skip
    split = chosen_split(args)
    images, shares = training_images(split, args.phantoms, args.side)
    result = train(method.build, images, shares, recipe, args.runs / f"{method.slug}.safetensors")
    weights = save(result.network, method, about(method, recipe, split, args.phantoms, result), args.out)
    save_curves(result.history, args.out / method.slug, method.name)
    print(f"{method.name}: weights {weights}, card and curves beside them.")


def trainable(name: str) -> Method:
    """The method called ``name``; InputError where it is unknown or has nothing to train."""
    method = find(name)
    if not method.trained:
        raise InputError(f"{method.name} has nothing to train; it can be used as it is.")
    return method


def chosen_split(args: argparse.Namespace) -> Split:
    """What is learned from and what is kept out, by ``--data`` and ``--kept-out``."""
    collections = read_collections(args.data)
    if args.kept_out is not None:
        check_cases(args.kept_out, collections)
    return split_by_case(collections, args.kept_out)


def about(method: Method, recipe: Recipe, split: Split, phantoms: int, run: Run) -> Mapping[str, Any]:
    """What the model card says of a training: data and split, recipe, losses, date and versions."""
    last = run.history[-20:]
    return {
        "summary": method.summary,
        "data": {
            "training": _cases(split.training),
            "kept_out": _cases(split.kept_out),
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


def _cases(collections: Mapping[str, Sequence[PairFiles]]) -> dict[str, Any]:
    return {
        name: {"pairs": len(pairs), "cases": list(dict.fromkeys(files.case for files in pairs))}
        for name, pairs in collections.items()
    }
