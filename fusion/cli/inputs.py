"""What the parsed arguments of several commands mean: pairs, folders, cases, a recipe, a device."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch

from fusion.cli.arguments import report
from fusion.data.collection import Collection, PairFiles, read_collection
from fusion.data.pairs import ImagePair, read_pair
from fusion.errors import InputError
from fusion.synthetic.nightscene import nightscene
from fusion.synthetic.phantom import phantom
from fusion.training.loop import Recipe


def chosen_pair(args: argparse.Namespace) -> ImagePair:
    """The pair that ``--first`` and ``--second`` name, or else ``--phantom`` or ``--nightscene``."""
    match args.first, args.second, args.phantom, args.nightscene:
        case Path() as first, Path() as second, None, None:
            return read_pair(first, second)
        case None, None, int() as seed, None:
            return phantom(seed)
        case None, None, None, int() as seed:
            return nightscene(seed)
    raise InputError("Name a pair: both --first and --second, or --phantom or --nightscene alone.")


def use_threads(args: argparse.Namespace) -> None:
    """Compute with as many CPU threads as ``--threads`` says."""
    if args.threads is not None:
        torch.set_num_threads(args.threads)


def check_device(device: str) -> None:
    """Refuse CUDA where there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("This computer has no CUDA device that torch can use; leave out --device cuda.")


def chosen_recipe(args: argparse.Namespace) -> Recipe:
    """The recipe that the flags of `add_recipe` describe."""
    return Recipe(
        steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate, seed=args.seed
    )


def read_collections(folders: Sequence[Path]) -> Mapping[str, Collection]:
    """Which pairs do these folders hold? By folder name; by whole path where two share a name.

    Pictures without a partner are reported on stderr, one line a folder.

    Raises
    ------
    InputError
        A folder is given twice, is missing, or holds no pair.
    """
    paths = [folder.resolve() for folder in folders]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"{path} is given twice; its pairs would count twice.")
    names = [path.name for path in paths]
    found = {}
    for path in paths:
        collection = read_collection(path)
        if collection.unpaired:
            report(f"{path}: {len(collection.unpaired)} pictures have no partner and are passed over.")
        found[path.name if names.count(path.name) == 1 else str(path)] = collection
    return found


def check_cases(cases: Iterable[str], collections: Mapping[str, Sequence[PairFiles]]) -> None:
    """Refuse a case that no collection has."""
    known = list(dict.fromkeys(files.case for pairs in collections.values() for files in pairs))
    for case in cases:
        if case not in known:
            shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            raise InputError(f"No pair belongs to case {case}; there are the cases {shown}.")
