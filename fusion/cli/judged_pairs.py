"""Which pairs a network is judged on: those of the wanted cases, or of cases that none has learned from."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fusion.cli.inputs import check_cases, read_collections
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM
from fusion.data.collection import PairFiles
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import card
from fusion.synthetic.phantom import phantom


class Slices(NamedTuple):
    """A collection to be evaluated: its name, how many pairs, and the pairs, read when they are asked for."""

    title: str
    length: int
    pairs: Iterable[ImagePair]


def chosen_slices(args: argparse.Namespace, networks: Sequence[str]) -> list[Slices]:
    """Everything to be evaluated, by ``--pairs``, ``--cases``, ``--every`` and ``--phantoms``."""
    if not args.data and not args.phantoms:
        raise InputError("Name something to evaluate: --pairs DIR, --phantoms N or both.")
    collections = read_collections(args.data or [])
    found = []
    for title, pairs in chosen_pairs(args, collections, networks).items():
        kept = pairs[:: args.every]
        found.append(Slices(title, len(kept), (files.read() for files in kept)))
    if args.phantoms:
        if args.phantoms > FIRST_TRAINING_PHANTOM:
            raise InputError(f"Phantoms from {FIRST_TRAINING_PHANTOM} on are learned from; ask for fewer.")
        found.append(Slices("phantoms", args.phantoms, (phantom(seed) for seed in range(args.phantoms))))
    return found


def chosen_pairs(
    args: argparse.Namespace, collections: Mapping[str, Sequence[PairFiles]], networks: Sequence[str]
) -> Mapping[str, Sequence[PairFiles]]:
    """The pairs of the wanted cases; without any, those that no network has learned from.

    Raises
    ------
    InputError
        A case is unknown, or a collection has none of the wanted ones.
    """
    if args.cases == ("all",) or (args.cases is None and not networks):
        return collections
    if args.cases is not None:
        check_cases(args.cases, collections)
    chosen = {}
    for name, pairs in collections.items():
        if args.cases is not None:
            chosen[name] = tuple(files for files in pairs if files.case in args.cases)
        else:
            seen = learned(name, networks, args.checkpoints)
            chosen[name] = tuple(files for files in pairs if files.case not in seen)
        if not chosen[name]:
            reason = "no pair of these cases" if args.cases else "only cases that a network has learned from"
            raise InputError(f"{name} holds {reason}; choose others with --cases.")
    return chosen


def learned(collection: str, networks: Sequence[str], folder: Path) -> set[str]:
    """The cases of this collection that any of the networks has learned from, by their model cards.

    A patient goes by the same number in all collections of one training. Networks whose cards do not name
    the collection have learned from none of it: there the same number is another patient.
    """
    cases: set[str] = set()
    for name in networks:
        try:
            data = card(name, folder)["data"]
            training, kept_out = data["training"], data["kept_out"]
            if collection in {*training, *kept_out}:
                cases |= {str(case) for part in training.values() for case in part["cases"]}
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"The model card of {name} does not say which cases it has learned from; choose with --cases."
            ) from error
    return cases
