"""Which pairs a network is judged on: those of the wanted cases, or of cases that none has learned from."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fusion.cli.arguments import report
from fusion.cli.inputs import check_cases, chosen_pair, read_collections
from fusion.cli.training_images import FIRST_TRAINING_PHANTOM
from fusion.data.collection import PairFiles, SliceFiles
from fusion.data.pairs import ImagePair
from fusion.data.same_pictures import contents
from fusion.errors import InputError
from fusion.method.learned_cases import PHANTOMS, learned_cases
from fusion.synthetic.phantom import phantom


class Slices(NamedTuple):
    """A collection to be evaluated: its name, its pairs, which are read when asked for, their number and cases."""

    title: str
    length: int
    pairs: Iterable[ImagePair]
    cases: frozenset[str] = frozenset()


def chosen_slices(args: argparse.Namespace, networks: Sequence[str]) -> list[Slices]:
    """Everything to be evaluated, by ``--pairs``, ``--cases``, ``--every`` and ``--phantoms``."""
    is_named = (vars(args).get("first"), vars(args).get("second")) != (None, None)  # not every command takes them
    if not (args.data or args.phantoms or is_named):
        raise InputError("Name something to evaluate: --pairs DIR, --phantoms N, or --first and --second.")
    collections = read_collections(args.data or [], same_space=bool(vars(args).get("same_space")))
    found = []
    for title, pairs in chosen_pairs(args, collections, networks).items():
        kept = pairs[:: args.every]
        cases = frozenset(files.case for files in kept)
        found.append(Slices(title, len(kept), _opened(kept), cases))
    if is_named:
        pair = chosen_pair(argparse.Namespace(**{**vars(args), "phantom": None, "nightscene": None}))
        found.append(Slices(pair.title, 1, (pair,)))
    if args.phantoms:
        if args.phantoms > FIRST_TRAINING_PHANTOM:
            raise InputError(f"Phantoms from {FIRST_TRAINING_PHANTOM} on are learned from; ask for fewer.")
        found.append(Slices(PHANTOMS, args.phantoms, (phantom(seed) for seed in range(args.phantoms))))
    return found


def _opened(kept: Iterable[PairFiles]) -> Iterator[ImagePair]:
    """Each pair as it is asked for; slices that show nothing of one of two volumes are passed over and counted."""
    empty = 0
    for files in kept:
        try:
            yield files.read()
        except InputError as error:
            if not isinstance(files, SliceFiles):
                raise
            empty += 1
            last = error
    if empty:
        report(f"{empty} slices are passed over, the last one for this reason: {last}")


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
            chosen[name] = _unseen(name, pairs, learned(name, networks, args.checkpoints))
        if not chosen[name]:
            reason = "no pair of these cases" if args.cases else "only cases that a network has learned from"
            raise InputError(f"{name} holds {reason}; choose others with --cases.")
    return chosen


def learned(collection: str, networks: Sequence[str], folder: Path) -> set[str]:
    """The cases of this collection that any of the networks may know, by their model cards."""
    return {case for name in networks for case in learned_cases(name, folder).of(collection)}


def _unseen(name: str, pairs: Sequence[PairFiles], seen: Collection[str]) -> tuple[PairFiles, ...]:
    """The pairs of other cases than those ``seen``, and of other pictures; one left out for a picture is told.

    Two cases may hold the same file: what was learned of one is then known of the other.
    """
    known = {content: files.case for files in pairs if files.case in seen for content in contents(files)}
    unseen = []
    for files in pairs:
        if files.case in seen:
            continue
        twin = next((known[content] for content in contents(files) if content in known), None)
        if twin is None:
            unseen.append(files)
        else:
            report(f"{name}: {files.title} is left out: case {twin}, learned from, has one of its pictures.")
    return tuple(unseen)
