"""``python -m fusion train``: one network, its weights and its model card."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusion.checkpoints import save
from fusion.collection import PairFiles
from fusion.commands.arguments import (
    Words,
    add_recipe,
    add_word,
    check_cases,
    chosen_recipe,
    read_collections,
    share,
)
from fusion.commands.images import FIRST_TRAINING_PHANTOM, PHANTOM_SHARE, training_images
from fusion.curves import save_curves
from fusion.dataset import Split, split_by_case
from fusion.errors import InputError
from fusion.objective import Objective
from fusion.pairs import ImagePair
from fusion.registry import Method, find
from fusion.training import PARTIAL, Recipe, Run, train

OWN = Path("own-checkpoints")
"""Where weights are written unless told otherwise: a short try must not replace those that are shipped."""


def describe(words: Words) -> None:
    """Describe ``train`` to the parser."""
    parser = add_word(
        words, "train", "train one network and write its weights and model card",
        "Train one network with the paper's objective. Run the same command again after an "
        "interruption: it goes on where it stopped.",
    )  # fmt: skip
    add_recipe(parser, steps=Recipe.steps, phantoms=40)
    parser.add_argument(
        "--half-precision", type=share, default=Recipe.half_precision, metavar="SHARE",
        help="share of the steps computed in bfloat16; 0 on a processor without it, where it is slow",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=OWN, metavar="DIR",
        help="where weights and card are written; every command finds them there with --checkpoints DIR",
    )  # fmt: skip
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR",
        help="where the state is kept until the weights are written",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Train as the command line says; write weights, card and curves."""
    torch.set_num_threads(args.threads)
    method = trainable(args.method)
    recipe = replace(
        chosen_recipe(args),
        half_precision=args.half_precision,
        objective=Objective(gamma_ssim=method.gamma_ssim, gamma_l2=method.gamma_l2),
    )
    split = chosen_split(args)
    images, shares = training_images(split, args.phantoms, args.side)
    data = data_of(split, args.phantoms)
    material = {"method": method.name, **data, "pictures": digest(images)}
    state = args.runs / f"{method.slug}.safetensors"
    result = train(method.build, images, shares, recipe, state, material=material)
    weights = save(result.network, method, about(method, recipe, data, result), args.out)
    save_curves(result.history, args.out / method.slug, method.name)
    state.unlink()
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


def data_of(split: Split, phantoms: int) -> Mapping[str, Any]:
    """What was learned from and what was kept out, as the model card says it."""
    return {
        "training": _cases(split.training),
        "kept_out": _cases(split.kept_out),
        "phantoms": {"first_seed": FIRST_TRAINING_PHANTOM, "count": phantoms, "share": PHANTOM_SHARE},
        "split": "by case; a case kept out of one collection is kept out of all",
    }


def digest(images: Sequence[Sequence[ImagePair]]) -> str:
    """SHA-256 over every pair: folders of one name may hold different pictures."""
    hashes = [pair.content_hash for pairs in images for pair in pairs]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def about(method: Method, recipe: Recipe, data: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
    """What the model card says of a training: data and split, recipe, losses, date and versions."""
    last = run.history[-20:]
    return {
        "summary": method.summary,
        "data": data,
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
