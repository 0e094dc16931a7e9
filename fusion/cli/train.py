"""``python -m fusion train``: one network, its weights and its model card."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import importlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fusion.cli.inputs import check_cases, check_device, chosen_recipe, read_collections, use_threads
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM, PHANTOM_SHARE, training_images
from fusion.data.collection import PairFiles
from fusion.data.naming import natural_key
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import card, load_with_hash, save
from fusion.method.learned_cases import learned_cases
from fusion.method.registry import Method, find
from fusion.training.curves import OBJECTIVE, Panels, save_curves
from fusion.training.dataset import Split, split_by_case
from fusion.training.loop import PARTIAL, TrainingRun, train
from fusion.training.objective import Objective


def run(args: argparse.Namespace) -> None:
    """Train as the command line says, in the method's own way where it has one."""
    use_threads(args)
    method = trainable(args.method)
    check_device(args.device)
    if method.trainer:
        importlib.import_module(method.trainer).train(args, method)
    else:
        _train(args, method)


def _train(args: argparse.Namespace, method: Method) -> None:
    """Train with the common objective; write weights, card and curves."""
    recipe = replace(
        chosen_recipe(args),
        half_precision=args.half_precision,
        objective=Objective(gamma_ssim=method.gamma_ssim, gamma_l2=method.gamma_l2),
    )
    state, split = state_path(args, method), chosen_split(args)
    images, shares = training_images(split, args.phantoms, args.side)
    data = data_of(split, args.phantoms)
    material = {"method": method.name, **data, "pictures": digest(images)}
    result = train(method.build, images, shares, recipe, state, material=material, device=args.device)
    losses = final_losses(result.history, PARTIAL)
    finish(args, method, result, about(method, args, asdict(recipe), data, losses), OBJECTIVE, state)


def state_path(args: argparse.Namespace, method: Method) -> Path:
    """Where an unfinished run is kept.

    Raises
    ------
    InputError
        The weights would be written there, too; removing the state would remove them.
    """
    if args.runs.resolve() == args.out.resolve():
        raise InputError(f"--runs and --out are both {args.runs}; keep unfinished runs in another folder.")
    path: Path = args.runs / f"{method.slug}.safetensors"
    return path


def finish(
    args: argparse.Namespace,
    method: Method,
    result: TrainingRun,
    content: Mapping[str, Any],
    panels: Panels,
    state: Path,
) -> None:
    """Write weights, card and curves of a finished run, remove its state, and say so."""
    weights = save(result.network, method, content, args.out)
    save_curves(result.history, args.out / method.slug, method.name, panels)
    state.unlink()
    print(f"{method.name}: weights {weights}, card and curves beside them.")


def trainable(name: str) -> Method:
    """The method called ``name``; InputError where it is unknown or has nothing to train."""
    method = find(name)
    if not method.trained:
        raise InputError(f"{method.name} has nothing to train; it can be used as it is.")
    if method.weights:
        raise InputError(f"{method.name} uses the weights of {method.weights}; train that one.")
    return method


def started(name: str) -> tuple[nn.Module, Mapping[str, Any]]:
    """The installed network that a training begins with, and what the model card says of it."""
    method = find(name)
    network, weights = load_with_hash(method.name)
    return network, {"method": method.name, "sha256": weights, "date": card(method.name).get("date")}


def chosen_split(args: argparse.Namespace, start: str | None = None) -> Split:
    """What is learned from and what is kept out, by ``--data`` and ``--kept-out``.

    Cases that the installed weights of ``start`` have learned from are not kept out.

    Raises
    ------
    InputError
        A case that is to be kept out is unknown, or known to those weights.
    """
    collections = read_collections(args.data)
    known = set[str]().union(*map(learned_cases(start).of, collections)) if start else set()
    if args.kept_out is not None:
        check_cases(args.kept_out, collections)
        if both := [case for case in args.kept_out if case in known]:
            raise InputError(
                f"Case {both[0]} cannot be kept out: {start}, whose weights training starts from, has learned "
                "from it; keep out another case, or leave out --start."
            )
    return split_by_case(collections, args.kept_out, known)


def data_of(split: Split, phantoms: int, start: str | None = None) -> Mapping[str, Any]:
    """What was learned from and what was kept out, as the model card says it.

    Where training starts from the weights of ``start``, also what those have learned from.
    """
    before = learned_cases(start).training if start else {}
    return {
        "learned_before": {name: sorted(cases, key=natural_key) for name, cases in before.items()},
        "training": _cases(split.training),
        "kept_out": _cases(split.kept_out),
        "phantoms": {"first_seed": FIRST_TRAINING_PHANTOM, "count": phantoms, "share": PHANTOM_SHARE},
        "split": "by case; a case kept out of one collection is kept out of all",
    }


def digest(images: Sequence[Sequence[ImagePair]]) -> str:
    """SHA-256 over every pair: folders of one name may hold different pictures."""
    hashes = [pair.content_hash for pairs in images for pair in pairs]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def about(
    method: Method,
    args: argparse.Namespace,
    recipe: Mapping[str, Any],
    data: Mapping[str, Any],
    losses: Mapping[str, float],
) -> Mapping[str, Any]:
    """What the model card says of a training: data and split, recipe, losses, date and versions."""
    return {
        "summary": method.summary,
        "data": data,
        "recipe": {**recipe, "optimiser": "Adam", "schedule": "cosine to zero"},
        "command": command_of(method, args, data),
        "final_losses": losses,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "device": torch.cuda.get_device_name() if args.device == "cuda" else "CPU",
    }


def command_of(method: Method, args: argparse.Namespace, data: Mapping[str, Any]) -> str:
    """The command that trains anew what ``args`` asked for; folders by their names alone.

    Examples
    --------
    >>> from fusion import find
    >>> words = {"kept_out": None, "phantoms": 4, "steps": 9, "batch": 1, "side": 32, "learning_rate": 0.001}
    >>> args = argparse.Namespace(**words, seed=0, device="cpu", half_precision=0.8)
    >>> command_of(find("masknet"), args, {"training": {"mri_pet": {}}})
    'python -m fusion train --method masknet --data mri_pet --phantoms 4 --steps 9 --batch 1 --side 32 \
--learning-rate 0.001 --seed 0 --half-precision 0.8 --device cpu'
    """
    words = [f"--data {name}" for name in data["training"]]
    words += [f"--kept-out {','.join(args.kept_out)}"] if args.kept_out else []
    names = ("phantoms", "steps", "batch", "side", "learning_rate", "seed")
    words += [f"--{name.replace('_', '-')} {getattr(args, name)}" for name in names]
    words += [] if method.trainer else [f"--half-precision {args.half_precision}"]
    return f"python -m fusion train --method {method.slug} {' '.join(words)} --device {args.device}"


def final_losses(history: Sequence[Mapping[str, float]], names: Sequence[str]) -> dict[str, float]:
    """The mean of each loss over the last 20 rows that record it."""
    columns = {name: [row[name] for row in history if name in row][-20:] for name in names}
    return {name: round(float(np.mean(values)), 5) for name, values in columns.items()}


def _cases(collections: Mapping[str, Sequence[PairFiles]]) -> dict[str, Any]:
    return {
        name: {"pairs": len(pairs), "cases": list(dict.fromkeys(files.case for files in pairs))}
        for name, pairs in collections.items()
    }
